"""A small call centre whose people one remembers; every test that needs a database starts here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models.expressions import RawSQL
from psycopg.types.json import Json

from inquiries import services as inquiries
from inquiries.models import Inquiry
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.policy.rulebook import load_all
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


def shelve(cursor: Any) -> None:
    """Keep the shipped rulebooks' content in the template, for ``install`` to copy within the database."""
    cursor.execute("CREATE SCHEMA shelf")
    cursor.execute("CREATE TABLE shelf.rulebook (digest text PRIMARY KEY, content jsonb NOT NULL)")
    for digest, content in shipped().items():
        cursor.execute("INSERT INTO shelf.rulebook VALUES (%s, %s)", [digest, Json(content)])
    cursor.execute("GRANT USAGE ON SCHEMA shelf TO kefu_app")
    cursor.execute("GRANT SELECT ON shelf.rulebook TO kefu_app")


def shipped() -> dict[str, Any]:
    """The content of each shipped rulebook, by its digest."""
    contents = (rules.to_json() for rules in load_all().values())
    return {rulebooks.digest(content): content for content in contents}


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
        versions = list(RulebookVersion.objects.all())
        for version in _on_the_shelf(versions):
            # Half a megabyte to write, send, parse and compress, for each test.
            version.content = RawSQL(
                "(SELECT content FROM shelf.rulebook WHERE digest = %s)", [version.digest]
            )
        known[now, since] = (list(Rulebook.objects.all()), versions, list(Assignment.objects.all()))
        return
    books, written, lines = known[now, since]
    book = _again(books)
    numbers = _again(written, rulebook=book)
    _again(lines, version=numbers)


def _on_the_shelf(versions: list[RulebookVersion]) -> list[RulebookVersion]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('shelf.rulebook')")
        if cursor.fetchone() == (None,):  # the benchmarks' databases have none
            return []
        cursor.execute("SELECT digest FROM shelf.rulebook")
        shelved = {digest for (digest,) in cursor.fetchall()}
    return [version for version in versions if version.digest in shelved]


def _again(rows: list[Any], **parents: dict[int, int]) -> dict[int, int]:
    """Write the rows anew, below the new ones of their parents; return each one's key then by its key before."""
    new = []
    for row in rows:
        fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
        below = {f"{name}_id": keys[fields[f"{name}_id"]] for name, keys in parents.items()}
        new.append(type(row)(**fields | {"id": None} | below))
    written = type(rows[0]).objects.bulk_create(new) if new else []
    return {row.pk: one.pk for row, one in zip(rows, written, strict=True)}


def build(*, now: datetime, rules_since: date | None = None) -> Centre:
    install(now=now - timedelta(days=90), since=rules_since)
    company = Party(
        kind="company", code="KF", name="扬州本部", pinyin="yangzhoubenbu", initials="yzbb"
    )
    chengdu = Party(
        kind="outlet",
        code="CD03",
        name="成都武侯三部",
        pinyin="chengduwuhousanbu",
        initials="cdwhsb",
    )
    xian = Party(
        kind="outlet", code="XA02", name="西安雁塔二部", pinyin="xianyantaerbu", initials="xayteb"
    )
    query_desk = Department(code="query", name="查询部", name_en="Query desk")
    front_desk = Department(code="front", name="前台", name_en="Front desk", works_inquiries=False)
    Department.objects.bulk_create([query_desk, front_desk])
    agent = Position.objects.create(name="查询员", name_en="Tracing clerk")
    people = [
        ("0826", "林小月", User.Role.AGENT),
        ("0831", "周明", User.Role.AGENT),
        ("0803", "王芳", User.Role.SHIFT_LEAD),
        ("0801", "陈立", User.Role.SUPERVISOR),
        ("0802", "何静", User.Role.SUPERVISOR),
    ]
    parties = [Party(kind="employee", code=number, name=name) for number, name, _role in people]
    Party.objects.bulk_create([company, chengdu, xian, *parties])
    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(
            username=number,
            password=password,
            first_name=name,
            role=role,
            party=party,
            is_staff=role != User.Role.AGENT,
            tour_seen_at=now,
        )
        for (number, name, role), party in zip(people, parties, strict=True)
    )
    lin, zhou, wang, chen, he = Employee.objects.bulk_create(
        Employee(
            user=user,
            party=user.party,
            number=user.username,
            name=user.first_name,
            department=query_desk,
            position=agent,
            channels=["phone"],
        )
        for user in users
    )
    return Centre(
        company=company,
        chengdu=chengdu,
        xian=xian,
        query_desk=query_desk,
        front_desk=front_desk,
        lin=lin,
        zhou=zhou,
        wang=wang,
        chen=chen,
        he=he,
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
