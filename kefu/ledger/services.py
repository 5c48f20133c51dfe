"""Post and reverse, in the caller's transaction. Nothing else ever writes money."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from kefu.ledger.models import Account, Entry, Posting


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
    entry = Entry.objects.create(
        kind=kind, source=source, memo=memo, posted_by=actor, at=at
    )
    Posting.objects.bulk_create(
        Posting(entry=entry, account=_account(party_id, book), amount=amount)
        for (party_id, book), amount in sorted(lines.items())
    )
    return entry


def reverse(*, source: str, memo: str, actor: Any, at: datetime) -> Entry:
    """Take back all of what ``source`` posted, by a counter-entry that names it."""
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
        Posting(entry=entry, account_id=line.account_id, amount=-line.amount)
        for line in original.postings.order_by("account_id")
    )
    return entry


def _account(party_id: int, book: Account.Book) -> Account:
    return Account.objects.get_or_create(party_id=party_id, book=book)[0]
