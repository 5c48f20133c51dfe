"""The online shop: its desks, who sits there, and how a step is filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from kefu.cases import photos
from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.policy.plans import UNTYPED, choices
from kefu.processes import services
from kefu.processes.models import ProcessRun, StepDone
from kefu.processes.selectors import Standing, standing
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff import services as staff
from kefu.staff.models import Department, Employee, Position, User
from tests import centre
from tests.centre import PASSWORD, Centre, at

MORNING = at("09:00")


@dataclass
class Shop:
    """Lin answers customers; Tao prints labels, Qian does after-sales, Sun keeps the warehouse."""

    centre: Centre
    desks: dict[str, Department]
    people: dict[str, Employee]
    clock: datetime = field(default=MORNING)

    def __getattr__(self, name: str) -> Employee:
        return self.people[name]

    def later(self, minutes: int = 1) -> datetime:
        self.clock += timedelta(minutes=minutes)
        return self.clock

    def start(self, code: str, *, by: str = "lin", **given: Any) -> ProcessRun:
        who = self.people[by]
        now = self.later()
        facts: dict[str, Any] = {"department": who.department, "owner": who, "actor": who.user}
        return services.start(code=code, now=now, **(facts | given))

    def do(self, run: ProcessRun, step: str, by: str, **given: Any) -> StepDone:
        """Do a step; what is not named in ``given`` is not filled in."""
        special = {name: given.pop(name) for name in ("outcome", "anyway") if name in given}
        now = self.later()
        return services.do_step(
            run=run, step=step, given=given, actor=self.people[by].user, now=now, **special
        )

    def at(self, run: ProcessRun) -> Standing:
        return standing(ProcessRun.objects.get(pk=run.pk))

    def case(self, run: ProcessRun) -> Case:
        return Case.objects.get(pk=run.pk)

    def photograph(self, case: Case) -> None:
        photo = BytesIO()
        Image.new("RGB", (40, 30), (200, 60, 60)).save(photo, "JPEG")
        photo.seek(0)
        photos.attach_photo(case=case, picture=photo, actor=self.lin.user, now=self.clock)


def filled(where: Standing, code: str, now: datetime) -> dict[str, Any]:
    """Something that fits for every field somebody types into."""
    given = {}
    for name in where.wanted(where.step(code)):
        asked = where.plan.field(name)
        if asked.type in UNTYPED:
            continue
        ahead = timedelta(days=1) if asked.ahead else timedelta(0)
        given[name] = {
            "text": "鞋底开胶",
            "person": "陈晓梅",
            "phone": "13800004545",
            "date": (now + ahead).date(),
            "moment": now + ahead,
            "money": "12.50",
            "tick": True,
            "waybill": "880612045590",
            "sheet": [],
            "choice": next(iter(choices(where.plan, name, where.rules)), ("",))[0],
        }[asked.type]
    return given


DESKS: Mapping[str, tuple[str, str]] = {
    "label_clerk": ("打单组", "tao"),
    "after_sale_team": ("售后组", "qian"),
    "warehouse_office": ("仓库", "sun"),
    "pre_sale_team": ("售前组", "lin"),
}


def build(code: str = "SD-2") -> Shop:
    """The shop works by one of its rulebooks."""
    made = centre.build(now=at("2026-11-18 08:00"))
    version = RulebookVersion.objects.get(rulebook__code=code, number=1)
    desks, people = {}, {"chen": made.chen, "he": made.he, "wang": made.wang}
    position = Position.objects.get(name="查询员")
    numbers = {"tao": "0841", "qian": "0842", "sun": "0843", "jin": "0844", "luo": "0845"}
    for desk, (name, who) in DESKS.items():
        desks[desk] = Department.objects.create(code=desk.replace("_", "-"), name=name, desk=desk)
        Assignment.objects.create(
            version=version, department=desks[desk], effective_on=date(2026, 1, 1)
        )
        if who != "lin":
            people[who] = employ(numbers[who], name, User.Role.AGENT, desks[desk], position)
    Employee.objects.filter(pk=made.lin.pk).update(department=desks["pre_sale_team"])
    people["lin"] = Employee.objects.select_related("user", "department", "party").get(
        pk=made.lin.pk
    )
    home = desks["pre_sale_team"]
    people["jin"] = employ(numbers["jin"], "金质检", User.Role.INSPECTOR, home, position)
    people["luo"] = employ(numbers["luo"], "罗经理", User.Role.MANAGER, home, position)
    staff.come_on_duty(employee=people["lin"], now=at("08:00"))
    return Shop(made, desks, people)


def employ(
    number: str, name: str, role: User.Role, department: Department, position: Position
) -> Employee:
    party = Party.objects.create(kind="employee", code=number, name=name)
    user = User.objects.create_user(
        number, password=PASSWORD, first_name=name, role=role, party=party
    )
    return Employee.objects.create(
        user=user,
        party=party,
        number=number,
        name=name,
        department=department,
        position=position,
        channels=["phone"],
    )


@pytest.fixture
def shop(db: None) -> Shop:
    return build()


@pytest.fixture
def online_shop(db: None) -> Shop:
    return build("OS")
