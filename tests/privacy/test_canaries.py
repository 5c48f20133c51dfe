"""Planted personal data, with a row of everything there is: it is found in no table, answer, line of the log, message or file."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from psycopg import sql

from kefu.audit import services as audit
from kefu.cases.models import Case
from kefu.continuity import contents
from tests.admin.conftest import NOW, as_user, office  # noqa: F401 fixtures
from tests.admin.test_pages import PLANTED, one_of_each, root  # noqa: F401 fixture
from tests.kefu.test_logs import lines  # noqa: F401 fixture
from tests.matrix.addresses import API, addresses

pytestmark = pytest.mark.django_db

# Clear text as it is, and as bytes look when a table or a dump writes them down.
FORMS = [form for text in PLANTED for form in (text, text.encode().hex())]


def in_tables() -> list[str]:
    """Each table that holds planted text in the clear."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bytea_output = 'hex'")
        for name in contents.tables(cursor):
            query = sql.SQL(
                "SELECT count(*) FROM {} t, unnest(%s::text[]) f WHERE position(f IN t::text) > 0"
            ).format(sql.Identifier(name))
            cursor.execute(query, [FORMS])
            if (n := cursor.fetchone()[0]) > 0:
                found.append(f"{name}: {n}")
    return found


def read_back(answer: Any) -> str:
    """What a browser gets, a workbook unpacked."""
    body = b"".join(answer) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return str(body.decode(errors="replace")) + str(dict(answer.items()))


def places() -> list[tuple[str, str]]:
    """Name and pattern of each page that is looked at, the admin's apart, which tests/admin/test_pages.py walks."""
    skipped = ("account_", "mfa_", "socialaccount_", "openid_connect_")
    return [
        (name, place)
        for place, _pattern, name in addresses()
        if not place.startswith((API, "admin/")) and not name.startswith(skipped)
    ]


def filled(place: str, case: Case, pk: int) -> str:
    """The address of that page for this case; numbers of rows begin with the first."""
    known = {"number": case.number, "code": case.department.code}

    def fill(part: re.Match[str]) -> str:
        kind, name = part.groups()
        return str(pk) if kind == "int" else known.get(name, "form")

    return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", fill, place)


def test_no_table_holds_it_in_the_clear(office: Any) -> None:  # noqa: F811
    one_of_each(office)

    assert in_tables() == []


def test_the_scan_sees_what_was_not_sealed(office: Any) -> None:  # noqa: F811
    audit.record(action="reveal", actor=office.chen.user, at=NOW, reason=f"问 {PLANTED[0]}")

    assert in_tables() == ["audit_row: 1"]


def test_no_answer_no_line_and_no_message_holds_it(
    office: Any,  # noqa: F811
    root: Any,  # noqa: F811
    as_user: Any,  # noqa: F811
    lines: Any,  # noqa: F811
) -> None:
    one_of_each(office)
    opened, leaks = set(), []
    agent = as_user(office.lin.user)
    for person in (root, agent):
        person.raise_request_exception = False  # some rows are made for the admin's lists, bare
    cases = list(Case.objects.order_by("kind", "pk").distinct("kind"))
    for name, place in places():
        looks = [(root, case) for case in (cases if "<slug:number>" in place else cases[:1])]
        if name == "workbench:case":
            looks += [(agent, case) for case in cases]
        for person, case in looks:
            answer = person.get(filled(place, case, pk=1))
            if answer.status_code == 405:
                break
            if answer.status_code != 200 or "event-stream" in answer["Content-Type"]:
                continue
            opened.add(name)
            text = read_back(answer)
            leaks += [(name, case.number, form) for form in FORMS if form in text]

    assert len(opened) > 100, "hardly a page was seen"
    assert leaks == []
    written = str(lines())
    assert "request_finished" in written
    assert [form for form in FORMS if form in written] == []
    assert [form for form in FORMS if form in in_redis()] == []
    assert [form for form in FORMS if form in in_files()] == []


def in_redis() -> str:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        told = ""
        for key in server.scan_iter(count=1000):
            kind = server.type(key)
            told += f"{key!r}" + str(server.dump(key) if kind != b"string" else server.get(key))
        return told


def in_files() -> str:
    home = Path(settings.MEDIA_ROOT or "/nonexistent")
    return "".join(
        one.read_bytes().decode(errors="replace") for one in home.rglob("*") if one.is_file()
    )
