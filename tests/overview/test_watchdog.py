"""The watchdog keeps promises without a queue, and knows when our doors were closed."""

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection

from kefu import clock
from kefu.audit.models import AuditSeal
from kefu.deadlines.models import Deadline, Heartbeat, Interruption
from kefu.deadlines.services.sweep import beat
from kefu.overview import watchdog
from kefu.overview.management.commands.watchdog import web_url
from kefu.overview.watchdog import Watchdog, answers
from tests.centre import build


@pytest.fixture
def door():
    """A web server whose answer the test chooses."""

    class Handler(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.send_response(Handler.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    yield Handler
    server.shutdown()
    server.server_close()


class TestDoors:
    @pytest.mark.parametrize(
        ("status", "is_open"),
        [(200, True), (302, True), (401, True), (404, True), (500, False), (503, False)],
    )
    def test_a_refusal_is_an_open_door_and_an_error_of_ours_a_closed_one(
        self, door, status, is_open
    ):
        door.status = status

        assert answers(f"{door.url}/healthz") is is_open

    def test_nobody_there_is_closed(self):
        assert answers("http://127.0.0.1:9/healthz") is False

    def test_a_door_that_takes_too_long_is_closed(self, door, monkeypatch):
        monkeypatch.setattr(watchdog, "PATIENCE", 0.2)
        door.do_GET = lambda self: time.sleep(1)

        assert answers(f"{door.url}/healthz") is False

    @pytest.mark.parametrize(
        ("environment", "url"),
        [
            ({}, "http://127.0.0.1:8000"),
            ({"PORT": "8123", "HOST": "0.0.0.0"}, "http://127.0.0.1:8123"),
            ({"HOST": "::1"}, "http://[::1]:8000"),
            ({"KEFU_WEB_URL": "https://kefu.example/"}, "https://kefu.example"),
        ],
    )
    def test_where_it_knocks(self, environment, url, monkeypatch):
        for name in ("KEFU_WEB_URL", "HOST", "PORT"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

        assert web_url() == url

    @pytest.mark.django_db
    def test_a_closed_door_becomes_an_interruption_when_it_opens_again(self, door, settings):
        start = clock.now()
        dog = Watchdog(door.url)
        for seconds, status in ((0, 200), (10, 503), (20, 503), (30, 503), (40, 200)):
            settings.KEFU_NOW, door.status = start + timedelta(seconds=seconds), status
            dog.probe()

        closed = {
            one.door: (one.ended_at - one.started_at).total_seconds()
            for one in Interruption.objects.all()
        }
        assert closed == {"pages": 40.0, "api": 40.0}  # the database answered all the while

    @pytest.mark.django_db
    def test_a_door_never_seen_open_counts_as_closed_from_the_first_look_on(self, settings):
        start = settings.KEFU_NOW = clock.now()
        dog = Watchdog("http://127.0.0.1:9")
        dog.probe()
        settings.KEFU_NOW = start + timedelta(minutes=1)
        dog.probe()

        assert dict(Heartbeat.objects.values_list("name", "beat_at")) == {
            "door:pages": start,
            "door:api": start,
            "door:database": settings.KEFU_NOW,
        }


class TestRounds:
    def test_it_looks_at_the_doors_before_it_sweeps(self, monkeypatch):
        done = []
        monkeypatch.setattr(Watchdog, "probe", lambda self: done.append("probe"))
        monkeypatch.setattr(
            watchdog.deadlines, "sweep_while_stale", lambda: done.append("sweep") or 0
        )
        monkeypatch.setattr(watchdog, "tick_is_stale", lambda: False)

        Watchdog("http://127.0.0.1:9").round()

        assert done == ["probe", "sweep"]

    @pytest.mark.django_db
    def test_while_ticks_come_it_leaves_the_work_to_them(self, settings, door, monkeypatch):
        monkeypatch.setattr(watchdog.audit, "seal_audit", lambda **_: pytest.fail("beat does that"))
        now = clock.now()
        settings.KEFU_NOW = now - timedelta(days=2)
        build(now=settings.KEFU_NOW).inquiry(now=settings.KEFU_NOW)
        settings.KEFU_NOW = now
        beat()

        Watchdog(door.url).round()

        assert set(Deadline.objects.values_list("state", flat=True)) == {"running"}

    @pytest.mark.django_db
    def test_a_database_out_of_reach_is_tried_again_over_a_new_connection(
        self, door, monkeypatch, caplog
    ):
        closed = []
        monkeypatch.setattr(watchdog.connection, "close", lambda: closed.append(1))
        monkeypatch.setattr(
            watchdog.deadlines,
            "sweep_while_stale",
            lambda: (_ for _ in ()).throw(OperationalError("gone")),
        )
        seconds = iter(range(0, 1000, 10))
        dog = Watchdog(door.url, monotonic=lambda: next(seconds))
        for _ in range(3):
            dog.round()
        monkeypatch.setattr(watchdog.deadlines, "sweep_while_stale", lambda: 0)
        dog.round()

        assert len(closed) == 3
        assert [record.message for record in caplog.records if "watchdog" in record.message] == [
            "the watchdog cannot use the database, trying on: OperationalError",
            "the watchdog can use the database again",
        ]


@pytest.mark.django_db(transaction=True)
def test_the_process_fires_what_is_due_without_redis_and_stops_when_told(settings, door):
    now = clock.now()
    settings.KEFU_NOW = now - timedelta(days=2)
    build(now=settings.KEFU_NOW).inquiry(now=settings.KEFU_NOW)
    settings.KEFU_NOW = None
    Heartbeat.objects.create(name="sweep", beat_at=now - timedelta(minutes=1))
    url = urlsplit(django_settings.DATABASE_URL)._replace(
        path=f"/{connection.settings_dict['NAME']}"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "kefu.settings.test",
        "DATABASE_URL": url.geturl(),
        "REDIS_URL": "redis://127.0.0.1:9/0",  # nobody there
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "watchdog", "--url", door.url],
        cwd=django_settings.BASE_DIR,
        env=environment,
    )
    try:
        until = time.monotonic() + 30
        while Deadline.objects.filter(state="running").exists() or not AuditSeal.objects.exists():
            assert time.monotonic() < until, "nothing fired in 30 seconds"
            assert process.poll() is None
            time.sleep(0.1)
        doors = set(
            Heartbeat.objects.filter(name__startswith="door:").values_list("name", flat=True)
        )
        beat_at = Heartbeat.objects.get(name="sweep").beat_at
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=20)
    finally:
        if process.poll() is None:
            process.kill()

    assert Deadline.objects.get().state == "breached"
    assert doors == {"door:pages", "door:api", "door:database"}
    assert beat_at == now - timedelta(minutes=1)  # whoever looks still sees that ticks are missing
    assert code == 0
