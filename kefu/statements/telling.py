"""What each kind of entry says on a statement, in both languages. Apps above register theirs: nothing here knows them.

An entry's source is "kind:number"; whoever registered the kind is asked once for all numbers of a statement.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from kefu.ledger.models import Entry
from kefu.penalties.models import Penalty
from kefu.penalties.selectors import explained
from kefu.policy.explanation import Explanation
from kefu.statements.models import Payment

LANGUAGES = {"zh": "zh-hans", "en": "en"}
Words = Mapping[str, Any]  # {"summary": one line, "details": [lines]}


@dataclass(frozen=True, slots=True)
class Told:
    """``words`` by language, "zh" and "en"; ``on``: the day it belongs to, where that is not the day of its entry."""

    words: Mapping[str, Words]
    clause: str = ""
    waybill_number: str = ""
    penalty_id: int | None = None
    on: date | None = field(default=None)


Teller = Callable[[Collection[int]], Mapping[int, Told]]
_tellers: dict[str, Teller] = {}


def register(kind: str, teller: Teller) -> None:
    """Say who explains the entries whose source begins with ``kind``; called from ``AppConfig.ready()`` of its app."""
    _tellers[kind] = teller


def told(entries: Iterable[Entry]) -> dict[str, Told]:
    """Return by source what the entries are about. One that nobody explains is told by the name of its kind."""
    wanted: dict[str, set[int]] = defaultdict(set)
    found = {}
    for entry in entries:
        kind, _colon, number = entry.source.partition(":")
        found[entry.source] = _by_its_name(entry)
        if kind in _tellers and number.isdecimal():
            wanted[kind].add(int(number))
    for kind, numbers in wanted.items():
        known = _tellers[kind](numbers)
        found |= {f"{kind}:{number}": one for number, one in known.items()}
    return found


def _by_its_name(entry: Entry) -> Told:
    return Told(in_both(lambda: (entry.get_kind_display(), ())))


def in_both(say: Callable[[], tuple[Any, Iterable[Any]]]) -> dict[str, Words]:
    """Return the summary and the details that ``say`` gives, in each language."""
    words: dict[str, Words] = {}
    for key, language in LANGUAGES.items():
        with translation.override(language):
            summary, details = say()
            words[key] = {"summary": str(summary), "details": [str(line) for line in details]}
    return words


def penalties(numbers: Collection[int]) -> dict[int, Told]:
    rows = (
        Penalty.objects.filter(pk__in=numbers)
        .select_related("deadline", "case")
        .defer("case__sealed")
        .prefetch_related("events")
    )
    return {
        row.pk: Told(
            {key: _as_words(explained(row, language)) for key, language in LANGUAGES.items()},
            clause=row.clause,
            waybill_number=row.case.waybill_number,
            penalty_id=row.pk,
        )
        for row in rows
    }


def _as_words(one: Explanation) -> Words:
    return {
        "summary": f"{one.clause} {one.title}",
        "details": [
            *(f"{fact.label} {fact.value}" for fact in one.facts),
            *(f"{line.text} {line.value} [{line.clause}]" for line in one.arithmetic),
        ],
    }


def payments(numbers: Collection[int]) -> dict[int, Told]:
    def words(row: Payment) -> dict[str, Words]:
        said = {"day": f"{row.paid_on:%Y-%m-%d}", "reference": row.reference}
        return in_both(lambda: (_("来款，%(day)s 到账，银行流水号 %(reference)s") % said, []))

    rows = Payment.objects.filter(pk__in=numbers)
    return {row.pk: Told(words(row), on=row.paid_on) for row in rows}
