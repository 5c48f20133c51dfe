"""The query desk under the express service's rules, with a manager and human resources."""

from dataclasses import dataclass

from kefu.network.models import Party
from kefu.staff.models import Department, Employee, User
from tests import centre as centres
from tests.centre import Centre, at


@dataclass
class Desk:
    """Lin and Zhou answer, Wang leads the shift, Chen the desk, He another; Luo is the manager, Tan human resources."""

    centre: Centre
    luo: Employee
    tan: Employee

    def __getattr__(self, name):
        return getattr(self.centre, name)


def somebody(number: str, name: str, role: str, like: Employee) -> Employee:
    party = Party.objects.create(kind="employee", code=number, name=name)
    user = User.objects.create(
        username=number, first_name=name, role=role, party=party, is_staff=True
    )
    return Employee.objects.create(
        user=user, party=party, number=number, name=name, channels=["online"], department=like.department,
        position=like.position,
    )  # fmt: skip


def build(code: str = "ES") -> Desk:
    made = centres.build(now=at("2026-11-01 08:00"))
    made.work_by(code)
    Department.objects.filter(pk=made.query_desk.pk).update(name="查询部", name_en="Query desk")
    made.he.department = made.front_desk
    made.he.save(update_fields=["department"])
    luo = somebody("0800", "罗经理", User.Role.MANAGER, made.he)
    tan = somebody("0900", "谭人事", User.Role.HR, made.he)
    return Desk(made, luo, tan)
