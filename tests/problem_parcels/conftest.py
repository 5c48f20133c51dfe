"""A warehouse evening: the desks, the parcels that arrived and the one we sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.staff.models import Department, Employee
from problem_parcels import services
from problem_parcels.models import ContactAttempt
from problem_parcels.services import Attempt, Given
from tests import centre
from tests.centre import Centre, at

EVENING = at("18:00")


@dataclass
class Desk:
    """The warehouse office (Lin keeps it, Zhou relieves him) and the parcels of the day."""

    centre: Centre
    store: Department
    processing: Department
    lin: Employee
    zhou: Employee
    courier: Party
    arrived: Waybill  # from Chengdu, out for delivery at 14:00
    sent: Waybill  # to Chengdu

    def waybill(self, number: str, **given: Any) -> Waybill:
        """A parcel from Chengdu for Yangzhou."""
        facts: dict[str, Any] = {
            "origin": self.centre.chengdu,
            "destination": self.centre.company,
            "route_from": "成都",
            "route_to": "扬州",
            "sealed": {"receiver_name": "陈晓梅", "receiver_phone": "13800004545"},
            "receiver_name_masked": "陈*梅",
            "receiver_phone_masked": "138******45",
            "weight_kg": Decimal("1.80"),
            "freight": Decimal("18.00"),
            "payment": "sender",
            "accepted_at": at("2026-11-17 09:00"),
        }
        return Waybill.objects.create(number=number, **(facts | given))

    def delivering(self, number: str, when: datetime) -> None:
        Scan.objects.create(waybill_number=number, kind="delivering", at=when, place="扬州本部")

    def register(self, problem: str, *, now: datetime = EVENING, **given: Any) -> Case:
        """Lin registers the parcel that arrived; nobody answered at 16:05 unless told otherwise."""
        number = given.pop("number", self.arrived.number)
        owner = given.pop("owner", self.lin)
        calls = [Attempt(ContactAttempt.Outcome.NO_ANSWER, at("16:05"))]
        facts: dict[str, Any] = {"attempts": calls} | given
        return services.register(
            number=number,
            given=Given(problem, **facts),
            owner=owner,
            department=owner.department,
            actor=owner.user,
            now=now,
        )


@pytest.fixture
def desk(db: None) -> Desk:
    return build_desk()


def build_desk() -> Desk:
    made = centre.build(now=at("2026-11-18 08:00"))
    store = Department.objects.create(
        code="warehouse", name="仓库管理办公室", name_en="Warehouse office", desk="warehouse_office"
    )
    processing = Department.objects.create(
        code="processing", name="处理部", name_en="Processing desk", desk="processing_desk"
    )
    Employee.objects.filter(number__in=["0826", "0831"]).update(department=store)
    courier = Party.objects.create(kind="courier", code="YW01", name="马师傅")
    desk = Desk(
        centre=made,
        store=store,
        processing=processing,
        lin=Employee.objects.select_related("user", "party", "department").get(number="0826"),
        zhou=Employee.objects.select_related("user", "party", "department").get(number="0831"),
        courier=courier,
        arrived=None,
        sent=made.waybill,
    )
    desk.arrived = desk.waybill("770612045501")
    desk.delivering("770612045501", at("14:00"))
    return desk


Registers = Callable[..., Case]
