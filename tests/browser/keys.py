"""Keys pressed as a person presses them: at a page that has come."""

from playwright.sync_api import Page, expect


def press(page: Page, key: str) -> None:
    """Press a key once the page listens: text is there before its scripts, and anew before its handlers."""
    page.wait_for_load_state()
    expect(page.locator(".htmx-added, .htmx-request")).to_have_count(0)
    page.keyboard.press(key)
