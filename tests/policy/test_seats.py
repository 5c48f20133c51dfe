"""Who stays when the department goes home: one query seat, the switchboard, never all busy."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.policy.clauses import Hours
from kefu.policy.rulebook import Rulebook, load
from kefu.policy.seats import Missing, missing_seats

CD = load("CD")
NOBODY = {"open_extensions": 0, "query_seats": 0, "switchboards": 0}
EVERYBODY = dict.fromkeys(NOBODY, 1)
FROM, QUERY_LINE, BUSINESS_LINE = time(17, 30), time(18, 30), time(19, 30)


def edited(**settings):
    """The regulation with another setting in a clause: ``CD_03_13={"closes": None}``."""
    content = CD.to_json()
    for clause in content["clauses"]:
        clause.update(settings.get(clause["id"].replace("-", "_").replace(".", "_"), {}))
    return Rulebook.from_json(content)


def missing(when, seats, rules=CD):
    return {(m.clause, m.name) for m in missing_seats(rules, seats, time.fromisoformat(when))}


QUERY_SEAT = ("CD-03.09", "query_seats")
SWITCHBOARD = ("CD-03.09", "switchboards")
EXTENSION = ("CD-03.10", "open_extensions")


@pytest.mark.rule("CD-03.09", "CD-03.10", "CD-03.13", "CD-06.34")
@pytest.mark.parametrize(
    ("when", "wanted"),
    [
        ("00:00:00", set()),
        ("17:29:59.999999", set()),  # the department itself is still at work
        ("17:30:00", {QUERY_SEAT, SWITCHBOARD, EXTENSION}),
        ("18:30:00", {QUERY_SEAT, SWITCHBOARD, EXTENSION}),  # the query line answers until then
        ("18:30:00.000001", {SWITCHBOARD, EXTENSION}),
        ("19:30:00", {SWITCHBOARD, EXTENSION}),
        ("19:30:00.000001", set()),  # no line is answered any more
        ("23:59:59.999999", set()),
    ],
)
def test_after_half_past_five_a_query_seat_and_the_switchboard_stay_open(when, wanted):
    assert missing(when, NOBODY) == wanted
    assert missing(when, EVERYBODY) == set()


@pytest.mark.rule("CD-03.09")
@pytest.mark.parametrize(
    ("seats", "wanted"),
    [
        ({"open_extensions": 2, "query_seats": 1, "switchboards": 1}, set()),
        ({"open_extensions": 2, "query_seats": 2, "switchboards": 0}, {SWITCHBOARD}),
        ({"open_extensions": 1, "query_seats": 0, "switchboards": 1}, {QUERY_SEAT}),
        ({"open_extensions": 1, "query_seats": 0, "switchboards": 0}, {QUERY_SEAT, SWITCHBOARD}),
        ({"open_extensions": 1, "query_seats": 1}, set()),  # no department has a switchboard
    ],
)
def test_one_seat_does_not_stand_in_for_another(seats, wanted):
    assert missing("18:00:00", seats) == wanted


@pytest.mark.rule("CD-03.09", "CD-03.10")
def test_what_is_missing_says_how_many_from_when_until_when_and_by_which_clause():
    assert missing_seats(CD, NOBODY, FROM) == (
        Missing("CD-03.09", "query_seats", 1, 0, FROM, QUERY_LINE),
        Missing("CD-03.09", "switchboards", 1, 0, FROM, BUSINESS_LINE),
        Missing("CD-03.10", "open_extensions", 1, 0, FROM, BUSINESS_LINE),
    )


@pytest.mark.rule("CD-03.15", "CD-06.34")
@pytest.mark.parametrize("when", ["19:00:00.000001", "19:30:00"])
def test_the_switchboard_stays_past_seven_for_the_later_clause_counts(when):
    assert SWITCHBOARD in missing(when, NOBODY)


@pytest.mark.rule("CD-03.09", "CD-03.13", "CD-06.34")
def test_where_a_line_s_end_is_left_blank_its_seats_have_no_end():
    no_query_end = edited(CD_03_13={"closes": None})
    no_business_end = edited(CD_06_34={"closes": None})

    assert missing("23:59:59", NOBODY, no_query_end) == {QUERY_SEAT, SWITCHBOARD, EXTENSION}
    assert missing("23:59:59", NOBODY, no_business_end) == {SWITCHBOARD, EXTENSION}
    assert {m.until for m in missing_seats(no_query_end, NOBODY, FROM)} == {None}


@pytest.mark.rule("CD-03.09")
def test_the_numbers_and_the_edges_are_data():
    rules = edited(
        CD_03_09={"at_least": {"query_seats": 2}, "applies_from": None},
        CD_03_13={"open_at_close": False},
    )
    one = EVERYBODY | {"switchboards": 0}

    assert missing("00:00:00", one, rules) == {QUERY_SEAT}
    assert missing("18:29:59.999999", one, rules) == {QUERY_SEAT}
    assert missing("18:30:00", one, rules) == set()


def test_the_size_of_the_department_is_no_matter_of_open_seats():
    assert "CD-01.01" not in {m.clause for m in missing_seats(CD, NOBODY, FROM)}
    assert missing_seats(load("ES"), NOBODY, FROM) == ()


moments = st.times()
counts = st.fixed_dictionaries({name: st.integers(0, 3) for name in NOBODY})


@pytest.mark.rule("CD-03.09", "CD-03.10")
@given(moment=moments, seats=counts)
def test_only_what_is_not_there_is_missing_and_only_while_a_line_is_answered(moment, seats):
    lines = [line for line in CD.in_force(Hours) if line.line != "department"]
    found = missing_seats(CD, seats, moment)

    for lack in found:
        assert lack.there == seats[lack.name] < lack.wanted
        assert lack.since <= moment <= lack.until
        assert any(not line.closed(moment) for line in lines)
        assert Missing.from_json(lack.to_json()) == lack
    if FROM <= moment <= BUSINESS_LINE and not seats["open_extensions"]:
        assert EXTENSION in {(lack.clause, lack.name) for lack in found}


@given(moment=moments, seats=counts)
def test_one_more_open_seat_never_makes_something_missing(moment, seats):
    more = {name: count + 1 for name, count in seats.items()}
    before, after = missing_seats(CD, seats, moment), missing_seats(CD, more, moment)

    assert {(m.clause, m.name) for m in after} <= {(m.clause, m.name) for m in before}
