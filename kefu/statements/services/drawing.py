"""Drawing up: what the journal has of an outlet and no statement shows yet becomes the lines of one."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.errors import Conflict
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.ledger.models import Account, Entry, Posting
from kefu.network.models import Party
from kefu.statements.models import Drawing, Line, Statement
from kefu.statements.telling import Told, told

DRAW_JOB = "draw_up_statements"
# Who has a statement; a contract area stands on the one of its outlet.
HOLDERS = (Party.Kind.OUTLET, Party.Kind.HUB)
# A transaction may be open a minute at most: what was booked in the month is there by then.
SETTLED_AFTER = timedelta(hours=1)
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
    """Have a job draw up the first month that is over and not drawn up; None where there is none. Twice is harmless.

    Months go one after the other from the first entry of the journal on: what a month closes with opens the next.
    """
    last = Drawing.objects.select_for_update().select_related("job").order_by("-month").first()
    if last is not None and last.job.state in (Job.State.QUEUED, Job.State.RUNNING):
        return None
    if last is not None and last.job.state != Job.State.DONE:
        last.job = _start(last.month, now)
        last.save(update_fields=["job"])
        return last.job
    month = month_after(last.month) if last is not None else _first_month()
    if month is None or now < _begins(month_after(month)) + SETTLED_AFTER:
        return None
    return Drawing.objects.create(month=month, job=_start(month, now)).job


def _first_month() -> date | None:
    first = Entry.objects.order_by("pk").first()
    return month_of(first.at) if first is not None else None


def _start(month: date, now: datetime) -> Job:
    return jobs.start(
        kind=DRAW_JOB,
        title=_("编制 %(month)s 网点对账单") % {"month": f"{month:%Y-%m}"},
        params={"month": month.isoformat()},
        total=Party.objects.filter(kind__in=HOLDERS).count(),
        actor=None,
        now=now,
    )


def work_drawing(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """One outlet after the other, each in a transaction of its own."""
    month = date.fromisoformat(job.params["month"])
    waiting = Party.objects.filter(kind__in=HOLDERS, pk__gt=job.cursor.get("after", 0))
    done = job.done
    for party in waiting.order_by("pk"):
        if not more():
            return
        done += 1

        def write(party: Party = party) -> dict[str, int]:
            return {"drawn": int(draw_up(party=party, month=month, now=clock.now()) is not None)}

        yield Chunk({"after": party.pk}, done, write)


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
