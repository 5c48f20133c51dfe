"""The centre at a moment that stands still until a test moves it on."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from tests.centre import Centre, at, build

Clock = Callable[[str], datetime]
NO_RULES = pytest.mark.parametrize("centre", [date(2999, 1, 1)], ids=["no rules"], indirect=True)


@pytest.fixture
def clock(settings: Any) -> Clock:
    """``clock("10:00:01")`` makes it that time of the tests' day, for us and for the sweep."""

    def move(text: str) -> datetime:
        settings.KEFU_NOW = at(text)
        return at(text)

    move("2026-11-20 09:00:00")
    return move


@pytest.fixture
def centre(clock: Clock, db: None, request: pytest.FixtureRequest) -> Centre:
    """With ``NO_RULES`` by indirect parametrization it has no rulebook yet."""
    return build(now=at("09:00:00"), rules_since=getattr(request, "param", None))
