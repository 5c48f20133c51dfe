"""Let sixty days happen to an invented call centre, by the same services the product uses.

Everything goes through the services under a clock that is set to each moment in turn, so that every
timer, fine and entry is as true as in a real centre; nothing is inserted that the product could not do.
"""

import heapq
import itertools
import multiprocessing
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import Max

from claims.services import registers
from inquiries import services as inquiries
from inquiries.models import Complaint, Inquiry, NetworkQuery
from kefu import clock
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.demo import pictures, words
from kefu.demo.claims import Claims
from kefu.demo.complaints import Complaints
from kefu.demo.parcels import Parcels
from kefu.desk import services as desk
from kefu.errors import Conflict
from kefu.network.models import ContactNumber, Party, Region
from kefu.notifications.models import BellMark, Event
from kefu.parcels.models import Scan, Waybill
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.privacy import lookup, masks, names
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff import services as staff
from kefu.staff.models import Department, Duty, Employee, Position, User

PASSWORD = "kefu-demo-0826"  # printed by make run; the demo centre holds nobody's data
DAYS = 60
WAYBILLS = 4_000
CASES_A_DAY = 26
PARTS = 2  # processes
LAST = "outlet01"  # the account that is opened last
OPEN_ELSEWHERE = 36  # cases of colleagues and of nobody, open now

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


def exists() -> bool:
    """Whether there is a centre already, the demo's or a real one."""
    return Party.objects.filter(kind=Party.Kind.COMPANY).exists()


def accounts() -> list[tuple[str, str, str]]:
    """Return (role, user name, password) of one demo account a role."""
    found: dict[str, tuple[str, str, str]] = {}
    for user in User.objects.filter(username__in=[s[0] for s in words.STAFF] + [LAST]).order_by(
        "username"
    ):
        found.setdefault(user.role, (user.get_role_display(), user.username, PASSWORD))
    return list(found.values())


@contextmanager
def clock_at() -> Iterator[Callable[[datetime], None]]:
    """Lend the clock out: the function it yields sets the moment everything happens at."""
    before = settings.KEFU_NOW

    def set_to(moment: datetime) -> None:
        settings.KEFU_NOW = moment

    try:
        yield set_to
    finally:
        settings.KEFU_NOW = before


class Seeder:
    def __init__(self, *, now: datetime, seed: int, scale: float) -> None:
        self.now = now
        self.seed = seed
        self.random = random.Random(seed)
        self.scale = scale
        self.agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.order = itertools.count()

    # -- the house -----------------------------------------------------------------------------

    def build(self) -> None:
        """Make the organisation, the network and the parcels."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT kefu_make_partitions(%s, %s)",
                [
                    (self.now - timedelta(days=DAYS + 15)).date(),
                    (self.now + timedelta(days=95)).date(),
                ],
            )
        rulebooks.install_shipped(now=self.now - timedelta(days=DAYS + 30))
        self.company = self.party("company", "YZ", "扬州本部", None, None)
        self.hub = self.party("hub", "HUB01", "华东分拨中心", None, None)
        self.build_outlets()
        self.build_staff()
        self.build_waybills()
        Parcels(self).build()
        Claims(self).build()

    def party(
        self, kind: str, code: str, name: str, region: Region | None, parent: Party | None
    ) -> Party:
        return Party.objects.create(
            kind=kind,
            code=code,
            name=name,
            region=region,
            parent=parent,
            pinyin=names.pinyin(name),
            initials=names.initials(name),
        )

    def build_outlets(self) -> None:
        country = Region.objects.create(name="全国")
        self.outlets: list[Party] = []
        self.slow: set[int] = set()
        for province, city, districts in words.PLACES:
            above, _new = Region.objects.get_or_create(parent=country, name=province)
            region = Region.objects.create(parent=above, name=city)
            for district in districts:
                number = len(self.outlets) + 1
                outlet = self.party("outlet", f"WD{number:03}", f"{city}{district}部", region, None)
                self.outlets.append(outlet)
                for kind in ("duty", "complaint", "head"):
                    self.contact(outlet, kind)
                if number % 5 == 0:
                    self.party(
                        "contractor", f"CB{number:03}", f"{city}{district}承包区", region, outlet
                    )
        while len(self.outlets) < 60:
            place = self.random.choice(words.PLACES)
            number = len(self.outlets) + 1
            region = Region.objects.get(name=place[1], parent__name=place[0])
            self.outlets.append(
                self.party(
                    "outlet", f"WD{number:03}", f"{place[1]}{place[2][0]}{number}部", region, None
                )
            )
            self.contact(self.outlets[-1], "duty")
        self.slow = {o.pk for o in self.random.sample(self.outlets, 8)}
        self.couriers = [
            self.party("courier", f"{2200 + n}", self.person(), None, self.company)
            for n in range(1, 9)
        ]
        self.party("driver", "3301", self.person(), None, self.company)

    def contact(self, party: Party, kind: str) -> None:
        number = f"1380000{self.random.randrange(10_000):04}"
        holder = self.person()
        ContactNumber.objects.create(
            party=party,
            kind=kind,
            sealed={"number": number, "holder": holder},
            number_masked=masks.mask_phone(number),
            holder_masked=masks.mask_name(holder),
            lookup=lookup.tokens_for_person(holder, number),
            valid_from=self.now - timedelta(days=200),
            recorded_at=self.now - timedelta(days=200),
        )

    def build_staff(self) -> None:
        self.departments = {
            code: Department.objects.create(
                code=code,
                desk=desk,
                name=name,
                name_en=english,
                works_inquiries=works,
                switchboard=code == words.SWITCHBOARD,
                order=order,
            )
            for order, (code, desk, name, english, works) in enumerate(words.DEPARTMENTS)
        }
        self.assign_rules()
        positions = {
            name: Position.objects.create(
                name=name, name_en=english, duties=duties, post=words.POSTS.get(name, "")
            )
            for name, english, duties in words.POSITIONS
        }
        hashed = User(username="x")
        hashed.set_password(PASSWORD)  # hashed once: a good hash is slow
        self.staff: list[Employee] = []
        for number, role, department, position in words.STAFF:
            name = self.person()
            party = self.party("employee", number, name, None, self.company)
            user = User.objects.create(
                username=number,
                first_name=name,
                password=hashed.password,
                role=role,
                party=party,
                is_staff=role != User.Role.AGENT,
            )
            self.staff.append(
                Employee.objects.create(
                    user=user,
                    party=party,
                    number=number,
                    name=name,
                    department=self.departments[department],
                    position=positions[position],
                    channels=["phone", "online"],
                    nickname=f"小{name[-1]}",
                    extension=number,
                )
            )
        User.objects.create(
            username=LAST,
            first_name=self.outlets[0].name,
            password=hashed.password,
            role=User.Role.OUTLET,
            party=self.outlets[0],
            is_active=False,  # opened when the sixty days are through: the mark of a whole centre
        )
        self.by_number = {e.number: e for e in self.staff}
        self.give_avatars()
        self.agents = [
            e for e in self.staff if e.user.role == "agent" and e.department.code == "query"
        ]
        self.read_the_rules()
        Duty.objects.bulk_create(
            Duty(
                employee=e,
                started_at=self.now - timedelta(hours=3),
                seat_since=self.now - timedelta(hours=3),
            )
            for e in self.staff
            if e.user.role in ("agent", "shift_lead", "supervisor")
        )

    def assign_rules(self) -> None:
        """The desks that work by another book than the rest of the centre."""
        for code, book in words.BOOKS.items():
            version = RulebookVersion.objects.get(rulebook__code=book)
            assert version.effective_on is not None
            Assignment.objects.create(
                version=version,
                department=self.departments[code],
                effective_on=version.effective_on,
            )

    def read_the_rules(self) -> None:
        """Everybody confirmed the rules before the sixty days, but for one agent who has not yet."""
        version = RulebookVersion.objects.get(rulebook__code=rulebooks.MAIN)
        for employee in self.staff:
            if employee != self.agents[-1]:
                rulebooks.acknowledge(
                    employee=employee,
                    version=version,
                    actor=employee.user,
                    now=self.now - timedelta(days=DAYS + 14),
                )

    def give_avatars(self) -> None:
        """The company's pictures, in turn to whoever answers online (ES-203.03)."""
        chance = random.Random(self.seed)  # of its own: a new picture changes nothing else
        avatars = itertools.cycle(
            staff.add_avatar(
                name=name,
                picture=pictures.avatar(chance),
                actor=self.by_number["0801"].user,
                now=self.now - timedelta(days=DAYS),
            )
            for name in words.AVATARS
        )
        for employee in self.staff:
            employee.avatar = next(avatars)
        Employee.objects.bulk_update(self.staff, ["avatar"])

    def build_waybills(self) -> None:
        amount = int(WAYBILLS * min(self.scale, 1)) or 1
        rows, scans = [], []
        for n in range(amount):
            accepted = self.now - timedelta(minutes=self.random.randrange(60, (DAYS + 5) * 1440))
            target = self.random.choice(self.outlets)
            sender, receiver = self.customer(), self.customer()
            parties = {
                "sender_name": sender[0],
                "sender_phone": sender[1],
                "sender_address": "江苏省扬州市邗江区文汇西路 18 号",
                "receiver_name": receiver[0],
                "receiver_phone": receiver[1],
                "receiver_address": f"{target.region.name if target.region else ''}市中心路 {n % 200 + 1} 号 3 单元 502 室",
            }
            row = Waybill(
                number=f"8806{12_000_000 + n * 7:08}",
                origin=self.company,
                destination=target,
                route_from="扬州",
                route_to=target.region.name if target.region else target.name[:2],
                sealed=parties,
                lookup=lookup.tokens_for_person(*sender) + lookup.tokens_for_person(*receiver),
                goods=self.random.choice(
                    ["衣物", "文件", "布艺样品", "茶叶", "五金配件", "医用耗材", "灯具"]
                ),
                weight_kg=Decimal(self.random.randrange(20, 2500)) / 100,
                freight=Decimal(self.random.randrange(800, 9000)) / 100,
                payment=self.random.choices(["sender", "receiver", "monthly"], [6, 2, 2])[0],
                declared_value=Decimal(self.random.choice([0, 0, 0, 200, 500, 800, 1200, 3000])),
                accepted_at=accepted,
            )
            for side in ("sender", "receiver"):
                setattr(row, f"{side}_name_masked", masks.mask_name(parties[f"{side}_name"]))
                setattr(row, f"{side}_phone_masked", masks.mask_phone(parties[f"{side}_phone"]))
                setattr(
                    row, f"{side}_address_masked", masks.mask_address(parties[f"{side}_address"])
                )
            rows.append(row)
            scans += self.scans(row, target)
        self.waybills = Waybill.objects.bulk_create(rows, batch_size=1_000)
        Scan.objects.bulk_create(scans, batch_size=2_000)
        self.waybills.sort(key=lambda w: w.accepted_at)

    def scans(self, waybill: Waybill, target: Party) -> list[Scan]:
        steps = [
            ("accepted", 0, self.company.name, ""),
            ("loaded", 4, self.company.name, "去分拨"),
            ("arrived", 14, self.hub.name, ""),
            ("departed", 18, self.hub.name, target.name),
            ("arrived", 40, target.name, ""),
            ("delivering", 46, target.name, ""),
            ("signed", 50, target.name, ""),
        ]
        reached = self.random.choices(range(2, 8), [1, 2, 2, 3, 4, 20])[0]
        found = [
            Scan(
                waybill_number=waybill.number,
                kind=kind,
                at=waybill.accepted_at + timedelta(hours=hours, minutes=self.random.randrange(50)),
                place=place,
                text=text,
            )
            for kind, hours, place, text in steps[:reached]
        ]
        return [scan for scan in found if scan.at < self.now]

    def person(self) -> str:
        given = "".join(self.random.choices(words.GIVEN, k=self.random.choice([1, 2, 2])))
        return self.random.choice(words.SURNAMES) + given

    def customer(self) -> tuple[str, str]:
        name = self.random.choice(words.FIRMS) if self.random.random() < 0.1 else self.person()
        return name, f"1380000{self.random.randrange(10_000):04}"

    # -- sixty days ------------------------------------------------------------------------------

    def at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Put something on the agenda, if it lies in the past."""
        if moment < self.now:
            heapq.heappush(self.agenda, (moment, next(self.order), act))

    def live_through(self, part: int) -> None:
        """Let every other day's calls happen, with all that follows from them."""
        self.random.seed(f"{self.seed}/{part}")
        parcels, claims = Parcels(self, part), Claims(self, part)
        complaints = Complaints(self, part)
        first = (self.now - timedelta(days=DAYS)).astimezone(SHANGHAI).date()
        for day in range(part, DAYS + 1, PARTS):
            on = first + timedelta(days=day)
            for _ in range(max(1, int(CASES_A_DAY * self.scale * self.random.uniform(0.8, 1.2)))):
                hour = self.random.choices(list(HOURS), list(HOURS.values()))[0]
                moment = datetime(
                    on.year,
                    on.month,
                    on.day,
                    hour,
                    self.random.randrange(60),
                    self.random.randrange(60),
                    tzinfo=SHANGHAI,
                )
                self.at(moment, self.call)
            midnight = datetime(on.year, on.month, on.day, tzinfo=SHANGHAI)
            parcels.day(midnight)
            claims.day(midnight)
            complaints.day(midnight)
        with clock_at() as set_clock:
            while self.agenda:
                moment, _order, act = heapq.heappop(self.agenda)
                set_clock(moment)
                act(moment)

    def sweep_after(self, case: Case) -> None:
        """Break what runs out, some moments after, as the ticks of a real centre do."""
        for pk, due_at in case.deadlines.running().values_list("pk", "due_at"):
            moment = due_at + timedelta(seconds=self.random.uniform(0.05, 0.9))
            self.at(moment, partial(self.sweep_one, pk))

    def sweep_one(self, pk: int, _moment: datetime) -> None:
        deadlines.sweep(only=[pk])

    def call(self, moment: datetime) -> None:
        """A customer calls or writes; what follows goes on the agenda."""
        agent = self.random.choice(self.agents)
        kind = self.random.choices(
            ["trace", "expedite", "change", "consultation", "other"], [55, 16, 14, 12, 3]
        )[0]
        waybill = self.waybill_before(moment)
        known = kind != "consultation" or self.random.random() < 0.2
        name, phone = (
            (waybill.sealed["receiver_name"], waybill.sealed["receiver_phone"])
            if known
            else self.customer()
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
        self.sweep_after(case)
        if known and kind in ("trace", "expedite", "change") and self.random.random() < 0.55:
            self.at(
                moment + timedelta(minutes=self.random.uniform(2, 12)),
                lambda t: self.ask(case, agent, waybill.destination, t),
            )
        delay = self.random.lognormvariate(2.4, 0.55)
        if self.random.random() < 0.07:
            delay += self.random.uniform(30, 120)
            if self.random.random() < 0.35:
                self.at(
                    moment + timedelta(minutes=self.random.uniform(32, 30 + delay / 2)),
                    lambda t: self.again(case, agent, t),
                )
        self.at(
            self.in_hours(moment + timedelta(minutes=delay)), lambda t: self.answer(case, agent, t)
        )

    def waybill_before(self, moment: datetime) -> Waybill:
        for _ in range(20):
            found = self.random.choice(self.waybills)
            if moment - timedelta(days=12) < found.accepted_at < moment:
                return found
        return self.waybills[0]

    def in_hours(self, moment: datetime) -> datetime:
        """Nobody answers at night: what would fall there happens between 08:05 and 08:55."""
        local = moment.astimezone(SHANGHAI)
        if 8 <= local.hour < 21:
            return moment
        day = local + timedelta(days=1) if local.hour >= 21 else local
        return day.replace(
            hour=8, minute=self.random.randrange(5, 55), second=self.random.randrange(60)
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
        self.sweep_after(case)
        median = 4.9 if outlet.pk in self.slow else 3.6
        self.at(
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
        if late and self.random.random() < 0.3:
            self.at(
                moment + timedelta(hours=self.random.uniform(0.2, 6)),
                lambda t: self.complain(case, agent, t, query.asked),
            )
        self.at(
            self.in_hours(moment + timedelta(minutes=self.random.uniform(2, 25))),
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
        self.at(
            self.in_hours(moment + timedelta(minutes=self.random.uniform(5, 240))),
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
        self.sweep_after(case)
        soon = self.in_hours(moment + timedelta(minutes=self.random.uniform(3, 20)))
        self.at(soon, lambda t: self.answer(case, agent, t))

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
        self.sweep_after(case)
        self.at(
            self.in_hours(moment + timedelta(minutes=self.random.uniform(5, 25))),
            lambda t: self.answer(case, agent, t),
        )
        fine = Penalty.objects.filter(case=origin, state="payable").first()
        if fine and self.random.random() < 0.25:
            self.at(moment + timedelta(hours=2), lambda t: self.waive(fine, t))

    def waive(self, fine: Penalty, moment: datetime) -> None:
        lead, supervisor = self.by_number["0803"].user, self.by_number["0801"].user
        waiver = penalties.propose_waiver(
            penalty=fine,
            ground=Waiver.Ground.FORCE_MAJEURE,
            reason="当日暴雨，派件区域断电",
            actor=lead,
            now=moment,
        )
        self.at(
            moment + timedelta(hours=self.random.uniform(1, 30)),
            lambda t: penalties.decide_waiver(
                waiver=waiver,
                approve=self.random.random() < 0.7,
                note="已核实",
                actor=supervisor,
                now=t,
            ),
        )

    # -- the next minutes ---------------------------------------------------------------------

    def load(self) -> None:
        """Find the house again, to top up a centre that is there."""
        self.company = Party.objects.get(kind="company")
        self.by_number = {
            e.number: e for e in Employee.objects.select_related("user", "party", "department")
        }
        self.colleagues = [
            self.by_number[n] for n in ("0827", "0828", "0829", "0830", "0831", "0871")
        ]
        self.couriers = list(Party.objects.filter(kind=Party.Kind.COURIER).order_by("code"))
        self.waybills = list(
            Waybill.objects.filter(origin=self.company)
            .select_related("destination")
            .order_by("-accepted_at")[:200]
        )

    def next_minutes(self) -> None:
        """Cases of agent 0826 that warn and break within the next minutes, at any time of day.

        The two-hour clock of outlets runs round the clock, the customers' 30 minutes only while the line
        is open; so there are some of each.
        """
        agent, lead = self.by_number["0826"], self.by_number["0803"]
        picked = iter(self.random.sample(self.waybills, 12))
        two_hours, half_hour = timedelta(hours=2), timedelta(minutes=30)
        soon = [
            ("显示已签收，本人没收到，面单无签字", two_hours - timedelta(seconds=55)),
            ("三天无扫描，到分拨后没有发往派件网点", two_hours - timedelta(seconds=100)),
            ("收件地址已搬迁，要求转送新址", two_hours - timedelta(minutes=4)),
            ("派送两天未到，收件人电话正常", timedelta(minutes=104, seconds=15)),  # warns in 45 s
        ]
        with clock_at() as set_clock:
            for text, ago in soon:
                moment = self.now - ago
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
                moment = self.now - half_hour + timedelta(seconds=seconds)
                set_clock(moment)
                self.live_case(
                    agent, next(picked), self.random.choice(words.QUESTIONS["trace"]), moment
                )
            for minutes in sorted(self.random.uniform(1, 24) for _ in range(OPEN_ELSEWHERE)):
                moment = self.now - timedelta(minutes=minutes)
                set_clock(moment)
                owner = self.random.choice([*self.colleagues, None])
                text = self.random.choice(words.QUESTIONS["trace"])
                waybill = self.random.choice(self.waybills)
                case = self.live_case(owner, waybill, text, moment)
                if owner and self.random.random() < 0.4:
                    inquiries.ask_outlet(
                        case=case,
                        outlet=waybill.destination,
                        actor=owner.user,
                        now=moment,
                        question=self.random.choice(words.OUTLET_QUESTIONS),
                    )
            Parcels(self).to_handle(set_clock)
            set_clock(self.now)
            waiting = self.live_case(None, next(picked), "客户在线上问，还没有人领", self.now)
            handed = self.live_case(lead, next(picked), "夜班留下的件，等网点回底单", self.now)
            desk.hand_over(
                giver=lead,
                items=[desk.HandOverItem(handed, agent, self.random.choice(words.HAND_OVER))],
                actor=lead.user,
                now=self.now,
            )
            desk.add_note(
                case=waiting, text=self.random.choice(words.NOTES), actor=lead.user, now=self.now
            )

    def live_case(
        self, owner: Employee | None, waybill: Waybill, text: str, moment: datetime
    ) -> Case:
        department = owner.department if owner else self.by_number["0826"].department
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
            actor=owner.user if owner else self.by_number["0803"].user,
            now=moment,
        )


def seed_demo(*, now: datetime, seed: int = 1, scale: float = 1.0) -> None:
    """Build the demo centre, or, where one stands already, only add what falls due in the next minutes."""
    seeder = Seeder(now=now, seed=seed, scale=scale)
    if not exists():
        with transaction.atomic():
            seeder.build()
        _live_through(seeder)
        with transaction.atomic():
            Parcels(seeder).routes()
        for weeks_ago in range(8, -1, -1):
            registers.draw_up_and_remind(now=seeder.now - timedelta(weeks=weeks_ago))
        _read_all_bells()
        User.objects.filter(username=LAST).update(is_active=True)
        seeder.now = clock.now()  # sixty days took a while
    seeder.load()
    with transaction.atomic():
        seeder.next_minutes()


def _live_through(seeder: Seeder) -> None:
    """Share the days out among processes: sixty days of real services take a core about a minute."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PARTS, mp_context=fork) as pool:
        for done in [pool.submit(_live_part, seeder, part) for part in range(PARTS)]:
            done.result()


def _read_all_bells() -> None:
    """What happened in sixty days was read at the time; the bells count from now."""
    last = Event.objects.aggregate(last=Max("id"))["last"] or 0
    BellMark.objects.bulk_create(BellMark(user=user, seen_id=last) for user in User.objects.all())


def _live_part(seeder: Seeder, part: int) -> None:
    # The parts enter into the same accounts: on a busy machine one waits long for the other, and nobody for both.
    # Each act is a transaction of its own, as in life: in longer ones the parts would wait for each other in a circle.
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET {limit} = 0")
    seeder.live_through(part)
    connections.close_all()


def state() -> str:
    """Return what stands here: "empty", "half" a demo centre, a whole "demo", or a "real" centre."""
    if not exists():
        return "empty"
    opened = (
        User.objects.filter(username=LAST, party__code="WD001")
        .values_list("is_active", flat=True)
        .first()
    )
    return {None: "real", False: "half", True: "demo"}[opened]
