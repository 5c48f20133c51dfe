"""An outlet that wants to hear of what happens, and what happens."""

from collections.abc import Callable

import pytest

from kefu.api.models import ApiKey
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from tests.api.conftest import Outlet, centre, issue, now
from tests.transactions import wait_until_events_can_be_read

__all__ = ["centre", "issue", "now"]


@pytest.fixture
def follower(centre, issue) -> Outlet:
    """Chengdu's program, which may read the feed of changes."""
    return Outlet(issue(centre.chengdu, [ApiKey.Scope.READ_CHANGES])[1])


@pytest.fixture
def happens(centre, now) -> Callable[..., None]:
    """Let something happen for a party, and be over."""

    def happens(number: int, *, party=None, kind=Event.Kind.QUERY_ASKED) -> None:
        party = party or centre.chengdu
        notifications.publish(kind=kind, at=now, party_id=party.pk, data={"query": number})
        wait_until_events_can_be_read()

    return happens
