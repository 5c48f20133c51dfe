"""Signs of life: the process, the database, the timers, the audit chain."""

from datetime import timedelta

import pytest
from django.db import connection

from kefu import clock
from kefu.audit import services as audit
from kefu.deadlines.services.sweep import beat
from kefu.overview import health, services
from kefu.overview.services import month_after
from tests.centre import at, build
from tests.transactions import wait_for_older_transactions


def test_the_process_lives_without_asking_the_database(client):
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_an_installation_that_ticks_and_seals_is_ready(client):
    beat()

    answer = client.get("/readyz")

    assert answer.status_code == 200, answer.json()
    assert answer.json()["checks"]["timer_lag_seconds"] == {
        "ok": True,
        "value": None,
        "limit": 60.0,
    }


@pytest.mark.django_db
def test_without_a_tick_it_is_not_ready(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["heartbeat_age_seconds"]["ok"] is False


@pytest.mark.django_db
def test_an_overdue_promise_that_nobody_fires_shows_as_lag(client, settings):
    now = clock.now()
    settings.KEFU_NOW = now - timedelta(days=2)
    build(now=settings.KEFU_NOW).inquiry(now=settings.KEFU_NOW)
    settings.KEFU_NOW = None
    beat()

    found = client.get("/readyz").json()["checks"]["timer_lag_seconds"]

    assert found["ok"] is False
    assert found["value"] > 12 * 3600


@pytest.mark.django_db(transaction=True)
def test_an_unsealed_audit_row_grows_old(client):
    now = clock.now()
    audit.record(action="test", actor=None, at=now - timedelta(minutes=6))
    beat()

    before = client.get("/readyz").json()["checks"]["audit_lag_seconds"]
    wait_for_older_transactions()
    audit.seal_audit(now=now)
    after = client.get("/readyz").json()["checks"]["audit_lag_seconds"]

    assert before["ok"] is False
    assert after == {"ok": True, "value": None, "limit": 300.0}


@pytest.mark.django_db
def test_without_a_database_it_says_so_and_nothing_else(client, monkeypatch):
    from django.db import OperationalError

    def refuse():
        raise OperationalError("no route")

    monkeypatch.setattr(health.connection, "cursor", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert set(answer.json()["checks"]) == {"database", "disk_free_bytes"}


@pytest.mark.django_db
def test_partitions_are_made_ahead_once():
    first = services.make_partitions(now=at("2031-11-05 12:00:00"))
    again = services.make_partitions(now=at("2031-11-05 12:00:00"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('audit_row_203202') IS NOT NULL")
        assert cursor.fetchone() == (True,)
    assert (first, again) == (16, 0)  # four tables, four months


def test_months_are_counted_across_the_year():
    assert str(month_after(at("12:00:00").date(), 3)) == "2027-02-01"
