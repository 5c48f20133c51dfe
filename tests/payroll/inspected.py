"""An inspector among the people of the small centre, calls to be drawn, sheets filled in at a stroke."""

from datetime import datetime, timedelta
from typing import Any

from kefu.network.models import Party
from kefu.staff.models import Department, Employee, User
from payroll.models import Call, Finding, Inspection
from payroll.selectors.inspections import items_of
from payroll.services import inspections
from payroll.services.inspections import Given
from tests.centre import Centre, at

NOW, MONDAY = at("12:00"), at("2026-11-16 09:00")


def inspector(centre: Centre, number: str = "0810", name: str = "金质检", role: str = "inspector", *, of: Department | None = None) -> Employee:  # fmt: skip
    party = Party.objects.create(kind="employee", code=number, name=name)
    user = User.objects.create(username=number, first_name=name, role=role, party=party)
    return Employee.objects.create(
        user=user, party=party, number=number, name=name, channels=["online"],
        department=of or centre.front_desk, position=centre.lin.position,
    )  # fmt: skip


def calls(centre: Centre, who: Employee, n: int, *, since: datetime = MONDAY, answered: bool = True) -> None:  # fmt: skip
    Call.objects.bulk_create(
        Call(
            employee=who, at=since + timedelta(minutes=5 * i), direction="in", answered=answered, ring_seconds=4,
            rings=1, talk_seconds=60 + i if answered else 0, recorded_by=centre.chen.user, recorded_at=NOW,
        )
        for i in range(n)
    )  # fmt: skip


def sheet(department: Department, by: Employee, occasion: str = "call", *, breaches: dict[str, str] | None = None, named: Employee | None = None, skipped: tuple[str, ...] = (), now: datetime = NOW, **given: Any) -> Inspection:  # fmt: skip
    """A filled sheet on which all was kept but ``breaches`` (line: evidence)."""
    marks = {
        item.key: Given("breach", breaches[item.key], named)
        if breaches and item.key in breaches
        else Given("not_applicable" if item.key in skipped else "kept")
        for item in items_of(department, occasion, now)
    }
    facts = {"occasion": occasion, "department": department, "marks": marks, "actor": by.user}
    return inspections.record(**(facts | given), now=now)


def finding(centre: Centre, by: Employee, line: str = "CD-12.18", text: str = "开头没有报工号", **given: Any) -> Finding:  # fmt: skip
    row = sheet(centre.query_desk, by, breaches={line: text}, **({"employee": centre.lin} | given))
    return row.findings.get()
