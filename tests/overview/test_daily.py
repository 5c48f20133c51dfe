"""The verification of every day: once, kept, and told when something does not hold."""

from datetime import date

import pytest
from django.db import connection
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from kefu.notifications.models import Event
from kefu.overview.daily import verify_daily
from kefu.overview.models import Verification
from tests.centre import at, build

pytestmark = pytest.mark.django_db

EARLY, DUE = at("2026-11-21 03:29:59"), at("2026-11-21 03:30:00")


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = at("10:00:00")
    centre = build(now=settings.KEFU_NOW)
    centre.inquiry(now=settings.KEFU_NOW)
    return centre


def spoil():
    """A count that nobody made."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE deadlines_countmove SET open = open + 1")


def test_it_is_done_once_a_day_and_not_before_the_small_hours(centre, settings):
    settings.KEFU_NOW = EARLY
    assert verify_daily(now=EARLY) is None

    settings.KEFU_NOW = DUE
    done = verify_daily(now=DUE)

    assert (done.day, done.at) == (date(2026, 11, 21), DUE)
    assert done.checks > 100
    assert done.rows > 0
    assert verify_daily(now=DUE) is None
    assert Verification.objects.count() == 1


def test_what_does_not_hold_is_kept_and_rings_the_heads_bells_with_the_way_there(centre, settings):
    spoil()
    settings.KEFU_NOW = DUE
    done = verify_daily(now=DUE)

    assert "clausehour_counts_add_up" in {one["check"] for one in done.failed}
    rings = Event.objects.filter(kind=Event.Kind.VERIFIED_BAD)
    assert {ring.user_id for ring in rings} == {centre.chen.user_id, centre.he.user_id}
    client = Client()
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(rings[0].data["url"])
    assert page.context["cl"].result_count == 1
    detail = client.get(reverse("admin:overview_verification_change", args=[done.pk]))
    assert "clausehour_counts_add_up" in detail.content.decode()
    assert "每日核对发现不一致" in client.get(reverse("workbench:bell")).content.decode()
    waits = {wait.label: wait for wait in client.get(reverse("admin:index")).context["waits"]}
    opened = client.get(waits["每日核对的不一致"].number.url)
    assert opened.context["cl"].result_count == 1


def test_the_metrics_tell_of_the_last_one(centre, client, settings):
    assert "kefu_verify_age_seconds" not in client.get("/metrics").content.decode()
    spoil()
    settings.KEFU_NOW = DUE
    done = verify_daily(now=DUE)

    told = client.get("/metrics").content.decode()

    assert f"kefu_verify_violations {float(done.violations)}" in told
    assert "kefu_verify_age_seconds 0.0" in told


def test_nobody_rewrites_what_was_found(centre, settings):
    settings.KEFU_NOW = DUE
    verify_daily(now=DUE)

    with pytest.raises(ProgrammingError, match="Cannot update"):
        Verification.objects.update(violations=0)
