"""Post and reverse, in the caller's transaction. Nothing else ever writes money."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from kefu.ledger.models import Account, Entry, Posting

# The company's side of an entry. Locked first: every entry touches it, so entries wait for each other
# there, one behind the other, and never in a circle.
OURS = {Account.Book.FINE_INCOME, Account.Book.CLAIM_COST, Account.Book.BANK}


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
    entry = Entry.objects.create(kind=kind, source=source, memo=memo, posted_by=actor, at=at)
    Posting.objects.bulk_create(
        Posting(entry=entry, account=_account(party_id, book), amount=lines[party_id, book])
        for party_id, book in sorted(lines, key=_order)
    )
    return entry


def hold(lines: Iterable[tuple[int, Account.Book]]) -> None:
    """Lock accounts before several entries of one transaction that would else touch them in an order of their own."""
    for party_id, book in sorted(lines, key=_order):
        _account(party_id, book)


def reverse(
    *, source: str, memo: str, actor: Any, at: datetime, part: Decimal | None = None
) -> Entry:
    """Take back all of what ``source`` posted, or ``part`` of an entry of two sides, by a counter-entry that names it.

    ``part`` in yuan; beyond what is left of the entry the database refuses it.
    """
    original = Entry.objects.get(source=source, reverses=None)
    lines = sorted(
        original.postings.select_related("account"),
        key=lambda line: (line.account.book not in OURS, line.account_id),
    )
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
            account=_account(line.account.party_id, line.account.book),
            amount=-line.amount if part is None else part.copy_sign(-line.amount),
        )
        for line in lines
    )
    return entry


def _order(line: tuple[int, Account.Book]) -> Any:
    return (line[1] not in OURS, line)


def _account(party_id: int, book: str) -> Account:
    locked = Account.objects.select_for_update(no_key=True)
    return locked.get_or_create(party_id=party_id, book=book)[0]
