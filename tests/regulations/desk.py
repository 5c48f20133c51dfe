"""How the tables of the desk's rules are read: each line is one clause with its facts and what follows.

Facts are written “problem=address_unclear reached=no|unknown”: each value of an alternative is tried.
Every line is also tried with another value of each fact: then the clause must not speak.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

import pytest

from kefu.policy.access import Actor, may
from kefu.policy.measures import counted, report_plan
from kefu.policy.processes import (
    Done,
    Lodged,
    OutOfOrder,
    judge_request,
    next_step,
    routed,
    template,
)
from kefu.policy.requirements import composed, judge_text, offered, requirements
from kefu.policy.rulebook import Rulebook, load
from tests.policy.moments import at

NEVER = "something_else"  # a value that no clause knows


@cache
def book(code: str) -> Rulebook:
    return load(code)


def of(clause: str) -> Rulebook:
    """The rulebook a clause stands in: SD-150.01 is of SD-1."""
    letters, number = clause.split("-")
    return book(f"SD-{number[0]}" if letters == "SD" else letters)


def cases(*rows: tuple[Any, ...]) -> pytest.MarkDecorator:
    """A table over clauses: each row is marked with the rule it proves."""
    return pytest.mark.parametrize(
        "row",
        [
            pytest.param(row, marks=pytest.mark.rule(row[0]), id=f"{row[0]}-{row[1]}")
            for row in rows
        ],
    )


def facts_of(text: str) -> list[dict[str, str]]:
    """Every combination that “a=b|c d=e” allows; [{}] for “”."""
    pairs = [part.split("=") for part in text.split()]
    names = [name for name, _values in pairs]
    return [
        dict(zip(names, chosen, strict=True))
        for chosen in product(*(values.split("|") for _name, values in pairs))
    ]


def elsewhere(text: str, base: dict[str, str]) -> Iterator[dict[str, str]]:
    """The facts with one of them changed so that the clause does not apply."""
    facts = facts_of(text)[0]
    for name in facts:
        yield base | facts | {name: NEVER}


def clauses_of(steps: Any) -> set[str]:
    return {step.clause for step in steps}


# One check for each kind of table.


def check_form(row: tuple[Any, ...], base: dict[str, str]) -> None:
    """(clause, form, facts, fields): all are asked for; “any: a b”: one of them; “”: none is named."""
    clause, form, facts, fields = row
    any_of = fields.startswith("any: ")
    names = tuple(fields.removeprefix("any: ").split())
    for given in facts_of(facts):
        _check_fields(clause, form, base | given, names, any_of)
    for given in elsewhere(facts, base):
        assert clause not in clauses_of(requirements(of(clause), form, (), given).steps)


def _check_fields(
    clause: str, form: str, facts: dict[str, str], names: tuple[str, ...], any_of: bool
) -> None:
    def lacking(recorded: set[str]) -> list[tuple[tuple[str, ...], bool]]:
        found = requirements(of(clause), form, recorded, facts)
        assert clause in clauses_of(found.steps)
        return [(lack.names, lack.any_of) for lack in found.lacks if lack.clause == clause]

    everything = set(names)
    assert lacking(everything) == []
    if not names:
        found = requirements(of(clause), form, (), facts)
        assert (clause, "fields_not_set") in [(step.clause, step.key) for step in found.steps]
    elif any_of:
        assert lacking(set()) == [(names, True)]
        assert all(lacking({name}) == [] for name in names)
    else:
        assert lacking(set()) == [(names, False)]
        for name in names:
            assert lacking(everything - {name}) == [((name,), False)]


def check_choice(row: tuple[Any, ...]) -> None:
    """(clause, list, facts, keys): exactly these are offered there, in this order."""
    clause, listed, facts, keys = row
    for given in facts_of(facts):
        found = offered(of(clause), listed, given)
        assert found.keys == tuple(keys.split())
        assert clause in clauses_of(found.steps)
    for given in elsewhere(facts, {}):
        assert clause not in clauses_of(offered(of(clause), listed, given).steps)


def check_words(row: tuple[Any, ...]) -> None:
    """(clause, form, facts, values, recorded, words): written so, and only with all that they need."""
    clause, form, facts, values, recorded, words = row
    counts = {name: number for name, number in values.items() if isinstance(number, int)}
    texts = {name: text for name, text in values.items() if isinstance(text, str)}
    there = recorded.split()
    for given in facts_of(facts):

        def written(texts: Any, there: Any, given: Any = given) -> Any:
            return composed(of(clause), form, given, values=texts, counts=counts, recorded=there)

        found = written(texts, there)
        assert (found.text, found.missing) == (words, ())
        assert clause in clauses_of(found.steps)
        for name in texts:
            rest = {other: text for other, text in texts.items() if other != name}
            assert (written(rest, there).text, written(rest, there).missing) == (None, (name,))
        for name in there:
            rest_there = [other for other in there if other != name]
            assert written(texts, rest_there).missing == (name,)
    for given in elsewhere(facts, {}):
        assert clause not in clauses_of(composed(of(clause), form, given).steps)


def check_text(row: tuple[Any, ...]) -> None:
    """(clause, field, facts, refused, accepted): whole entries, several parted by “/”."""
    clause, field, facts, refused, accepted = row
    for given in facts_of(facts):
        for text in refused.split("/"):
            verdict = judge_text(of(clause), field, text, given)
            assert not verdict.accepted, text
            assert clause in clauses_of(verdict.steps)
        for text in accepted.split("/"):
            assert judge_text(of(clause), field, text, given).accepted, text
    for given in elsewhere(facts, {}):
        assert clause not in clauses_of(judge_text(of(clause), field, refused, given).steps)


def check_step(row: tuple[Any, ...]) -> None:
    """(clause, process, position, facts, done, step, by, needs, outcomes): after what was done this
    step of the clause is next. Done is “code” or “code:outcome”; “-” stands for nobody or nothing. A
    fact with “!” is the step's own condition: otherwise it is passed over.
    """
    clause, process, position, facts, done, step, by, needs, outcomes = row
    own = [part.split("=")[0][1:] for part in facts.split() if part.startswith("!")]
    facts = facts.replace("!", "")
    entries = [Done(*entry.split(":")) for entry in done.split()]
    wanted = () if needs == "-" else tuple(needs.split())
    for given in facts_of(facts):
        found = next_step(of(clause), process, entries, facts=given)
        assert (found.clause, found.step, found.by) == (clause, step, None if by == "-" else by)
        assert found.missing == wanted
        assert found.outcomes == (() if outcomes == "-" else tuple(outcomes.split()))
        assert found.minutes is None
        there = next_step(of(clause), process, entries, facts=given, recorded=wanted)
        assert there.ready
        for name in wanted:
            rest = [other for other in wanted if other != name]
            lacking = next_step(of(clause), process, entries, facts=given, recorded=rest)
            assert lacking.missing == (name,)
    for name in own:
        given = facts_of(facts)[0] | {name: NEVER}
        assert _next(clause, process, entries, given) != step
    part = next(p for p in template(of(clause), process).parts if p.step.code == step)
    assert (part.clause, part.position) == (clause, position)
    with pytest.raises(OutOfOrder):
        next_step(of(clause), process, [*entries, Done("no_such_step")], facts=facts_of(facts)[0])


def _next(clause: str, process: str, done: list[Done], facts: dict[str, str]) -> str:
    try:
        return next_step(of(clause), process, done, facts=facts).step
    except OutOfOrder:  # what was done before was not due then either
        return ""


def check_loop(row: tuple[Any, ...]) -> None:
    """(clause, process, facts, done, step): the last outcome leads back to the step."""
    clause, process, facts, done, step = row
    entries = [Done(*entry.split(":")) for entry in done.split()]
    assert next_step(of(clause), process, entries, facts=facts_of(facts)[0]).step == step


def check_somebody_else(row: tuple[Any, ...]) -> None:
    """(clause, process, done, step): whoever did the last step may not do this one."""
    clause, process, done, step = row
    entries = [Done(entry, person="0881") for entry in done.split()]
    outcome = next_step(of(clause), process, entries).outcomes[:1]
    assert next_step(of(clause), process, entries).not_by == "0881"
    with pytest.raises(OutOfOrder, match="is not for who did"):
        next_step(of(clause), process, [*entries, Done(step, *outcome, person="0881")])
    next_step(of(clause), process, [*entries, Done(step, *outcome, person="0882")])


def check_cycle(row: tuple[Any, ...]) -> None:
    """(clause, process, per, times, optional)"""
    clause, process, per, times, optional = row
    found = template(of(clause), process)
    assert (found.per, found.times, found.optional) == (per, times, optional)


def check_request(row: tuple[Any, ...], base: str, other_facts: dict[str, str]) -> None:
    """(clause, request, facts, what it asks for): “consents: a; told: b c; approvers: d; needs: e;
    before: f; late: g; warned: late; after: h; outcomes: i j”. ``base`` says what the other clauses ask for.
    """
    clause, request, facts, rule = row
    mine, others = _parts(rule), _parts(base)
    noon = at("12:00:00")

    def lodged(**changed: Any) -> Lodged:
        def all_of(name: str) -> list[str]:
            return [*mine.get(name, []), *others.get(name, [])]

        given = {
            "filed_at": noon,
            "before": dict.fromkeys(all_of("before"), noon),
            "consents": all_of("consents"),
            "told": all_of("told")[:1],
            "approvals": all_of("approvers"),
            "recorded": all_of("needs"),
        }
        return Lodged(**(given | changed))

    for own in facts_of(facts):
        given = other_facts | own

        def missing(given: Any = given, **changed: Any) -> list[str]:
            found = judge_request(of(clause), request, lodged(**changed), given)
            assert clause in clauses_of(found.steps)
            return [name for by, name in found.missing if by == clause]

        standing = judge_request(of(clause), request, lodged(), given)
        assert standing.effective
        assert standing.outcomes == tuple(mine.get("outcomes", []))
        assert standing.open == tuple(mine.get("after", []))
        for kind, fact in (
            ("consents", "consents"),
            ("approvers", "approvals"),
            ("needs", "recorded"),
        ):
            for name in mine.get(kind, []):
                kept = [other for other in getattr(lodged(), fact) if other != name]
                assert missing(**{fact: kept}) == [name]
        if "told" in mine:
            assert missing(told=[]) == mine["told"][:1]
            assert all(missing(told=[name]) == [] for name in mine["told"])
        for name in mine.get("before", []):
            late = lodged().before | {name: noon - timedelta(microseconds=1)}
            if "warned" in mine:
                assert missing(before=late) == []
                told = judge_request(of(clause), request, lodged(before=late), given).steps
                assert (clause, "request_late_warned") in [(step.clause, step.key) for step in told]
                continue
            assert missing(before=late) == mine.get("late", ["late"])
            if "late" in mine:
                assert missing(before=late, recorded=[*lodged().recorded, *mine["late"]]) == []
    for given in elsewhere(facts, other_facts):
        found = judge_request(of(clause), request, lodged(), given)
        assert clause not in clauses_of(found.steps)


def _parts(text: str) -> dict[str, list[str]]:
    pairs = [part.split(":") for part in text.split(";") if part.strip()]
    return {kind.strip(): names.split() for kind, names in pairs}


def check_route(row: tuple[Any, ...]) -> None:
    """(clause, matter, how, facts, targets, more): more is “times=2 receipt at_once by=fact” or “”."""
    clause, matter, how, facts, targets, more = row
    flags = {part.partition("=")[0]: part.partition("=")[2] for part in more.split()}
    for given in facts_of(facts):
        found, _steps = routed(of(clause), matter, given)
        mine = [target for target in found if target.clause == clause]
        assert [(target.how, target.to) for target in mine] == [(how, tuple(targets.split()))]
        assert mine[0].times == int(flags.get("times", 1))
        assert (mine[0].receipt, mine[0].at_once) == ("receipt" in flags, "at_once" in flags)
    for name in facts_of(facts)[0]:
        given = facts_of(facts)[0] | {name: NEVER}
        if name == flags.get("by"):
            with pytest.raises(ValueError, match=NEVER):
                routed(of(clause), matter, given)
        else:
            assert clause not in {t.clause for t in routed(of(clause), matter, given)[0]}


def check_access(row: tuple[Any, ...], base: dict[str, Any], other_facts: dict[str, str]) -> None:
    """(clause, acts, facts, rule, more): rule is “roles: a b”, “relations: …”, “barred: …”,
    “needs: …”, several parted by “;”, or “never”; more is “logged” and “except: a b”.
    """
    clause, acts, facts, rule, more = row
    limits = {
        kind.strip(): names.split()
        for kind, names in (part.split(":") for part in rule.split(";") if ":" in part)
    }
    exceptions = more.split("except:")[1].split() if "except:" in more else []
    right = base | {"relations": [*base["relations"]], "recorded": [*base["recorded"]]}
    right["role"] = limits.get("roles", [base["role"]])[0]
    right["relations"] += limits.get("relations", [])[:1]
    right["recorded"] += limits.get("needs", [])

    def refused(act: str, given: dict[str, str], **changed: Any) -> bool:
        actor = Actor(**(right | {"consents": ()} | changed))
        found = may(of(clause), act, actor, given)
        assert found.logged is ("logged" in more)
        return clause in found.refused_by

    for act, own in product(acts.split(), facts_of(facts)):
        given = other_facts | own
        assert refused(act, given) is (rule == "never")
        for wrong in _wrong(limits, right):
            assert refused(act, given, **wrong)
            for consent in exceptions:
                assert not refused(act, given, **wrong, consents=[consent])
        for role in limits.get("roles", []):
            assert not refused(act, given, role=role)
        for relation in limits.get("relations", []):
            assert not refused(act, given, relations=[relation])
        if rule == "never":
            for consent in exceptions:
                assert not refused(act, given, consents=[consent])
            assert refused(act, given, consents=["a_passer_by"])
    for given in elsewhere(facts, other_facts):
        actor = Actor(**(base | {"consents": ()}))
        found = may(of(clause), acts.split()[0], actor, given)
        assert clause not in clauses_of(found.steps)


def _wrong(limits: dict[str, list[str]], right: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The actor with one thing wrong with him."""
    if "roles" in limits:
        yield {"role": "visitor"}
    if "relations" in limits:
        yield {"relations": []}
    for relation in limits.get("barred", []):
        yield {"relations": [*right["relations"], relation]}
    for name in limits.get("needs", []):
        yield {"recorded": [other for other in right["recorded"] if other != name]}


def check_number(row: tuple[Any, ...]) -> None:
    """(clause, of, per, least, most, kinds, needs): both sides of each bound. Kinds “each: a b” hold
    the bounds each for itself, “a b” together, “” where no kinds are named.
    """
    clause, what, per, least, most, kinds, needs = row
    each = kinds.startswith("each: ")
    names = kinds.removeprefix("each: ").split() or ["any"]
    there = needs.split()

    def looked_at(name: str, number: int, recorded: list[str] = there) -> Any:
        numbers = dict.fromkeys(names, Decimal(least or 0)) if each else {}
        found = counted(of(clause), what, numbers | {name: Decimal(number)}, recorded)
        return found, [count for count in found.counts if count.clause == clause]

    for name in names:
        for number, short, over in _edges(least, most):
            _found, counts = looked_at(name, number)
            assert {count.per for count in counts} == {per}
            assert len(counts) == (len(names) if each else 1)
            wrong = [(c.short, c.over) for c in counts if c.short or c.over]
            assert wrong == ([(short, over)] if short or over else [])
    for name in there:
        rest = [other for other in there if other != name]
        found, _counts = looked_at(names[0], most or least or 0, rest)
        assert found.missing == (name,)
        assert (clause, "number_lacks") in [(step.clause, step.key) for step in found.steps]
    with pytest.raises(ValueError, match="is not one of"):
        counted(of(clause), what, {NEVER: Decimal(1)}, there)


def _edges(least: int | None, most: int | None) -> Iterator[tuple[int, int, int]]:
    if least is not None:
        yield least, 0, 0
        if least:
            yield least - 1, 1, 0
    if most is not None:
        yield most, 0, 0
        yield most + 1, 0, 1


def check_report(code: str, report: str, **wanted: Any) -> None:
    """Everything that the clauses say about a report, and nothing else."""
    plan = report_plan(book(code), report)
    house = plan.house and (plan.house.weekday, plan.house.day, plan.house.hour)
    said = {
        "per": plan.per,
        "steps": " ".join(f"{step}={role}" for step, role in plan.steps),
        "columns": " ".join(plan.columns),
        "group_by": " ".join(plan.group_by),
        "needs": " ".join(plan.needs),
        "recipients": " ".join(plan.recipients),
        "frozen": plan.frozen,
        "house": house,
    }
    blank = {"per": None, "frozen": False, "house": None} | dict.fromkeys(
        ("steps", "columns", "group_by", "needs", "recipients"), ""
    )
    assert said == blank | wanted
