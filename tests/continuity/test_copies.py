"""A copy of everything: taken while people work, restored elsewhere, asleep until somebody activates it."""

import shutil
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.urls import reverse
from psycopg.conninfo import make_conninfo

from kefu import clock
from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.audit import services as audit
from kefu.cases.models import Case
from kefu.continuity import archive, contents, standing
from kefu.continuity.models import Installation
from kefu.deadlines import tasks as deadline_tasks
from kefu.deadlines.models import Deadline, Interruption
from kefu.embedded import database
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.notifications.outbox import Reader, here, read
from kefu.overview import health
from kefu.overview.verify import verify
from kefu.overview.watchdog import Watchdog
from tests import conftest as harness
from tests.centre import build
from tests.transactions import wait_for_older_transactions, wait_until_events_can_be_read

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

ELSEWHERE = f"kefu_elsewhere_{harness.WORKER}"
HOME = f"kefu_test_{harness.WORKER}"


@contextmanager
def elsewhere(name=ELSEWHERE):
    """An empty database with its roles, used by Django while the block lasts."""
    harness.drop_database(name)
    database.prepare(
        admin_url=make_conninfo(harness.ADMIN_URL, dbname=name),
        owner_url=settings.DATABASE_OWNER_URL,
        app_url=settings.DATABASE_URL,
    )
    harness.use_database(name)
    standing._seen.discard(name)
    try:
        yield
    finally:
        standing._seen.discard(name)
        harness.use_database(HOME)
        harness.drop_database(name)


@pytest.fixture
def centre(db):
    """A question that is open, whose answer is due in half an hour."""
    made = build(now=clock.now() - timedelta(days=1))
    made.case = made.inquiry(now=clock.now())
    return made


@pytest.fixture
def copy(centre, tmp_path):
    file = tmp_path / "kefu.backup"
    call_command("backup", file)
    return file


def refused(file):
    with pytest.raises(CommandError) as refusal:
        call_command("restore", file)
    with connections["owner"].cursor() as cursor:
        assert contents.tables(cursor) == [], "something was left in the database"
    return str(refusal.value)


def post_as(client, centre):
    client.force_login(centre.chen.user)
    return client.post(reverse("inquiries:reply", args=[centre.case.number]), {})


class TestACopy:
    def test_comes_back_whole_and_sleeps_until_it_is_activated(self, centre, copy, client):
        secret = keys.issue_key(
            party=centre.chengdu,
            scopes=[ApiKey.Scope.WRITE],
            name="业务系统",
            expires_at=None,
            actor=centre.chen.user,
            now=clock.now(),
        )[1]
        latest = Event.objects.order_by("-txid").values_list("txid", flat=True)[0]
        with elsewhere():
            call_command("restore", copy)

            # What stood there stands here, and everything holds.
            case = Case.objects.get(number=centre.case.number)
            assert case.sealed["customer_phone"] == "13800004545"
            wrong = [one for one in verify() if not one.ok]
            assert wrong == []
            assert Installation.objects.count() == 2
            assert standing.dormant().copied_at < standing.dormant().begun_at

            # It keeps no promise, though this one is overdue.
            make_overdue(case)
            assert deadline_tasks.tick() is None
            Watchdog("http://127.0.0.1:9").round()
            assert Deadline.objects.get(case=case, state="running")
            assert not Interruption.objects.exists()

            # Nothing can happen in it, whoever tries.
            with pytest.raises(DatabaseError, match="before it is activated"):
                notifications.publish(
                    kind=Event.Kind.CASE_CHANGED,
                    at=clock.now(),
                    department_id=None,
                    case_id=case.pk,
                )
            answer = post_as(client, centre)
            assert answer.status_code == 503
            assert "恢复的副本" in answer.content.decode()
            answer = client.post(
                "/api/v1/network-queries/",
                {},
                content_type="application/json",
                headers={"Authorization": f"Bearer {secret}"},
            )
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/dormant")

            # People may look at it, and are told what they look at.
            page = client.get(f"/cases/{case.number}/").content.decode()
            assert "恢复的副本，尚未启用" in page
            assert "恢复的副本，尚未启用" in client.get("/admin/").content.decode()
            assert client.get("/readyz").json()["checks"]["active"]["ok"] is False

            call_command("activate")

            assert not standing.is_dormant()
            assert "恢复的副本" not in client.get(f"/cases/{case.number}/").content.decode()
            assert next(r for r in health.readings() if r.name == "active").ok
            assert deadline_tasks.tick() == 1
            assert Deadline.objects.get(case=case, state="breached")
            # Numbers go on above whatever the old system gave out, also after the copy was taken.
            breach = Event.objects.get(kind=Event.Kind.BREACH)
            assert breach.txid > 2**40 > latest

    def test_readers_of_events_go_on_where_they_were(self, centre, copy):
        place = here()  # a program of an outlet read on after the copy was taken
        with elsewhere():
            call_command("restore", copy)
            call_command("activate")
            notifications.publish(
                kind=Event.Kind.CASE_CHANGED,
                at=clock.now(),
                department_id=centre.query_desk.pk,
                case_id=centre.case.pk,
            )
            wait_until_events_can_be_read()
            wait_for_older_transactions()

            reader = Reader(user_id=centre.lin.user_id, department_id=centre.query_desk.pk)
            news = read(after=place, limit=10, reader=reader)
            assert [one.case_id for one in news] == [centre.case.pk]
            audit.seal_audit(now=clock.now())
            assert not [one for one in verify() if one.check.startswith("audit") and not one.ok]

    def test_the_doors_were_closed_while_it_slept(self, centre, tmp_path):
        watchdog = Watchdog("http://127.0.0.1:9")
        watchdog.probe()
        file = tmp_path / "kefu.backup"
        call_command("backup", file)
        with elsewhere():
            call_command("restore", file)
            # As if it had slept for an hour.
            with connections["owner"].cursor() as cursor:
                cursor.execute(
                    "UPDATE deadlines_heartbeat SET beat_at = beat_at - interval '1 hour'"
                )
            call_command("activate")
            watchdog.probe()

            closed = Interruption.objects.get(door=Interruption.Door.DATABASE)
            assert closed.ended_at - closed.started_at >= timedelta(hours=1)

    def test_is_of_one_moment_however_long_it_takes(self, centre, tmp_path, monkeypatch):
        from kefu.continuity import backup as module

        file = tmp_path / "kefu.backup"
        later = []

        def say(what):
            if what == "dump":  # everything is counted, nothing is dumped
                later.append(centre.inquiry(now=clock.now(), customer_phone="13900001111"))

        module.backup(file, say=say)
        with elsewhere():
            call_command("restore", file)  # which compares every table with what was counted

            assert not Case.objects.filter(number=later[0].number).exists()
            assert Case.objects.filter(number=centre.case.number).exists()

    def test_of_a_copy_made_by_other_means_sleeps_too(self, centre):
        with harness.admin() as server:
            harness.drop_database(ELSEWHERE)
            server.execute(f"CREATE DATABASE {ELSEWHERE} TEMPLATE {HOME}")
        harness.use_database(ELSEWHERE)
        try:
            assert standing.is_dormant()
            assert standing.dormant().copied_at is None
            call_command("activate")
            assert not standing.is_dormant()
        finally:
            standing._seen.discard(ELSEWHERE)
            harness.use_database(HOME)
            harness.drop_database(ELSEWHERE)

    def test_nobody_is_signed_in_to_it(self, centre, client, tmp_path):
        client.force_login(centre.lin.user)
        file = tmp_path / "kefu.backup"
        call_command("backup", file)
        with elsewhere():
            call_command("restore", file)
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM django_session")
                assert cursor.fetchone() == (0,)

    def test_the_application_cannot_activate_it(self, centre):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("UPDATE continuity_installation SET activated_at = now()")
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("SELECT kefu_number_on(7)")


def make_overdue(case):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE deadlines_deadline SET due_at = now() - interval '1 minute', warn_at = NULL"
            " WHERE case_id = %s AND state = 'running'",
            [case.pk],
        )


class TestRefused:
    """Nothing is half done: whatever does not fit leaves the database empty."""

    def test_a_file_that_is_there_already(self, copy):
        before = copy.read_bytes()

        with pytest.raises(CommandError, match="exists already"):
            call_command("backup", copy)

        assert copy.read_bytes() == before
        assert [one.name for one in copy.parent.iterdir()] == [copy.name]

    def test_what_cannot_be_written(self, centre, tmp_path):
        with pytest.raises(CommandError, match="No such file or directory"):
            call_command("backup", tmp_path / "nowhere" / "kefu.backup")

    def test_copies_that_are_not_whole_not_ours_or_not_as_they_were(self, copy, tmp_path):
        bad = tmp_path / "bad.backup"
        with elsewhere():
            assert "There is no file" in refused(tmp_path / "none.backup")

            bad.write_bytes(b"PK not really")
            assert "no backup of kefu" in refused(bad)

            bad.write_bytes(copy.read_bytes()[:-1000])
            assert "cut off" in refused(bad)

            changed(copy, bad, archive.DUMP, lambda dump: dump[:5000] + b"\0" + dump[5001:])
            assert "altered or damaged" in refused(bad)

            changed(copy, bad, archive.MANIFEST, lambda text: text.replace(b'"rights"', b'"rites"'))
            assert "manifest of this archive was altered" in refused(bad)

            changed(copy, bad, archive.DIGEST, None)
            assert "manifest.hmac is missing" in refused(bad)

            # A single bit on the way, as disks do it.
            shutil.copy(copy, bad)
            with bad.open("r+b") as file:
                file.seek(20_000)
                byte = file.read(1)[0]
                file.seek(20_000)
                file.write(bytes([byte ^ 1]))
            assert refused(bad)

    def test_other_keys(self, copy, settings):
        ours = settings.KEFU_ENCRYPTION_KEYS
        lookup = settings.KEFU_LOOKUP_KEY
        with elsewhere():
            settings.KEFU_ENCRYPTION_KEYS = {"other": b"o" * 32}
            assert "is missing in KEFU_ENCRYPTION_KEYS" in refused(copy)

            settings.KEFU_ENCRYPTION_KEYS = dict.fromkeys(ours, b"o" * 32)
            assert "not the one this backup was made under" in refused(copy)

            settings.KEFU_ENCRYPTION_KEYS = ours
            settings.KEFU_LOOKUP_KEY = b"l" * 32
            assert "KEFU_LOOKUP_KEY" in refused(copy)

            settings.KEFU_LOOKUP_KEY = lookup
            call_command("restore", copy)

    def test_another_version(self, copy, monkeypatch):
        from django.db.migrations import loader

        class Newer(loader.MigrationLoader):
            def build_graph(self):
                super().build_graph()
                self.disk_migrations["cases", "9999_tomorrow"] = object()

        monkeypatch.setattr("kefu.continuity.restore.MigrationLoader", Newer)
        with elsewhere():
            assert "older (cases.9999_tomorrow)" in refused(copy)

    def test_a_place_where_something_is_or_somebody_works(self, copy):
        with pytest.raises(CommandError, match="not empty"):
            call_command("restore", copy)
        with (
            elsewhere(),
            psycopg.connect(make_conninfo(harness.ADMIN_URL, dbname=ELSEWHERE)),
        ):
            assert "other connections use this database" in refused(copy)

    def test_a_restore_that_breaks_off(self, copy, monkeypatch):
        """The last step of the load fails: all that was loaded is gone again, and a second try works."""
        from kefu.continuity import restore

        whole = restore.archive.CHUNK

        class CutOff(zipfile.ZipExtFile):
            def read(self, size=-1):
                if self._left <= whole:
                    raise OSError("the disk is gone")
                return super().read(size)

        with elsewhere():
            monkeypatch.setattr(restore.archive, "check_dump", lambda *_: None)
            monkeypatch.setattr(zipfile, "ZipExtFile", CutOff)
            assert "the disk is gone" in refused(copy)
            monkeypatch.undo()
            call_command("restore", copy)


def changed(copy: Path, bad: Path, entry: str, change) -> None:
    """Write the archive again with one entry changed, or without it."""
    with zipfile.ZipFile(copy) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            if name != entry:
                new.writestr(name, old.read(name))
            elif change:
                new.writestr(name, change(old.read(name)))
