"""What a browser reads in a page: the fields of its forms, with what they hold."""

from html.parser import HTMLParser
from typing import Any


def fields(html: str, *, form: str = "") -> dict[str, Any]:
    """Return what a browser would send: name to values. ``form`` is where that form goes; without, all forms."""
    reader = Reader(form)
    reader.feed(html)
    reader.found.pop("csrfmiddlewaretoken", None)
    return reader.found


class Reader(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.wanted = form
        self.inside = not form
        self.found: dict[str, list[str]] = {}
        self.area = self.select = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        if tag == "form" and self.wanted:
            self.inside = self.wanted in (at.get("hx-post"), at.get("action"))
        if not self.inside:
            return
        name = at.get("name") or ""
        if tag == "input" and name and at.get("type") != "file":
            tick = at.get("type") in ("checkbox", "radio")
            if not tick or "checked" in at:
                self.found.setdefault(name, []).append(at.get("value") or ("on" if tick else ""))
        elif tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "select":
            self.select = name
        elif (
            tag == "option" and self.select and ("selected" in at or self.select not in self.found)
        ):
            self.found[self.select] = [at.get("value") or ""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.found[self.area] = [self.text.removeprefix("\n")]
            self.area = ""
        elif tag == "select":
            self.select = ""
        elif tag == "form" and self.wanted:
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data
