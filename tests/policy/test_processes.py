"""Steps, requests and routes: the mechanism."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.conditions import MissingFact
from kefu.policy.processes import (
    Done,
    Lodged,
    OutOfOrder,
    judge_request,
    next_step,
    routed,
    template,
)
from kefu.policy.rulebook import RulebookError, load
from tests.policy.books import edited
from tests.policy.moments import at

CD, ES, LC = load("CD"), load("ES"), load("LC")
FEW = settings(max_examples=30, deadline=None)


def test_the_parts_of_a_process_stand_in_the_order_of_their_places():
    parts = template(ES, "complaint").parts

    assert [(part.clause, part.step.code) for part in parts] == [
        ("ES-303.05", "verify"),
        ("ES-303.08", "investigate"),
        ("ES-303.21", "propose"),
        ("ES-303.21", "answer"),
        ("ES-303.26", "follow_up"),
    ]


@pytest.mark.parametrize(
    ("kind", "first"), [("general", "verify"), ("major", "investigate"), ("other", "propose")]
)
def test_a_step_whose_condition_does_not_hold_is_passed_over(kind, first):
    assert next_step(ES, "complaint", facts={"complaint_class": kind}).step == first


def test_a_rejected_proposal_is_followed_by_another_and_so_on():
    facts = {"complaint_class": "general"}
    done = [Done("verify", "outlet")]
    for _round in range(3):
        done += [Done("propose"), Done("answer", "rejected")]
        assert next_step(ES, "complaint", done, facts=facts).step == "propose"
    done += [Done("propose"), Done("answer", "accepted"), Done("follow_up", "satisfied")]

    finished = next_step(ES, "complaint", done, facts=facts)

    assert finished.finished
    assert not finished.ready
    assert finished.steps[-1].key == "process_finished"


@pytest.mark.parametrize(
    ("done", "reason"),
    [
        ([Done("close")], "register was due, not close"),
        ([Done("register", "gladly")], "register does not come to 'gladly'"),
        ([Done("register"), Done("register")], "investigate was due, not register"),
    ],
)
def test_what_does_not_follow_the_process_is_refused_by_name(done, reason):
    with pytest.raises(OutOfOrder, match=f"claim: {reason}"):
        next_step(LC, "claim", done)


def test_nothing_follows_the_end():
    done = [Done(part.step.code) for part in template(LC, "claim").parts]

    assert next_step(LC, "claim", done).finished
    with pytest.raises(OutOfOrder, match="it was finished before close"):
        next_step(LC, "claim", [*done, Done("close")])


@FEW
@given(st.integers(0, 7))
def test_after_so_many_steps_the_next_one_is_due(number):
    codes = [part.step.code for part in template(LC, "claim").parts]

    assert next_step(LC, "claim", [Done(code) for code in codes[:number]]).step == codes[number]


def test_an_outcome_has_to_be_chosen():
    done = [Done("send"), Done("acknowledge"), Done("rectify"), Done("recheck")]

    with pytest.raises(OutOfOrder, match="recheck does not come to ''"):
        next_step(LC, "rectification", done)


def test_unknown_processes_requests_and_matters_are_key_errors():
    with pytest.raises(KeyError, match="LC has no process dancing"):
        template(LC, "dancing")
    with pytest.raises(KeyError, match="LC knows no request for_a_song"):
        judge_request(LC, "for_a_song", Lodged())
    with pytest.raises(KeyError, match="LC does not say where umbrellas goes"):
        routed(LC, "umbrellas")


@pytest.mark.parametrize(
    ("clause", "settings", "reason"),
    [
        ("LC-01.07", {"position": 0}, "greater than 0"),
        ("CD-13.01", {"times": None}, "per and times go together"),
        ("CD-04.10", {"position": 1}, "says what CD-04.09 says already"),
        ("CD-12.29", {"by": None}, "the targets stand under"),
        ("CD-12.27", {"by": "weather"}, "the targets stand under"),
        ("ES-132.01", {"lodged_before": None}, "goes with lodged_before"),
        ("ES-133.10", {"late_with": ["reason"]}, "needs nothing to be good"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(clause, settings, reason):
    rulebook = {"LC": LC, "CD": CD, "ES": ES}[clause[:2]]

    with pytest.raises(RulebookError, match=reason):
        edited(rulebook, clause, **settings)


def test_only_an_outcome_leads_back_and_only_to_an_earlier_step():
    steps = LC.to_json()["clauses"]
    recheck = next(c for c in steps if c["id"] == "LC-01.11")["steps"]

    with pytest.raises(RulebookError, match="only an outcome of the step leads back"):
        edited(LC, "LC-01.11", steps=[*recheck[:-1], recheck[-1] | {"back_to": {"lost": "send"}}])
    ahead = edited(LC, "LC-01.11", steps=[recheck[-1], *recheck[:-1]])
    with pytest.raises(ValueError, match=r"LC-01\.11: an earlier step: rectify"):
        template(ahead, "rectification")


# Requests.


def test_nothing_is_late_to_the_very_moment_and_everything_after_it():
    def standing(filed):
        lodged = Lodged(at(filed), {"shift": at("08:00:00")}, told=("supervisor",))
        return judge_request(CD, "absence", lodged)

    assert standing("08:00:00").effective
    assert standing("08:00:00.000001").missing == (("CD-02.12", "late"),)
    assert [step.key for step in standing("08:00:01").steps] == ["request_late"]


def test_an_explanation_makes_a_late_one_good():
    lodged = Lodged(
        at("10:00:00"),
        {"departure": at("09:00:00")},
        told=("supervisor",),
        recorded=("emergency_explained",),
    )

    found = judge_request(CD, "outing", lodged)

    assert found.effective
    assert [step.key for step in found.steps] == ["request_late_excused"]


@pytest.mark.parametrize("given_facts", [{}, {"filed_at": at("08:00:00")}])
def test_the_moments_have_to_be_given(given_facts):
    with pytest.raises(MissingFact):
        judge_request(CD, "absence", Lodged(**given_facts, told=("supervisor",)))


def test_a_moment_without_zone_is_refused():
    naive = datetime(2026, 11, 20, 8, 0)

    with pytest.raises(ValueError, match="a moment needs a time zone"):
        judge_request(CD, "absence", Lodged(naive, {"shift": at("08:00:00")}))


# Routes.


def test_what_decides_has_to_be_given_and_known():
    with pytest.raises(MissingFact, match="parcel"):
        routed(CD, "stored_parcel")
    with pytest.raises(ValueError, match="umbrella is not one of bulk, missent, small_return"):
        routed(CD, "stored_parcel", {"parcel": "umbrella"})


def test_two_owners_of_one_matter_are_one_too_many():
    with pytest.raises(RulebookError, match=r"says what CD-12\.27 says already"):
        edited(CD, "CD-12.28", matter="inquiry")
