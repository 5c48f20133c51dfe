"""After it was drawn up: issued by a supervisor, confirmed by the outlet or by silence, locked, settled."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, NotAllowed
from kefu.ledger.models import Account, Posting
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.rulebooks.selectors import edition_saying
from kefu.statements.models import Statement

State, Confirmation = Statement.State, Statement.Confirmation
AT_ONCE = 500  # statements a sweep moves on
SETTLED_AT_ONCE = 100  # fines read together; each is settled in a transaction of its own


@transaction.atomic
def issue(*, statement: Statement, actor: Any, now: datetime) -> Statement:
    """Send a statement to its outlet: from now on it sees it, and its time to confirm or appeal runs.

    The time is over at the end of a day of Shanghai. Raises NotAllowed, Conflict (already_issued, earlier_month).
    """
    if not actor.has_perm("statements.issue_statement"):
        raise NotAllowed(_("只有主管可以发出对账单"))
    row = _locked(statement)
    if row.state != State.DRAWN:
        raise Conflict(_("这份对账单已经发出"), code="already_issued")
    earlier = Statement.objects.filter(party=row.party_id, month__lt=row.month, state=State.DRAWN)
    if (first := earlier.order_by("month").first()) is not None:
        raise Conflict(
            _("先发出 %(month)s 的对账单") % {"month": f"{first.month:%Y-%m}"}, code="earlier_month"
        )
    day = now.astimezone(SHANGHAI).date() + timedelta(days=_days_to_confirm(row.party_id, now) + 1)
    row.state, row.issued_at, row.issued_by = State.ISSUED, now, actor
    row.confirm_by = datetime.combine(day, time.min, SHANGHAI)
    row.save(update_fields=["state", "issued_at", "issued_by", "confirm_by"])
    _tell(row, now)
    return row


def _days_to_confirm(party_id: int, now: datetime) -> int:
    """What the house says in the edition that holds towards the outlet, else in the centre's; else the setting."""
    found = edition_saying(
        lambda rules: rules.house.statement_days is not None,
        department_id=None,
        at=now,
        outlet_id=party_id,
    )
    days = found.rules.house.statement_days if found is not None else None
    return settings.KEFU_STATEMENT_DAYS if days is None else days


@transaction.atomic
def confirm(*, statement: Statement, now: datetime) -> Statement:
    """The outlet says that the statement is right. It may still appeal until the time is over. Raises Conflict."""
    row = _locked(statement)
    if row.state != State.ISSUED or (row.confirm_by is not None and now >= row.confirm_by):
        raise Conflict(
            _("这份对账单已经确认"), code="already_confirmed"
        )  # by silence, if not by word
    _confirm(row, Confirmation.OUTLET, at=now, now=now)
    return row


def follow(*, now: datetime) -> int:
    """Confirm by silence, lock, settle: whatever the time has come for; return how many statements moved.

    Twice is harmless, and late too: silence confirms at the end of the time, whenever we notice.
    """
    return _end_the_time(now) + _note_what_is_paid(now) + _settle(now)


@transaction.atomic
def _end_the_time(now: datetime) -> int:
    over = Statement.objects.filter(
        state__in=[State.ISSUED, State.CONFIRMED], confirm_by__lte=now
    ).select_related("party")
    rows = over.order_by("confirm_by").select_for_update(
        of=["self"], skip_locked=True, no_key=True
    )[:AT_ONCE]
    moved = 0
    for row in rows:
        if row.state == State.ISSUED:
            assert row.confirm_by is not None
            _confirm(row, Confirmation.SILENCE, at=row.confirm_by, now=now)
        row.state, row.locked_at = State.LOCKED, now
        row.save(update_fields=["state", "locked_at"])
        _tell(row, now)
        moved += 1
    return moved


def _confirm(row: Statement, how: Statement.Confirmation, *, at: datetime, now: datetime) -> None:
    row.state, row.confirmation, row.confirmed_at = State.CONFIRMED, how, at
    row.save(update_fields=["state", "confirmation", "confirmed_at"])
    _tell(row, now)


def _note_what_is_paid(now: datetime) -> int:
    """A locked statement is paid when the payments that came after it cover what it closes with, which is all that was
    owed by then; and so are those before it.
    """
    unpaid = Statement.objects.filter(state=State.LOCKED, paid_at=None)
    parties = _still_paid(unpaid).order_by("party").values_list("party", flat=True).distinct()
    return sum(_note_of(party_id, now) for party_id in parties)


@transaction.atomic
def _note_of(party_id: int, now: datetime) -> int:
    # Whoever takes a payment back locks the outlet as well: what covers it is there as long as this lasts.
    Party.objects.select_for_update(no_key=True).get(pk=party_id)
    unpaid = Statement.objects.filter(party=party_id, state=State.LOCKED, paid_at=None)
    rows = list(_still_paid(unpaid).select_related("party").order_by("month"))
    for row in rows:
        row.paid_at = now
        row.save(update_fields=["paid_at"])
        _tell(row, now)
    return len(rows)


def reopen(
    *, party_id: int, less: Decimal, fact: dict[str, Any], actor: Any, now: datetime
) -> None:
    """``less`` yuan of what an outlet paid are taken back, as ``fact`` says: what the rest does not cover is not paid
    any more, and its fines are owed as before.

    In the transaction that takes them back, with the outlet locked and before the journal's gate: cases are locked here.
    """
    paid = Statement.objects.filter(party=party_id, state=State.LOCKED, paid_at__isnull=False)
    covered = _still_paid(paid, less=less).values_list("pk", flat=True)
    rows = list(paid.exclude(pk__in=list(covered)).select_related("party").order_by("month"))
    settled = Penalty.objects.filter(
        statement_lines__statement__in=rows, state=Penalty.State.SETTLED
    ).distinct()
    for penalty in settled.select_related("case").order_by("case", "pk"):
        penalties.unsettle(penalty=penalty, fact=fact, actor=actor, now=now)
    for row in rows:
        row.paid_at = row.settled_at = None
        row.save(update_fields=["paid_at", "settled_at"])
        _tell(row, now)


def paid_after() -> Coalesce:
    """A column of statements: what came from the outlet, less what was taken back of it, that neither this statement
    nor one before it shows; in yuan.
    """
    rows = Posting.objects.filter(
        Q(statement_line=None) | Q(statement_line__statement__month__gt=OuterRef("month")),
        account__book=Account.Book.PAID_IN,
        account__party=OuterRef("party"),
    )
    found = rows.values("account").annotate(sum=-Sum("amount")).values("sum")
    return Coalesce(Subquery(found), Value(Decimal(0)), output_field=DecimalField())


def _settle(now: datetime) -> int:
    """Settle the fines of statements that are paid; one that is disputed waits, and its statement with it.

    A payment may have been taken back since the statement was noted as paid: then nothing more is settled on it.
    """
    settled = 0
    paid = Statement.objects.filter(state=State.LOCKED, settled_at=None, paid_at__isnull=False)
    for row in _still_paid(paid).order_by("pk").iterator(200):
        if _settle_fines_of(row, now):
            settled += paid.filter(pk=row.pk).update(settled_at=now)
    return settled


def _still_paid(rows: QuerySet[Statement], *, less: Decimal = Decimal(0)) -> QuerySet[Statement]:
    """Those that what came since, but for ``less`` yuan of it, covers, or that a later one so covered has taken up."""
    locked = Statement.objects.filter(state=State.LOCKED).annotate(paid=paid_after())
    covered = locked.filter(
        closing__lte=F("paid") - less, party=OuterRef("party"), month__gte=OuterRef("month")
    )
    return rows.filter(Exists(covered))


def _settle_fines_of(statement: Statement, now: datetime) -> bool:
    """Return whether none is left."""
    payable = Penalty.objects.filter(
        statement_lines__statement=statement, state=Penalty.State.PAYABLE
    ).distinct()
    left, after = False, 0
    while some := list(
        payable.filter(pk__gt=after).select_related("case").order_by("pk")[:SETTLED_AT_ONCE]
    ):
        for penalty in some:
            left = not _settle_one(penalty, statement, now) or left
        after = some[-1].pk
    return not left


def _settle_one(penalty: Penalty, statement: Statement, now: datetime) -> bool:
    fact = {"statement": statement.pk, "month": statement.month.isoformat()}
    try:
        with transaction.atomic():
            # Whoever takes a payment back locks the outlet as well: the money is there as long as this lasts.
            Party.objects.select_for_update(no_key=True).get(pk=statement.party_id)
            if not _still_paid(Statement.objects.filter(pk=statement.pk)).exists():
                return False
            penalties.settle_paid(penalty=penalty, fact=fact, actor=None, now=now)
    except Conflict:  # disputed, or no longer payable: the next round looks again
        return False
    return True


def _locked(statement: Statement) -> Statement:
    return (
        Statement.objects.select_for_update(of=["self"], no_key=True)
        .select_related("party")
        .get(pk=statement.pk)
    )


def _tell(row: Statement, now: datetime) -> None:
    notifications.publish(
        kind=Event.Kind.STATEMENT,
        at=now,
        party_id=row.party_id,
        data={"statement": row.pk, "month": f"{row.month:%Y-%m}", "state": row.state},
    )
