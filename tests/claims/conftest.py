"""A claims desk: two adjusters, a manager, finance; the parcel that Chengdu sent and that was lost."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from claims import services
from claims.models import Claim, Finding, Settlement
from claims.services import Given, Share
from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff.models import Department, Employee, User
from tests import centre
from tests.centre import PASSWORD, Centre, at

MORNING = at("09:00")


@dataclass
class Desk:
    """Gu and Shen are the adjusters; the centre's head Chen confirms, the manager Luo approves what is large."""

    centre: Centre
    claims: Department
    gu: Employee
    shen: Employee
    luo: Employee
    fang: Employee  # of finance
    chengdu: Party  # sent the parcel
    lost: Waybill  # insured for 1,200, freight 18

    def waybill(self, number: str, **given: Any) -> Waybill:
        facts: dict[str, Any] = {
            "origin": self.chengdu,
            "destination": self.centre.company,
            "route_from": "成都",
            "route_to": "扬州",
            "sealed": {"sender_name": "陈晓梅", "sender_phone": "13800004545"},
            "sender_name_masked": "陈*梅",
            "sender_phone_masked": "138******45",
            "weight_kg": Decimal("1.80"),
            "freight": Decimal("18.00"),
            "payment": "sender",
            "declared_value": Decimal("1200.00"),
            "accepted_at": at("2026-11-17 09:00"),
        }
        return Waybill.objects.create(number=number, **(facts | given))

    def work_by(self, code: str) -> None:
        """The claims department works by another of the shipped rulebooks; the centre by CD."""
        version = RulebookVersion.objects.get(rulebook__code=code, number=1)
        Assignment.objects.create(
            version=version, department=self.claims, effective_on=date(2026, 1, 1)
        )

    def given(self, **changed: Any) -> Given:
        facts: dict[str, Any] = {
            "waybill_number": self.lost.number,
            "loss": "loss",
            "claimant": "sender",
            "text": "包裹丢了，要求赔偿",
            "customer_name": "陈晓梅",
            "customer_phone": "13800004545",
            "demanded_amount": Decimal(1500),
        }
        return Given(**(facts | changed))

    def register(
        self, *, now: datetime = MORNING, origin: Case | None = None, **changed: Any
    ) -> Case:
        """Lin takes the call; the claim goes to an adjuster."""
        return services.register(
            given=self.given(**changed),
            department=self.centre.lin.department,
            origin=origin,
            actor=self.centre.lin.user,
            now=now,
        )

    def chengdu_alone(self) -> list[Share]:
        return [Share("outlet", self.chengdu, Decimal(100))]

    def investigated(self, case: Case, *, now: datetime, **changed: Any) -> Finding:
        """Gu has evidence on file and submits who is liable."""
        services.add_evidence(
            case=case, kind="waybill", note="底单一张", actor=self.gu.user, now=now
        )
        facts: dict[str, Any] = {
            "facts": "成都发出后无到件扫描",
            "cause": "lost_in_transit",
            "reason": "发件网点未交接",
            "liable": self.chengdu_alone(),
        }
        return services.submit_finding(case=case, actor=self.gu.user, now=now, **(facts | changed))

    def confirmed(self, case: Case, *, now: datetime, **changed: Any) -> Finding:
        finding = self.investigated(case, now=now, **changed)
        return services.confirm_finding(finding=finding, actor=self.centre.chen.user, now=now)

    def agreed(self, case: Case, amount: str, *, now: datetime, **changed: Any) -> Settlement:
        return services.agree(
            case=case,
            agreed=Decimal(amount),
            channel="phone",
            actor=self.gu.user,
            now=now,
            **changed,
        )

    def claim(self, case: Case) -> Claim:
        return Claim.objects.select_related("deadline", "case").get(case=case)


@pytest.fixture
def desk(db: None) -> Desk:
    return build_desk()


def build_desk(*, now: datetime | None = None) -> Desk:
    return furnish(centre.build(now=now or at("2026-11-18 08:00")))


def furnish(made: Centre, **parcel: Any) -> Desk:
    """Add the claims desk to a centre; ``parcel``: what is different about the one that is lost."""
    claims = Department.objects.create(code="claims", name="理赔部", name_en="Claims desk")

    def employ(number: str, name: str, role: User.Role) -> Employee:
        party = Party.objects.create(kind="employee", code=number, name=name)
        user = User.objects.create_user(
            number, password=PASSWORD, first_name=name, role=role, party=party, is_staff=True
        )
        return Employee.objects.create(
            user=user,
            party=party,
            number=number,
            name=name,
            department=claims,
            position=made.lin.position,
            channels=["phone"],
        )

    desk = Desk(
        centre=made,
        claims=claims,
        gu=employ("0841", "顾平", User.Role.ADJUSTER),
        shen=employ("0842", "沈宁", User.Role.ADJUSTER),
        luo=employ("0799", "罗经理", User.Role.MANAGER),
        fang=employ("0861", "方会计", User.Role.FINANCE),
        chengdu=made.chengdu,
        lost=None,  # type: ignore[arg-type]
    )
    desk.lost = desk.waybill("770612045501", **parcel)
    return desk
