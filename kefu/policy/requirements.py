"""What a form asks for, what may be chosen, what its texts may say, and what a checklist takes off.

A rulebook without the clauses asks for nothing there. Facts are names and values as the clauses
write them, such as {"problem": "nobody_home", "reached": "no"}.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kefu.policy.clauses import (
    Checklist,
    Clause,
    Fields,
    Item,
    Items,
    Notice,
    Remark,
    Retention,
    Route,
    TextRule,
)
from kefu.policy.conditions import Facts, applying, holds, known, said
from kefu.policy.money import points, yuan
from kefu.policy.refusals import BadFacts, OtherKind, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = [
    "Composed",
    "Lack",
    "Offer",
    "Requirements",
    "Tally",
    "TextVerdict",
    "checklist_tally",
    "composed",
    "judge_text",
    "offered",
    "prevailing",
    "requirements",
    "sheet",
]

MAX_TEXT = 600  # signs; a longer text is no entry of a form
MAX_FILLER = 60
# GB 11643: the weights of the first seventeen digits, and the check digit by remainder.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"


@dataclass(frozen=True, slots=True)
class Lack:
    """What one clause misses: all of ``names``, or any one of them."""

    clause: str
    names: tuple[str, ...]
    any_of: bool = False


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a form asks for here: what is lacking, clause by clause, and every step of the way."""

    lacks: tuple[Lack, ...]
    steps: tuple[Step, ...]

    @property
    def complete(self) -> bool:
        return not self.lacks

    @property
    def missing(self) -> tuple[str, ...]:
        """All names that are lacking, each once."""
        return tuple(dict.fromkeys(name for lack in self.lacks for name in lack.names))


def requirements(
    rulebook: Rulebook, form: str, recorded: Collection[str], facts: Facts | None = None
) -> Requirements:
    """Return what ``form`` still lacks, ``recorded`` being the names of what it holds.

    Clauses of required fields and lists that ask for fields count, where their condition holds, and
    so does what is recorded with a notice or with what is kept; a form that no clause speaks of
    lacks nothing. A clause that names no fields says so in its step.
    Raises MissingFact.
    Source: CD-04.04, CD-09.03 … CD-09.29, CD-10.03 … CD-10.17, ES-303.02, ES-403.01, LC-01.03,
    LC-02.21, SD-223.12, OS-04.10 and the like.
    """
    lacks, steps = [], []
    for clause, names, any_of in _asked(rulebook, form, facts or {}):
        absent = tuple(name for name in names if name not in recorded)
        if any_of and len(absent) < len(names):
            absent = ()
        if not names:
            steps.append(Step.of(clause, "fields_not_set"))
        elif not absent:
            steps.append(Step.of(clause, "fields_there", names=list(names), what=said(names)))
        else:
            key = "fields_lack_any" if any_of else "fields_lack"
            steps.append(Step.of(clause, key, names=list(absent), what=said(absent)))
            lacks.append(Lack(clause, absent, any_of))
    return Requirements(tuple(lacks), tuple(steps))


def _asked(
    rulebook: Rulebook, form: str, facts: Facts
) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    forms = (clause for clause in rulebook.in_force(Fields) if clause.form == form)
    for clause in applying(forms, facts):
        names = _wanted(clause, facts)
        if names or not clause.fields:
            yield clause.id, names, clause.required == "any"
    lists = (found for found in rulebook.in_force(Items) if found.of == form and found.fields)
    for found in applying(lists, facts):
        if names := _wanted(found, facts):
            yield found.id, names, False
    for notice in rulebook.in_force(Notice):
        if notice.times == form and notice.fields:
            yield notice.id, notice.fields, notice.required == "any"
    for kept in rulebook.in_force(Retention):
        if form in kept.of and kept.fields:
            yield kept.id, kept.fields, False


def _wanted(clause: Fields | Items, facts: Facts) -> tuple[str, ...]:
    return tuple(
        name
        for name in clause.fields or ()
        if name not in clause.only or holds(clause.id, clause.only[name], facts)
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be chosen here, in the order of the list, and why."""

    items: tuple[Item, ...]
    steps: tuple[Step, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(item.key for item in self.items)


def offered(rulebook: Rulebook, of: str, facts: Facts | None = None) -> Offer:
    """Return what the rulebook offers for the choice ``of``; nothing where no list applies.

    Two lists that apply are offered one after the other, what stands in both once. A list that is
    left to the house and still blank says so in its step. Raises MissingFact.
    Source: CD-09.07, CD-09.11, CD-09.15 … CD-09.27, ES-302.01, ES-502.06, LC-02.01, OS-07.01 and
    the like.
    """
    items: dict[str, Item] = {}
    steps = []
    lists = (clause for clause in rulebook.in_force(Items) if clause.of == of)
    for clause in applying(lists, facts or {}):
        if clause.items is None:
            steps.append(Step.of(clause.id, "list_not_set"))
            continue
        for item in clause.items:
            items.setdefault(item.key, item)
        steps.append(Step.of(clause.id, "offered", what=_listed(clause.items)))
    return Offer(tuple(items.values()), tuple(steps))


def prevailing(
    rulebook: Rulebook, of: str, present: Collection[str], facts: Facts | None = None
) -> Item | None:
    """Return the first of the list ``of`` that is ``present``, for a list in order of precedence.

    None where nothing is present. Raises BadFacts for a key that is not on the list.
    Source: ES-132.07, ES-302.12.
    """
    items = offered(rulebook, of, facts).items
    known(present, [item.key for item in items], of)
    return next((item for item in items if item.key in present), None)


def _listed(items: tuple[Item, ...]) -> dict[str, str]:
    return {"zh": "、".join(i.zh for i in items), "en": ", ".join(i.en for i in items)}


# Texts.


@dataclass(frozen=True, slots=True)
class TextVerdict:
    """Whether a text may stand in its field, and why."""

    accepted: bool
    steps: tuple[Step, ...]


def judge_text(
    rulebook: Rulebook, field: str, text: str, facts: Facts | None = None
) -> TextVerdict:
    """Judge the whole entry of ``field``; full width and spaces around it make no difference.

    Raises BadFacts for more than 600 signs, MissingFact.
    Source: CD-09.10, CD-10.04, CD-10.08, ES-403.03, ES-403.04.
    """
    if len(text) > MAX_TEXT:
        raise BadFacts({"text": cannot_be("too_many_signs", field=field, most=MAX_TEXT)})
    entry = unicodedata.normalize("NFKC", text).strip()
    rules = (rule for rule in rulebook.in_force(TextRule) if rule.field == field)
    steps: list[Step] = []
    accepted = True
    for rule in applying(rules, facts or {}):
        faults = tuple(_text_faults(rule, entry))
        accepted = accepted and not faults
        steps += faults or (Step.of(rule.id, "text_not_set" if _open(rule) else "text_accepted"),)
    return TextVerdict(accepted, tuple(steps))


def _open(rule: TextRule) -> bool:
    """Does it hang on a pattern that the house has not set?"""
    return rule.house_pattern == "" and not (
        rule.forbidden or rule.refuse_digits_only or rule.digits
    )


def _text_faults(rule: TextRule, entry: str) -> Iterator[Step]:
    forbidden = {unicodedata.normalize("NFKC", text).strip() for text in rule.forbidden}
    if entry in forbidden:
        yield Step.of(rule.id, "text_forbidden", text=entry)
    if rule.refuse_digits_only and entry.isdigit():
        yield Step.of(rule.id, "text_only_digits")
    if rule.digits is not None and not _has_digits(entry, rule.digits, rule.identity_checksum):
        yield Step.of(rule.id, "text_digits", number=rule.digits)
    elif rule.identity_checksum and not _check_digit_fits(entry):
        yield Step.of(rule.id, "text_checksum")
    if rule.house_pattern and not re.fullmatch(rule.house_pattern, entry):
        yield Step.of(rule.id, "text_pattern")


def _has_digits(entry: str, number: int, x_allowed: bool) -> bool:
    last = r"[0-9X]" if x_allowed else r"[0-9]"
    return re.fullmatch(rf"[0-9]{{{number - 1}}}{last}", entry.upper()) is not None


def _check_digit_fits(entry: str) -> bool:
    if len(entry) != len(WEIGHTS) + 1:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, entry[:-1], strict=True))
    return CHECK_DIGITS[total % len(CHECK_DIGITS)] == entry[-1].upper()


@dataclass(frozen=True, slots=True)
class Composed:
    """The words for a form; None where something they need is not there. "" where the rulebook has
    no words for it.
    """

    text: str | None
    missing: tuple[str, ...]
    steps: tuple[Step, ...]


def composed(
    rulebook: Rulebook,
    form: str,
    facts: Facts | None = None,
    *,
    values: Mapping[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
    recorded: Collection[str] = (),
) -> Composed:
    """Return the words that belong on ``form``: the template of the clause, filled from ``values``.

    ``counts`` says how often a filler stands. ``recorded``: what is there besides. Raises
    BadFacts where two clauses want different words or a count is negative or above 60,
    MissingFact.
    Source: CD-04.15, CD-04.23, CD-06.18 … CD-06.22, CD-07.13, CD-07.20, CD-09.14, CD-09.26,
    CD-10.07 … CD-10.15, CD-11.02, CD-11.10, ES-403.05, ES-502.04, SD-223.08, SD-224.12.
    """
    values, counts = values or {}, counts or {}
    there = {name for name, value in values.items() if value.strip()} | set(recorded)
    texts: set[str] = set()
    missing: dict[str, None] = {}
    steps = []
    remarks = (remark for remark in rulebook.in_force(Remark) if remark.form == form)
    for remark in applying(remarks, facts or {}):
        wanted = [*remark.placeholders, *remark.needs]
        counted = [remark.filler.times] if remark.filler else []
        absent = [name for name in wanted if name not in there]
        absent += [name for name in counted if name not in counts]
        if absent:
            missing |= dict.fromkeys(absent)
            steps.append(Step.of(remark.id, "words_lack", names=absent, what=said(absent)))
            continue
        text = _filled(remark, values, counts)
        texts.add(text)
        # The template, not the text: what was filled in may be somebody's name.
        steps.append(Step.of(remark.id, "words", text=remark.template))
    if len(texts) > 1:
        words = " / ".join(sorted(texts))
        raise BadFacts(cannot_be("different_words", form=form, words=words))
    text = next(iter(texts), "")
    return Composed(None if missing else text, tuple(missing), tuple(steps))


def _filled(remark: Remark, values: Mapping[str, str], counts: Mapping[str, int]) -> str:
    filler = ""
    if remark.filler is not None:
        times = counts[remark.filler.times]
        if not 0 <= times <= MAX_FILLER:
            why = cannot_be(
                "filler_range", clause=remark.id, name=remark.filler.times, most=MAX_FILLER
            )
            raise BadFacts({"counts": why})
        filler = remark.filler.sign * times
    parts = {name: values[name].strip() for name in remark.placeholders} | {"filler": filler}
    # Not str.format: what was filled in may hold braces, and they are only braces.
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], remark.template)


# Checklists.


def sheet(rulebook: Rulebook, occasion: str) -> dict[str, tuple[str, ...]]:
    """Return the lines of the sheet that a supervisor ticks on an occasion, by clause: the keys of its
    lines, () where the clause is one line itself.

    Source: CD-12.43, SD-214.04, SD-233.47, SD-341.03 and the like.
    """
    lines = (line for line in rulebook.in_force(Checklist) if line.occasion == occasion)
    return {line.id: tuple(item.key for item in line.lines) for line in lines}


@dataclass(frozen=True, slots=True)
class Tally:
    """What ticked lines take off: ``points`` and yuan."""

    points: Decimal
    fine: Decimal
    steps: tuple[Step, ...]


def checklist_tally(rulebook: Rulebook, ticks: Mapping[str, int]) -> Tally:
    """Return what the ticked breaches cost, ``ticks`` being how often each clause was ticked.

    A line costs its own points or money, or those of the clause it is scored by; many cost nothing
    and are only kept. Duties with points (CD-12.27 and the like) are ticked in the same way.
    Raises NotInRulebook for a clause the rulebook does not have, OtherKind for one that is no line,
    BadFacts for a count below one or above 1000.
    Source: CD-12.27 … CD-12.32, CD-12.34, CD-12.43, CD-12.59, CD-12.63, SD-213.08 and the like.
    """
    lost, owed = Decimal(0), Decimal(0)
    steps = []
    for clause, times in ticks.items():
        if not 1 <= times <= 1000:
            raise BadFacts({"ticks": cannot_be("ticked", clause=clause, times=times)})
        line = rulebook[clause]
        if not isinstance(line, Checklist | Route):
            raise OtherKind({"ticks": cannot_be("no_checklist_line", clause=clause)})
        source = _scored_by(rulebook, line)
        each, fine = _price(source)
        if each is None and fine is None:
            steps.append(Step.of(source.id, "line_kept", times=times))
        if each is not None:
            lost += each * times
            steps.append(
                Step.of(
                    source.id,
                    "line_points",
                    each_points=each,
                    times=times,
                    taken_points=each * times,
                )
            )
        if fine is not None:
            owed += yuan(fine * times)
            steps.append(
                Step.of(
                    source.id,
                    "line_fine",
                    each_yuan=fine,
                    times=times,
                    taken_yuan=yuan(fine * times),
                )
            )
    return Tally(points(lost), yuan(owed), tuple(steps))


def _scored_by(rulebook: Rulebook, line: Checklist | Route) -> Clause:
    target = getattr(line, "scored_by", None)
    return line if target is None else rulebook[target]


def _price(clause: Clause) -> tuple[Decimal | None, Decimal | None]:
    each, fine = getattr(clause, "points", None), getattr(clause, "fine", None)
    return (None if each is None else abs(each)), fine
