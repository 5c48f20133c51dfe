"""The frame round every page of the workbench: who one is, what waits, and the moment of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from kefu import clock
from kefu.rulebooks.selectors import Holding, to_read
from kefu.workbench import selectors
from kefu.workbench.selectors import Desk, Group, Page, ViewCount, grouped


@dataclass(frozen=True, slots=True)
class Frame:
    """What the top bar, the side navigation and the key strip show."""

    now: datetime
    desk: Desk
    views: tuple[ViewCount, ...]
    unread: int
    cursor: str  # where the live stream of this page starts
    pages: Sequence[Page]  # of the apps, in the side navigation
    to_read: Holding | None  # the rules that hold here and that this person has not confirmed
    notices: Sequence[tuple[str, Any]]  # of the apps, at the top: a template and what it shows

    @property
    def groups(self) -> list[Group]:
        return grouped(self.pages)


def door_time(request: HttpRequest) -> datetime:
    """The clock, read once a request."""
    kept: Any = request
    if not hasattr(kept, "kefu_now"):
        kept.kefu_now = clock.now()
    now: datetime = kept.kefu_now
    return now


def desk_of(request: HttpRequest) -> Desk:
    """Who sits here; read once a request."""
    kept: Any = request
    if not hasattr(kept, "kefu_desk"):
        kept.kefu_desk = selectors.desk(request.user)
    desk: Desk = kept.kefu_desk
    return desk


def frame_of(request: HttpRequest) -> Frame | None:
    """Return the frame of this request, computed once, or None for a visitor or a partner's account."""
    kept: Any = request
    if not hasattr(kept, "kefu_frame"):
        kept.kefu_frame = _frame(request)
    frame: Frame | None = kept.kefu_frame
    return frame


def _frame(request: HttpRequest) -> Frame | None:
    if not request.user.is_authenticated or request.user.role == "outlet":
        return None
    now, desk = door_time(request), desk_of(request)
    pulse = selectors.pulse(desk=desk, now=now)
    return Frame(
        now,
        desk,
        pulse.views,
        pulse.unread,
        pulse.cursor,
        pulse.pages,
        _to_read(desk, now),
        [(one.template, one.read(desk, now)) for one in pulse.notices],
    )


def _to_read(desk: Desk, now: datetime) -> Holding | None:
    if desk.employee_id is None or desk.department_id is None:
        return None
    return to_read(employee_id=desk.employee_id, department_id=desk.department_id, at=now)
