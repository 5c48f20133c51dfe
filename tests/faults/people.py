"""People at their browsers: they fill in the forms of the pages, and when no answer comes they press again."""

import http.client
import queue
import random
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any, NamedTuple

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.centre import PASSWORD
from tests.pages import fields

PATIENCE = 90.0  # seconds somebody tries before the test gives up
LOST = (OSError, http.client.HTTPException)  # no answer, or half of one


class Page(NamedTuple):
    url: str
    status: int
    html: str


class Person:
    """Somebody signed in. ``cut_off`` counts the forms that were on their way when the line broke."""

    def __init__(self, base: str, number: str) -> None:
        self.base, self.cut_off = base, 0
        self.cookies = CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.send("/accounts/login/", login=number, password=PASSWORD)

    def open(self, path: str) -> Page:
        return self._insist(urllib.request.Request(self.base + path))

    def send(self, path: str, *, on: str = "", times: int = 1, **written: Any) -> Page:
        """Fill in the form that goes to ``path``, as the page ``on`` shows it, and press ``times`` times."""
        form = fields(self.open(on or path).html, form="" if path.startswith("/admin/") else path)
        sent = form | written
        for _press in range(times):
            request = urllib.request.Request(self.base + path, encode_multipart(BOUNDARY, sent))
            request.add_header("Content-Type", MULTIPART_CONTENT)
            token = next((c.value for c in self.cookies if c.name.endswith("csrftoken")), "")
            request.add_header("X-CSRFToken", token or "")
            page = self._insist(request)
        return page

    def _insist(self, request: urllib.request.Request) -> Page:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._ask(request)
            except LOST as error:
                if request.data is not None and not refused(error):
                    self.cut_off += 1
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            with self.browser.open(request, timeout=20) as answer:
                return Page(answer.url, answer.status, answer.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                if refused.code >= 500:
                    raise  # like no answer: nobody knows what became of it
                return Page(request.full_url, refused.code, refused.read().decode())


def refused(error: BaseException) -> bool:
    """Nobody was there at all, so nothing can have come of it."""
    reason = getattr(error, "reason", error)
    return isinstance(reason, ConnectionRefusedError)


class AtWork(threading.Thread):
    """Does a piece of work for each task it is given, until told to finish; ``finish`` raises what it raised."""

    def __init__(self, do: Callable[[Any], object]) -> None:
        super().__init__(daemon=True)
        self.do, self.tasks, self.done = do, queue.Queue[Any](), 0
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            while (task := self.tasks.get()) is not None:
                self.do(task)
                self.done += 1
        except BaseException as error:
            self.error = error

    def give(self, *tasks: Any) -> None:
        for task in tasks:
            self.tasks.put(task)

    def finish(self) -> None:
        self.tasks.put(None)
        self.join(timeout=2 * PATIENCE)
        if self.error:
            raise self.error
        assert not self.is_alive(), "still at work"


def take_down_answer_and_ask(lin: Person, chance: random.Random) -> Callable[[str], None]:
    """A customer calls about a parcel: registered, answered, the outlet asked; some forms are sent twice."""

    def do(waybill: str) -> None:
        opened = lin.send(
            "/new/single/",
            times=chance.choice([1, 2]),
            kind="trace",
            channel="phone",
            waybill_number=waybill,
            customer_phone="13800004545",
            asker="receiver",
            text="三天没动",
            ask="",
        )
        path = urllib.parse.urlsplit(opened.url).path
        assert path.startswith("/cases/"), opened
        reply = {"text": "已问成都", "channel": "phone", "substantive": "on"}
        answered = lin.send(f"{path}reply/", on=path, times=chance.choice([1, 2]), **reply)
        assert answered.status == 200, answered
        asked = lin.send(f"{path}outlet/", on=path, times=chance.choice([1, 2]), question="请核实")
        assert asked.status == 200, asked

    return do


class Fine(NamedTuple):
    case: str
    pk: int
    liable: str


def take_it_to_its_end(
    lin: Person, wang: Person, chen: Person, chance: random.Random
) -> Callable[[Fine], None]:
    """A complaint makes the fine payable, the lead proposes to waive it, the supervisor approves."""

    def do(fine: Fine) -> None:
        filed = lin.send(
            "/new/single/",
            on=f"/new/single/?kind=complaint&origin={fine.case}",
            times=chance.choice([1, 2]),
            kind="complaint",
            channel="phone",
            asker="receiver",
            cause="no_reply",
            against=fine.liable,
            text="没有人答复",
        )
        assert filed.status == 200, filed
        wang.send(
            f"/admin/penalties/penalty/{fine.pk}/propose-waiver/",
            times=chance.choice([1, 2]),
            ground="force_majeure",
            reason="当日成都暴雨停电",
        )
        waiting = chen.open("/admin/penalties/waiver/?decision=mine").html
        for waiver in set(re.findall(r"/admin/penalties/waiver/(\d+)/change/", waiting)):
            chen.send(f"/admin/penalties/waiver/{waiver}/approve/", times=chance.choice([1, 2]))

    return do
