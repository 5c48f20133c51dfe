"""The customers of the sixty days: what they ask, what is asked of outlets, and who answers when."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inquiries import services as inquiries
from inquiries.models import Complaint, Inquiry, NetworkQuery
from kefu.cases.models import Case, Interaction
from kefu.demo import words
from kefu.errors import Conflict
from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.staff.models import Employee

if TYPE_CHECKING:
    from kefu.demo.seeder import Seeder

CASES_A_DAY = 26

Asker = Inquiry.Asker
Cause = Complaint.Cause
Channel = Interaction.Channel
CHANNELS = {Channel.PHONE: 60, Channel.CHAT: 28, Channel.COUNTER: 7, Channel.OA: 5}

# Calls an hour of the day, from 7 to 21 o'clock: a morning and an afternoon peak.
HOURS = {
    7: 1,
    8: 7,
    9: 11,
    10: 12,
    11: 9,
    12: 4,
    13: 6,
    14: 10,
    15: 12,
    16: 11,
    17: 8,
    18: 5,
    19: 3,
    20: 2,
    21: 1,
}


class Calls:
    """The query desk, on the agenda of the seeder."""

    def __init__(self, seeder: "Seeder") -> None:
        self.seeder = seeder
        self.random = seeder.random

    def day(self, on: datetime) -> None:
        """Put a day's calls on the agenda; ``on`` is its midnight."""
        number = int(CASES_A_DAY * self.seeder.scale * self.random.uniform(0.8, 1.2))
        for _ in range(max(1, number)):
            hour = self.random.choices(list(HOURS), list(HOURS.values()))[0]
            moment = on.replace(
                hour=hour, minute=self.random.randrange(60), second=self.random.randrange(60)
            )
            self.seeder.at(moment, self.call)

    def call(self, moment: datetime) -> None:
        """A customer calls or writes; what follows goes on the agenda."""
        agent = self.random.choice(self.seeder.agents)
        kind = self.random.choices(
            ["trace", "expedite", "change", "consultation", "other"], [55, 16, 14, 12, 3]
        )[0]
        waybill = self.seeder.waybill_before(moment)
        known = kind != "consultation" or self.random.random() < 0.2
        name, phone = (
            (waybill.sealed["receiver_name"], waybill.sealed["receiver_phone"])
            if known
            else self.seeder.customer()
        )
        case = inquiries.open_inquiry(
            kind=Inquiry.Kind(kind),
            channel=self.random.choices(list(CHANNELS), list(CHANNELS.values()))[0],
            asker=Asker.RECEIVER if known else Asker.OTHER,
            text=self.random.choice(words.QUESTIONS[kind]),
            department=agent.department,
            owner=agent,
            waybill=waybill if known else None,
            customer_name=name,
            customer_phone=phone,
            actor=agent.user,
            now=moment,
        )
        self.seeder.sweep_after(case)
        if known and kind in ("trace", "expedite", "change") and self.random.random() < 0.55:
            self.seeder.at(
                moment + timedelta(minutes=self.random.uniform(2, 12)),
                lambda t: self.ask(case, agent, waybill.destination, t),
            )
        delay = self.random.lognormvariate(2.4, 0.55)
        if self.random.random() < 0.07:
            delay += self.random.uniform(30, 120)
            if self.random.random() < 0.35:
                self.seeder.at(
                    moment + timedelta(minutes=self.random.uniform(32, 30 + delay / 2)),
                    lambda t: self.again(case, agent, t),
                )
        self.seeder.at(
            self.seeder.in_hours(moment + timedelta(minutes=delay)),
            lambda t: self.answer(case, agent, t),
        )

    def ask(self, case: Case, agent: Employee, outlet: Party, moment: datetime) -> None:
        try:
            query = inquiries.ask_outlet(
                case=case,
                outlet=outlet,
                question=self.random.choice(words.OUTLET_QUESTIONS),
                actor=agent.user,
                now=moment,
            )
        except Conflict:
            return  # closed meanwhile
        self.seeder.sweep_after(case)
        median = 4.9 if outlet.pk in self.seeder.slow else 3.6
        self.seeder.at(
            moment + timedelta(minutes=self.random.lognormvariate(median, 0.6)),
            lambda t: self.feedback(query, agent, t),
        )

    def feedback(self, query: NetworkQuery, agent: Employee, moment: datetime) -> None:
        try:
            inquiries.record_feedback(
                query=query,
                answer=self.random.choice(words.OUTLET_ANSWERS),
                channel=Channel.OA,
                actor=agent.user,
                now=moment,
            )
        except Conflict:
            return
        case = Case.objects.get(pk=query.case_id)
        late = query.deadline is not None and moment > query.deadline.due_at
        # Of the outlet with an account everybody complains: whoever looks in as one finds fines and statements.
        often = 1 if query.asked == self.seeder.outlets[0] else 0.3
        if late and self.random.random() < often:
            self.seeder.at(
                moment + timedelta(hours=self.random.uniform(0.2, 6)),
                lambda t: self.complain(case, agent, t, query.asked),
            )
        self.seeder.at(
            self.seeder.in_hours(moment + timedelta(minutes=self.random.uniform(2, 25))),
            lambda t: self.answer(case, agent, t),
        )

    def answer(self, case: Case, agent: Employee, moment: datetime) -> None:
        try:
            inquiries.answer_customer(
                case=case,
                text=self.random.choice(words.ANSWERS),
                channel=Channel.PHONE,
                substantive=True,
                actor=agent.user,
                now=moment,
            )
        except Conflict:
            return
        self.seeder.at(
            self.seeder.in_hours(moment + timedelta(minutes=self.random.uniform(5, 240))),
            lambda t: self.finish(case, agent, t),
        )

    def again(self, case: Case, agent: Employee, moment: datetime) -> None:
        inquiries.customer_again(
            case=case,
            text="怎么还没消息，我再等下去就投诉",
            channel=Channel.PHONE,
            actor=agent.user,
            now=moment,
        )
        self.seeder.sweep_after(case)
        soon = self.seeder.in_hours(moment + timedelta(minutes=self.random.uniform(3, 20)))
        self.seeder.at(soon, lambda t: self.answer(case, agent, t))

    def finish(self, case: Case, agent: Employee, moment: datetime) -> None:
        try:
            inquiries.close(
                case=case, note=self.random.choice(words.CLOSINGS), actor=agent.user, now=moment
            )
        except Conflict:
            return  # an outlet is still silent: it stays open

    def complain(self, origin: Case, agent: Employee, moment: datetime, against: Party) -> None:
        cause = self.random.choice(
            [Cause.NO_REPLY, Cause.LATE_REPLY, Cause.LATE_REPLY, Cause.SHIRKING]
        )
        case = inquiries.file_complaint(
            cause=cause,
            against=against,
            text=words.COMPLAINTS[cause],
            channel=Channel.PHONE,
            asker=Asker.RECEIVER,
            origin=origin,
            department=agent.department,
            owner=agent,
            actor=agent.user,
            now=moment,
        )
        self.seeder.sweep_after(case)
        self.seeder.at(
            self.seeder.in_hours(moment + timedelta(minutes=self.random.uniform(5, 25))),
            lambda t: self.answer(case, agent, t),
        )
        fine = Penalty.objects.filter(case=origin, state="payable").first()
        if fine and self.random.random() < 0.25:
            self.seeder.at(moment + timedelta(hours=2), lambda t: self.waive(fine, t))

    def waive(self, fine: Penalty, moment: datetime) -> None:
        lead, supervisor = self.seeder.by_number["0803"].user, self.seeder.by_number["0801"].user
        waiver = penalties.propose_waiver(
            penalty=fine,
            ground=Waiver.Ground.FORCE_MAJEURE,
            reason="当日暴雨，派件区域断电",
            actor=lead,
            now=moment,
        )
        self.seeder.at(
            moment + timedelta(hours=self.random.uniform(1, 30)),
            lambda t: penalties.decide_waiver(
                waiver=waiver,
                approve=self.random.random() < 0.7,
                note="已核实",
                actor=supervisor,
                now=t,
            ),
        )
