"""The address that holds a calculation, to be sent to a colleague."""

from collections.abc import Iterator
from urllib.parse import urlencode

from kefu.calculator.reading import Field

LONGEST = 7_000  # characters; more than that does not come through everywhere


def query_of(form: Field, version_id: int | None) -> str:
    """What was typed, as the end of an address; "" where it would not fit into one.

    What looks like personal data stays out: an address is kept where we cannot delete it.
    """
    pairs = [("rulebook", str(version_id))] if version_id is not None else []
    pairs += _pairs(form)
    query = urlencode(pairs)
    return query if len(query) <= LONGEST else ""


def holds_all(form: Field) -> bool:
    """Can what was typed stand in an address as it is?"""
    return not any(field.personal for field in form.walk())


def _pairs(field: Field) -> Iterator[tuple[str, str]]:
    if field.personal:
        return
    if field.parts:
        for part in field.parts:
            if field.kind != "entries" or not part.parts[1].blank or not part.known:
                yield from _pairs(part)
    elif field.kind == "list" and field.choices:
        yield from ((field.place, text) for text in field.texts)
    elif field.text != field.default_text:
        yield field.place, field.text
