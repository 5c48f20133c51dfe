"""A decision that was tried out, as the one explanation that every page shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.calculator import words
from kefu.calculator.reading import Field
from kefu.calculator.results import Result, shown
from kefu.calculator.selectors import Using
from kefu.policy.calculation import Calculation, Decided
from kefu.policy.clauses import is_chinese
from kefu.policy.explanation import Explanation, Fact, Footer, Line, explain, label
from kefu.rulebooks.selectors import ClauseRow, clause_row

MOST_FACTS = 40


@dataclass(frozen=True, slots=True)
class Told:
    result: Result
    explanation: Explanation
    clauses: Mapping[str, ClauseRow]  # those it rests on, in their own words


def tell(calculation: Calculation, decided: Decided, form: Field, using: Using) -> Told:
    """Put a decision into words. Raises KeyError where policy has no words for one of its steps."""
    language = words.language()
    result = shown(calculation, decided, using.rules)
    lines = explain(decided.steps, language)
    clauses = {row.id: row for row in _clauses(decided, lines, using)}
    title = calculation.title.zh if is_chinese(language) else calculation.title.en
    head = result.headline
    return Told(
        result,
        Explanation(
            clause="",
            title=title,
            basis="",
            result=head.value,
            facts=tuple(_facts(form))[:MOST_FACTS],
            arithmetic=lines,
            total=Line("", head.label, head.value),
            changes=(),
            footer=Footer(
                label("footer.lead", language),
                using.title(language),
                _("这是试算，不是决定，什么都没有存下。"),
            ),
        ),
        clauses,
    )


def _clauses(decided: Decided, lines: Sequence[Line], using: Using) -> Iterator[ClauseRow]:
    own = decided.result.get("clause")
    named = chain([str(own)] if own else [], (line.clause for line in lines))
    for clause in dict.fromkeys(named):
        found = using.rules.get(clause)
        if found is not None:
            yield clause_row(found, words.language())


def _facts(form: Field) -> Iterator[Fact]:
    """What was typed, field by field; what was left as it is by itself is no fact."""
    for field in form.parts:
        if field.required or field.holds_something:
            value = said(field)
            if value:
                yield Fact(field.label, value)


def said(field: Field) -> str:
    """What a field says, in words."""
    match field.kind:
        case "group" | "rows" | "entries":
            return _inside(field)
        case "yes_no":
            return words.yes_no(yes=field.fact is True)
        case "choice" | "code":
            chosen = (one.words for one in field.choices if one.code == field.text.strip())
            return next(chosen, "") or words.value(field.shape.name, field.text.strip())
        case "list":
            known = {one.code: one.words for one in field.choices}
            return punctuation.alike(*(known.get(text, text) for text in field.texts))
        case "spans":
            return field.text
    text = field.text.strip().replace("T", " ") if field.kind == "moment" else field.text.strip()
    return f"{text} {field.unit}".strip() if text else ""


def _inside(field: Field) -> str:
    full = [part for part in field.parts if part.holds_something]
    if field.kind == "group":
        return punctuation.listed(*(f"{part.label} {said(part)}" for part in full))
    if field.kind == "entries":
        pairs = ((part.parts[0], part.parts[1]) for part in full if not part.parts[1].blank)
        return punctuation.alike(*(f"{_key(name)} {said(value)}" for name, value in pairs))
    return punctuation.in_turn(*(said(part) for part in full))


def _key(name: Field) -> str:
    chosen = (one.words for one in name.choices if one.code == name.text.strip())
    return next(chosen, "") or words.value(name.shape.path[0], name.text.strip())
