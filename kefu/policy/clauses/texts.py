"""What the words in a field may look like, and the words that are put on a parcel, a slip or a record."""

import re
import string
from typing import Literal, Self

from pydantic import model_validator

from kefu.policy.clauses.base import ClauseBase, Count, Name, Strict, Text
from kefu.policy.clauses.desk import When


class TextRule(ClauseBase):
    """What the text of a field may look like, where ``when`` holds.

    ``forbidden``: texts that are not accepted as the whole entry. ``digits``: so many digits and
    nothing else, the last of an identity number may be an X. ``pattern``: a regular expression the
    house sets for the whole entry; "" where it has set none.
    """

    kind: Literal["text"]
    field: Name
    when: When = {}
    forbidden: tuple[Text, ...] = ()
    refuse_digits_only: bool = False
    digits: Count | None = None
    identity_checksum: bool = False
    house_pattern: str | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.identity_checksum and self.digits is None:
            raise ValueError("a check digit goes with a number of digits")
        asks = (self.forbidden, self.refuse_digits_only, self.digits)
        if not any(asks) and self.house_pattern is None:
            raise ValueError("a text rule asks for something")
        try:
            re.compile(self.house_pattern or "")
        except re.error as error:
            raise ValueError(f"house_pattern is no regular expression: {error}") from error
        return self


class Filler(Strict):
    """A sign that stands once for each of what ``times`` counts."""

    sign: Text
    times: Name


class Remark(ClauseBase):
    """The words that belong on ``form`` where ``when`` holds.

    ``template`` holds {names} that are filled in from the record; {filler} is the filler's sign, as
    often as it says. ``needs``: what the record must hold besides before the words are accepted.
    """

    kind: Literal["remark"]
    form: Name
    when: When = {}
    template: Text
    needs: tuple[Name, ...] = ()
    filler: Filler | None = None

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names the template is filled from, the filler left out."""
        parsed = (name for _text, name, _format, _how in string.Formatter().parse(self.template))
        return tuple(name for name in parsed if name and name != "filler")

    @model_validator(mode="after")
    def _template_can_be_filled(self) -> Self:
        try:
            names = self.placeholders
        except ValueError as error:
            raise ValueError(f"the template cannot be read: {error}") from error
        if any(not (name.isascii() and name.isidentifier()) for name in names):
            raise ValueError("a placeholder is a plain name in braces")
        if ("{filler}" in self.template) != (self.filler is not None):
            raise ValueError("{filler} in the template and the filler go together")
        return self
