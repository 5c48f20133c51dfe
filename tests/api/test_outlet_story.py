"""The story of an outlet, told through HTTP only: its own program at the doors, our people at their pages.

What the processes beside the web do (sweep, send, draw up) is done at the moment the test's clock has come to.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
from django.conf import settings
from standardwebhooks import Webhook

from kefu import clock
from kefu.deadlines.services import sweep
from kefu.jobs import services as jobs
from kefu.statements import services as statements
from kefu.webhooks.sender import deliver_due
from tests import centre as world
from tests.appeals.conftest import PDF
from tests.pages import fields
from tests.statements.test_api import words_of
from tests.transactions import wait_until_events_can_be_read
from tests.webhooks.listener import Listener

pytestmark = pytest.mark.django_db(transaction=True)
SCOPES = [
    *("network_queries:read", "network_queries:write", "deadlines:read", "penalties:read"),
    *("appeals:read", "appeals:write", "statements:read", "changes:read"),
]


class Person:
    """Somebody of ours in his browser."""

    def __init__(self, url: str, number: str) -> None:
        self.url, self.session = url, requests.Session()
        page = self.post("/accounts/login/", login=number, password=PASSWORD)
        assert page.status_code == 302, page.text

    def get(self, path: str) -> str:
        page = self.session.get(self.url + path, timeout=30)
        assert page.status_code == 200, (path, page.status_code)
        return page.text

    def post(self, path: str, *, shown_at: str = "", **given: Any) -> requests.Response:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(shown_at or path))
        assert token
        return self.session.post(
            self.url + path,
            data={"csrfmiddlewaretoken": token[1], **given},
            allow_redirects=False,
            timeout=30,
        )

    def confirm(self, path: str, shown_at: str, **given: str) -> None:
        """A step of the admin, on its own page."""
        answer = self.post(path, shown_at=shown_at, _confirmed="1", **given)
        assert answer.status_code == 302, answer.text


class Program:
    """The outlet's own program with its key."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.session = f"{url}/api/v1/", requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str, **asked: str) -> Any:
        answer = self.session.get(self.url + path, params=asked, timeout=30)
        assert answer.status_code == 200, answer.text
        pdf = answer.headers["Content-Type"] == "application/pdf"
        return answer.content if pdf else answer.json()

    def post(self, path: str, body: Any = None, *, files: Any = None) -> Any:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self.session.post(
            self.url + path, json=body, files=files, headers=headers, timeout=30
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def first(self, path: str, **asked: str) -> Any:
        """The only one of a list."""
        (found,) = self.get(path, **asked)["results"]
        return found


PASSWORD = "correct-horse-9"


@pytest.fixture
def centre(monkeypatch: pytest.MonkeyPatch) -> world.Centre:
    monkeypatch.setattr(settings, "KEFU_NOW", None)  # who checks a signature looks at his own clock
    centre = world.build(now=clock.now())
    for one in (centre.lin, centre.chen, centre.he):
        one.user.set_password(PASSWORD)
        one.user.save()
    return centre


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setattr(settings, "KEFU_WEBHOOK_NETWORKS", ["127.0.0.0/8"])
    with Listener() as listener:
        yield listener


def later(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock has come to this moment, and the timers with it."""
    monkeypatch.setattr(settings, "KEFU_NOW", now)
    sweep()


def ask(lin: Person, case: Any, question: str) -> None:
    page = f"/cases/{case.number}/"
    sent = fields(lin.get(page), form=f"{page}outlet/") | {"question": question}
    assert lin.post(f"{page}outlet/", shown_at=page, **sent).status_code in (200, 302)


def news(listener: Listener, secret: str) -> dict[str, Any]:
    """What the listener heard last, checked by somebody else's implementation of the convention."""
    wait_until_events_can_be_read()
    deliver_due()
    headers, body = listener.heard[-1]
    told: dict[str, Any] = Webhook(secret).verify(body, headers)
    return told


@pytest.mark.rule("CD-05.09", "CD-05.10")
def test_an_outlet_from_its_key_to_the_counter_entry(centre, listener, live_server, monkeypatch):
    url, now = live_server.url, clock.now()
    first, second = centre.inquiry(now=now), centre.inquiry(now=now)
    chen, lin, he = (Person(url, number) for number in ("0801", "0826", "0802"))

    # A supervisor lets the outlet's program in and says where it listens.
    party = {"party": centre.chengdu.pk}
    made = chen.post("/admin/api/apikey/add/", **party, name="业务系统", scopes=SCOPES)
    key = re.search(r"\bkf\w{10}\.[\w-]{43}", made.text)
    assert key
    chengdu = Program(url, key[0])
    types = ["query.asked", "penalty.changed"]
    made = chen.post("/admin/webhooks/endpoint/add/", **party, url=listener.url, types=types)
    secret = re.search(r"whsec_[\w+/=]+", made.text)
    assert secret

    # Asked, told, answered in time.
    ask(lin, first, "件到成都分拨后没有扫描，请核实")
    told = news(listener, secret[0])
    query = chengdu.get(told["data"]["url"].removeprefix("/api/v1/"))
    assert query["question"] == "件到成都分拨后没有扫描，请核实"
    due = chengdu.first("deadlines/")
    assert due["about"]["id"] == query["id"] and due["costs"][0]["value"] == "200.00"
    chengdu.post(f"network-queries/{query['id']}/answer/", {"answer": "在库，今天 18:00 前送到"})
    assert chengdu.get("deadlines/")["results"] == []
    assert "在库，今天 18:00 前送到" in lin.get(f"/cases/{first.number}/")

    # Asked again, and silent for two hours and a second.
    ask(lin, second, "收件人称少一件")
    missed = news(listener, secret[0])["data"]["id"]
    later(clock.now() + timedelta(hours=2, seconds=1), monkeypatch)
    fine = chengdu.first("penalties/")
    assert (fine["state"], fine["value"], fine["clause"]) == ("provisional", "200.00", "CD-05.10")
    assert fine["about"]["id"] == missed

    # The customer complains of it, and the fine counts.
    form = re.search(r'href="([^"]*kind=complaint[^"]*)"', lin.get(f"/cases/{second.number}/"))
    assert form
    place = form[1].replace("&amp;", "&")
    sent = fields(lin.get(place)) | {
        "cause": "no_reply", "against": "CD03", "text": "等了两个多小时，没有人答复", "asker": "receiver",
    }  # fmt: skip
    filed = lin.post(place.split("?")[0], shown_at=place, **sent)
    assert filed.status_code == 302, filed.text
    fine = chengdu.get(f"penalties/{fine['id']}/")
    assert fine["state"] == "payable"
    assert fine["explanation"]["total"]["value"] == "200.00 元"

    # The outlet appeals with a paper; a supervisor who had no part in it upholds.
    said = {"penalty": fine["id"], "reason": "当时我方系统接口中断，有贵司公告"}
    appeal = chengdu.post("appeals/", said)
    chengdu.post(f"appeals/{appeal['id']}/evidence/", files={"file": ("公告.pdf", BytesIO(PDF))})
    assert chengdu.get(f"penalties/{fine['id']}/")["disputed"]
    listed = he.get("/admin/appeals/appeal/")
    row = re.search(r"/admin/appeals/appeal/(\d+)/change/", listed)
    assert row
    step = f"/admin/appeals/appeal/{row[1]}/uphold/"
    he.confirm(step, row[0], reason="公告属实，当时接口中断")
    appeal = chengdu.get(f"appeals/{appeal['id']}/")
    assert (appeal["state"], appeal["decisions"][0]["upheld"]) == ("upheld", True)
    assert chengdu.get(f"penalties/{fine['id']}/")["state"] == "reversed"

    # The month is over: its statement is drawn up, issued, and holds the fine and its counter-entry.
    month = clock.now().astimezone(clock.SHANGHAI)
    for _month in range(2):  # where the two hours ended in the next one
        following = (month.replace(day=1) + timedelta(days=31)).replace(day=1, hour=3)
        later(following, monkeypatch)
        statements.begin(now=following)
        jobs.run_until_next_tick()
        month = following
    for pk in sorted(
        set(re.findall(r"/statement/(\d+)/change/", chen.get("/admin/statements/statement/")))
    ):
        page = f"/admin/statements/statement/{pk}/change/"
        chen.confirm(f"/admin/statements/statement/{pk}/issue/", page)
    papers = [
        chengdu.get(f"statements/{one['id']}/pdf/") for one in chengdu.get("statements/")["results"]
    ]
    words = "".join(words_of(paper) for paper in papers)
    for word in ("网点对账单", "CD-05.10", "200.00", "-200.00", "冲销"):
        assert word in words, word
    assert {one["closing"] for one in chengdu.get("statements/")["results"]} >= {"0.00"}
