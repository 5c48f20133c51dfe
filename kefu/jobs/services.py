"""Long work in chunks. A worker holds a job by a lease; each chunk's effect commits together with how
far the job is, so that whoever goes on after a crash neither loses nor repeats anything."""

import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import celery
import kombu.exceptions
import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from kefu import clock
from kefu.audit.context import request_id
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs.models import Job, JobFile, Refusal
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import seal

log = logging.getLogger(__name__)

MAX_BYTES = 20_000_000  # of a job's file
LEASE = timedelta(seconds=20)  # a killed worker's job is free after it; ten chunks' worth
SLICE = 5.0  # seconds a task works on before it lets go
RETRY_AFTER = timedelta(seconds=5)
MAX_ATTEMPTS = 3  # without a chunk done in between
NEWS_EVERY = 1.0  # seconds between two events about a job's progress
FILE_AAD = "jobs_jobfile.content"
COPY_FILE_IN = "COPY jobs_jobfile (job_id, name, content, digest) FROM STDIN (FORMAT BINARY)"
COPY_FILE_OUT = (
    "COPY (SELECT content FROM jobs_jobfile WHERE job_id = %s) TO STDOUT (FORMAT BINARY)"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, prepared outside any transaction.

    ``write`` does its effect inside the chunk's transaction and returns what to add to the job's
    counts. ``cursor`` is where to go on after it, ``done`` how many items are behind it then.
    """

    cursor: Mapping[str, Any]
    done: int
    write: Callable[[], Mapping[str, int]]


class Share:
    """The time a job has before another's turn. The first chunk is always within it."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.asked = self.over = False

    def more(self) -> bool:
        """Whether another chunk may be begun; a handler asks before each."""
        self.over = self.over or (self.asked and time.monotonic() >= self.until)
        self.asked = True
        return not self.over


# Yields the chunks from ``job.cursor`` on, as long as ``more()`` allows. ``job.attempts`` is 1, or more
# after attempts that brought no chunk: reason enough to take smaller ones. A KefuError ends the job with
# its message.
Handler = Callable[[Job, Callable[[], bool]], Generator[Chunk, None, None]]

_handlers: dict[str, Handler] = {}
_reasons: dict[str, Mapping[str, Any]] = {}


class LeaseLost(Exception):
    """Somebody else works on the job now; what we prepared is thrown away."""


def register(kind: str, handler: Handler, *, reasons: Mapping[str, Any] | None = None) -> None:
    """Say who does the jobs of a kind; called from ``AppConfig.ready()`` of the app that owns it.

    ``reasons``: the words of its refusals by their code, with the details filled in.
    """
    _handlers[kind] = handler
    _reasons[kind] = reasons or {}


def reason(refusal: Refusal) -> str:
    """Return why an item was refused in the reader's words, as far as its kind of job tells; else the code."""
    words = _reasons.get(refusal.job.kind, {}).get(refusal.code)
    return str(words) % refusal.details if words is not None else refusal.code


@transaction.atomic
def start(
    *,
    kind: str,
    title: str,
    params: Mapping[str, Any],
    file_name: str = "",
    content: bytes = b"",
    total: int | None = None,
    actor: Any,
    now: datetime,
) -> Job:
    """Queue a job. Its file is kept sealed until the job has ended. Raises KefuError: file_too_large."""
    if kind not in _handlers:
        raise LookupError(f"no handler for jobs of kind {kind!r}")
    check_size(content)
    job = Job.objects.create(
        kind=kind,
        title=title[:200],
        params=dict(params),
        total=total,
        created_by=actor,
        created_at=now,
        request_id=request_id(),
    )
    if content:
        _keep_file(job, file_name[:200], content)
    _tell(job, now)
    transaction.on_commit(wake_workers, robust=True)
    return job


def check_size(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise KefuError(
            _("文件最大 %(most)d MB，这个有 %(size).1f MB，请分成几个文件")
            % {"most": MAX_BYTES // 1_000_000, "size": len(content) / 1_000_000},
            code="file_too_large",
            field="file",
        )


def wake_workers() -> None:
    """Have a worker look now. Only a hint: without Redis the next tick finds the job."""
    try:
        celery.current_app.send_task("kefu.jobs.tasks.run_jobs")
    except (kombu.exceptions.OperationalError, OSError) as error:
        log.warning("wake-up not sent: %s", error)


def _keep_file(job: Job, name: str, content: bytes) -> None:
    # By binary COPY: written out in a statement, a large file would take six times its size.
    sealed, digest = seal.seal_bytes(content, FILE_AAD), hashlib.sha256(content).hexdigest()
    with connection.cursor() as cursor, cursor.copy(COPY_FILE_IN) as copy:
        copy.set_types(["uuid", "varchar", "bytea", "varchar"])
        copy.write_row((job.pk, name, sealed, digest))


def file_content(job: Job) -> bytes:
    """Return what the job was given to read. Raises JobFile.DoesNotExist if there is no file."""
    with connection.cursor() as cursor, cursor.copy(COPY_FILE_OUT, [job.pk]) as copy:
        copy.set_types(["bytea"])
        found = copy.read_row()
        # Read to the end: a copy that is left early counts as failed.
        if found is None or copy.read_row() is not None:
            raise JobFile.DoesNotExist(job.pk)
    return seal.unseal_bytes(found[0], FILE_AAD)


@transaction.atomic
def stop(*, job: Job, actor: Any, now: datetime) -> None:
    """Ask a job to end after the chunk in work. What is done stays done."""
    if not Job.objects.visible_to(actor).filter(pk=job.pk).exists():
        raise NotAllowed(_("只有发起人和组长可以停止这个作业"))
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.finished:
        raise Conflict(_("这个作业已经结束"), code="job_finished")
    locked.stop_requested = True
    locked.save(update_fields=["stop_requested"])
    if locked.lease_holder is None:
        _finish(locked, Job.State.STOPPED, now=now)


def run_until_next_tick(*, seconds: float = SLICE) -> int:
    """Work on jobs that nobody holds, about ``seconds`` long; return how many chunks were done.

    Every job in turn gets a share: one let go of goes to the end of the line.
    """
    until = time.monotonic() + seconds
    chunks = 0
    while (job := _claim()) is not None:
        with structlog.contextvars.bound_contextvars(**_caused_by(job)):
            chunks += _work_on(job, until)
        if time.monotonic() >= until:
            break
    return chunks


@transaction.atomic
def _claim() -> Job | None:
    """Take the job that waited longest; of two workers who look at once each gets another."""
    job = Job.objects.claimable(_handlers).select_for_update(skip_locked=True).first()
    if job is None:
        return None
    if job.stop_requested:
        _finish(job, Job.State.STOPPED, now=clock.now())
        return job
    if job.attempts >= MAX_ATTEMPTS:  # whoever held it three times never came back
        _fail(
            job,
            _("处理到第 %(done)d 条之后中断了三次，已停下；前面的都已保存") % {"done": job.done},
        )
        return job
    job.state = Job.State.RUNNING
    job.attempts += 1
    job.lease_holder = uuid.uuid4()
    job.started_at = job.started_at or clock.now()
    job.save(update_fields=["state", "attempts", "lease_holder", "started_at"])
    _hold(job, LEASE)
    return job


def _caused_by(job: Job) -> dict[str, Any]:
    """What the log lines of this work carry, whichever request woke the worker."""
    return {"job_id": str(job.pk), "request_id": job.request_id, "user_id": job.created_by_id}


def _work_on(job: Job, until: float) -> int:
    """Do chunks of a job we hold until it ends or the time is over; return how many."""
    chunks, told = 0, 0.0
    if job.finished:
        return 0
    share = Share(until)
    try:
        with closing(_handlers[job.kind](job, share.more)) as prepared:
            for chunk in prepared:
                tell = time.monotonic() - told >= NEWS_EVERY
                told = time.monotonic() if tell else told
                ended = _commit(job, chunk, tell=tell)
                chunks += 1
                if ended:
                    return chunks
        if share.over:
            _let_go(job)
        else:
            with transaction.atomic():
                _finish(_held(job), Job.State.DONE, now=clock.now())
    except LeaseLost:
        log.warning("job %s went to another worker", job.pk)
    except KefuError as error:
        _give_up(job, str(error))
    except (OperationalError, InterfaceError):
        raise  # the database itself: the lease runs out and somebody goes on
    except Exception:
        log.exception("job %s failed after %s items", job.pk, job.done)
        if job.attempts >= MAX_ATTEMPTS:
            _give_up(
                job, _("程序出错，已记录；请把作业编号 %(job)s 告诉系统管理员") % {"job": job.pk}
            )
        else:
            _try_again(job)
    return chunks


@transaction.atomic
def _commit(job: Job, chunk: Chunk, *, tell: bool) -> bool:
    """Write the chunk's effect and the place after it, together or not at all; return whether the job
    was to stop here. Raises LeaseLost."""
    held = _held(job)
    counts = chunk.write()
    job.counts = held.counts | {
        name: held.counts.get(name, 0) + added for name, added in counts.items()
    }
    job.cursor, job.done = dict(chunk.cursor), chunk.done
    job.total = held.total if held.total is None else max(held.total, chunk.done)
    job.attempts = 1  # of the next chunk
    job.save(update_fields=["counts", "cursor", "done", "total", "attempts"])
    _hold(job, LEASE)
    if held.stop_requested:
        _finish(job, Job.State.STOPPED, now=clock.now())
    elif tell:
        _tell(job, clock.now())
    return held.stop_requested


def _held(job: Job) -> Job:
    """Return the job locked, if it is still ours."""
    held = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if held.lease_holder != job.lease_holder:
        raise LeaseLost
    return held


def _hold(job: Job, lease: timedelta) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=Now() + lease)


def _let_go(job: Job) -> None:
    """Leave the job to whoever looks next; the next attempt is a first one."""
    mine = Job.objects.filter(pk=job.pk, lease_holder=job.lease_holder)
    mine.update(lease_holder=None, lease_until=Now(), attempts=0)


def _try_again(job: Job) -> None:
    """Leave the job alone for a while; the attempts go on being counted."""
    mine = Job.objects.filter(pk=job.pk, lease_holder=job.lease_holder)
    mine.update(lease_holder=None, lease_until=Now() + RETRY_AFTER)


@transaction.atomic
def _give_up(job: Job, error: str) -> None:
    try:
        _fail(_held(job), error)
    except LeaseLost:
        log.warning("job %s went to another worker", job.pk)


def _fail(job: Job, error: str) -> None:
    job.error = error[:500]
    _finish(job, Job.State.FAILED, now=clock.now())


def _finish(job: Job, state: Job.State, *, now: datetime) -> None:
    """End a job. Its file is no longer needed, and people's names and phones stand in it."""
    job.state, job.finished_at = state, now
    job.lease_holder = job.lease_until = None
    if state == Job.State.DONE:
        job.total = job.done
    job.save(
        update_fields=["state", "finished_at", "lease_holder", "lease_until", "total", "error"]
    )
    JobFile.objects.filter(job=job).update(content=b"")
    _tell(job, now)


def _tell(job: Job, now: datetime) -> None:
    if job.created_by_id is not None:
        notifications.publish(
            kind=Event.Kind.JOB,
            at=now,
            user_id=job.created_by_id,
            data={"job": str(job.pk), "state": job.state, "done": job.done, "total": job.total},
        )
