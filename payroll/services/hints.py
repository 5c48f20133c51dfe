"""What was found against somebody on cases and is for management to decide on: suggested in the register, no more
(OS-04.23, ES-405.03). Absence and low scores suggest theirs where they are counted.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from inquiries.models import Finding
from kefu.clock import SHANGHAI
from kefu.policy.sanctions import SANCTIONS
from kefu.staff.models import Employee
from payroll.models import RegisterEntry
from payroll.services import register

LOOK_BACK = 400  # findings, the latest first


def from_findings(*, now: datetime) -> int:
    """Enter what was found since; return how many lines. Twice is harmless."""
    found = Finding.objects.filter(measure__in=SANCTIONS, missing="").order_by("-pk")[:LOOK_BACK]
    people = {
        one.party_id: one
        for one in Employee.objects.filter(party__in=[row.party_id for row in found])
    }
    known = set(
        RegisterEntry.objects.filter(source__in=[f"finding:{row.pk}" for row in found]).values_list(
            "source", flat=True
        )
    )
    entered = 0
    for row in reversed(found):
        source = f"finding:{row.pk}"
        if row.party_id not in people or source in known:
            continue
        if _joins_an_open_one(people[row.party_id], row):
            continue
        register.enter(
            employee=people[row.party_id],
            clause=row.clause,
            rulebook_id=row.rulebook_id,
            kind=RegisterEntry.Kind.REMARK,
            happened_on=row.found_at.astimezone(SHANGHAI).date(),
            reason=_("工单 {number} 认定：{note}").format(number=row.case.number, note=row.note)[
                :500
            ],
            source=source,
            inputs={"steps": row.inputs.get("steps", [])},
            actor=None,
            now=now,
        )
        entered += 1
    return entered


def _joins_an_open_one(employee: Employee, row: Finding) -> bool:
    """Whether the same clause waits for a decision already: what comes before it joins it (OS-04.23)."""
    waiting = RegisterEntry.objects.undecided().filter(employee=employee, clause=row.clause)
    return waiting.exclude(source=f"finding:{row.pk}").exists()
