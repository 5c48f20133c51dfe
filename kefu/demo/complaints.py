"""Complaints of the sixty days, taken step by step, and the last hour, in which everybody rings about one outlet."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from inquiries import services as inquiries
from inquiries.models import Complaint, Incident, IncidentMember, Inquiry
from inquiries.services import Details, incident_solution, incident_team
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError
from kefu.parcels.models import Waybill

if TYPE_CHECKING:
    from kefu.demo.seeder import Seeder

# One for each of the seeder's parts: both would count in the same rows and wait for each other.
SPECIALISTS = ("0895", "0896")
SUPERVISOR = "0801"
A_DAY = 1.4
STORM, BEFORE = (
    24,
    timedelta(minutes=80),
)  # complaints, and how long before the demo is there the first one rang
Phone = Interaction.Channel.PHONE
Cause, Category = Complaint.Cause, Complaint.Category

# category, cause, weight, words, demand, more
STORIES: list[tuple[str, str, int, str, str, dict[str, Any]]] = [
    ("delay", Cause.DELAYED, 40, "说好前天到，现在还没影，耽误我用", "尽快送到，给个说法", {}),
    ("attitude", Cause.RUDE_LANGUAGE, 16, "业务员在电话里骂人，说爱要不要", "业务员道歉", {}),
    ("damaged", Cause.DAMAGED, 18, "外箱破了个洞，里面的东西没坏", "以后包装好一点", {"contents": "intact"}),
    ("lost", Cause.LOST, 10, "十天了说丢了，也没人管", "赔偿", {}),
    ("other", Cause.SHIRKING, 16, "网点让我找总部，总部让我找网点", "给一个能解决的电话", {}),
]  # fmt: skip


class Complaints:
    """The complaint desk, on the agenda of the seeder."""

    def __init__(self, seeder: "Seeder", part: int = 0) -> None:
        self.seeder, self.part = seeder, part
        self.random = seeder.random

    def day(self, on: datetime) -> None:
        """Put a day's complaints on the agenda; ``on`` is its midnight."""
        many = A_DAY * min(self.seeder.scale, 1)
        for _n in range(int(many) + (self.random.random() < many % 1)):
            self.seeder.at(on + timedelta(hours=self.random.uniform(8.5, 18)), self.file)
        began = self.seeder.now - BEFORE
        if on <= began < on + timedelta(days=1) and self.seeder.scale >= 1:
            self.storm(began)

    @property
    def specialist(self) -> Any:
        return self.seeder.by_number[SPECIALISTS[self.part]]

    def user(self, number: str) -> Any:
        return self.seeder.by_number[number].user

    def later(
        self, moment: datetime, least: float, most: float, act: Callable[[datetime], object]
    ) -> None:
        """Within so many hours from ``moment``, while somebody is there."""
        at = moment + timedelta(hours=self.random.uniform(least, most))
        self.seeder.at(self.seeder.in_hours(at), partial(self._try, act))

    def _try(self, act: Callable[[datetime], object], moment: datetime) -> None:
        try:
            act(moment)
        except (Conflict, KefuError):
            return  # somebody was faster, or it is not the time for it

    def file(self, moment: datetime) -> None:
        waybill = self.seeder.waybill_before(moment)
        category, cause, _weight, words, demand, more = self.random.choices(
            STORIES, [story[2] for story in STORIES]
        )[0]
        if category == Category.DELAY:
            accepted = waybill.accepted_at.astimezone(SHANGHAI).date()
            more = {"promised_on": accepted + timedelta(days=self.random.randrange(2, 4))}
        try:
            case = self.complain(
                waybill, cause, words, moment, Details(category=category, demand=demand, **more)
            )
        except KefuError:
            return  # promised for a day to come
        self.seeder.sweep_after(case)
        if self.random.random() < 0.94:
            self.later(moment, 0.1, 0.9, partial(self.verify, case))

    def complain(
        self, waybill: Waybill, cause: str, words: str, moment: datetime, details: Details
    ) -> Case:
        return inquiries.file_complaint(
            cause=Cause(cause),
            against=waybill.destination,
            text=words,
            channel=Phone,
            asker=Inquiry.Asker.RECEIVER,
            waybill=waybill,
            customer_name=waybill.sealed["receiver_name"],
            customer_phone=waybill.sealed["receiver_phone"],
            details=details,
            department=self.seeder.departments["complaint"],
            owner=self.specialist,
            actor=self.specialist.user,
            now=moment,
        )

    def by(self, case: Case, moment: datetime) -> dict[str, Any]:
        case.refresh_from_db()
        doer = case.owner or self.specialist
        return {"case": case, "actor": doer.user, "now": moment}

    def verify(self, case: Case, moment: datetime) -> None:
        major = case.complaint.grade == Complaint.Grade.MAJOR
        inquiries.verify(
            method="" if major else self.random.choice(["logistics_system", "outlet"]),
            text="轨迹和网点说法一致，客户反映属实",
            courier_said="承认没有按约派送" if major else "",
            head_said="已批评业务员，今天专人处理" if major else "",
            evidence=["tracking"] if major else [],
            **self.by(case, moment),
        )
        self.later(moment, 0.2, 8, partial(self.propose, case))

    def propose(self, case: Case, moment: datetime) -> None:
        delay = case.complaint.category == Category.DELAY
        inquiries.propose(
            text="网点今天专人送到，并向您道歉",
            apology=True,
            delay_reason="中转积压" if delay else "",
            coupon=None,
            channel=Phone,
            **self.by(case, moment),
        )
        self.later(moment, 0.1, 6, partial(self.answer, case))

    def answer(self, case: Case, moment: datetime) -> None:
        accepted = self.random.random() < 0.8
        inquiries.answer_solution(
            accepted=accepted,
            text="可以" if accepted else "不行，还要再给个说法",
            channel=Phone,
            **self.by(case, moment),
        )
        again = self.follow_up if accepted else self.propose
        self.later(moment, 2, 20, partial(again, case))

    def follow_up(self, case: Case, moment: datetime) -> None:
        satisfied = self.random.random() < 0.85
        inquiries.follow_up(
            satisfied=satisfied,
            further_needs="没有" if satisfied else "要网点书面道歉",
            **self.by(case, moment),
        )
        if satisfied:
            self.later(moment, 0.1, 4, partial(self.close, case))
        else:
            self.later(moment, 1, 8, partial(self.propose, case))

    def close(self, case: Case, moment: datetime) -> None:
        inquiries.close(note="回访满意", further_needs_asked=True, **self.by(case, moment))

    # -- everybody at once -----------------------------------------------------------------------

    def storm(self, moment: datetime) -> None:
        """So many complain of one outlet within the hour that an incident opens by itself."""
        outlet = self.seeder.outlets[3]
        for n in range(STORM):
            self.seeder.at(moment + timedelta(minutes=1.5 * n), partial(self.storm_call, outlet.pk))
        self.seeder.at(moment + timedelta(minutes=50), partial(self._try, self.handle_storm))

    def storm_call(self, outlet_id: int, moment: datetime) -> None:
        waybill = self.seeder.waybill_before(moment)
        case = self.complain(
            waybill,
            Cause.DELAYED,
            "整个片区的件都没派，电话也打不进去",
            moment,
            Details(
                category=Category.OTHER, demand="说清楚什么时候派", issue=f"outlet:{outlet_id}"
            ),
        )
        self.seeder.sweep_after(case)

    def handle_storm(self, moment: datetime) -> None:
        incident = Incident.objects.filter(kind=Incident.Kind.MASS_COMPLAINT).first()
        if incident is None:
            return
        by = {"actor": self.user(SUPERVISOR), "now": moment}
        incident_team.add_member(
            incident=incident,
            role=IncidentMember.Role.OUTLET_HEAD,
            outlet=self.seeder.outlets[3],
            **by,
        )
        for role, number, post in (
            (IncidentMember.Role.AGENT, "0827", "phone"),
            (IncidentMember.Role.COMPLAINT_SPECIALIST, "0895", "online"),
        ):
            incident_team.add_member(
                incident=incident,
                role=role,
                employee=self.seeder.by_number[number],
                post=post,
                **by,
            )
        incident_solution.decide_solution(
            incident=incident,
            outcome="sanction_and_apology",
            text="网点增派五人，两天内清完积压，逐户致歉",
            **by,
        )
