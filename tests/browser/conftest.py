"""A real Chromium against real processes: web, timers and beat, on the database of the tests.

One house serves all tests of this folder, so what they make is committed and stays until the last of them.
"""

import os
import re
import socket
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, Page, expect, sync_playwright

from faults.house import House, house, wait_until
from kefu import clock
from kefu.deadlines.models import Heartbeat
from kefu.embedded import place
from kefu.staff.models import User
from tests import centre as world
from tests.conftest import fresh_database

SCREENSHOTS = place.var_directory() / "test" / "screenshots"
PATIENCE = 20_000  # ms; two busy cores take their time
# Chromium reports what the server refuses as an error, although the page has an answer to it.
ANSWERED = re.compile(r"the server responded with a status of (401|409|422)")
# What is no error where a test asks for it: a line that broke, a door that is shut.
EXPECTED = {
    "unplugged": re.compile(
        r"net::ERR_(INTERNET_DISCONNECTED|CONNECTION_\w+|NETWORK_CHANGED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|FAILED)|htmx:(sendError|sendAbort|afterRequest)"
    ),
    "refused": re.compile(r"the server responded with a status of (403|404)"),
}


@pytest.fixture(scope="package")
def office(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Office"]:
    patch = pytest.MonkeyPatch()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with django_db_blocker.unblock():
        patch.setattr(settings, "KEFU_NOW", None)
        try:
            centre = world.build(now=clock.now())
            with house(tmp_path_factory.mktemp("house"), port=port) as running:
                running.start("redis", "web", "timers", "beat")
                wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive")
                # Playwright keeps an event loop in this thread; the processes must not inherit this.
                patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
                yield Office(centre, running, f"http://127.0.0.1:{port}")
        finally:
            patch.undo()
            fresh_database(connection.settings_dict["NAME"])


class Office:
    """The centre at work: its people, its processes, its address."""

    def __init__(self, centre: world.Centre, running: House, url: str) -> None:
        self.centre = centre
        self.running = running
        self.url = url


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    options = ["--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=options)
        yield started
        started.close()


@pytest.fixture
def sit_down(
    office: Office, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Page]]:
    """``sit_down("0826")``: this person at a desk of his own, signed in by the form.

    At the end no page may have reported an error or broken the content policy; of a test that failed,
    each page leaves a picture.
    """
    expect.set_options(timeout=PATIENCE)
    desks: dict[str, Page] = {}
    complaints: list[str] = []
    allowed = next((one for mark, one in EXPECTED.items() if mark in request.keywords), None)

    def sign_in(number: str) -> Page:
        context = browser.new_context(
            base_url=office.url,
            viewport={"width": 1366, "height": 768},
            locale="zh-CN",
            timezone_id="America/New_York",  # the desk's own zone is nobody's business
        )
        context.set_default_timeout(PATIENCE)
        page = desks[number] = context.new_page()
        page.on("console", lambda said: note(number, said.type, said.text))
        page.on("pageerror", lambda error: note(number, "error", str(error)))
        if "tour" not in request.keywords:
            User.objects.filter(username=number).update(tour_seen_at=clock.now())
        page.goto("/")
        page.get_by_label("工号").fill(number)
        page.get_by_label("密码").fill(world.PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("/")
        page.wait_for_load_state()  # the keys work from here on
        return page

    def note(number: str, kind: str, text: str) -> None:
        if kind == "error" and not (ANSWERED.search(text) or (allowed and allowed.search(text))):
            complaints.append(f"{number}: {text}")

    yield sign_in
    if getattr(request.node, "went_wrong", False):
        for number, page in desks.items():
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENSHOTS / f"{picture_name(request.node)}-{number}.png")
    for page in desks.values():
        page.context.close()
    assert complaints == []


def picture_name(item: Any) -> str:
    return re.sub(r"\W+", "-", item.name).strip("-")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        item.went_wrong = True  # type: ignore[attr-defined]
    return report
