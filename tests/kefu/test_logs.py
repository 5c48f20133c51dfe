"""The logs: a JSON object a line, with the request's id, and nothing in it about anybody or that opens anything."""

import json
import logging
from io import StringIO
from typing import Any

import pytest
import structlog
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django_structlog.celery.receivers import CeleryReceiver

from kefu import clock
from kefu.audit.context import request_id
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.overview.models import SIGNER
from kefu.settings.logs import logging_config

PHONE, CARD, NAME = "13800004545", "320102199003077512", "陈晓梅"


@pytest.fixture
def lines() -> Any:
    """What production would write, line by line."""
    logging.config.dictConfig({**logging_config(as_json=True), "incremental": False})
    console = logging.getLogger().handlers[0]
    written = StringIO()
    assert isinstance(console, logging.StreamHandler)
    console.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.config.dictConfig(logging_config(as_json=False, level="WARNING"))


def told(found: list[dict[str, Any]]) -> str:
    return json.dumps(found, ensure_ascii=False)


def test_what_a_visitor_types_stands_in_no_line(db: None, lines: Any) -> None:
    visitor = Client()
    visitor.get(f"/cases/CX-{PHONE}/", {"q": f"{NAME} {PHONE}"})
    visitor.get(f"/no/{NAME}/{CARD}/")
    visitor.post("/accounts/login/", {"login": PHONE, "password": "hunter2-hunter2"})

    found = [line for line in lines() if line["event"] == "request_finished"]

    assert [line["code"] for line in found] == [302, 404, 200]
    assert all(len(line["request_id"]) == 36 and "user_id" in line for line in found)
    for secret in (PHONE, CARD, NAME, "hunter2"):
        assert secret not in told(lines())


@pytest.mark.parametrize("place", ["/wallboard/{}/", "/wallboard/{}", "/s/{}/", "/s/{}"])
def test_an_address_that_opens_something_is_not_written_down(
    db: None, lines: Any, place: str
) -> None:
    token = SIGNER.sign("7")

    Client().get(place.format(token), {"now": ""})
    logging.getLogger("elsewhere").warning("refused: %s", place.format(token))

    assert len(lines()) == 2
    assert token not in told(lines())
    assert f"/{place.split('/')[1]}/…" in lines()[0]["request"]


def test_an_error_tells_where_and_not_about_whom(
    db: None, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(request: HttpRequest, **_given: object) -> HttpResponse:
        customer_phone = PHONE  # a local variable
        raise ValueError(f"expected a number but got '{NAME}', {customer_phone}, {CARD}")

    monkeypatch.setattr("kefu.overview.views.health.readings", breaks)
    monkeypatch.setattr("kefu.security.RequestLogMiddleware.probes", frozenset())
    Client(raise_request_exception=False).get("/readyz")

    [line] = [line for line in lines() if line["event"] == "request_failed"]
    assert line["exception"][0]["exc_type"] in ("ValueError", "TypeError")
    assert "frames" in line["exception"][0]
    for secret in (PHONE, CARD, NAME):
        assert secret not in told(lines())


def test_what_postgresql_says_of_a_row_is_left_out(db: None, lines: Any) -> None:
    user = get_user_model().objects.create_user(f"{NAME} x", role="agent")
    with (
        pytest.raises(IntegrityError, match="DETAIL") as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("INSERT INTO staff_user SELECT * FROM staff_user WHERE id = %s", [user.pk])
    error = refused.value
    logging.getLogger("somewhere").error("not saved: %s", error, exc_info=error)

    [line] = lines()
    assert "DETAIL" not in told(line)
    assert "duplicate key" in line["event"]
    assert NAME not in told(line)


def test_who_reports_a_fault_can_name_the_request(db: None, lines: Any) -> None:
    answer = Client().get("/accounts/login/")

    assert answer.headers["X-Request-ID"] == lines()[-1]["request_id"]


@pytest.mark.parametrize(
    ("proxies", "given", "taken"),
    [
        (1, "edge-7f3a.2026_11", True),
        (0, "edge-7f3a.2026_11", False),  # whoever comes without a proxy of ours
        (1, "short", False),
        (1, "x" * 65, False),
        (1, f"edge {NAME}", False),
        (1, 'edge","level":"error', False),
    ],
)
def test_only_a_proxy_names_a_request_and_only_plainly(
    db: None, settings: Any, proxies: int, given: str, taken: bool
) -> None:
    settings.PROXIES = proxies
    answer = Client().get(
        "/accounts/login/",
        HTTP_X_REQUEST_ID=given.encode().decode("latin-1"),
        HTTP_X_FORWARDED_FOR="192.0.2.7",
    )

    assert (answer.headers["X-Request-ID"] == given) is taken


def test_a_task_carries_the_request_that_sent_it() -> None:
    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(request_id="r-12345678", user_id=7):
        CeleryReceiver().receiver_before_task_publish(headers=headers)

    assert headers["__django_structlog__"]["request_id"] == "r-12345678"


def test_long_work_carries_the_request_that_began_it_whoever_does_it(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def handler(job: Job, more: Any) -> Any:
        more()
        yield Chunk(cursor={}, done=1, write=lambda: seen.append(request_id()) or {})  # type: ignore[func-returns-value]

    monkeypatch.setattr(jobs, "_handlers", {"look": handler})
    user = get_user_model().objects.create_user("1001", role="agent")
    for named in ("r-first-one", "r-second-one"):
        with structlog.contextvars.bound_contextvars(request_id=named):
            jobs.start(kind="look", title="看", params={}, actor=user, now=clock.now())

    with structlog.contextvars.bound_contextvars(request_id="r-of-the-tick"):
        jobs.run_until_next_tick()

    assert seen == ["r-first-one", "r-second-one"]
