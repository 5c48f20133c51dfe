"""Post and reverse, in the caller's transaction. Nothing else ever writes money."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from kefu.ledger.models import Account, Entry, Posting

# Every entry moves balances that others move too, our own above all. Whoever posts goes through here first, and
# holds the way until the transaction ends: entries wait one behind the other, never in a circle.
GATE = "SELECT pg_advisory_xact_lock(hashtext('kefu.ledger'))"

Line = tuple[int, str]  # party id, book


def post(
    *,
    kind: Entry.Kind,
    source: str,
    lines: dict[tuple[int, Account.Book], Decimal],
    memo: str,
    actor: Any,
    at: datetime,
) -> Entry:
    """Post one entry; ``lines`` maps (party id, book) to yuan and must sum to zero.

    A source is posted once: a second call raises IntegrityError (the database's unique constraint).
    """
    if sum(lines.values()) != 0:
        raise ValueError(f"entry {source} does not balance: {lines}")
    _wait_for_my_turn()
    entry = Entry.objects.create(kind=kind, source=source, memo=memo, posted_by=actor, at=at)
    accounts = _accounts(lines)
    Posting.objects.bulk_create(
        Posting(entry=entry, account=accounts[line], amount=amount)
        for line, amount in lines.items()
    )
    return entry


def reverse(
    *, source: str, memo: str, actor: Any, at: datetime, part: Decimal | None = None
) -> Entry:
    """Take back all of what ``source`` posted, or ``part`` of an entry of two sides, by a counter-entry that names it.

    ``part`` in yuan; beyond what is left of the entry the database refuses it.
    """
    _wait_for_my_turn()
    original = Entry.objects.get(source=source, reverses=None)
    entry = Entry.objects.create(
        kind=Entry.Kind.REVERSAL,
        source=source,
        reverses=original,
        memo=memo,
        posted_by=actor,
        at=at,
    )
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            account_id=line.account_id,
            amount=-line.amount if part is None else part.copy_sign(-line.amount),
        )
        for line in original.postings.all()
    )
    return entry


def _wait_for_my_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute(GATE)


def _accounts(lines: Iterable[Line]) -> dict[Line, Account]:
    """Return the accounts by party and book; opened where nobody has used them yet."""
    named = Q(pk=None)
    for party_id, book in lines:
        named |= Q(party=party_id, book=book)
    found = {(a.party_id, a.book): a for a in Account.objects.filter(named)}
    return {
        line: found.get(line) or Account.objects.create(party_id=line[0], book=line[1])
        for line in lines
    }
