"""Decide past months anew: by the versions they were decided under, which must give what is stored; or by
another, to see who would bear more or less. Nothing but the rows of the try-out itself is written."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from kefu import clock
from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.policy.months import Month, first_day, month_of
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.replay.decisions import (
    Decision,
    Missing,
    Outcome,
    borne,
    changes,
    differences,
    replayables,
    span,
)
from kefu.replay.models import Gap, Line, Mismatch, Run
from kefu.rulebooks.models import RulebookVersion
from kefu.rulebooks.selectors import edition
from kefu.spreadsheets import write_csv

KIND = "what_if"
CHUNK = 500  # decisions; about a second
MOST_MONTHS = 12
PRIVATE = "…"


@dataclass(frozen=True, slots=True)
class Found:
    """A decision, and what its facts come to, or what they lack."""

    kind: str
    decision: Decision
    outcome: Outcome | Missing


def each(
    month: Month, *, at: datetime, rules: Rulebook | None = None, rulebook_id: int | None = None
) -> Iterator[Found]:
    """Decide a month anew, chunk by chunk: by ``rules``, or each decision by the version it was made under."""
    for kind, replayable in replayables().items():
        after = 0
        while chunk := replayable.read(month, rulebook_id, after=after, limit=CHUNK, at=at):
            for decision in chunk:
                yield Found(kind, decision, _decided(kind, decision, rules))
            after = chunk[-1].key


def _decided(kind: str, decision: Decision, rules: Rulebook | None) -> Outcome | Missing:
    rules = rules or edition(decision.version_id).rules
    try:
        return replayables()[kind].decide(decision.facts, rules)
    except Missing as missing:
        return missing


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as of one instant, and be sure to write nothing; within another transaction as it goes."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


# Trying a version out.


@transaction.atomic
def ask(*, version: RulebookVersion, months: Sequence[Month], actor: Any, now: datetime) -> Run:
    """Queue a try-out of a version over months that have begun: of the decisions made under any version of the
    same rulebook. Raises NotAllowed, KefuError naming the field.
    """
    if not actor.has_perm("replay.what_if"):
        raise NotAllowed(_("只有主管可以试算规章"))
    months = sorted(set(months))
    version = RulebookVersion.objects.select_related("rulebook").get(pk=version.pk)
    if not 1 <= len(months) <= MOST_MONTHS:
        raise KefuError(
            _("请选 1 到 %(most)d 个月") % {"most": MOST_MONTHS}, code="months", field="months"
        )
    if months[-1] > month_of(now.astimezone(SHANGHAI).date()):
        raise KefuError(_("只能试算已经开始的月份"), code="month_ahead", field="months")
    try:
        Rulebook.from_json(version.content)
    except RulebookError as error:
        raise KefuError(
            _("这一版不合现在的格式，先改好再试算"), code="faulty", field="version"
        ) from error
    total = sum(
        replayable.count(month, version.rulebook_id)
        for month in months
        for replayable in replayables().values()
    )
    if not total:
        raise KefuError(
            _("这几个月没有按“%(rulebook)s”作出的裁定") % {"rulebook": version.rulebook},
            code="nothing_decided",
            field="months",
        )
    title = f"{version} · {', '.join(months)}"
    job = jobs.start(kind=KIND, title=title, params={}, total=total, actor=actor, now=now)
    run = Run.objects.create(
        job=job,
        version=version,
        digest=version.digest,
        months=months,
        asked_by=actor,
        asked_at=now,
    )
    audit.record(
        action="what_if_asked",
        actor=actor,
        at=now,
        table=Run._meta.db_table,
        object_id=run.pk,
        after={"version": str(version), "months": months, "digest": version.digest},
    )
    return run


def try_out(job: Job, more: Callable[[], bool]) -> Generator[jobs.Chunk, None, None]:
    """Yield the chunks of a try-out from where it stands. The handler of its jobs."""
    run = Run.objects.select_related("version").get(job=job)
    if run.version.digest != run.digest:
        raise Conflict(_("试算期间有人改了这份草稿，请重新试算"), code="draft_changed")
    rules = Rulebook.from_json(run.version.content)
    stretches = [(month, kind) for month in run.months for kind in replayables()]
    place, after, done = job.cursor.get("place", 0), job.cursor.get("after", 0), job.done
    # Attempts that brought nothing: take an eighth, then a sixty-fourth of the usual bite.
    size = max(1, CHUNK >> 3 * (job.attempts - 1))
    while place < len(stretches) and more():
        month, kind = stretches[place]
        with snapshot():
            # As of now, not of when it was asked: between the two a promise may have been kept or broken.
            chunk = replayables()[kind].read(
                month, run.version.rulebook_id, after=after, limit=size, at=clock.now()
            )
        done += len(chunk)
        if len(chunk) < size:
            place, after = place + 1, 0
        else:
            after = chunk[-1].key
        rows = _Rows()
        for decision in chunk:
            rows.add(run, kind, decision, rules)
        yield jobs.Chunk(cursor={"place": place, "after": after}, done=done, write=rows.write)


@dataclass(slots=True)
class _Rows:
    """What a chunk adds to a try-out. ``undecided``: not even the version they were made under can decide them."""

    lines: list[Line] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)
    undecided: int = 0

    def add(self, run: Run, kind: str, decision: Decision, rules: Rulebook) -> None:
        of: dict[str, Any] = {
            "run": run,
            "kind": kind,
            "key": decision.key,
            "case_id": decision.case_id,
        }
        tried = _decided(kind, decision, rules)
        if isinstance(tried, Missing):
            self.gaps.append(_gap(decision, tried, of))
        else:
            self.lines += (
                Line(department_id=decision.department_id, **asdict(one), **of)
                for one in changes(decision.stored, tried)
            )
        again = _decided(kind, decision, None)
        if isinstance(again, Missing):
            self.undecided += 1
        else:
            self.mismatches += (
                Mismatch(
                    clause=one.clause,
                    field=one.field,
                    stored=PRIVATE if decision.private else str(one.stored)[:200],
                    recomputed=PRIVATE if decision.private else str(one.recomputed)[:200],
                    **of,
                )
                for one in differences(decision, again)
            )

    def write(self) -> Mapping[str, int]:
        """Add the rows; called inside the chunk's transaction."""
        Line.objects.bulk_create(self.lines)
        Gap.objects.bulk_create(self.gaps)
        Mismatch.objects.bulk_create(self.mismatches)
        return {
            "lines": len(self.lines),
            "gaps": len(self.gaps),
            "mismatches": len(self.mismatches),
            "undecided": self.undecided,
        }


def _gap(decision: Decision, missing: Missing, of: Mapping[str, Any]) -> Gap:
    return Gap(
        what=missing.what,
        clause=missing.clause or decision.clause,
        detail="" if decision.private and missing.what == Gap.What.FACT else missing.detail[:200],
        fines=borne(decision.stored, "fine"),
        points=borne(decision.stored, "points"),
        **of,
    )


def not_tried_out(version: RulebookVersion, now: datetime) -> str | None:
    """Say why a draft may not be published yet: as it stands it was not tried out over the last complete month
    that has decisions, or what is stored of that month did not come out again.
    """
    month = _last_decided(version.rulebook_id, now)
    if month is None:
        return None
    run = (
        Run.objects.filter(
            version=version,
            digest=version.digest,
            months__contains=[month],
            asked_at__gte=span(month)[1],  # when the month was complete
            job__state=Job.State.DONE,
        )
        .order_by("-pk")
        .first()
    )
    if run is None:
        return _("这份草稿还没有按现在的内容试算过 %(month)s，先试算再发布") % {"month": month}
    if run.mismatches.exists():
        return _("试算 %(months)s 时，登记的裁定按原版本重算对不上；请系统管理员查清后再试算") % {
            "months": ", ".join(run.months)
        }
    return None


def _last_decided(rulebook_id: int, now: datetime) -> Month | None:
    """The last complete month within reach of a try-out in which anything was decided under a rulebook."""
    for month in months_back(now)[1:]:
        if any(replayable.count(month, rulebook_id) for replayable in replayables().values()):
            return month
    return None


def months_back(now: datetime) -> list[Month]:
    """The months that can be tried: this one, and those before it."""
    day, found = now.astimezone(SHANGHAI).date(), []
    for _back in range(MOST_MONTHS):
        found.append(month_of(day))
        day = first_day(month_of(day)) - timedelta(days=1)
    return found


@transaction.atomic
def export(*, run: Run, actor: Any, now: datetime) -> bytes:
    """All lines of a try-out as a table; that it was taken is on record."""
    if not actor.has_perm("replay.what_if"):
        raise NotAllowed(_("只有主管可以试算规章"))
    head = [
        *(_("工单"), _("条款"), _("责任方"), _("部门"), _("单位"), _("原来"), _("原来的状态")),
        *(_("试算"), _("试算的状态"), _("差额")),
    ]
    lines = run.lines.select_related("case", "party", "department").order_by("pk")
    rows: list[Sequence[str | Decimal]] = [head]
    rows.extend(
        (
            line.case.number if line.case else "",
            line.clause,
            f"{line.party} {line.party.code}",
            str(line.department or ""),
            line.get_unit_display(),
            line.before,
            line.get_before_state_display(),
            line.after,
            line.get_after_state_display(),
            line.difference,
        )
        for line in lines.iterator(chunk_size=2_000)
    )
    audit.record(
        action="what_if_exported",
        actor=actor,
        at=now,
        table=Run._meta.db_table,
        object_id=run.pk,
        after={"lines": len(rows) - 1},
    )
    return write_csv(rows)
