"""The small call centre with a human resources clerk and a manager, working by the express service's rulebook."""

from dataclasses import dataclass
from datetime import date

from kefu.network.models import Party
from kefu.staff.models import Employee, User
from tests import centre as centres
from tests.centre import Centre, at

NOW = at("2026-11-20 10:00")
TODAY = date(2026, 11, 20)
SINCE = date(2026, 8, 3)


@dataclass
class House:
    centre: Centre
    tan: Employee  # human resources
    luo: Employee  # the manager

    def ask(self, actor: Employee | None = None) -> dict:
        return {"actor": (actor or self.tan).user, "now": NOW}


def build() -> House:
    home = centres.build(now=at("08:00"))
    home.work_by("ES")
    tan, luo = (
        _clerk(home, number, name, role)
        for number, name, role in (
            ("0900", "谭人事", User.Role.HR),
            ("0800", "罗经理", User.Role.MANAGER),
        )
    )
    return House(home, tan, luo)


def _clerk(home: Centre, number: str, name: str, role: str) -> Employee:
    party = Party.objects.create(kind="employee", code=number, name=name)
    user = User.objects.create(
        username=number, first_name=name, role=role, party=party, is_staff=True
    )
    return Employee.objects.create(
        user=user, party=party, number=number, name=name, channels=["phone"],
        department=home.front_desk, position=home.lin.position,
    )  # fmt: skip
