"""What falls due before the visitor's eyes: cases that warn and break within minutes of a fresh demo."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inquiries import services as inquiries
from inquiries.models import Inquiry
from kefu.cases.models import Case, Interaction
from kefu.demo import words
from kefu.demo.parcels import Parcels
from kefu.demo.seeder import clock_at
from kefu.desk import services as desk
from kefu.parcels.models import Waybill
from kefu.staff.models import Employee

if TYPE_CHECKING:
    from kefu.demo.seeder import Seeder

OPEN_ELSEWHERE = 36  # cases of colleagues and of nobody, open now

Asker = Inquiry.Asker
Channel = Interaction.Channel


class NextMinutes:
    def __init__(self, seeder: "Seeder") -> None:
        self.seeder = seeder
        self.random = seeder.random

    def add(self) -> None:
        """Cases of agent 0826 that warn and break within the next minutes, at any time of day.

        The two-hour clock of outlets runs round the clock, the customers' 30 minutes only while the line
        is open; so there are some of each.
        """
        agent, lead = self.seeder.by_number["0826"], self.seeder.by_number["0803"]
        picked = iter(self.random.sample(self.seeder.waybills, 12))
        two_hours, half_hour = timedelta(hours=2), timedelta(minutes=30)
        soon = [
            ("显示已签收，本人没收到，面单无签字", two_hours - timedelta(seconds=55)),
            ("三天无扫描，到分拨后没有发往派件网点", two_hours - timedelta(seconds=100)),
            ("收件地址已搬迁，要求转送新址", two_hours - timedelta(minutes=4)),
            ("派送两天未到，收件人电话正常", timedelta(minutes=104, seconds=15)),  # warns in 45 s
        ]
        with clock_at() as set_clock:
            for text, ago in soon:
                moment = self.seeder.now - ago
                set_clock(moment)
                waybill = next(picked)
                case = self.live_case(agent, waybill, text, moment)
                query = inquiries.ask_outlet(
                    case=case,
                    outlet=waybill.destination,
                    question=self.random.choice(words.OUTLET_QUESTIONS),
                    actor=agent.user,
                    now=moment,
                )
                inquiries.answer_customer(
                    case=case,
                    text=f"已请 {query.asked.name} 核实，有结果马上回您",
                    channel=Channel.PHONE,
                    substantive=True,
                    actor=agent.user,
                    now=moment + timedelta(seconds=40),
                )
            for seconds in (75, 200, 420, 900, 1500):
                moment = self.seeder.now - half_hour + timedelta(seconds=seconds)
                set_clock(moment)
                self.live_case(
                    agent, next(picked), self.random.choice(words.QUESTIONS["trace"]), moment
                )
            for minutes in sorted(self.random.uniform(1, 24) for _ in range(OPEN_ELSEWHERE)):
                moment = self.seeder.now - timedelta(minutes=minutes)
                set_clock(moment)
                owner = self.random.choice([*self.seeder.colleagues, None])
                text = self.random.choice(words.QUESTIONS["trace"])
                waybill = self.random.choice(self.seeder.waybills)
                case = self.live_case(owner, waybill, text, moment)
                if owner and self.random.random() < 0.4:
                    inquiries.ask_outlet(
                        case=case,
                        outlet=waybill.destination,
                        actor=owner.user,
                        now=moment,
                        question=self.random.choice(words.OUTLET_QUESTIONS),
                    )
            Parcels(self.seeder).to_handle(set_clock)
            set_clock(self.seeder.now)
            waiting = self.live_case(
                None, next(picked), "客户在线上问，还没有人领", self.seeder.now
            )
            handed = self.live_case(
                lead, next(picked), "夜班留下的件，等网点回底单", self.seeder.now
            )
            desk.hand_over(
                giver=lead,
                items=[desk.HandOverItem(handed, agent, self.random.choice(words.HAND_OVER))],
                actor=lead.user,
                now=self.seeder.now,
            )
            desk.add_note(
                case=waiting,
                text=self.random.choice(words.NOTES),
                actor=lead.user,
                now=self.seeder.now,
            )

    def live_case(
        self, owner: Employee | None, waybill: Waybill, text: str, moment: datetime
    ) -> Case:
        department = owner.department if owner else self.seeder.by_number["0826"].department
        return inquiries.open_inquiry(
            kind=Inquiry.Kind.TRACE,
            channel=Channel.CHAT,
            asker=Asker.RECEIVER,
            text=text,
            department=department,
            owner=owner,
            waybill=waybill,
            customer_name=waybill.sealed["receiver_name"],
            customer_phone=waybill.sealed["receiver_phone"],
            actor=owner.user if owner else self.seeder.by_number["0803"].user,
            now=moment,
        )
