"""How soon a page shows something: the first contentful paint of the pages that people open all day, in Chromium, from the web
server of the product. ``ratio`` is the limit of a second to the median of a page's visits, the slowest page of all.
"""

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from benchmarks import place
from benchmarks.web import web
from kefu import clock
from kefu.rulebooks.selectors import edition
from tests import centre as world

CASES = {"small": 50, "full": 500}
VISITS = 7
LIMIT = 1_000.0  # ms
PAGES = ("/", "/?view=department", "/cases/{case}/", "/new/", "/admin/", "/wallboard/", "/reports/")
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
PAINT = """() => new Promise((told) => {
  const known = performance.getEntriesByName("first-contentful-paint")[0];
  if (known) told(known.startTime);
  else new PerformanceObserver((list) => {
    const found = list.getEntriesByName("first-contentful-paint")[0];
    if (found) told(found.startTime);
  }).observe({ type: "paint", buffered: true });
})"""


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    call_command("collectstatic", verbosity=0, interactive=False)
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    centre = world.build(now=now)
    cases = [centre.inquiry(now=now) for _case in range(CASES[scale])]
    client = Client(SERVER_NAME="localhost")
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    pages = [page.format(case=cases[0].number) for page in PAGES]
    with web("kefu.asgi:application") as port:
        found = _visits(port, session, pages)
    slowest = max(found, key=lambda page: found[page])
    yield {
        "name": "first_paint",
        "ours": round(found[slowest]),
        "limit": LIMIT,
        "ratio": round(LIMIT / found[slowest], 2),
        "unit": "ms to the first paint, the median of the slowest page",
        "n": VISITS,
        "page": slowest,
        "pages": {page: round(ms) for page, ms in found.items()},
        "aim": "ratio >= 1",
    }


def _visits(port: int, session: str, pages: list[str]) -> dict[str, float]:
    """By page: the median of its visits, the first not counted, in one browser that keeps what it has loaded."""
    base = f"http://localhost:{port}"
    chromium = CHROMIUM if Path(CHROMIUM).is_file() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(
            base_url=base, viewport={"width": 1366, "height": 768}, locale="zh-CN"
        )
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])
        page = context.new_page()
        found = {address: _median(page, address) for address in pages}
        browser.close()
    return found


def _median(page: Page, address: str) -> float:
    times = []
    for _visit in range(VISITS + 1):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        times.append(page.evaluate(PAINT))
    return statistics.median(times[1:])
