"""A case of March 2024, answered and closed the same day, and a centre that goes by ES today."""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from inquiries import services as inquiries
from kefu.cases import photos
from kefu.cases.models import Case
from kefu.rulebooks.selectors import edition
from tests.centre import Centre, at, build

LONG_AGO = at("2024-03-01 10:00:00")
NOW = at("2026-11-20 02:30:00")


def picture() -> BytesIO:
    content = BytesIO()
    Image.new("RGB", (60, 60), (200, 30, 30)).save(content, "PNG")
    content.seek(0)
    return content


def finish(case: Case, centre: Centre, now: datetime) -> Case:
    """Answer the customer and close the case."""
    by = {"actor": centre.lin.user, "now": now}
    inquiries.answer_customer(
        case=case, text="包裹在成都，明天派送", channel="phone", substantive=True, **by
    )
    case.refresh_from_db()
    inquiries.close(case=case, note="已派送", further_needs_asked=True, **by)
    case.refresh_from_db()
    return case


@pytest.fixture
def move(settings: Any) -> Callable[[datetime], datetime]:
    def to(now: datetime) -> datetime:
        settings.KEFU_NOW = now
        return now

    return to


@pytest.fixture
def old(db: None, move: Callable[[datetime], datetime]) -> Centre:
    """The centre, at night, with one case that is nearly three years old."""
    move(LONG_AGO)
    edition.cache_clear()
    centre = build(now=LONG_AGO, rules_since=date(2024, 1, 1))
    case = centre.inquiry(now=LONG_AGO)
    photos.attach_photo(
        case=case, picture=picture(), caption="陈晓梅的包裹", actor=centre.lin.user, now=LONG_AGO
    )
    finish(case, centre, LONG_AGO)
    centre.waybill.accepted_at = LONG_AGO
    centre.waybill.save()
    centre.work_by("ES")
    move(NOW)
    return centre
