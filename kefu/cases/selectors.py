"""Reads of cases worth a name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kefu.cases.models import Attachment, Case


@dataclass(frozen=True, slots=True)
class Photo:
    """What may be told of a photo without looking at it."""

    number: int
    caption: str
    width: int  # pixels
    height: int
    size: int  # bytes
    added_by: str
    added_at: datetime


def photos_of(case: Case) -> Sequence[Photo]:
    """The case's photos in the order they came, without their content."""
    rows = (
        Attachment.objects.filter(case=case)
        .order_by("number")
        .select_related("added_by__employee")
        .defer("photo", "thumbnail")
    )
    return [
        Photo(
            number=row.number,
            caption=row.caption,
            width=row.width,
            height=row.height,
            size=row.size,
            added_by=str(getattr(row.added_by, "employee", row.added_by)),
            added_at=row.added_at,
        )
        for row in rows
    ]


def numbers_outside(
    user: Any, department_id: int | None, case_ids: Collection[int]
) -> Mapping[int, str]:
    """The numbers of those cases that ``user`` may know of; without a user, of the department's own."""
    if user is not None:
        cases = Case.objects.visible_to(user)
    else:
        cases = Case.objects.filter(department=department_id)
    return dict(cases.filter(pk__in=case_ids).values_list("pk", "number"))
