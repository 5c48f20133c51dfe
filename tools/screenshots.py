"""Make docs/screenshots from a running demo: ``python -m tools.screenshots http://127.0.0.1:8000``.

Needs Chromium on PATH. The pictures show the demo centre only: everybody in it is invented.
"""

import base64
import os
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

HOME = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
PASSWORD = "kefu-demo-0826"  # noqa: S105 - of the demo, printed by make run
SIZE = ViewportSize(width=1366, height=768)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LANGUAGES = {"zh": "zh-hans", "en": "en"}

MESSAGE = """您好，麻烦帮忙查两个件：
{first} 三天没有更新了，客户等着用
{second} 显示签收了但是没收到
还有一个单号看不太清 {unclear}
我的电话 13912345678，谢谢！"""


@contextmanager
def desk(
    browser: Browser, base: str, number: str, language: str, theme: str = "light"
) -> Iterator[Page]:
    """Somebody signed in, in this language."""
    context = browser.new_context(
        base_url=base, viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.add_cookies(
        [
            {"name": "django_language", "value": LANGUAGES[language], "url": base},
            {"name": "kefu_theme", "value": theme, "url": base},
        ]
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(number)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(lambda url: "/accounts/" not in url)  # what has to be read comes first
    page.goto("/")
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


def take(page: Page, name: str, language: str) -> None:
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready")
    file = HOME / language / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    browser = page.context.browser
    assert browser
    file.write_bytes(small(browser, page.screenshot(animations="disabled")))
    print(f"{language}/{name}.png {file.stat().st_size // 1024} KB")


def broken_promise(page: Page) -> str:
    """Where the first case of the department stands whose fine explains itself."""
    page.goto("/?view=breached")
    for address in page.locator("tr[data-href]").evaluate_all(
        "rows => rows.map(row => row.dataset.href)"
    ):
        page.goto(address)
        if page.locator("#timeline .breach .why").count():
            return str(address)
    raise SystemExit("No case with a fine is open: start the demo anew.")


def workbench(browser: Browser, base: str, language: str) -> None:
    with desk(browser, base, "0826", language) as page:
        take(page, "queue", language)
        numbers = page.locator("tr[data-number] td:nth-child(3)").evaluate_all(
            "cells => cells.map(cell => cell.firstChild.textContent.replace(/\\s/g, ''))"
        )
        known = [number for number in numbers if number.isdecimal()]
        case = broken_promise(page)
        page.locator("#timeline .breach .why").last.click()
        page.locator("#timeline .explain").last.scroll_into_view_if_needed()
        take(page, "case", language)
        page.goto("/new/")
        unclear = known[2][:-2] + "0" + known[2][-1]
        page.locator("#id_text").fill(
            MESSAGE.format(first=known[0], second=known[1], unclear=unclear)
        )
        page.locator("#read .found").wait_for()
        take(page, "intake", language)
    with desk(browser, base, "0826", language, theme="dark") as page:
        page.goto(case)
        take(page, "case-dark", language)


def people(browser: Browser, base: str, language: str) -> None:
    with desk(browser, base, "0826", language) as page:
        page.goto("/people/score/")
        take(page, "score", language)
    with desk(browser, base, "0801", language) as page:
        page.goto("/people/rosters/")
        page.locator("td a[href^='/people/rosters/']").first.click()
        page.locator(".grid").first.wait_for()
        take(page, "roster", language)


def office(browser: Browser, base: str, language: str) -> None:
    with desk(browser, base, "0801", language) as page:
        page.goto("/admin/")
        take(page, "admin", language)
        page.goto("/wallboard/")
        page.set_viewport_size(ViewportSize(width=1920, height=1080))
        page.locator("[data-clock]", has_text=":").wait_for()
        take(page, "wallboard", language)
        page.set_viewport_size(SIZE)
        page.goto("/admin/penalties/penalty/")
        take(page, "penalties", language)


def main(base: str) -> None:
    chromium = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if not chromium:
        raise SystemExit(f"There is no Chromium on PATH ({', '.join(BROWSERS)}).")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        for language in LANGUAGES:
            workbench(browser, base, language)
            people(browser, base, language)
            office(browser, base, language)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
