"""Make docs/screens from a running demo: ``python -m tools.screenshots http://127.0.0.1:8000 [name …]``.

Needs Chromium on PATH, for the PDF pdftoppm as well. The pictures show the demo centre only: everybody in it is invented.
A page that is not as it should be (another status than 200, an error on the console, nothing in its main part, boxes for
Chinese characters) gets no picture: all of those are told at the end, and the command fails.
"""

import base64
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, ViewportSize, sync_playwright

HOME = Path(__file__).resolve().parents[1] / "docs" / "screens"
PASSWORD = "kefu-demo-0826"  # noqa: S105 - of the demo, printed by make run
SIZE = ViewportSize(width=1366, height=768)
WALL = ViewportSize(width=1920, height=1080)
PHONE = ViewportSize(width=390, height=844)
AGENT, SUPERVISOR, OUTLET = "0826", "0801", "outlet01"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LANGUAGES = {"zh": "zh-hans", "en": "en"}

MESSAGE = """您好，麻烦帮忙查两个件：
{first} 三天没有更新了，客户等着用
{second} 显示签收了但是没收到
还有一个单号看不太清 {unclear}
我的电话 13912345678，谢谢！"""


@contextmanager
def desk(
    browser: Browser,
    base: str,
    number: str,
    language: str,
    theme: str = "light",
    size: ViewportSize = SIZE,
) -> Iterator[Page]:
    """Somebody signed in, in this language, who has had the tour."""
    context = browser.new_context(
        base_url=base,
        viewport=size,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme=theme,  # type: ignore[arg-type]
    )
    context.add_cookies(
        [
            {"name": "django_language", "value": LANGUAGES[language], "url": base},
            {"name": "kefu_theme", "value": theme, "url": base},
        ]
    )
    page = context.new_page()
    if number:
        page.goto("/accounts/login/")
        page.locator("#id_login").fill(number)
        page.locator("#id_password").fill(PASSWORD)
        page.locator("#id_password").press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)  # what has to be read comes first
        page.goto("/outlet/" if number == OUTLET else "/")
        page.wait_for_load_state()
        if page.locator("#tour[open]").count():
            with page.expect_response("**/tour/seen/"):
                page.locator("#tour [data-skip]").click()
    yield page
    context.close()


# A palette of 256: first the commonest colour of each shade, so that no hue is lost, then the commonest of all.
# Every other pixel gets the nearest of them.
PALETTE = """async (png) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const bytes = context.getImageData(0, 0, width, height).data;
  const pixels = new Uint32Array(width * height);
  const times = new Map();
  for (let i = 0; i < pixels.length; i++) {
    const colour = (bytes[4 * i] << 16) | (bytes[4 * i + 1] << 8) | bytes[4 * i + 2];
    pixels[i] = colour;
    times.set(colour, (times.get(colour) ?? 0) + 1);
  }
  const byTimes = [...times.keys()].sort((a, b) => times.get(b) - times.get(a));
  const shades = new Map();
  for (const colour of byTimes) if (!shades.has(colour & 0xf0f0f0)) shades.set(colour & 0xf0f0f0, colour);
  const palette = [...new Set([...shades.values(), ...byTimes])].slice(0, 256);
  const part = (colour, shift) => (colour >> shift) & 255;
  const distance = (a, b) => [16, 8, 0].reduce((sum, shift) => sum + (part(a, shift) - part(b, shift)) ** 2, 0);
  const nearest = new Map();
  for (const colour of times.keys()) {
    let best = 0;
    palette.forEach((other, at) => { if (distance(colour, other) < distance(colour, palette[best])) best = at; });
    nearest.set(colour, best);
  }
  let indexes = "";
  for (const colour of pixels) indexes += String.fromCharCode(nearest.get(colour));
  return { width, height, palette, indexes: btoa(indexes) };
}"""


def small(browser: Browser, png: bytes) -> bytes:
    """The same picture with a palette: half the size, and nobody sees a difference."""
    page = browser.new_page()
    found = page.evaluate(PALETTE, base64.b64encode(png).decode())
    page.close()
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["indexes"])
    lines = b"".join(b"\0" + pixels[at : at + width] for at in range(0, width * height, width))
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": b"".join(colour.to_bytes(3, "big") for colour in found["palette"]),
        b"IDAT": zlib.compress(lines, 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


# A character that has no glyph looks like one that never has.
CHINESE_IS_DRAWN = """() => {
  const draw = (text) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 });
    const context = canvas.getContext("2d");
    context.font = `32px ${getComputedStyle(document.body).fontFamily}`;
    context.fillText(text, 2, 34);
    return canvas.toDataURL();
  };
  return draw("\u5ba2") !== draw("\uffff") && draw("\u5ba2") !== draw("\u670d");
}"""


class Broken(Exception):
    """A page that is not as it should be."""


@dataclass(frozen=True)
class Screen:
    """One picture: who looks, at which address; ``prepare`` brings about what it is to show."""

    name: str
    who: str
    address: str | Callable[[Page], str]
    prepare: Callable[[Page], None] | None = None
    size: ViewportSize | None = None
    theme: str = "light"
    media: str = "screen"


# -- What some of them show -----------------------------------------------------------------------


def fined_case(page: Page) -> str:
    """The first case with a broken promise that explains itself, open or closed: one looks where the penalties are, so that
    it is there at every hour.
    """
    page.goto("/?view=breached")
    open_ones = page.locator("tr[data-href]").evaluate_all(
        "rows => rows.map(row => row.dataset.href)"
    )
    for address in [*open_ones, *_cases_with_penalties(page)]:
        page.goto(address)
        if page.locator("#timeline .breach .why").count():
            return str(address)
    raise Broken("no case of the demo has a fine that explains itself")


def _cases_with_penalties(page: Page) -> Iterator[str]:
    """Only people of the office see the list of penalties; the pages of cases open to everybody of the centre."""
    browser = page.context.browser
    assert browser
    base = page.url.split("/", 3)
    with desk(browser, "/".join(base[:3]), SUPERVISOR, "zh") as office:
        for at in range(1, 6):
            office.goto(f"/admin/penalties/penalty/?p={at}")
            numbers = re.findall(
                r"\b[A-Z]{2}-\d{6}-\d{4,}\b", office.locator("#content").inner_text()
            )
            yield from (f"/cases/{number}/" for number in dict.fromkeys(numbers))


def why(page: Page) -> None:
    page.locator("#timeline .breach .why").last.click()
    page.locator("#timeline .explain").last.scroll_into_view_if_needed()


def paste(page: Page) -> None:
    """Two numbers of the queue, and one that a digit is wrong in."""
    page.goto("/?view=department")
    numbers = page.locator("tr[data-number] td:nth-child(3)").evaluate_all(
        "cells => cells.map(cell => cell.firstChild.textContent.replace(/\\s/g, ''))"
    )
    known = [number for number in numbers if number.isdecimal()]
    page.goto("/new/")
    unclear = known[2][:-2] + "0" + known[2][-1]
    page.locator("#id_text").fill(MESSAGE.format(first=known[0], second=known[1], unclear=unclear))
    page.locator("#read .found").wait_for()


def first(within: str, link: str) -> Callable[[Page], str]:
    """The first page of a list: where this link leads."""

    def address(page: Page) -> str:
        page.goto(within)
        found = page.locator(link)
        if not found.count():
            raise Broken(f"{within} has no {link}")
        return str(found.first.get_attribute("href"))

    return address


def clock_ticks(page: Page) -> None:
    page.locator("[data-clock]", has_text=":").wait_for()


def keys(page: Page) -> None:
    page.locator("[data-opens=keys]").click()


def transfer(page: Page) -> None:
    page.keyboard.press("t")
    page.locator("dialog[open]").wait_for()


def tour(page: Page) -> None:
    page.locator("[data-opens=keys]").click()
    page.locator("[data-tour-again]").click()


def look_up(page: Page) -> None:
    """What it costs to send two kilograms to a place that the demo delivers to."""
    page.locator("main [name=q]").fill("成都武侯区")
    page.locator("main [name=kg]").fill("2")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")


def build(page: Page) -> None:
    """The complaints of the month by department and cause."""
    page.locator("#id_name").fill("2026-11")
    page.locator("#id_period").select_option("this_month")
    page.locator("#id_group").select_option("department")
    page.locator("#id_then").select_option("cause")
    page.locator("button[name=preview]").click()
    page.locator("#preview").scroll_into_view_if_needed()


SCREENS = (
    Screen("login", "", "/accounts/login/"),
    # The workbench.
    Screen("queue", AGENT, "/"),
    Screen("case", AGENT, fined_case, why),
    Screen("case-dark", AGENT, fined_case, why, theme="dark"),
    Screen("transfer", AGENT, first("/", "tr[data-number] a"), transfer),
    Screen("intake", AGENT, "/new/", paste),
    Screen("new-case", AGENT, "/new/single/"),
    Screen("search", AGENT, "/search/?q=chengdu"),
    Screen("hand-over", AGENT, "/hand-over/"),
    Screen("keys", AGENT, "/", keys),
    Screen("tour", AGENT, "/", tour),
    Screen("counter", AGENT, "/counter/"),
    Screen("parcels", AGENT, "/parcels/"),
    Screen("scan", AGENT, "/parcels/scan/"),
    Screen("claims", AGENT, "/claims/"),
    Screen("complaints", AGENT, "/complaints/"),
    Screen("incidents", AGENT, "/incidents/"),
    Screen("customers", AGENT, "/customers/"),
    Screen("customer", AGENT, first("/customers/?view=major", "td a[href^='/customers/']")),
    Screen("lookup", AGENT, "/knowledge/lookup/", look_up),
    Screen("scripts", AGENT, "/knowledge/scripts/"),
    Screen("outlets", AGENT, "/knowledge/outlets/"),
    Screen("rules", AGENT, "/rules/"),
    Screen("calculator", AGENT, "/calculator/"),
    Screen("score", AGENT, "/people/score/"),
    Screen("shifts", AGENT, "/people/shifts/"),
    Screen("pay", AGENT, "/people/pay/"),
    Screen("attendance", AGENT, "/people/attendance/"),
    # Supervisors.
    Screen("roster", SUPERVISOR, first("/people/rosters/", "td a[href^='/people/rosters/']")),
    Screen("requests", SUPERVISOR, "/people/requests/"),
    Screen("proposals", SUPERVISOR, "/people/proposals/"),
    Screen("scores", SUPERVISOR, "/people/scores/"),
    Screen("inspection", SUPERVISOR, "/people/inspection/"),
    Screen("claims-reports", SUPERVISOR, "/claims/reports/"),
    Screen("reports", SUPERVISOR, "/reports/"),
    Screen("report", SUPERVISOR, first("/reports/", "tr:has-text('2026') a[href^='/reports/']")),
    Screen("build-report", SUPERVISOR, "/reports/built/new/?kind=complaint", build),
    Screen("claims-ageing", SUPERVISOR, "/claims/ageing/"),
    Screen("coverage", SUPERVISOR, "/rules/coverage/"),
    Screen("admin", SUPERVISOR, "/admin/"),
    Screen("admin-dark", SUPERVISOR, "/admin/", theme="dark"),
    Screen("penalties", SUPERVISOR, "/admin/penalties/penalty/"),
    Screen("penalty", SUPERVISOR, first("/admin/penalties/penalty/", "#result_list th a, #result_list td a")),
    Screen("statements", SUPERVISOR, "/admin/statements/statement/"),
    Screen("rulebook-versions", SUPERVISOR, "/admin/rulebooks/rulebookversion/"),
    Screen("wallboard", SUPERVISOR, "/wallboard/", clock_ticks, size=WALL),
    # On a phone.
    Screen("requests-phone", SUPERVISOR, "/people/requests/", size=PHONE),
    Screen("proposals-phone", SUPERVISOR, "/people/proposals/", size=PHONE),
    Screen("penalties-phone", SUPERVISOR, "/admin/penalties/penalty/", size=PHONE),
    # Outlets.
    Screen("outlet", OUTLET, "/outlet/"),
    Screen("outlet-penalties", OUTLET, "/outlet/penalties/"),
    Screen("outlet-statements", OUTLET, "/outlet/statements/"),
    Screen("outlet-keys", OUTLET, "/outlet/keys/"),
    # On paper.
    Screen("paper-form", AGENT, "/incidents/paper/", media="print"),
    Screen("statement-pdf", OUTLET, first("/outlet/statements/", "main a[href*='pdf']"), media="pdf"),
)  # fmt: skip


def take(page: Page, screen: Screen) -> bytes:
    """The picture of a page that is as it should be; anything else is Broken."""
    said: list[str] = []
    page.on("console", lambda one: said.extend([one.text] if one.type == "error" else []))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = screen.address if isinstance(screen.address, str) else screen.address(page)
    if screen.media == "pdf":
        return first_page(page, address)
    answer = page.goto(address)
    if answer is None or answer.status != 200:
        raise Broken(f"{address} answered {answer and answer.status}")
    page.wait_for_load_state()
    if screen.prepare:
        screen.prepare(page)
    page.evaluate("document.fonts.ready")
    if screen.media == "print":
        page.emulate_media(media="print")
    elif not page.locator("main, #content").first.inner_text().strip():
        raise Broken(f"{address} has nothing in its main part")
    if not page.evaluate(CHINESE_IS_DRAWN):
        raise Broken("no font here has Chinese characters")
    if said:
        raise Broken(f"{address} said on the console: {said}")
    return page.screenshot(animations="disabled")


def first_page(page: Page, address: str) -> bytes:
    """The first page of a PDF, as it is printed."""
    answer = page.context.request.get(address)
    if answer.status != 200 or not answer.body().startswith(b"%PDF"):
        raise Broken(f"{address} is no PDF: {answer.status}")
    command = ["pdftoppm", "-png", "-r", "90", "-f", "1", "-l", "1", "-"]
    return subprocess.run(command, input=answer.body(), capture_output=True, check=True).stdout


def picture(browser: Browser, base: str, screen: Screen, language: str) -> str:
    """Take it and keep it; return what is wrong, or nothing."""
    with desk(browser, base, screen.who, language, screen.theme, screen.size or SIZE) as page:
        try:
            png = take(page, screen)
        except (Broken, Error) as error:
            return f"{language}/{screen.name}: {error}"
    file = HOME / language / f"{screen.name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(small(browser, png))
    print(f"{language}/{screen.name}.png {file.stat().st_size // 1024} KB", flush=True)
    return ""


def main(base: str, *names: str) -> int:
    chromium = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if not chromium:
        raise SystemExit(f"There is no Chromium on PATH ({', '.join(BROWSERS)}).")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    wanted = [screen for screen in SCREENS if not names or screen.name in names]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        wrong = [
            told
            for language in LANGUAGES
            for screen in wanted
            if (told := picture(browser, base, screen, language))
        ]
        browser.close()
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["http://127.0.0.1:8000"])))
