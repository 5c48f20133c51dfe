"""Drawing up: what the journal has of an outlet and no statement shows yet becomes the lines of one."""

import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError
from kefu.jobs import services as jobs
from kefu.jobs.models import Job, Refusal
from kefu.jobs.services import Chunk
from kefu.ledger.models import Account, Entry, Posting
from kefu.network.models import Party
from kefu.statements.models import Drawing, Line, Statement
from kefu.statements.telling import Told, told

log = logging.getLogger(__name__)

DRAW_JOB = "draw_up_statements"
# A transaction may be open a minute at most: what was booked in the month is there by then.
SETTLED_AFTER = timedelta(hours=1)
SHOWN = 20  # of what is lacking
# What could not be drawn up is tried again: a mistake of the program does not go away by itself, one of the moment does.
AGAIN_AFTER = timedelta(hours=1)
# Why an outlet has no statement yet, by the code of its refusal.
REASONS = {
    "earlier_month": gettext_lazy("%(month)s 的对账单还没有编制成，先等它"),
    "not_told": gettext_lazy("写不出说明：%(sources)s（%(error)s）"),
    "not_drawn": gettext_lazy("程序出错（%(error)s），已记入日志"),
}
# In which column of the statement a kind of entry counts; any other is asked of the outlet like a recovery.
COLUMNS: Mapping[str, str] = {
    Entry.Kind.PENALTY: "penalties",
    Entry.Kind.REVERSAL: "reversals",
    Entry.Kind.PAYMENT: "payments",
}
BACK = {"zh": "冲销：", "en": "Reversed: "}


def month_of(at: datetime) -> date:
    """The first day of the month in Shanghai."""
    return at.astimezone(SHANGHAI).date().replace(day=1)


def month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _begins(month: date) -> datetime:
    return datetime.combine(month, time.min, SHANGHAI)


@transaction.atomic
def begin(*, now: datetime) -> Job | None:
    """Have a job draw up the first month that is over and not drawn up, or else what an earlier one lacks; None where
    there is nothing to do. Twice is harmless.

    Months go one after the other from the first entry of the journal on: what a month closes with opens the next. An
    outlet that could not be drawn up keeps only itself waiting.
    """
    rows = Drawing.objects.select_for_update(of=["self"]).select_related("job")
    last = rows.order_by("-month").first()
    if Drawing.objects.filter(job__state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists():
        return None
    if last is not None and last.job.state != Job.State.DONE:
        return _again(last, now)
    month = month_after(last.month) if last is not None else _first_month()
    if month is None:
        return None
    if now >= _begins(month_after(month)) + SETTLED_AFTER:
        return Drawing.objects.create(month=month, job=_start(month, now)).job
    refused = Exists(Refusal.objects.filter(job=OuterRef("job")))
    lacking = rows.filter(~Q(job__state=Job.State.DONE) | refused)
    first = lacking.filter(job__finished_at__lte=now - AGAIN_AFTER).order_by("month").first()
    return _again(first, now) if first is not None else None


def lacking() -> list[Refusal]:
    """Outlets that have no statement of a month because it could not be drawn up, as the last try of it says."""
    rows = Refusal.objects.filter(job__in=Drawing.objects.values("job")).select_related("job")
    return list(rows.order_by("job__params__month", "pk")[:SHOWN])


def _first_month() -> date | None:
    first = Entry.objects.order_by("pk").first()
    return month_of(first.at) if first is not None else None


def _again(drawing: Drawing, now: datetime) -> Job:
    """Draw up what a month lacks: those that were refused, or, where the job did not come to its end, what it was to do."""
    only = drawing.job.params.get("only")
    if drawing.job.state == Job.State.DONE:
        only = sorted(drawing.job.refusals.values_list("details__party", flat=True))
    drawing.job = _start(drawing.month, now, only=only)
    drawing.save(update_fields=["job"])
    return drawing.job


def _start(month: date, now: datetime, *, only: Sequence[int] | None = None) -> Job:
    title = _("编制 %(month)s 网点对账单") if only is None else _("补编 %(month)s 网点对账单")
    return jobs.start(
        kind=DRAW_JOB,
        title=title % {"month": f"{month:%Y-%m}"},
        params={"month": month.isoformat()} | ({} if only is None else {"only": list(only)}),
        total=_wanted(only).count(),
        actor=None,
        now=now,
    )


def _wanted(only: Sequence[int] | None) -> QuerySet[Party]:
    holders = Party.objects.filter(kind__in=Party.HOLDERS)
    return holders if only is None else holders.filter(pk__in=only)


def work_drawing(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """One outlet after the other, each in a transaction of its own: one that cannot be drawn up is listed with the
    reason, and the others go on.
    """
    month = date.fromisoformat(job.params["month"])
    waiting = _wanted(job.params.get("only")).filter(pk__gt=job.cursor.get("after", 0))
    done = job.done
    for party in waiting.order_by("pk"):
        if not more():
            return
        done += 1
        yield Chunk({"after": party.pk}, done, partial(_note, job, done, _try(party, month)))


def _try(party: Party, month: date) -> Statement | Refusal | None:
    """Draw up, or say why not. Raises what is the fault of the database: then somebody goes on later."""
    try:
        _need_earlier_months(party, month)
        return draw_up(party=party, month=month, now=clock.now())
    except Exception as error:
        if not connection.is_usable():
            raise
        if isinstance(error, KefuError) and error.code in REASONS:
            code, details = error.code, error.details
        else:
            code, details = "not_drawn", {"error": type(error).__name__}
        log.exception("no statement of party %s for %s", party.pk, month)
    return Refusal(
        code=code,
        details={"party": party.pk, **details},
        shown=f"{party.code} {party.name}"[:60],
        sealed={},
    )


def _note(job: Job, row: int, made: Statement | Refusal | None) -> dict[str, int]:
    if not isinstance(made, Refusal):
        return {"drawn": int(made is not None)}
    made.job, made.row = job, row
    made.save()
    return {"refused": 1}


def _need_earlier_months(party: Party, month: date) -> None:
    """What an earlier month lacks would come on a later statement, and never on its own. Raises Conflict."""
    left = ~Q(job__state=Job.State.DONE) & Q(job__params__only__contains=[party.pk])
    earlier = Drawing.objects.filter(
        Q(job__refusals__details__party=party.pk) | left, month__lt=month
    ).order_by("month")
    if (first := earlier.first()) is not None:
        name = f"{first.month:%Y-%m}"
        raise Conflict(REASONS["earlier_month"] % {"month": name}, code="earlier_month", month=name)


@transaction.atomic
def draw_up(*, party: Party, month: date, now: datetime) -> Statement | None:
    """Return the outlet's statement of a month, written now if it was not; None where there is nothing to tell.

    Its lines are all postings before the month's end that no statement has: one that was booked late, or belongs to
    a month before, comes with the month it belongs to. Raises Conflict while the month runs, or if a later one is
    drawn up already.
    """
    if now < _begins(month_after(month)):
        raise Conflict(_("这个月还没有过完"), code="month_runs")
    Party.objects.select_for_update(no_key=True).get(pk=party.pk)  # one at a time
    last = Statement.objects.filter(party=party, month__gte=month).order_by("month").first()
    if last is not None and last.month == month:
        return last
    if last is not None:
        raise Conflict(_("后面的月份已经编制了对账单"), code="later_month")
    before = Statement.objects.filter(party=party).order_by("-month").first()
    opening = before.closing if before is not None else Decimal(0)
    postings = _not_yet_shown(party, _begins(month_after(month)))
    if not postings and not opening:
        return None
    return _write(party, month, opening, postings, now)


def _not_yet_shown(party: Party, end: datetime) -> list[Posting]:
    accounts = Account.objects.filter(
        Q(party=party) | Q(party__parent=party, party__kind=Party.Kind.CONTRACTOR)
    )
    # Asked for first: the planner takes no wrong turn among few known accounts, however many postings there are.
    known = list(accounts.values_list("pk", flat=True))
    rows = Posting.objects.filter(account__in=known, entry__at__lt=end, statement_line=None)
    return list(
        rows.select_related("entry__reverses", "account").order_by("entry__at", "entry_id", "pk")
    )


def _write(
    party: Party, month: date, opening: Decimal, postings: Sequence[Posting], now: datetime
) -> Statement:
    columns = _columns(postings)
    statement = Statement.objects.create(
        party=party,
        month=month,
        opening=opening,
        **columns,
        closing=opening + sum(columns.values()),
        size=len(postings),
        drawn_at=now,
    )
    words = told(posting.entry for posting in postings)
    # In one statement: the database looks at all of them at once.
    Line.objects.bulk_create(
        _line(statement, number, posting, words[posting.entry.source])
        for number, posting in enumerate(postings, 1)
    )
    return statement


def _columns(postings: Iterable[Posting]) -> dict[str, Decimal]:
    columns = dict.fromkeys(("penalties", "recoveries", "reversals", "payments"), Decimal(0))
    for posting in postings:
        columns[COLUMNS.get(posting.entry.kind, "recoveries")] += posting.amount
    return columns


def _line(statement: Statement, number: int, posting: Posting, about: Told) -> Line:
    entry = posting.entry
    return Line(
        statement=statement,
        number=number,
        posting=posting,
        party_id=posting.account.party_id,
        kind=entry.kind,
        at=entry.at,
        of_month=_belongs_to(entry, about),
        amount=posting.amount,
        penalty_id=about.penalty_id,
        clause=about.clause,
        waybill_number=about.waybill_number,
        told=about.words if entry.reverses is None else _taken_back(about.words),
    )


def _belongs_to(entry: Entry, about: Told) -> date:
    """A reversal belongs to the month of what it takes back, a payment to that of its day."""
    if about.on is not None:
        return about.on.replace(day=1)
    return month_of(entry.reverses.at if entry.reverses is not None else entry.at)


def _taken_back(words: Mapping[str, Any]) -> dict[str, Any]:
    return {key: {**said, "summary": BACK[key] + said["summary"]} for key, said in words.items()}
