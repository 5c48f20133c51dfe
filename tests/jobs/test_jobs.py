"""Long work: who holds it, what a crash leaves, what its owner hears of it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from kefu import clock
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.jobs.models import Job, JobFile
from kefu.jobs.services import FILE_AAD, Chunk
from kefu.network.models import Region
from kefu.notifications.models import Event
from kefu.privacy.fields import SealedFile
from tests import centre as tests

ITEMS = 10


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def centre(now):
    return tests.build(now=now)


def counting(job, more):
    """Make a region an item, two items a chunk."""
    for first in range(job.cursor.get("next", 0), ITEMS, 2):
        if not more():
            return

        def write(first=first):
            Region.objects.create(name=f"{job.title} {first}")
            Region.objects.create(name=f"{job.title} {first + 1}")
            return {"made": 2}

        yield Chunk(cursor={"next": first + 2}, done=first + 2, write=write)


@pytest.fixture
def handlers(monkeypatch):
    monkeypatch.setattr(jobs, "_handlers", {"count": counting})
    return jobs._handlers


def begin(centre, now, *, title="数数", **given):
    return jobs.start(kind="count", title=title, params={}, actor=centre.lin.user, now=now, **given)


def run_all():
    """Tick until nothing is left; each tick does one chunk."""
    while jobs.run_until_next_tick(seconds=0):
        pass


@pytest.mark.django_db
def test_a_job_is_done_in_chunks_over_several_ticks(centre, now, handlers):
    job = begin(centre, now, total=ITEMS)

    assert jobs.run_until_next_tick(seconds=0) == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.percent, job.lease_holder) == ("running", 2, 20, None)

    run_all()
    job.refresh_from_db()
    assert (job.state, job.done, job.counts, job.percent) == ("done", 10, {"made": 10}, 100)
    assert Region.objects.count() == ITEMS
    assert job.finished
    assert job.finished_at is not None


@pytest.mark.django_db
def test_two_jobs_take_turns(centre, now, handlers):
    first, second = begin(centre, now, title="甲"), begin(centre, now, title="乙")

    for _tick in range(4):
        jobs.run_until_next_tick(seconds=0)

    assert [Job.objects.get(pk=job.pk).done for job in (first, second)] == [4, 4]


@pytest.mark.django_db
def test_a_stopped_job_keeps_what_it_has_done(centre, now, handlers):
    job = begin(centre, now)
    jobs.run_until_next_tick(seconds=0)

    jobs.stop(job=job, actor=centre.lin.user, now=now)

    job.refresh_from_db()
    assert (job.state, job.done) == ("stopped", 2)
    assert jobs.run_until_next_tick() == 0
    assert Region.objects.count() == 2
    with pytest.raises(Conflict):
        jobs.stop(job=job, actor=centre.lin.user, now=now)


@pytest.mark.django_db
def test_a_job_in_work_stops_after_its_chunk(centre, now, handlers):
    def asked_to_stop(job, more):
        for chunk in counting(job, more):
            jobs.stop(job=Job.objects.get(pk=job.pk), actor=centre.wang.user, now=now)
            yield chunk

    handlers["count"] = asked_to_stop
    job = begin(centre, now)

    assert jobs.run_until_next_tick() == 1
    job.refresh_from_db()
    assert (job.state, job.done) == ("stopped", 2)


@pytest.mark.django_db
def test_only_its_owner_and_the_leads_see_and_stop_a_job(centre, now, handlers):
    job = begin(centre, now)

    assert Job.objects.visible_to(centre.lin.user).get() == job
    assert Job.objects.visible_to(centre.wang.user).get() == job
    assert not Job.objects.visible_to(centre.zhou.user).exists()
    with pytest.raises(NotAllowed):
        jobs.stop(job=job, actor=centre.zhou.user, now=now)
    job.refresh_from_db()
    assert not job.stop_requested


@pytest.mark.django_db
def test_a_refusal_of_the_handler_ends_the_job_with_its_sentence(centre, now, handlers):
    def refusing(job, more):
        yield next(counting(job, more))
        raise KefuError("这个文件打不开", code="file_broken")

    handlers["count"] = refusing
    job = begin(centre, now, content=b"x", file_name="a.csv")

    jobs.run_until_next_tick()

    job.refresh_from_db()
    assert (job.state, job.error, job.done) == ("failed", "这个文件打不开", 2)
    assert job.file.content.stored == b""


@pytest.mark.django_db
def test_a_fault_is_tried_three_times_with_a_pause_and_then_told(
    centre, now, handlers, monkeypatch
):
    tried = []

    def faulty(job, more):
        tried.append(job.attempts)
        yield from ()
        raise RuntimeError("boom")

    handlers["count"] = faulty
    job = begin(centre, now)

    jobs.run_until_next_tick()
    assert tried == [1]
    assert jobs.run_until_next_tick() == 0  # not again at once
    monkeypatch.setattr(jobs, "RETRY_AFTER", timedelta(0))
    Job.objects.update(lease_until=Now())
    jobs.run_until_next_tick()

    job.refresh_from_db()
    assert tried == [1, 2, 3]
    assert job.state == "failed"
    assert str(job.pk) in job.error
    assert "boom" not in job.error


@pytest.mark.django_db
def test_a_chunk_that_fails_leaves_no_half_effect_and_later_chunks_start_afresh(
    centre, now, handlers, monkeypatch
):
    monkeypatch.setattr(jobs, "RETRY_AFTER", timedelta(0))
    failures = iter([False, True, True, False, False, False, True, False])

    def shaky(job, more):
        for chunk in counting(job, more):

            def write(chunk=chunk):
                counts = chunk.write()
                if next(failures, False):
                    raise RuntimeError("after the effect")
                return counts

            yield Chunk(cursor=chunk.cursor, done=chunk.done, write=write)

    handlers["count"] = shaky
    job = begin(centre, now)

    jobs.run_until_next_tick()

    job.refresh_from_db()
    assert (job.state, job.counts) == ("done", {"made": ITEMS})
    assert Region.objects.count() == ITEMS


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_writes_nothing(centre, now, handlers):
    def overtaken(job, more):
        prepared = counting(job, more)
        yield next(prepared)
        chunk = next(prepared)
        Job.objects.update(lease_until=Now())
        assert jobs._claim() is not None
        yield chunk

    handlers["count"] = overtaken
    job = begin(centre, now)

    jobs.run_until_next_tick()

    job.refresh_from_db()
    assert (job.state, job.done) == ("running", 2)
    assert Region.objects.count() == 2


@pytest.mark.django_db
def test_a_job_whose_workers_vanish_three_times_is_given_up(centre, now, handlers):
    job = begin(centre, now)
    for _killed in range(3):
        assert jobs._claim() == job
        assert jobs._claim() is None  # held
        Job.objects.update(lease_until=Now())

    assert jobs.run_until_next_tick() == 0

    job.refresh_from_db()
    assert job.state == "failed"
    assert "三次" in job.error


def test_a_killed_workers_job_is_free_within_half_a_minute():
    beat = timedelta(seconds=2)
    assert jobs.LEASE + timedelta(seconds=jobs.SLICE) + beat <= timedelta(seconds=30)


@pytest.mark.django_db
def test_a_file_is_kept_sealed_and_only_while_it_is_needed(centre, now, handlers):
    content = "姓名,电话\n陈晓梅,13800004545\n".encode()
    job = begin(centre, now, content=content, file_name="名单.csv")

    stored = JobFile.objects.get().content.stored
    assert "陈晓梅".encode() not in stored
    assert jobs.file_content(job) == content

    jobs.run_until_next_tick()
    assert JobFile.objects.get().content.stored == b""


@pytest.mark.django_db
def test_a_file_that_was_altered_in_the_database_is_not_read(centre, now, handlers):
    def reading(job, more):
        jobs.file_content(job)
        yield from counting(job, more)

    handlers["count"] = reading
    job = begin(centre, now, content=b"1,2", file_name="a.csv")
    sealed = bytearray(JobFile.objects.get().content.stored)
    sealed[-1] ^= 1
    JobFile.objects.update(content=SealedFile(bytes(sealed), FILE_AAD))

    jobs.run_until_next_tick()

    job.refresh_from_db()
    assert (job.state, job.done) == ("failed", 0)
    assert "损坏" in job.error


@pytest.mark.django_db
def test_a_file_too_large_is_refused_and_nothing_is_queued(centre, now, handlers, monkeypatch):
    monkeypatch.setattr(jobs, "MAX_BYTES", 3_000_000)

    with pytest.raises(KefuError) as refusal:
        begin(centre, now, content=bytes(3_000_001), file_name="a.csv")

    assert (refusal.value.code, refusal.value.field) == ("file_too_large", "file")
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_the_owner_hears_of_every_change_of_state(centre, now, handlers):
    job = begin(centre, now, total=ITEMS)
    jobs.run_until_next_tick()

    told = Event.objects.filter(kind=Event.Kind.JOB).order_by("id")
    assert {event.user_id for event in told} == {centre.lin.user.pk}
    states = [event.data["state"] for event in told]
    assert (states[0], states[-1]) == ("queued", "done")
    assert len(states) <= 4  # not one a chunk
    assert told.last().data == {"job": str(job.pk), "state": "done", "done": 10, "total": 10}


@pytest.mark.django_db
def test_a_kind_nobody_does_is_a_mistake_of_ours(centre, now, handlers):
    with pytest.raises(LookupError):
        jobs.start(kind="other", title="x", params={}, actor=None, now=now)


@pytest.mark.django_db(transaction=True)
def test_starting_a_job_does_not_need_redis(handlers, settings, monkeypatch):
    now = clock.now()
    centre = tests.build(now=now)

    def down(*_args, **_given):
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.current_app.send_task", down)
    job = begin(centre, now)

    run_all()
    job.refresh_from_db()
    assert job.state == "done"


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_do_every_item_once(handlers):
    now = clock.now()
    centre = tests.build(now=now)
    started = [begin(centre, now, title=f"第{n}份") for n in range(4)]

    def worker():
        try:
            run_all()
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_all()

    assert set(Job.objects.values_list("state", flat=True)) == {"done"}
    assert Region.objects.count() == ITEMS * len(started)
