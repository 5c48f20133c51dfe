"""Who may do what: the mechanism."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.access import Actor, conflicts, may
from kefu.policy.rulebook import RulebookError, load
from tests.policy.books import edited

CD, ES, LC = load("CD"), load("ES"), load("LC")
FEW = settings(max_examples=30, deadline=None)


def test_an_act_that_no_clause_speaks_of_is_not_decided_here():
    with pytest.raises(KeyError, match="CD does not say who may dance"):
        may(CD, "dance", Actor())


def test_every_clause_has_to_let_it_pass():
    facts = {"problem": "nobody_home"}

    found = may(CD, "return_parcel", Actor(recorded=("reason",)), facts)

    assert (found.allowed, found.refused_by) == (False, ("CD-09.32",))
    assert [step.key for step in found.steps] == ["act_allowed", "act_lacks"]


@FEW
@given(st.sets(st.sampled_from(["handler", "subject", "liable_party", "passer_by"])))
def test_whoever_is_concerned_does_not_judge(relations):
    found = may(LC, "confirm_case", Actor(relations=relations))

    assert found.allowed is not bool(relations & {"handler", "subject", "liable_party"})


@FEW
@given(st.sets(st.sampled_from(["hand_over", "mass_incident", "curiosity"])))
def test_only_the_named_exceptions_open_a_customer_of_another_agent(consents):
    actor = Actor("agent", relations=["customer_of_another_agent"], consents=consents)

    found = may(ES, "open_customer", actor)

    assert found.allowed is bool(consents & {"hand_over", "mass_incident"})
    assert found.logged


def test_the_role_is_one_of_the_facts():
    agent = Actor("agent", relations=["customer_of_another_agent"])
    supervisor = Actor("supervisor", relations=["customer_of_another_agent"])

    assert not may(ES, "open_customer", agent).allowed
    assert may(ES, "open_customer", supervisor).allowed


def test_a_rulebook_without_the_clause_keeps_no_duties_apart():
    assert conflicts(CD, ["investigate", "confirm"]) == ()


@pytest.mark.parametrize(
    ("clause", "settings", "reason"),
    [
        ("CD-09.28", {"needs": ["reason"]}, "no further conditions"),
        ("CD-09.32", {"needs": []}, "restricts something"),
        ("CD-09.32", {"lifts": "CD-09.28"}, "names the exception and nothing else"),
        ("CD-09.28", {"acts": []}, "at least 1 item"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(clause, settings, reason):
    with pytest.raises(RulebookError, match=reason):
        edited(CD, clause, **settings)


def test_what_lifts_a_clause_names_one_that_is_there():
    settings = {"needs": [], "exception": ["supervisor"], "lifts": "CD-99.99"}

    with pytest.raises(RulebookError, match=r"lifts: there is no clause CD-99\.99"):
        edited(CD, "CD-09.32", **settings)
