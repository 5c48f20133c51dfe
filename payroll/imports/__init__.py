"""Punches from the tables of a time clock. ``columns`` says what the columns mean, ``load`` reads rows and files chunks
of them; what is the same for every table is in ``kefu.imports``."""

from django.utils.translation import gettext_lazy as _

from kefu.imports.services import TableImport
from payroll.imports import load
from payroll.imports.columns import COLUMNS
from payroll.selectors.attendance import may_keep

__all__ = ["TABLE"]

TABLE = TableImport(
    kind="payroll.punches",
    columns=COLUMNS,
    reasons=load.REASONS,
    required=[
        (["number"], _("缺少“工号”一栏")),
        (["at", "clock"], _("缺少“打卡时间”一栏")),
    ],
    noted={"direction": _("没有“上下班”一栏：按排班判断，离上班近的算上班卡")},
    name=_("打卡记录"),
    run=load.run,
    may=may_keep,
    about="payroll_punch",
)
