"""Import inquiries from a table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from inquiries.imports import columns, load
from inquiries.imports.rows import REASONS
from inquiries.models import Inquiry
from kefu.errors import KefuError
from kefu.imports.services import TableImport
from kefu.jobs.models import Job
from kefu.staff.models import Department, Employee

KINDS = tuple(Inquiry.Kind(kind) for kind in dict.fromkeys(columns.KINDS.values()))
TABLE = TableImport(
    kind="inquiries.import",
    columns=columns.COLUMNS,
    reasons=REASONS,
    required=[
        (["text"], gettext_lazy("缺少“事由”一栏")),
        (
            ["waybill_number", "customer_phone"],
            gettext_lazy("“运单号”和“联系电话”至少要有一栏"),
        ),
    ],
    noted={"received_at": gettext_lazy("没有“来电时间”一栏，以导入的时间为准")},
    name=pgettext_lazy("table", "查询"),
    run=load.run,
)


@dataclass(frozen=True, slots=True)
class Options:
    """``kind``: of rows that name none. ``allow_unknown_waybills``: take well-formed numbers that we
    have no waybill of; parcels of other companies are asked about, too."""

    kind: str = Inquiry.Kind.TRACE
    allow_unknown_waybills: bool = False


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.value, str(kind.label)) for kind in KINDS]


def start_import(
    *,
    file_name: str,
    content: bytes,
    department: Department,
    owner: Employee | None = None,
    options: Options = Options(),
    actor: Any,
    now: datetime,
) -> Job:
    """Queue the import of a table; the rows become inquiries of ``department``, of ``owner`` if given.

    Raises KefuError: kind_not_imported, and what ``TableImport.start`` raises.
    """
    if options.kind not in KINDS:
        raise KefuError(
            _("取件、投诉和网点查询要在登记页面填写"), code="kind_not_imported", field="kind"
        )
    return TABLE.start(
        file_name=file_name,
        content=content,
        department=department,
        owner=owner,
        options={
            "kind": str(options.kind),
            "allow_unknown_waybills": options.allow_unknown_waybills,
        },
        actor=actor,
        now=now,
    )
