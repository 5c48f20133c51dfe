"""What goes wrong with parcels in the sixty days: registered, written about, returned, collected."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.privacy import lookup, masks
from kefu.staff.models import Employee
from problem_parcels import services
from problem_parcels.models import Disposal, Message, ReceiptBatch
from problem_parcels.receipt_rules import read_signature
from problem_parcels.services import (
    Attempt,
    Given,
    forwardings,
    misroutings,
    receipts,
    stays,
)
from problem_parcels.services.house import set_house_words

if TYPE_CHECKING:
    from kefu.demo.seeder import Seeder

ARRIVED = 700  # parcels of others that came here
A_DAY = 6  # of them go wrong, and as many are on a courier's list of receipts
RECEIPT_DAYS = 10  # the last ones, whose receipts are entered
WRITTEN_A_DAY = 2  # messages of other outlets about parcels we sent
# One for each of the seeder's parts: both would count in the same rows and wait for each other.
KEEPERS = ("0891", "0892")
PROCESSING = ("0871", "0872")
CLERK = "0881"

# type, weight, what is chosen, what came of the call ("" nobody called)
STORIES: list[tuple[str, int, dict[str, Any], str]] = [
    ("nobody_home", 30, {}, "no_answer"),
    ("nobody_home", 12, {"chosen": {"agreed": "tomorrow"}}, "reached"),
    ("nobody_home", 8, {}, "switched_off"),
    ("collect_refused", 8, {"chosen": {"refusal_reason": "too_expensive"}}, "reached"),
    ("address_change", 8, {"new_address": "扬州市邗江区新城河路 21 号 2 单元 301 室", "chosen": {"changed": "none"}}, "reached"),
    ("address_moved", 6, {"new_address": "扬州市广陵区文昌中路 9 号", "remark": "公司搬到新楼"}, "reached"),
    ("out_of_area", 6, {"chosen": {"pickup_answer": "willing"}}, "reached"),
    ("self_pickup", 10, {"chosen": {"pickup_place": "head_office", "pickup_time": "明天上午"}}, "reached"),
    ("refused", 6, {"reason": "货不对版，不要了", "chosen": {"refusal_cause": "recipient"}}, "reached"),
    ("damaged_outside", 4, {"remark": "外箱破损，内件完好"}, ""),
    ("missorted", 3, {"remark": "分到东关去了"}, ""),
    ("prohibited", 1, {"reason": "内有锂电池，没有申报"}, ""),
]  # fmt: skip
# What nothing is decided about by itself: it waits for somebody.
WAITING = {"nobody_home", "collect_refused", "address_change", "address_moved", "refused", "damaged_outside"}  # fmt: skip
# How many of them each has before him at any hour, and how many messages of outlets the processing desk has.
TO_HANDLE = {"0891": 6, "0892": 4, "0826": 4, "0871": 3}
UNTAKEN = 2  # of those of the first of them and of the query desk nobody has taken yet
TO_ANSWER = 5
TEXTS = [
    "上门没人，电话没接，请联系收件人后回复怎么处理",
    "收件人拒收，请与发件人确认是否退回",
    "地址不详，收件人联系不上，请核实",
    "到付嫌贵不收，请回复",
]
REPLIES = [
    ("已联系收件人，明天在家，请再派一次", "redeliver"),
    ("发件人同意退回，请退", "return"),
    ("收件人会到网点自取，请保管", "pickup"),
    ("地址改为公司前台，请再派", "new_address"),
]
ASKED = [
    ("收件人电话停机，请联系寄件人", "address_unclear"),
    ("收件地址没有网点，怎么处理", "no_outlet"),
    ("外包装破损，内件有响声，请确认", "damaged_outside"),
    ("收件人要求改地址到外区", "address_change"),
]
ANSWERS = ["已联系寄件人，请再派一次", "寄件人同意退回，请退回", "新电话已发给你们，请再联系"]


class Parcels:
    """The desks of problem parcels, on the agenda of the seeder."""

    def __init__(self, seeder: "Seeder", part: int = 0) -> None:
        self.seeder, self.part = seeder, part
        self.random = seeder.random

    # -- what arrived ----------------------------------------------------------------------------

    def build(self) -> None:
        """Parcels of other outlets for Yangzhou, spread over the days, each out for delivery once."""
        seeder, chance = self.seeder, random.Random(f"{self.seeder.seed}/parcels")
        rows, scans = [], []
        for n in range(max(20, int(ARRIVED * min(seeder.scale, 1)))):
            out_at = seeder.now - timedelta(minutes=chance.randrange(90, 62 * 1440))
            out_at = out_at.astimezone(SHANGHAI).replace(hour=chance.choice([9, 10, 13, 14]))
            if out_at > seeder.now:
                out_at -= timedelta(days=1)
            origin = chance.choice(
                [o for o in seeder.outlets if not (o.region and o.region.name == "扬州")]
            )
            rows.append(self._waybill(n, origin, out_at, chance))
            scans += [
                Scan(waybill_number=rows[-1].number, kind=kind, at=at, place=place)
                for kind, at, place in (
                    ("accepted", out_at - timedelta(hours=50), origin.name),
                    ("arrived", out_at - timedelta(hours=3), seeder.company.name),
                    ("delivering", out_at, seeder.company.name),
                )
            ]
        Waybill.objects.bulk_create(rows, batch_size=1_000)
        Scan.objects.bulk_create(scans, batch_size=2_000)

    def _waybill(self, n: int, origin: Party, out_at: datetime, chance: random.Random) -> Waybill:
        sender, receiver = self.seeder.customer(), self.seeder.customer()
        people = {
            "sender_name": sender[0],
            "sender_phone": sender[1],
            "sender_address": f"{origin.region.name if origin.region else ''}人民路 {n % 90 + 1} 号",
            "receiver_name": receiver[0],
            "receiver_phone": receiver[1],
            "receiver_address": f"江苏省扬州市广陵区汶河南路 {n % 200 + 1} 号 4 幢 301 室",
        }
        row = Waybill(
            number=f"7706{31_000_000 + n * 11:08}",
            origin=origin,
            destination=self.seeder.company,
            route_from=origin.region.name if origin.region else origin.name[:2],
            route_to="扬州",
            sealed=people,
            lookup=lookup.tokens_for_person(*sender) + lookup.tokens_for_person(*receiver),
            goods=chance.choice(["衣物", "文件", "茶叶", "五金配件", "灯具"]),
            weight_kg=Decimal(chance.randrange(20, 2500)) / 100,
            freight=Decimal(chance.randrange(800, 9000)) / 100,
            payment=chance.choices(["sender", "receiver", "monthly"], [6, 3, 1])[0],
            accepted_at=out_at - timedelta(hours=50),
        )
        for side in ("sender", "receiver"):
            setattr(row, f"{side}_name_masked", masks.mask_name(people[f"{side}_name"]))
            setattr(row, f"{side}_phone_masked", masks.mask_phone(people[f"{side}_phone"]))
            setattr(row, f"{side}_address_masked", masks.mask_address(people[f"{side}_address"]))
        return row

    # -- day by day ------------------------------------------------------------------------------

    def day(self, on: datetime) -> None:
        """Put a day's problem parcels on the agenda; ``on`` is its midnight."""
        out = Scan.objects.filter(
            kind="delivering",
            at__gte=on,
            at__lt=on + timedelta(days=1),
            waybill_number__startswith="7706",
        )
        numbers = list(out.order_by("waybill_number").values_list("waybill_number", flat=True))
        for number in numbers[:A_DAY]:
            moment = on + timedelta(hours=self.random.uniform(15.2, 20.5))
            self.seeder.at(moment, partial(self.register, number))
        if on > self.seeder.now - timedelta(days=RECEIPT_DAYS):
            listed = numbers[A_DAY : 2 * A_DAY]
            self.seeder.at(on + timedelta(hours=8.6), partial(self.hand_out, listed))
        for _ in range(WRITTEN_A_DAY):
            self.seeder.at(on + timedelta(hours=self.random.uniform(8.5, 20)), self.written)

    def keeper(self) -> Employee:
        return self.seeder.by_number[KEEPERS[self.part]]

    def register(self, number: str, moment: datetime) -> None:
        keeper = self.keeper()
        problem, _weight, more, outcome = self.random.choices(STORIES, [s[1] for s in STORIES])[0]
        called = moment - timedelta(minutes=self.random.uniform(3, 60))
        case = self.record(number, (problem, more, outcome), called, keeper, keeper, moment)
        if case is None:
            return  # signed for meanwhile, or called before it was out
        self.seeder.sweep_after(case)
        if case.disposals.exists():
            self.later(moment, 10, 26, partial(self.carry_out, case))
        elif problem in ("self_pickup", "out_of_area"):
            self.later(moment, 0.05, 0.3, partial(self.notify, case))
        elif self.random.random() < 0.94:
            self.later(moment, 0.05, 1.5, partial(self.post, case))
        else:  # forgotten in the evening: the day's promise breaks, somebody sees it the next morning
            self.later(moment, 14, 18, partial(self.post, case))

    def record(
        self,
        number: str,
        story: tuple[str, dict[str, Any], str],
        called: datetime,
        clerk: Employee,
        owner: Employee | None,
        moment: datetime,
    ) -> Case | None:
        """A clerk registers a parcel and puts it in store; None where that is refused."""
        problem, more, outcome = story
        given = Given(
            problem,
            attempts=[Attempt(outcome, called)] if outcome else [],
            courier=self.random.choice(self.seeder.couriers),
            **more,
        )
        try:
            case = services.register(
                number=number,
                given=given,
                owner=owner,
                department=clerk.department,
                actor=clerk.user,
                now=moment,
            )
        except KefuError:
            return None
        stays.enter(
            number=number,
            location=f"{self.random.choice('AB')}-{self.random.randrange(1, 24):02}",
            reason=str(case.problem_parcel.get_problem_display()),
            waybill_present=True,
            keeper=self.keeper(),
            case=case,
            actor=clerk.user,
            now=moment,
        )
        return case

    def later(
        self, moment: datetime, least: float, most: float, act: Callable[[datetime], None]
    ) -> None:
        """In so many hours, in working time."""
        at = moment + timedelta(hours=self.random.uniform(least, most))
        self.seeder.at(self.seeder.in_hours(at), act)

    def post(self, case: Case, moment: datetime) -> None:
        by = case.owner
        assert by is not None
        try:
            message = services.post_message(
                case=case,
                text=self.random.choice(TEXTS),
                storefront="东关营业厅",
                by=by,
                actor=by.user,
                now=moment,
            )
        except KefuError:
            return  # nobody called yet
        self.seeder.sweep_after(case)
        if self.random.random() < 0.9:
            hours = self.random.lognormvariate(0.3, 0.9)
            self.later(moment, hours, hours + 0.2, partial(self.answered, message))
        else:
            end = message.wait.due_at if message.wait else moment
            self.seeder.at(end + timedelta(seconds=40), partial(self.given_up, message))

    def answered(self, message: Message, moment: datetime) -> None:
        text, wish = self.random.choice(REPLIES)
        try:
            services.reply(
                message=message,
                text=text,
                wish=wish,
                party=message.receiver,
                actor=None,
                now=moment,
            )
        except Conflict:
            return
        case = Case.objects.get(pk=message.case_id)
        self.seeder.sweep_after(case)
        self.later(moment, 0.3, 9, partial(self.act_on, case, wish))

    def given_up(self, message: Message, moment: datetime) -> None:
        services.return_unanswered(now=moment, only=[message.pk])
        case = message.case
        self.seeder.sweep_after(case)
        self.later(moment, 8, 12, partial(self.carry_out, case))

    def act_on(self, case: Case, wish: str, moment: datetime) -> None:
        """What the reply wants is done: decided, if the return is not decided already, and scanned out."""
        by = case.owner
        assert by is not None
        services.open_replies(case=case, actor=by.user, now=moment)
        if wish == "pickup":
            self.notify(case, moment)
            return
        if wish != "return":
            kind = Disposal.Kind.NEW_ADDRESS if wish == "new_address" else Disposal.Kind.REDISPATCH
            try:
                services.decide(
                    case=case,
                    kind=kind,
                    asked_by=Disposal.AskedBy.SENDING_COMPANY,
                    reason="按对方回复",
                    actor=by.user,
                    now=moment,
                )
            except Conflict:
                return
        self.carry_out(case, moment)

    def notify(self, case: Case, moment: datetime) -> None:
        by = case.owner
        assert by is not None
        try:
            services.notify_pickup(
                case=case, place="总公司前台", when="明天 9:00 到 18:00", actor=by.user, now=moment
            )
        except Conflict:
            return
        self.seeder.sweep_after(case)
        if self.random.random() < 0.8:
            self.later(moment, 12, 40, partial(self.collected, case))
        else:
            self.later(moment, 60, 66, partial(self.post, case))

    def collected(self, case: Case, moment: datetime) -> None:
        by = case.owner
        assert by is not None
        try:
            services.collected(case=case, signer="本人家属", by=by, actor=by.user, now=moment)
        except Conflict:
            return

    def carry_out(self, case: Case, moment: datetime) -> None:
        by = case.owner
        assert by is not None
        disposal = case.disposals.filter(carried_out_at=None, withdrawn_at=None).first()
        if disposal is None:
            return
        try:
            services.carry_out(disposal=disposal, by=by, actor=by.user, now=moment)
        except Conflict:
            return

    def written(self, moment: datetime) -> None:
        """Another outlet writes about a parcel that we sent; somebody answers."""
        message = self.letter(moment)
        if message is None:
            return
        self.seeder.sweep_after(message.case)
        self.later(moment, 0.2, 2.6, partial(self.reply, message))

    def letter(self, moment: datetime) -> Message | None:
        waybill = self.seeder.waybill_before(moment)
        text, problem = self.random.choice(ASKED)
        try:
            return services.outlet_writes(
                sender=waybill.destination,
                number=waybill.number,
                text=text,
                problem=problem,
                actor=None,
                now=moment,
            )
        except KefuError:
            return None

    def reply(self, message: Message, moment: datetime) -> None:
        by = self.seeder.by_number[PROCESSING[self.part]]
        try:
            services.reply(
                message=message,
                text=self.random.choice(ANSWERS),
                by=by,
                actor=by.user,
                now=moment,
            )
        except Conflict:
            return
        case = Case.objects.get(pk=message.case_id)
        disposal = services.decide(
            case=case,
            kind=Disposal.Kind.SEND_ON,
            asked_by=Disposal.AskedBy.DESK,
            reason="已回复对方网点",
            actor=by.user,
            now=moment,
        )
        services.carry_out(disposal=disposal, by=by, actor=by.user, now=moment)

    # -- now -------------------------------------------------------------------------------------

    def to_handle(self, set_clock: Callable[[datetime], None]) -> None:
        """What the desks have before them at any hour: parcels just registered, messages just come, all in time."""
        stories = [
            (problem, more, outcome)
            for problem, _weight, more, outcome in STORIES
            if problem in WAITING and "agreed" not in more.get("chosen", {})
        ]
        fresh = iter(self.untouched())
        for moment, (clerk, owner) in zip(self.moments(), self.missing(), strict=False):
            number = next(fresh, None)
            if number is None:
                break
            set_clock(moment)
            called = moment - timedelta(minutes=self.random.uniform(3, 20))
            out_at = called - timedelta(minutes=self.random.uniform(20, 90))
            Scan.objects.create(
                waybill_number=number,
                kind=Scan.Kind.DELIVERING,
                at=out_at,
                place=self.seeder.company.name,
            )
            self.record(number, self.random.choice(stories), called, clerk, owner, moment)
        waiting = Message.objects.unanswered().filter(receiver=self.seeder.company).count()
        for moment in list(self.moments())[: max(TO_ANSWER - waiting, 0)]:
            set_clock(moment)
            self.letter(moment)

    def moments(self) -> Iterator[datetime]:
        """Moments of the last hour and a half, one after the other."""
        ago = sorted((self.random.uniform(2, 95) for _ in range(40)), reverse=True)
        return (self.seeder.now - timedelta(minutes=minutes) for minutes in ago)

    def missing(self) -> list[tuple[Employee, Employee | None]]:
        """Who registers a parcel, and whose it becomes, until each has his number again; in any order."""
        found: list[tuple[Employee, Employee | None]] = []
        for number, most in TO_HANDLE.items():
            clerk = self.seeder.by_number[number]
            has = Case.objects.open().filter(
                kind=Case.Kind.PROBLEM_PARCEL, state=Case.State.OPEN, department=clerk.department
            )
            found += [(clerk, clerk)] * (most - has.filter(owner=clerk).count())
            if number in ("0891", "0826"):
                found += [(clerk, None)] * (UNTAKEN - has.filter(owner=None).count())
        self.random.shuffle(found)
        return found

    def untouched(self) -> list[str]:
        """Parcels that arrived and nothing was ever wrong with, the latest first."""
        registered = Case.objects.filter(kind=Case.Kind.PROBLEM_PARCEL).exclude(waybill=None)
        signed = Scan.objects.filter(kind=Scan.Kind.SIGNED, waybill_number=OuterRef("number"))
        arrived = Waybill.objects.filter(number__startswith="7706").order_by("-accepted_at")
        return list(
            arrived.exclude(pk__in=registered.values("waybill"))
            .filter(~Exists(signed))
            .values_list("number", flat=True)
        )

    # -- receipts, routes --------------------------------------------------------------------------

    def hand_out(self, numbers: list[str], moment: datetime) -> None:
        """A courier leaves with his list; its receipts are entered the next morning, now and then one is left out."""
        clerk = self.seeder.by_number[CLERK]
        batch, _rows = receipts.hand_out(
            courier=self.seeder.couriers[self.part],
            delivered_on=moment.astimezone(SHANGHAI).date(),
            lines=numbers,
            clerk=clerk,
            actor=clerk.user,
            now=moment,
        )
        if batch is None:
            return
        self.seeder.sweep_after(batch.case)
        for number in numbers:
            if self.random.random() < 0.95:
                morning = moment + timedelta(hours=24 + self.random.uniform(0.2, 1.2))
                self.seeder.at(morning, partial(self.enter, batch, number))

    def enter(self, batch: ReceiptBatch, number: str, moment: datetime) -> None:
        clerk = self.seeder.by_number[CLERK]
        waybill = Waybill.objects.get(number=number)
        try:
            receipts.enter(
                batch=batch,
                slip=receipts.Slip(number),
                signature=read_signature(waybill.sealed["receiver_name"]),
                collected=waybill.freight if waybill.payment == "receiver" else None,
                actor=clerk.user,
                now=moment,
            )
        except KefuError:
            return  # it was registered as a problem meanwhile

    def routes(self) -> None:
        """What was written wrongly on slips in the last weeks, and a forwarding that waits for two yuan."""
        supervisor, clerk = self.seeder.by_number["0801"], self.seeder.by_number["0871"]
        words = {
            "contact": "总部路由组",
            "phone": "0514-87000000",
            "chat_account": "route-yz",
            "carrier": "邮政",
        }
        set_house_words(given=words, actor=supervisor.user, now=self.seeder.now)
        arrived = Waybill.objects.filter(number__startswith="7706").select_related(
            "origin__region__parent"
        )
        for n, waybill in enumerate(arrived.order_by("number")[:14]):
            region = waybill.origin.region
            misroutings.record_misrouting(
                found=misroutings.Found(
                    waybill_number=waybill.number,
                    origin=waybill.origin,
                    province=str(region.parent) if region and region.parent else "江苏",
                    routing_text="missing" if n % 3 == 0 else "wrong",
                    written_destination="" if n % 3 == 0 else "扬州",
                    correct_destination=self.random.choice(["泰州", "镇江", "常州"]),
                    source="slip",
                    origin_verified=True,
                ),
                employee=clerk,
                now=self.seeder.now - timedelta(days=31 if n < 9 else 1, minutes=n),
            )
        front = self.seeder.by_number[CLERK]
        taken: dict[str, Any] = {"employee": front, "now": self.seeder.now}
        number = self.seeder.waybills[0].number
        sent_on = forwardings.open_forwarding(waybill_number=number, **taken)
        forwardings.weigh(forwarding=sent_on, weight_kg=Decimal(2), **taken)
