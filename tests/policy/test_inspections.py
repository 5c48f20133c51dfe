"""What an inspection goes through, what a breach is entered as, and that a draw is fair whatever is drawn from."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.policy.inspections import (
    audit_clause,
    charged,
    check_items,
    cleaning_limit,
    draw,
    frame_digest,
    ladder_of,
    neglected_checks,
    occasions,
    overdue_order,
)
from kefu.policy.refusals import BadFacts
from tests.policy.people import book, edited

FRAMES = st.dictionaries(
    st.integers(1, 40), st.sets(st.integers(1, 5_000), min_size=1, max_size=12), max_size=12
).map(lambda frame: {agent: [agent * 10_000 + call for call in calls] for agent, calls in frame.items()})  # fmt: skip
SEEDS = st.integers(0, 2**62)


@pytest.mark.rule("CD-12.08")
@given(frame=FRAMES, seed=SEEDS, size=st.integers(1, 80), again=st.integers(1, 80))
def test_nobody_is_drawn_twice_before_everybody_was_and_two_draws_are_fair_together(
    frame, seed, size, again
):
    """Whoever has a call left is at most one behind whoever was drawn most; over two draws as in one."""
    first = draw(frame, seed=seed, size=size)
    taken = {pick.call for pick in first}
    left = {agent: [c for c in calls if c not in taken] for agent, calls in frame.items()}
    earlier = Counter(pick.agent for pick in first)
    second = draw(left, seed=seed + 1, size=again, earlier=earlier)

    assert len(first) == min(size, sum(map(len, frame.values())))
    assert all(pick.call in frame[pick.agent] for pick in (*first, *second))
    assert len({pick.call for pick in (*first, *second)}) == len(first) + len(second)
    times = dict.fromkeys(frame, 0) | Counter(pick.agent for pick in (*first, *second))
    most = max(times.values(), default=0)
    for agent, calls in frame.items():
        assert times[agent] >= most - 1 or times[agent] == len(calls)


@pytest.mark.rule("CD-12.08")
@given(frame=FRAMES, seed=SEEDS, size=st.integers(1, 80))
def test_the_stored_seed_gives_the_stored_picks_however_the_frame_is_told(frame, seed, size):
    told_otherwise = {agent: sorted(frame[agent]) for agent in sorted(frame, reverse=True)}

    assert draw(told_otherwise, seed=seed, size=size) == draw(frame, seed=seed, size=size)
    assert frame_digest(told_otherwise) == frame_digest(frame)
    if frame:
        longer = {**frame, min(frame): [*frame[min(frame)], 1]}
        assert frame_digest(longer) != frame_digest(frame)


@pytest.mark.rule("CD-12.08")
def test_every_call_of_an_agent_is_as_likely_as_any_other():
    """3,000 draws of one call out of ten calls of each of two people: each call comes up about 150 times."""
    frame = {1: list(range(10, 20)), 2: list(range(20, 30))}

    found = Counter(draw(frame, seed=seed, size=1)[0].call for seed in range(3_000))

    assert len(found) == 20
    assert all(100 < n < 200 for n in found.values())  # 150 ± 4 standard deviations


def test_a_draw_is_of_one_at_least():
    with pytest.raises(BadFacts):
        draw({1: [1]}, seed=1, size=0)
    assert draw({}, seed=1, size=3) == ()


@pytest.mark.rule(
    "CD-12.08", "CD-12.14", "CD-12.15", "CD-12.16", "CD-12.18", "CD-12.42", "CD-12.43", "CD-12.46", "CD-12.47",
    "CD-12.48", "CD-12.49", "ES-204.01", "OS-04.20", "OS-06.04", "SD-212.01", "SD-212.02", "SD-331.02", "SD-331.03",
    "SD-331.04", "SD-331.09", "SD-341.03",
)  # fmt: skip
@pytest.mark.parametrize(
    ("code", "occasion", "keys"),
    [
        ("CD", "call", "CD-12.14 CD-12.15 CD-12.16 CD-12.18"),
        ("CD", "cleaning", "CD-12.47 CD-12.48 CD-12.49 CD-12.46"),
        ("CD", "spot_check", "CD-12.43/business_line CD-12.43/query_line CD-12.43/dinner_run"),
        ("ES", "call", "ES-204.01/polite_phrases ES-204.01/answer_accuracy ES-603.12/listening"),
        ("SD-2", "appearance", "SD-212.01 SD-212.02"),
        ("SD-3", "closing", "SD-331.09 SD-341.03/power_off SD-341.03/appliances_checked"),
        (
            "SD-3",
            "cleaning",  # the daily lines, since it names no others
            "SD-331.04/no_cigarette_ends SD-331.04/no_paper SD-331.04/no_peel SD-331.04/no_spit SD-331.04/no_clutter"
            " SD-331.04/no_waste_piles SD-331.06",
        ),
        ("SD-3", "spot_check", ""),
    ],
)
def test_the_lines_of_a_sheet_are_those_of_the_rulebook(code, occasion, keys):
    items = check_items(book(code), occasion)

    assert [item.key for item in items] == keys.split()
    assert (occasion in occasions(book(code))) == bool(keys)
    assert all(item.label("zh-hans") and item.label("en") for item in items)


@pytest.mark.rule("CD-12.21", "CD-12.58")
def test_what_is_seen_at_work_stands_on_the_sheet_of_conduct():
    assert {"CD-12.21", "CD-12.58"} <= {item.key for item in check_items(book("CD"), "conduct")}


def test_a_shop_that_names_no_lines_for_calls_is_heard_by_what_it_says_of_quality():
    keys = {item.key for item in check_items(book("OS"), "call")}

    assert {"OS-04.20", "OS-06.04"} <= keys
    assert "quality" not in occasions(book("OS")) and "call" in occasions(book("OS"))
    numbers = {item.line: item.number for item in check_items(book("CD"), "spot_check")}
    assert numbers == {"business_line": 1, "query_line": 2, "dinner_run": 1}
    assert {"SD-331.02", "SD-331.03"} <= {
        item.key for name in ("appearance", "conduct") for item in check_items(book("SD-3"), name)
    }


@pytest.mark.rule(
    "CD-12.19",
    "CD-12.43",
    "SD-213.01",
    "SD-213.02",
    "SD-213.08",
    "SD-233.47",
    "SD-233.48",
    "SD-233.49",
)
@pytest.mark.parametrize(
    ("code", "clause", "earlier", "entered"),
    [
        ("CD", "CD-12.18", 0, [("CD-12.18", "points")]),
        ("CD", "CD-12.43", 0, [("CD-12.43", "points")]),
        ("CD", "CD-02.14", 0, [("CD-12.19", "points")]),  # scored by another
        ("CD", "CD-02.03", 0, []),  # kept on the sheet alone
        ("SD-2", "SD-213.01", 0, [("SD-233.48", "remark"), ("SD-233.49", "points")]),
        ("SD-2", "SD-213.01", 1, [("SD-233.49", "points")]),
        ("SD-2", "SD-213.02", 0, [("SD-233.27", "fine")]),
        ("SD-2", "SD-213.08", 0, [("SD-233.62", "points")]),
        ("SD-3", "SD-331.07", 0, [("SD-331.07", "remark")]),
    ],
)
def test_a_breach_is_entered_by_the_clause_that_prices_it(code, clause, earlier, entered):
    assert list(charged(book(code), clause, earlier)) == entered


@pytest.mark.rule("ES-138.09", "ES-138.12")
def test_which_clause_speaks_of_a_late_order_and_of_checks_that_were_not_made():
    assert (overdue_order(book("ES")), neglected_checks(book("ES"))) == ("ES-138.12", "ES-138.09")
    assert (overdue_order(book("CD")), neglected_checks(book("CD"))) == ("", "")
    assert ladder_of(book("SD-2"), "SD-213.01") == "SD-233.49"
    assert ladder_of(book("CD"), "CD-12.18") == ""
    found = audit_clause(book("CD"))
    assert found is not None and found.id == "CD-12.08"
    assert audit_clause(book("ES")) is None
    assert cleaning_limit(book("ES")) is None


def test_a_line_that_the_house_switched_off_is_on_no_sheet():
    without = edited("CD", CD_12_18={"active": False})

    assert "CD-12.18" not in [item.key for item in check_items(without, "call")]
