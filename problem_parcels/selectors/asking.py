"""What the record of a type asks for, field by field, as far as the choices made so far tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.policy.clauses import Fields, Item, Items, is_chinese
from kefu.policy.conditions import MissingFact
from kefu.policy.problem_records import NEED_A_REASON, Judged, judge_record, possible
from kefu.policy.rulebook import Rulebook
from problem_parcels.models import ContactAttempt, ProblemParcel
from problem_parcels.wording import name_in_words

Problem = ProblemParcel.Problem
Outcome = ContactAttempt.Outcome
# What a call settles: it is made once and asked for under many names.
CALL = frozenset(
    {
        *("reached", "contact_attempt", "contact_confirmed", "contacted_at", "every_number_called"),
        *("contacted_hour_and_minute", "attempt_date", "attempt_hour_and_minute"),
        *("unreachable_reason", "nobody_home_remark"),
    }
)
CLASSES = ("unreachable_reason", "nobody_home_remark")
# What the form calls a field of the record, where the clauses say it otherwise.
WRITTEN = {
    "full_new_address": "new_address",
    "correct_address": "new_address",
    "new_recipient": "new_recipient",
    "new_phone": "new_phone",
    "reason": "reason",
    "remark": "remark",
}
# Settled by another field.
IMPLIED = {"notified": "notified_at"}
# Asked when something else was said, although nothing hangs on the answer but the words (CD-09.14).
MAY_SAY = {(Problem.NOBODY_HOME, "yes"): "agreed"}
# None of the causes that the clauses name.
OTHERWISE = {"refusal_cause": "other"}
# A parcel as it comes to the desk: out for delivery, its number on it, not signed for.
STANDING = {"taken_out": "yes", "phone_on_waybill": "yes", "parcel": "not_signed_for"}
MOST = 30  # fields of one record; more would be a rulebook that asks in circles


@dataclass(frozen=True, slots=True)
class Field:
    """One thing the record asks for. ``kind``: call, choice, text, moment or courier; ``options``: (value, words)."""

    name: str
    kind: str
    label: str
    clause: str
    required: bool
    options: Sequence[tuple[str, str]] = ()


def asked_fields(rules: Rulebook, problem: str, said: Mapping[str, str]) -> list[Field]:
    """Return the fields for a parcel of this type, given what has been chosen so far by the names of the clauses.

    A choice may lead to further questions: what was said under a name that is not asked for is left out, so that
    the choices of the type before do not linger.
    """
    facts = {"problem": problem, **STANDING}
    outcome = said.get("outcome", "")
    found: dict[str, Field] = {}
    for _round in range(MOST):
        judged = judge_record(rules, facts, {"problem_scan"})
        for field in (*_fields(rules, judged, facts), *_besides(rules, judged, facts, said)):
            found.setdefault(field.name, field)
        answers = {name: said[name] for name in found if said.get(name)}
        if outcome:
            answers["reached"] = "yes" if outcome == Outcome.REACHED else "no"
        if answers.keys() <= facts.keys():
            break
        facts |= answers
    return list(found.values())


def _fields(rules: Rulebook, judged: Judged, facts: Mapping[str, str]) -> Iterator[Field]:
    for lack in judged.lacks:
        for name in lack.names:
            if name in CALL:
                yield _call(rules, facts, lack.clause)
            else:
                yield _field(rules, judged, IMPLIED.get(name, name), lack.clause)


def _call(rules: Rulebook, facts: Mapping[str, str], clause: str) -> Field:
    """Reached, or one of the list by which this type classes who was not."""
    classes = _classes(rules, facts)
    outcomes = [one for one in Outcome if one == Outcome.REACHED or not classes or one in classes]
    options = [(one.value, str(one.label)) for one in outcomes]
    return Field("call", "call", _("联系结果"), clause, True, options)


def _classes(rules: Rulebook, facts: Mapping[str, str]) -> frozenset[str]:
    missed = {**facts, "reached": "no"}
    judged = judge_record(rules, missed, {"problem_scan"})
    return frozenset(item.key for name in CLASSES for item in judged.options.get(name, ()))


def _field(rules: Rulebook, judged: Judged, name: str, clause: str) -> Field:
    if name in WRITTEN:
        return Field(WRITTEN[name], "text", name_in_words(name), clause, True)
    options = [(item.key, _words(item)) for item in judged.options.get(name, ())]
    if not options:
        options = [(value, name_in_words(value)) for value in _values(rules, name)]
    if options and name in OTHERWISE:
        options.append((OTHERWISE[name], _("都不是，收件人自己的原因")))
    kind = "choice" if options else "moment" if name.endswith("_at") else "text"
    return Field(name, kind, name_in_words(name), clause, True, options)


def _besides(
    rules: Rulebook, judged: Judged, facts: Mapping[str, str], said: Mapping[str, str]
) -> Iterator[Field]:
    """What may be said and need not: a reason, what was agreed, whose fault it is."""
    problem = Problem(facts["problem"])
    if problem in NEED_A_REASON and problem != Problem.COLLECT_REFUSED:
        yield Field("reason", "text", name_in_words("reason"), "", False)
    extra = MAY_SAY.get((problem, facts.get("reached", "")))
    if extra is not None:
        options = [(value, name_in_words(value)) for value in _values(rules, extra)]
        yield Field(extra, "choice", name_in_words(extra), "", False, options)
    # A message wants somebody to have been called, whatever the type asks for itself (CD-04.27).
    yield replace(_call(rules, facts, ""), required=False)
    if judged.invalid or _stays_with_courier(rules, facts, said):
        clause = judged.invalid[0] if judged.invalid else ""
        yield Field("courier", "courier", name_in_words("courier"), clause, bool(judged.invalid))


def _stays_with_courier(rules: Rulebook, facts: Mapping[str, str], said: Mapping[str, str]) -> bool:
    reason = (
        facts["problem"] not in NEED_A_REASON or said.get("reason") or "refusal_reason" in facts
    )
    try:
        return not possible(rules, "post_message", facts, ["reason"] if reason else []).allowed
    except MissingFact:
        return False


def _values(rules: Rulebook, name: str) -> list[str]:
    """The values of a fact on which something hangs, in the order of the rulebook."""
    values: dict[str, None] = {}
    for clause in rules.clauses:
        conditions = [getattr(clause, "when", None) or {}]
        if isinstance(clause, Fields | Items):
            conditions += clause.only.values()
        for condition in conditions:
            values |= dict.fromkeys(condition.get(name, ()))
    return list(values)


def _words(item: Item) -> str:
    return item.zh if is_chinese(get_language() or "zh-hans") else item.en
