"""People and months for the tests of scores, attendance and pay."""

import json
from decimal import Decimal
from functools import lru_cache

from kefu.policy.pay import PayFacts, PayRules, payslip
from kefu.policy.rulebook import Rulebook, load
from kefu.policy.scores import ScoreFacts, ScoreRules, month_score

# A place whose limits nobody reaches.
FREE = {"edition": "A", "share": "1", "minimum_wage": "1", "keeps_minimum": False}
STRICT = {"edition": "B", "share": "0.2", "minimum_wage": "1000"}


@lru_cache
def book(code: str) -> Rulebook:
    return load(code)


@lru_cache
def score_rules(code: str, on: str = "agent") -> ScoreRules:
    return ScoreRules.of(book(code), on=on)


@lru_cache
def pay_rules(code: str) -> PayRules:
    return PayRules.of(book(code))


def edited(code: str, **clauses):
    """The rulebook with settings changed: ``CD_12_77={"source": "from_bonus"}``."""
    return _edited(code, json.dumps(clauses))


@lru_cache
def _edited(code: str, clauses: str) -> Rulebook:
    content = book(code).to_json()
    for clause, settings in json.loads(clauses).items():
        name, section, number = clause.rsplit("_", 2)
        wanted = f"{name.replace('_', '-')}-{section}.{number}"
        next(c for c in content["clauses"] if c["id"] == wanted).update(settings)
    return Rulebook.from_json(content)


def scored(code="CD", rules=None, **facts):
    """A month's score. Nobody does anything unless it is said."""
    given = {"month": "2026-11", "hired_on": "2024-01-15", **facts}
    return month_score(ScoreFacts.model_validate(given), rules or score_rules(code))


def paid(code="CD", rules=None, **facts):
    """The payslip of November 2026, for somebody who joined in January 2026: no seniority yet."""
    given = {
        "month": "2026-11",
        "hired_on": "2026-01-15",
        "department": "query",
        "limits": FREE,
        "score": "50",
        **facts,
    }
    return payslip(PayFacts.model_validate(given), rules or pay_rules(code))


def amounts(slip):
    """(clause, amount as text), line by line."""
    return [(line.clause, str(line.amount)) for line in slip.lines]


def amount(slip, clause):
    """What the lines of one clause come to; None if it has none."""
    found = [line.amount for line in slip.lines if line.clause == clause]
    return str(sum(found, Decimal("0.00"))) if found else None


def parts(slip):
    """By part of the wage: its amount as text."""
    return {line.part: str(line.amount) for line in slip.lines}


def pieces(*made):
    """("damage", 2, "accepted"), …"""
    return [{"of": of, "count": count, "done": list(done)} for of, count, *done in made]
