"""What can be drawn to be heard: answered calls, and chats that somebody of ours wrote in (CD-12.08)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from kefu.clock import SHANGHAI
from kefu.policy.inspections import draw, frame_digest
from kefu.staff.models import Employee
from payroll.models import Call, Chat, Sample, SampleDraw

Medium = SampleDraw.Medium


@dataclass(frozen=True, slots=True)
class Record:
    """A call or chat as whoever hears it finds it."""

    at: datetime
    seconds: int | None
    reference: str


def frame(
    people: QuerySet[Employee],
    medium: str,
    from_on: date,
    to_on: date,
    *,
    until: datetime | None = None,
    without: int | None = None,
) -> dict[int, list[int]]:
    """Return {employee: keys} of what was never drawn before, each list not empty.

    ``until``: only what was on record then; ``without``: a draw that is taken for not made yet.
    """
    since, end = (
        datetime.combine(day, time.min, SHANGHAI) for day in (from_on, to_on + timedelta(1))
    )
    rows: QuerySet[Any]
    if medium == Medium.CALL:
        rows = Call.objects.filter(at__gte=since, at__lt=end, answered=True, talk_seconds__gt=0)
    else:
        told = Chat.objects.filter(number=OuterRef("number"), employee=OuterRef("employee"))
        if until is not None:
            told = told.filter(recorded_at__lte=until)
        rows = Chat.objects.filter(
            Exists(told.filter(first_seconds__isnull=False)),
            began_at__gte=since,
            began_at__lt=end,
            place=0,
        )
    rows = rows.filter(employee__in=people)
    drawn = Sample.objects.filter(medium=medium)
    if until is not None:
        rows = rows.filter(recorded_at__lte=until)
        drawn = drawn.filter(draw__lt=without)
    found: dict[int, list[int]] = defaultdict(list)
    for employee, key in rows.exclude(pk__in=drawn.values("record")).values_list(
        "employee_id", "pk"
    ):
        found[employee].append(key)
    return dict(found)


def drawn_before(people: Iterable[int], medium: str) -> dict[int, int]:
    """{employee: how often}."""
    rows = Sample.objects.filter(employee__in=list(people), medium=medium)
    return dict(rows.values_list("employee").annotate(n=Count("pk")).values_list("employee", "n"))


def records(keys: Collection[int], medium: str) -> dict[int, Record]:
    if medium == Medium.CALL:
        calls = Call.objects.filter(pk__in=keys)
        return {one.pk: Record(one.at, one.talk_seconds, "") for one in calls}
    chats = Chat.objects.filter(pk__in=keys)
    return {one.pk: Record(one.began_at, None, one.number) for one in chats}


def drawn_again(row: SampleDraw) -> bool | None:
    """Does the stored seed give the stored picks once more? None: the frame is no longer what it was, because records
    came in late or people were moved.
    """
    people = Employee.objects.filter(pk__in=row.people)
    found = frame(people, row.medium, row.from_on, row.to_on, until=row.drawn_at, without=row.pk)
    if frame_digest(found) != row.frame_digest:
        return None
    earlier = {int(pk): before for pk, (_n, before) in row.people.items()}
    again = draw(found, seed=row.seed, size=row.size, earlier=earlier)
    stored = row.samples.order_by("number").values_list("employee_id", "record")
    return [(one.agent, one.call) for one in again] == list(stored)
