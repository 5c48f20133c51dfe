"""A small call centre whose people one remembers; every test that needs a database starts here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from inquiries import services as inquiries
from inquiries.models import Inquiry
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Assignment, Rulebook, RulebookVersion
from kefu.staff.models import Department, Employee, Position, User

PASSWORD = "correct-horse-9"


def at(text: str) -> datetime:
    """An instant of the tests' day, 20 November 2026, in Shanghai; or of the day given before it."""
    day, _, clock = text.rpartition(" ")
    return datetime.fromisoformat(f"{day or '2026-11-20'}T{clock}").replace(tzinfo=SHANGHAI)


@dataclass
class Centre:
    """Who works here, whom we ask, what travels."""

    company: Party
    chengdu: Party  # the outlet everybody waits for
    xian: Party
    query_desk: Department
    front_desk: Department
    lin: Employee  # agent 0826
    zhou: Employee  # agent 0831
    wang: Employee  # shift lead 0803
    chen: Employee  # supervisor 0801
    he: Employee  # the other supervisor 0802
    waybill: Waybill

    def inquiry(self, *, now: datetime, owner: Employee | None = None, **given: Any) -> Case:
        """A customer asks where the parcel is, by phone."""
        owner = owner or self.lin
        facts: dict[str, Any] = {
            "kind": Inquiry.Kind.TRACE,
            "channel": Interaction.Channel.PHONE,
            "asker": Inquiry.Asker.RECEIVER,
            "text": "三天没有扫描，请查一下在哪里",
            "customer_name": "陈晓梅",
            "customer_phone": "13800004545",
            "department": owner.department,
            "owner": owner,
            "waybill": self.waybill,
            "actor": owner.user,
            "now": now,
        }
        return inquiries.open_inquiry(**(facts | given))

    def work_by(self, code: str) -> None:
        """The query desk works by another of the shipped rulebooks."""
        version = RulebookVersion.objects.get(rulebook__code=code, number=1)
        Assignment.objects.create(
            version=version, department=self.query_desk, effective_on=date(2026, 1, 1)
        )


@cache
def _installed() -> dict[Any, tuple[list[Rulebook], list[RulebookVersion], list[Assignment]]]:
    """The rows of the last installation, by its arguments; ``make mutate`` empties what a function keeps."""
    return {}


def install(*, now: datetime, since: date | None) -> None:
    """Install the shipped rulebooks; the next time at the same moment write the rows that came of it again."""
    known = _installed()
    if (now, since) not in known:
        rulebooks.install_shipped(now=now, since=since)
        known.clear()
        known[now, since] = (
            list(Rulebook.objects.all()),
            list(RulebookVersion.objects.all()),
            list(Assignment.objects.all()),
        )
        return
    books, versions, lines = known[now, since]
    book = {one.pk: _again(one) for one in books}
    version = {one.pk: _again(one, rulebook=book[one.rulebook_id]) for one in versions}
    for line in lines:
        _again(line, version=version[line.version_id])


def _again(row: Any, **given: Any) -> Any:
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    new = type(row)(**fields | {"id": None} | {f"{name}_id": one.pk for name, one in given.items()})
    new.save(force_insert=True)
    return new


def build(*, now: datetime, rules_since: date | None = None) -> Centre:
    install(now=now - timedelta(days=90), since=rules_since)
    company = Party.objects.create(
        kind="company", code="KF", name="扬州本部", pinyin="yangzhoubenbu", initials="yzbb"
    )
    chengdu = Party.objects.create(
        kind="outlet",
        code="CD03",
        name="成都武侯三部",
        pinyin="chengduwuhousanbu",
        initials="cdwhsb",
    )
    xian = Party.objects.create(
        kind="outlet", code="XA02", name="西安雁塔二部", pinyin="xianyantaerbu", initials="xayteb"
    )
    query_desk = Department.objects.create(code="query", name="查询部", name_en="Query desk")
    front_desk = Department.objects.create(
        code="front", name="前台", name_en="Front desk", works_inquiries=False
    )
    agent = Position.objects.create(name="查询员", name_en="Tracing clerk")

    def employ(number: str, name: str, role: User.Role, department: Department) -> Employee:
        party = Party.objects.create(kind="employee", code=number, name=name)
        user = User.objects.create_user(
            number,
            password=PASSWORD,
            first_name=name,
            role=role,
            party=party,
            is_staff=role != User.Role.AGENT,
        )
        return Employee.objects.create(
            user=user,
            party=party,
            number=number,
            name=name,
            department=department,
            position=agent,
            channels=["phone"],
        )

    return Centre(
        company=company,
        chengdu=chengdu,
        xian=xian,
        query_desk=query_desk,
        front_desk=front_desk,
        lin=employ("0826", "林小月", User.Role.AGENT, query_desk),
        zhou=employ("0831", "周明", User.Role.AGENT, query_desk),
        wang=employ("0803", "王芳", User.Role.SHIFT_LEAD, query_desk),
        chen=employ("0801", "陈立", User.Role.SUPERVISOR, query_desk),
        he=employ("0802", "何静", User.Role.SUPERVISOR, query_desk),
        waybill=Waybill.objects.create(
            number="880612045537",
            origin=company,
            destination=chengdu,
            route_from="扬州",
            route_to="成都",
            sealed={"sender_name": "陈晓梅", "sender_phone": "13800004545"},
            sender_name_masked="陈*梅",
            sender_phone_masked="138******45",
            weight_kg=Decimal("1.80"),
            freight=Decimal("18.00"),
            payment="sender",
            declared_value=Decimal("1200.00"),
            accepted_at=now - timedelta(days=3),
        ),
    )
