"""Problem parcels from tables that the desks keep. ``columns`` says what the columns mean, ``rows`` makes of a row
what the clerk would have given, ``load`` judges it as ``services.register`` does and files chunks of them. What is
the same for every table is in ``kefu.imports``."""

from django.utils.translation import gettext_lazy as _

from kefu.imports.services import TableImport
from problem_parcels.imports import load
from problem_parcels.imports.columns import COLUMNS
from problem_parcels.imports.rows import REASONS, in_words

__all__ = ["TABLE"]

TABLE = TableImport(
    kind="problem_parcels.import",
    columns=COLUMNS,
    reasons=REASONS,
    required=[
        (["waybill_number"], _("缺少“运单号”一栏")),
        (["problem"], _("缺少“问题类型”一栏")),
    ],
    noted={"outcome": _("没有“联系结果”一栏：要先联系收件人的类型会拒收")},
    name=_("问题件"),
    run=load.run,
    in_words=in_words,
)
