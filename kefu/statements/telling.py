"""What each kind of entry says on a statement, in both languages. Apps above register theirs: nothing here knows them.

An entry's source is "kind:number"; whoever registered the kind is asked once for all numbers of a statement.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.ledger.models import Entry
from kefu.penalties.models import Penalty
from kefu.penalties.selectors import explained
from kefu.policy.explanation import Explanation
from kefu.statements.models import Payment

log = logging.getLogger(__name__)

LANGUAGES = {"zh": "zh-hans", "en": "en"}
NAMED = 5  # entries that could not be explained
Words = Mapping[str, Any]  # {"summary": one line, "details": [lines]}


@dataclass(frozen=True, slots=True)
class Told:
    """``words`` by language, "zh" and "en"; ``on``: the day it belongs to, where that is not the day of its entry."""

    words: Mapping[str, Words]
    clause: str = ""
    waybill_number: str = ""
    penalty_id: int | None = None
    on: date | None = field(default=None)


class NotTold(KefuError):
    """Some entries could not be explained. ``details``: their ``sources``, and the kind of ``error``."""

    code = "not_told"

    def __init__(self, sources: Sequence[str], error: Exception) -> None:
        named, kind = ", ".join(sources), type(error).__name__
        said = _("写不出说明：%(sources)s（%(error)s）") % {"sources": named, "error": kind}
        super().__init__(said, sources=named, error=kind)


Teller = Callable[[Collection[int]], Mapping[int, Told]]
_tellers: dict[str, Teller] = {}


def register(kind: str, teller: Teller) -> None:
    """Say who explains the entries whose source begins with ``kind``; called from ``AppConfig.ready()`` of its app."""
    _tellers[kind] = teller


def told(entries: Iterable[Entry]) -> dict[str, Told]:
    """Return by source what the entries are about. One of a kind that nobody explains is told by the name of its kind.

    Everybody is asked, also after one has failed. Raises NotTold with all that could not be explained: a line stays as
    it is written, so none is written without its reasons.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    found = {}
    for entry in entries:
        kind, _colon, number = entry.source.partition(":")
        found[entry.source] = _by_its_name(entry)
        if kind in _tellers and number.isdecimal():
            wanted[kind].add(int(number))
    failed: dict[str, Exception] = {}
    for kind, numbers in wanted.items():
        try:
            known = _ask(kind, numbers)
        except Exception:
            log.exception("entries of kind %s were not explained", kind)
            failed |= _at_fault(kind, numbers)
        else:
            found |= {f"{kind}:{number}": one for number, one in known.items()}
    if failed:
        raise NotTold(list(failed)[:NAMED], next(iter(failed.values())))
    return found


def _ask(kind: str, numbers: Collection[int]) -> Mapping[int, Told]:
    with transaction.atomic():  # a question that the database refused spoils no other
        return _tellers[kind](numbers)


def _at_fault(kind: str, numbers: Collection[int]) -> dict[str, Exception]:
    """Asked one by one, the first of those that fail; all together, if it takes more than one."""
    failed: dict[str, Exception] = {}
    for number in sorted(numbers):
        try:
            _ask(kind, [number])
        except Exception as error:
            failed[f"{kind}:{number}"] = error
        if len(failed) == NAMED:
            break
    return failed or {kind: RuntimeError()}


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
