from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kefu.deadlines.services import sweep
from kefu.penalties.models import Penalty
from kefu.staff.models import User
from tests.centre import Centre, at, build

NOW = at("14:00:00")


@pytest.fixture
def office(db: Any, settings: Any) -> Centre:
    """The centre an hour after a question that nobody answered: one deduction is provisional."""
    settings.KEFU_NOW = at("10:00:00")
    centre = build(now=settings.KEFU_NOW)
    centre.inquiry(now=settings.KEFU_NOW)
    settings.KEFU_NOW = NOW
    sweep()
    assert Penalty.objects.count() == 1
    return centre


@pytest.fixture
def as_user() -> Any:
    """A browser in which this person has signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def account(role: str, **given: Any) -> User:
    return User.objects.create_user(
        f"test-{role}", password="correct-horse-9", role=role, is_staff=True, **given
    )


HOUR = timedelta(hours=1)
