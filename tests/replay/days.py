"""A day on which anything may happen, in any order: what a replay has to come to terms with."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from inquiries import services as inquiries
from inquiries.models import Complaint, NetworkQuery
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline, LateEntry
from kefu.desk import services as desk
from kefu.errors import KefuError
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.staff.models import Employee
from tests.centre import Centre

DOORS = ("pages", "api", "database")


class Day:
    """Ten hours from ``start`` on, lived through by the services under a clock that a test moves."""

    def __init__(self, centre: Centre, settings: Any, start: datetime, seed: int) -> None:
        self.centre, self.settings, self.now = centre, settings, start
        self.chance = random.Random(seed)
        self.done: list[str] = []
        self.shut: dict[str, datetime] = {}

    def live(self, steps: int) -> None:
        acts: list[tuple[int, Callable[[], object]]] = [
            (4, self.open),
            (6, self.answer),
            (4, self.again),
            (5, self.ask),
            (4, self.feedback),
            (1, self.withdraw),
            (2, self.transfer),
            (1, self.hand_over),
            (1, self.take),
            (4, self.fail_contact),
            (4, self.complain),
            (2, self.claim),
            (2, self.decide_claim),
            (3, self.waive),
            (3, self.decide_waiver),
            (2, self.release),
            (2, self.shut_or_open),
            (2, self.receive),
        ]
        weights = [weight for weight, _act in acts]
        for _ in range(steps):
            self.pass_time()
            (act,) = self.chance.choices([act for _weight, act in acts], weights)
            try:
                act()
            except KefuError as error:
                self.done.append(f"{self.now:%H:%M:%S} {act.__name__} {error.code}")
            else:
                self.done.append(f"{self.now:%H:%M:%S} {act.__name__}")
        self.pass_time()
        deadlines.sweep()

    def pass_time(self) -> None:
        self.settings.KEFU_NOW = self.now = self.now + timedelta(
            seconds=self.chance.choice([1, 20, 180, 600, 1800])
        )
        for door in DOORS:  # the watchdog looks before it sweeps, or after
            if self.chance.random() < 0.5 and door not in self.shut:
                deadlines.record_probe(door=door, open_=True, now=self.now)
        if self.chance.random() < 0.6:
            deadlines.sweep()
        for door in DOORS:
            deadlines.record_probe(door=door, open_=door not in self.shut, now=self.now)

    # What happens.

    def open(self) -> None:
        channel = self.chance.choice(["phone", "chat"])
        stated = self.stated() if channel == "phone" else None
        self.centre.inquiry(
            now=self.now, owner=self.agent(), channel=channel, received_at=stated or self.now
        )

    def answer(self) -> None:
        channel = self.chance.choice(["phone", "chat"])
        promised = self.now + timedelta(minutes=self.chance.choice([10, 60, 200]))
        inquiries.answer_customer(
            case=self.case(),
            text="件在成都，今天派送",
            channel=channel,
            substantive=self.chance.random() < 0.7,
            happened_at=self.stated() if channel == "phone" else None,
            promised_for=promised if self.chance.random() < 0.3 else None,
            actor=self.agent().user,
            now=self.now,
        )

    def again(self) -> None:
        inquiries.customer_again(
            case=self.case(),
            text="怎么还没消息",
            channel="phone",
            happened_at=self.stated(),
            actor=self.agent().user,
            now=self.now,
        )

    def ask(self) -> None:
        inquiries.ask_outlet(
            case=self.case(),
            outlet=self.chance.choice([self.centre.chengdu, self.centre.xian]),
            question="请核实",
            actor=self.agent().user,
            now=self.now,
        )

    def receive(self) -> None:
        inquiries.receive_query(
            asking=self.centre.xian,
            waybill=self.centre.waybill,
            waybill_number=self.centre.waybill.number,
            question="请核实",
            channel="outlet",
            department=self.centre.query_desk,
            actor=None,
            now=self.now,
        )

    def feedback(self) -> None:
        inquiries.record_feedback(
            query=self.pick(NetworkQuery.objects.open()),
            answer="件在仓库",
            channel="phone",
            happened_at=self.stated(),
            actor=self.agent().user,
            now=self.now,
        )

    def withdraw(self) -> None:
        inquiries.withdraw(
            query=self.pick(NetworkQuery.objects.open()),
            reason="客户自己找到了",
            actor=self.agent().user,
            now=self.now,
        )

    def transfer(self) -> None:
        to = self.chance.choice([self.agent(), None])
        desk.transfer(
            case=self.case(),
            to=to,
            department=self.centre.query_desk,
            note="请跟进",
            actor=self.centre.wang.user,
            now=self.now,
        )

    def take(self) -> None:
        desk.take(case=self.case(), employee=self.agent(), now=self.now)

    def hand_over(self) -> None:
        case = self.case()
        if case.owner is not None:
            item = desk.HandOverItem(case, self.agent(), "请跟进")
            desk.hand_over(giver=case.owner, items=[item], actor=case.owner.user, now=self.now)

    def fail_contact(self) -> None:
        inquiries.contact_failed(
            case=self.case(),
            outlet=self.centre.chengdu,
            text="没人接",
            happened_at=self.stated(),
            actor=self.agent().user,
            now=self.now,
        )

    def complain(self) -> None:
        inquiries.file_complaint(
            cause=self.chance.choice(Complaint.Cause.values),
            against=None,
            text="没有人理我",
            channel="chat",
            asker="receiver",
            origin=self.case(),
            # What some rulebooks want to know, and their clocks hang on.
            details=inquiries.Details(
                category="delay", demand="快送", promised_on=self.now.date() - timedelta(days=1)
            ),
            department=self.centre.query_desk,
            owner=self.agent(),
            actor=self.agent().user,
            now=self.now,
        )

    def claim(self) -> None:
        deadline = self.pick(Deadline.objects.filter(state="breached"))
        said = Interaction.objects.filter(case=deadline.case_id, substantive=True)
        entry = self.pick(said)
        latest = min(deadline.due_at, entry.recorded_at)
        deadlines.propose_late_entry(
            deadline=deadline,
            interaction=entry,
            claimed_at=deadline.starts_at + (latest - deadline.starts_at) * self.chance.random(),
            reason="通话记录",
            actor=self.centre.lin.user,
            now=self.now,
        )

    def decide_claim(self) -> None:
        deadlines.decide_late_entry(
            entry=self.pick(LateEntry.objects.filter(approved=None)),
            approve=self.chance.random() < 0.7,
            actor=self.centre.chen.user,
            now=self.now,
        )

    def waive(self) -> None:
        penalties.propose_waiver(
            penalty=self.pick(Penalty.objects.all()),
            ground=Waiver.Ground.FORCE_MAJEURE,
            reason="当日暴雨",
            actor=self.centre.wang.user,
            now=self.now,
        )

    def decide_waiver(self) -> None:
        penalties.decide_waiver(
            waiver=self.pick(Waiver.objects.filter(approved=None)),
            approve=self.chance.random() < 0.6,
            actor=self.centre.chen.user,
            now=self.now,
        )

    def release(self) -> None:
        penalties.release(
            penalty=self.pick(Penalty.objects.filter(state="held")),
            reason="电话是通的",
            actor=self.centre.he.user,
            now=self.now,
        )

    def shut_or_open(self) -> None:
        door = self.chance.choice(DOORS)
        if self.shut.pop(door, None) is None:
            self.shut[door] = self.now

    # Whom and what it is about.

    def agent(self) -> Employee:
        return self.chance.choice([self.centre.lin, self.centre.zhou])

    def case(self) -> Case:
        return self.pick(Case.objects.select_related("owner__user", "department"))

    def pick(self, rows: Any) -> Any:
        found = list(rows.order_by("pk"))
        if not found:
            raise KefuError("nothing there", code="nothing")
        return self.chance.choice(found)

    def stated(self) -> datetime | None:
        """Sometimes a time of the last half hour."""
        if self.chance.random() < 0.5:
            return None
        return self.now - timedelta(seconds=self.chance.randrange(1800))
