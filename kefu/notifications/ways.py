"""What reaches somebody where, and when: defaults by role, his own choice, quiet hours, one digest a day."""

from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from kefu.clock import SHANGHAI
from kefu.notifications.models import Channel, Event, Preference
from kefu.staff.models import User

BROWSER, ROBOT, MAIL = "browser", "robot", "mail"
WAYS = (BROWSER, ROBOT, MAIL)  # beside the bell, which rings for everything

Kind = Event.Kind
# Whoever is told of these too late pays for it: quiet hours do not hold them back, nor does a digest.
URGENT = frozenset({Kind.BREACH, Kind.ESCALATED})
# A notice that a way out is broken does not go out of the house.
INSIDE = frozenset({Kind.CHANNEL_FAILED, Kind.WEBHOOK_TEST, Kind.JOB})
# What a department's robot says; the rest is somebody's own.
DEPARTMENTS = frozenset({Kind.WARNING, Kind.BREACH, Kind.SET_ASIDE})

_WORK = {
    Kind.CASE_ASSIGNED: {BROWSER},
    Kind.WARNING: {BROWSER, ROBOT},
    Kind.BREACH: {BROWSER, ROBOT},
    Kind.QUERY_ANSWERED: {BROWSER},
    Kind.MESSAGE_POSTED: {BROWSER},
    Kind.ROSTER: {ROBOT, MAIL},
    Kind.OVERTIME_CALL: {BROWSER, ROBOT},
}
_LEAD = {
    **_WORK,
    Kind.LEAD_WARNING: {BROWSER, ROBOT},
    Kind.ESCALATED: {BROWSER, ROBOT, MAIL},
    Kind.SEAT_MISSING: {BROWSER, ROBOT},
    Kind.SAFETY: {BROWSER, ROBOT},
    Kind.INCIDENT: {BROWSER, ROBOT, MAIL},
}
_SUPERVISOR = {
    **_LEAD,
    Kind.SET_ASIDE: {BROWSER, ROBOT},
    Kind.VERIFIED_BAD: {BROWSER, ROBOT, MAIL},
    Kind.REGISTER_LATE: {MAIL},
    Kind.REPORT_LATE: {BROWSER, MAIL},
}
DEFAULTS: Mapping[str, Mapping[Event.Kind, Collection[str]]] = {
    User.Role.AGENT: _WORK,
    User.Role.SHIFT_LEAD: _LEAD,
    User.Role.SUPERVISOR: _SUPERVISOR,
    User.Role.MANAGER: _SUPERVISOR,
    User.Role.ADJUSTER: {**_WORK, Kind.CLAIM_REMINDED: {BROWSER}, Kind.CLAIM_WAITING: {BROWSER}},
}


def ways_of(*, role: str, preference: Preference | None, kind: str) -> Collection[str]:
    """Return where beside the bell ``kind`` reaches somebody of this role."""
    if preference is not None and kind in preference.ways:
        chosen: list[str] = preference.ways[kind]
        return chosen
    return DEFAULTS.get(role, {}).get(Event.Kind(kind), ())


def way_of(channel: Channel) -> str:
    return MAIL if channel.kind == Channel.Kind.MAIL else ROBOT


def held_until(*, preference: Preference | None, kind: str, now: datetime) -> datetime | None:
    """Return until when a message waits to be told with others; None: it goes at once."""
    if preference is None or kind in URGENT:
        return None
    if preference.digest_at is not None:
        return _next(preference.digest_at, now)
    since, until = preference.quiet_from, preference.quiet_until
    if since is None or until is None or not is_quiet(now, since=since, until=until):
        return None
    return _next(until, now)


def is_quiet(now: datetime, *, since: time, until: time) -> bool:
    """Whether ``now`` lies between two wall times of Shanghai; from 22:00 until 7:00 spans midnight."""
    wall = now.astimezone(SHANGHAI).time()
    return since <= wall < until if since < until else wall >= since or wall < until


def _next(wall: time, now: datetime) -> datetime:
    here = now.astimezone(SHANGHAI)
    today = datetime.combine(here.date(), wall, SHANGHAI)
    return today if today > here else today + timedelta(days=1)


def chosen(choices: Mapping[str, Any], *, role: str) -> dict[str, list[str]]:
    """Return of ``choices`` what differs from the role's defaults: a later default reaches the others."""
    kept = {}
    for kind, ways in choices.items():
        wanted = [way for way in WAYS if way in ways]
        if set(wanted) != set(ways_of(role=role, preference=None, kind=kind)):
            kept[kind] = wanted
    return kept
