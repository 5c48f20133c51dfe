"""Which names a rulebook knows for a fact, so that nobody has to guess them.

What is offered hangs on what was typed before it: once the form is chosen, its fields; once the
penalty's clause is, the facts it asks for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import Any, TypeVar

from kefu.calculator.words import language, value
from kefu.policy.both import Both
from kefu.policy.clauses import (
    Access,
    Allowance,
    Award,
    BasePay,
    Bearer,
    Checklist,
    Clause,
    Clock,
    Consequence,
    Criterion,
    Fields,
    Fund,
    HourlyPay,
    Indicator,
    Items,
    Notice,
    NotSet,
    PieceBonus,
    PlaceTariff,
    Process,
    Quota,
    Rate,
    Rating,
    Recurring,
    Remark,
    Report,
    Request,
    Retention,
    Route,
    TextRule,
    When,
    is_chinese,
)
from kefu.policy.clauses.base import ClauseBase
from kefu.policy.clauses.clocks import CLAIM_SETTLEMENT
from kefu.policy.compensation import SHARES
from kefu.policy.fees import RETURN_FREIGHT
from kefu.policy.pay import PayRules
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import ScoreRules

Typed = Mapping[str, Any]  # the facts as far as they are typed
Codes = Iterable[str]
Kind = TypeVar("Kind", bound=ClauseBase)
Offer = Callable[[Rulebook, Typed], Codes]


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    words: str


def offered(calculation: str, path: tuple[str, ...], rulebook: Rulebook, typed: Typed) -> list[str]:
    """The names a rulebook knows for a fact, in its order; none where any will do."""
    offer = OFFERS.get((calculation, ".".join(path)))
    if offer is None:
        return []
    with suppress(NotSet, LookupError):
        return [code for code in dict.fromkeys(offer(rulebook, typed)) if code]
    return []


def is_offered(calculation: str, path: tuple[str, ...]) -> bool:
    """Does only a name that the rulebook knows make sense for this fact?"""
    return (calculation, ".".join(path)) in OFFERS


def condition_values(
    calculation: str, rulebook: Rulebook, typed: Typed, condition: str
) -> list[str]:
    """The values that clauses know for a condition, for “facts by name”."""
    about = CONDITIONS.get(calculation)
    if about is None:
        return []
    found = (when.get(condition, ()) for when in about(rulebook, typed))
    return list(dict.fromkeys(chain.from_iterable(found)))


def choices(name: str, codes: Codes, rulebook: Rulebook) -> list[Choice]:
    """With their words; two that have the same words say their code as well."""
    made = [Choice(code, in_words(name, code, rulebook)) for code in codes]
    often = [choice.words for choice in made]
    return [
        Choice(one.code, f"{one.words} ({one.code})") if often.count(one.words) > 1 else one
        for one in made
    ]


def in_words(name: str, code: str, rulebook: Rulebook) -> str:
    """What a name of the rulebook is called; a clause's number stands with its title."""
    clause = rulebook.get(code)
    if clause is not None:
        return f"{clause.id} {clause.label(language())}"
    both = _own_words(_Same(rulebook)).get(code)
    own = (both.zh if is_chinese(language()) else both.en) if both else ""
    if own and name == "sections":
        return own
    return value(name, code, otherwise=own)


class _Same:
    """A rulebook as a key: itself and no equal one, for comparing two takes as long as reading one."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    def __hash__(self) -> int:
        return id(self.rulebook)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.rulebook is self.rulebook


# Settings that are lists of lines with words, and those by which a clause says what it is about.
LISTS = ("items", "among", "sections", "steps")
SUBJECTS = (
    *("times", "of", "subject", "form", "field", "process", "requests", "matter", "acts"),
    *("reports", "rate", "metric"),
)


@lru_cache(maxsize=16)
def _own_words(same: _Same) -> Mapping[str, Both]:
    """The words that a rulebook itself has for its names: those of its lists, else the title of the
    first clause that is about it.
    """
    listed: dict[str, Both] = {}
    titled: dict[str, Both] = {}
    for clause in same.rulebook.clauses:
        for name in _of_kind(type(clause), LISTS):
            lines = getattr(clause, name)
            for line in lines if isinstance(lines, tuple) else ():
                code = getattr(line, "code", None) or getattr(line, "name", None)
                if code is not None and hasattr(line, "zh"):
                    listed.setdefault(code, Both(line.zh, line.en))
        for name in _of_kind(type(clause), SUBJECTS):
            for code in _flat(getattr(clause, name)):
                titled.setdefault(code, Both(clause.label_zh, clause.label_en))
    return {**titled, **listed}


@cache
def _of_kind(kind: type[ClauseBase], settings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in settings if name in kind.model_fields)


# How an offer is found.


def _about(rulebook: Rulebook, kind: type[Kind], setting: str, wanted: object) -> Iterator[Kind]:
    """Clauses of a kind that speak of something; of anything, while nothing is chosen."""
    for clause in rulebook.in_force(kind):
        about = getattr(clause, setting)
        if not wanted or wanted == about or (isinstance(about, tuple) and wanted in about):
            yield clause


def _names(kind: type[Kind], *settings: str, of: tuple[str, str] | None = None) -> Offer:
    """Names from settings of clauses; ``of``: (setting, fact) of those that are about the fact."""

    def offer(rulebook: Rulebook, typed: Typed) -> Iterator[str]:
        setting, fact = of or (settings[0], "")
        for clause in _about(rulebook, kind, setting, typed.get(fact)):
            for name in settings:
                yield from _flat(getattr(clause, name))

    return offer


def _flat(found: object) -> Iterator[str]:
    match found:
        case str():
            yield found
        case tuple() | list() | dict():
            for one in found:
                yield from _flat(getattr(one, "key", one))


def _ids(*kinds: type[ClauseBase]) -> Offer:
    return lambda rulebook, _typed: (
        clause.id for kind in kinds for clause in rulebook.in_force(kind)
    )


def _any_of(*offers: Offer) -> Offer:
    return lambda rulebook, typed: chain.from_iterable(offer(rulebook, typed) for offer in offers)


def _consequence(rulebook: Rulebook, typed: Typed) -> Consequence | None:
    found: Clause | None = rulebook.get(str(typed.get("clause", "")))
    return found if isinstance(found, Consequence) else None


def _of_breach(*settings: str) -> Offer:
    """What the chosen clause of a penalty asks for; nothing while none is chosen."""

    def offer(rulebook: Rulebook, typed: Typed) -> Iterator[str]:
        clause = _consequence(rulebook, typed)
        for name in settings if clause else ():
            yield from _flat(getattr(clause, name))

    return offer


def _numbers_of_breach(rulebook: Rulebook, typed: Typed) -> Iterator[str]:
    clause = _consequence(rulebook, typed)
    yield from (bounds.of for bounds in clause.when) if clause else ()


def _counted_of_breach(rulebook: Rulebook, typed: Typed) -> Iterator[str]:
    clause = _consequence(rulebook, typed)
    if clause and clause.counts:
        yield clause.counts.of
    if clause:
        yield from (bounds.of for bounds in clause.when if bounds.within)


def _severities(rulebook: Rulebook, typed: Typed) -> Iterator[str]:
    clause = _consequence(rulebook, typed)
    if clause and clause.fine_range:
        yield from (proposal.severity for proposal in clause.fine_range.house.proposals)


def _counts(rulebook: Rulebook, _typed: Typed) -> Iterator[str]:
    for clause in rulebook.in_force(Consequence):
        if clause.counts is not None and clause.nth is not None:
            yield clause.counts.of


def _score_lines(rulebook: Rulebook, _typed: Typed) -> Codes:
    return ScoreRules.of(rulebook).lines


def _score_events(rulebook: Rulebook, _typed: Typed) -> Codes:
    lines = ScoreRules.of(rulebook).lines.values()
    return (event for line in lines for event in line.of)


def _complaint_cases(rulebook: Rulebook, _typed: Typed) -> Iterator[str]:
    for clock in rulebook.in_force(Clock):
        if clock.times.startswith("complaint_"):
            yield from clock.cases


def _claim_pauses(rulebook: Rulebook, _typed: Typed) -> Iterator[str]:
    for clock in rulebook.in_force(Clock):
        if clock.times == CLAIM_SETTLEMENT:
            yield from clock.pause_reasons


def _posts(rulebook: Rulebook, _typed: Typed) -> Iterator[str]:
    for pay in rulebook.in_force(BasePay):
        yield from pay.posts or ()


def _places(rulebook: Rulebook, _typed: Typed) -> Iterator[str]:
    for table in rulebook.in_force(PlaceTariff):
        yield from (row.place for row in table.rows or ())


def _return_cases(rulebook: Rulebook, _typed: Typed) -> Iterator[str]:
    for bearer in rulebook.in_force(Bearer):
        if bearer.cost == RETURN_FREIGHT:
            yield bearer.case


def _forms(rulebook: Rulebook, _typed: Typed) -> Iterator[str]:
    yield from (clause.form for clause in rulebook.in_force(Fields))
    yield from (clause.of for clause in rulebook.in_force(Items) if clause.fields)
    yield from (clause.times for clause in rulebook.in_force(Notice) if clause.fields)
    for clause in rulebook.in_force(Retention):
        yield from clause.of if clause.fields else ()


def _steps(rulebook: Rulebook, typed: Typed) -> Iterator[Any]:
    for part in _about(rulebook, Process, "process", typed.get("process")):
        yield from part.steps


def _of_steps(setting: str) -> Offer:
    return lambda rulebook, typed: chain.from_iterable(
        _flat(getattr(step, setting)) for step in _steps(rulebook, typed)
    )


def _fillers(rulebook: Rulebook, typed: Typed) -> Iterator[str]:
    for remark in _about(rulebook, Remark, "form", typed.get("form")):
        if remark.filler:
            yield remark.filler.times


def _kinds_counted(rulebook: Rulebook, typed: Typed) -> Iterator[str]:
    quotas = list(_about(rulebook, Quota, "of", typed.get("of")))
    kinds = [item.key for quota in quotas for item in quota.among]
    yield from kinds or ["any"]


# Conditions: facts that clauses hang on.

Whens = Callable[[Rulebook, Typed], Iterator[When]]


def _whens(kind: type[ClauseBase], setting: str, fact: str) -> Whens:
    def found(rulebook: Rulebook, typed: Typed) -> Iterator[When]:
        wanted = typed.get(fact)
        for clause in _about(rulebook, kind, setting, wanted) if wanted else ():
            yield getattr(clause, "when", {})
            if isinstance(clause, Fields | Items):
                yield from clause.only.values()

    return found


def _form_whens(rulebook: Rulebook, typed: Typed) -> Iterator[When]:
    yield from _whens(Fields, "form", "form")(rulebook, typed)
    yield from _whens(Items, "of", "form")(rulebook, typed)


def _step_whens(rulebook: Rulebook, typed: Typed) -> Iterator[When]:
    for step in _steps(rulebook, typed) if typed.get("process") else ():
        yield step.when


def _route_whens(rulebook: Rulebook, typed: Typed) -> Iterator[When]:
    yield from _whens(Route, "matter", "matter")(rulebook, typed)
    for route in _about(rulebook, Route, "matter", typed.get("matter")):
        if route.by is not None and typed.get("matter"):
            yield {route.by: tuple(route.to)}


def _class_whens(rulebook: Rulebook, typed: Typed) -> Iterator[When]:
    yield from _whens(Criterion, "of", "of")(rulebook, typed)
    yield from _whens(Items, "of", "of")(rulebook, typed)


CONDITIONS: Mapping[str, Whens] = {
    "form": _form_whens,
    "choice": _whens(Items, "of", "of"),
    "text": _whens(TextRule, "field", "field"),
    "words": _whens(Remark, "form", "form"),
    "process": _step_whens,
    "request": _whens(Request, "requests", "request"),
    "route": _route_whens,
    "access": _whens(Access, "acts", "act"),
    "class": _class_whens,
}


def _conditions(calculation: str) -> Offer:
    return lambda rulebook, typed: chain.from_iterable(CONDITIONS[calculation](rulebook, typed))


OF_REQUEST, OF_ACT = ("requests", "request"), ("acts", "act")
OFFERS: Mapping[tuple[str, str], Offer] = {
    ("complaint_clocks", "complaint_class"): _complaint_cases,
    ("claim_settlement", "pauses.reason"): _claim_pauses,
    ("any_clock", "times"): _names(Clock, "times"),
    ("any_clock", "case"): _names(Clock, "cases", of=("times", "times")),
    ("any_clock", "pauses.reason"): _names(Clock, "pause_reasons", of=("times", "times")),
    ("retention", "what"): _names(Retention, "of"),
    ("recurring", "subject"): _names(Recurring, "subject"),
    ("month_score", "desks"): lambda book, _typed: sorted(ScoreRules.of(book).desks),
    ("month_score", "metrics.key"): lambda book, _typed: sorted(ScoreRules.of(book).metrics),
    ("month_score", "desk_metrics.key"): lambda book, _typed: sorted(ScoreRules.of(book).metrics),
    ("assessment", "measured.key"): _names(Indicator, "metric"),
    ("assessment", "judged.key"): _names(Rating, "name"),
    ("assessment", "judged.value.by"): _names(Rating, "scorer"),
    **{
        (name, fact): offer
        for name in ("month_score", "assessment")
        for fact, offer in {
            "counts.key": _score_lines,
            "earlier.key": _score_lines,
            "incidents": _score_lines,
            "granted.clause": _score_lines,
            "events.key": _score_events,
        }.items()
    },
    ("payslip", "department"): lambda book, _typed: sorted(PayRules.of(book).departments),
    ("payslip", "post"): _posts,
    ("payslip", "grade"): _names(Allowance, "grade"),
    ("payslip", "pieces.of"): _names(PieceBonus, "of"),
    ("payslip", "pieces.done"): _names(PieceBonus, "requires"),
    ("payslip", "hours.key"): _names(HourlyPay, "of"),
    ("payslip", "awards.clause"): _ids(Award),
    ("payslip", "forfeited.clause"): _ids(Consequence),
    ("payslip", "penalties.clause"): _ids(Consequence),
    ("payslip", "adjustments.clause"): _ids(Consequence, Award),
    ("pool", "pieces.of"): _names(PieceBonus, "of"),
    ("pool", "pieces.done"): _names(PieceBonus, "requires"),
    ("penalty", "clause"): _ids(Consequence),
    ("penalty", "evidence"): _of_breach("evidence_any_of"),
    ("penalty", "established"): _of_breach("needs", "needs_any"),
    ("penalty", "numbers.key"): _numbers_of_breach,
    ("penalty", "severity"): _severities,
    ("penalty", "piece"): _names(PieceBonus, "of"),
    ("penalty", "history.of"): _counted_of_breach,
    ("penalty", "raised"): _of_breach("only_with", "not_beside"),
    ("escalation", "of"): _counts,
    ("liability", "liable.kind"): lambda book, _typed: _kinds_counted(book, {"of": SHARES}),
    ("warehouse_entry", "place"): _places,
    ("goods_return", "case"): _return_cases,
    ("goods_return", "established"): _names(Bearer, "after", "needs", of=("case", "case")),
    ("fund", "kind"): _names(Fund, "of", "without"),
    ("form", "form"): _forms,
    ("form", "recorded"): _any_of(
        _names(Fields, "fields", of=("form", "form")),
        _names(Items, "fields", of=("of", "form")),
        _names(Notice, "fields", of=("times", "form")),
        _names(Retention, "fields", of=("of", "form")),
    ),
    ("choice", "of"): _names(Items, "of"),
    ("text", "field"): _names(TextRule, "field"),
    ("words", "form"): _names(Remark, "form"),
    ("words", "values.key"): _names(Remark, "placeholders", of=("form", "form")),
    ("words", "counts.key"): _fillers,
    ("words", "recorded"): _names(Remark, "needs", of=("form", "form")),
    ("ticks", "ticks.key"): _ids(Checklist),
    ("process", "process"): _names(Process, "process"),
    ("process", "done.code"): _of_steps("code"),
    ("process", "done.outcome"): _of_steps("outcomes"),
    ("process", "recorded"): _of_steps("needs"),
    ("request", "request"): _names(Request, "requests"),
    ("request", "before.key"): _names(Request, "lodged_before", of=OF_REQUEST),
    ("request", "consents"): _names(Request, "consents", of=OF_REQUEST),
    ("request", "told"): _names(Request, "told", of=OF_REQUEST),
    ("request", "approvals"): _names(Request, "approvers", of=OF_REQUEST),
    ("request", "recorded"): _names(Request, "needs", "late_with", of=OF_REQUEST),
    ("route", "matter"): _names(Route, "matter"),
    ("access", "act"): _names(Access, "acts"),
    ("access", "role"): _names(Access, "roles", of=OF_ACT),
    ("access", "relations"): _names(Access, "relations", "barred", of=OF_ACT),
    ("access", "recorded"): _names(Access, "needs", of=OF_ACT),
    ("access", "consents"): _names(Access, "exception", of=OF_ACT),
    ("number", "of"): _names(Quota, "of"),
    ("number", "numbers.key"): _kinds_counted,
    ("number", "recorded"): _names(Quota, "needs", of=("of", "of")),
    ("class", "of"): _names(Criterion, "of"),
    ("class", "numbers.key"): _names(Criterion, "measure", of=("of", "of")),
    ("rate", "rate"): _names(Rate, "rate"),
    ("report", "report"): _names(Report, "reports"),
    **{(name, "facts.key"): _conditions(name) for name in CONDITIONS},
}
