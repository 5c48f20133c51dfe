"""Who works when: the shifts that can be given, the draft of a month, what is wrong with a plan."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from kefu.policy.clauses.base import NotSet
from kefu.policy.moments import SHANGHAI
from kefu.policy.shift_plans import Turn, Worked, draft, flaws, patterns, post_of
from tests.policy.books import edited
from tests.policy.people import book

CD, ES, OS = book("CD"), book("ES"), book("OS")
SD2, SD3 = book("SD-2"), book("SD-3")
MONDAY = date(2026, 11, 23)
MONTH = [MONDAY + timedelta(days=n) for n in range(30)]
SUNDAY = 7


def shifts(post, weekday, rules):
    """Each shift that can be given, from its beginning to its end."""
    found = patterns(post, weekday, rules)
    return {one.name: (one.windows[0].opens, one.windows[-1].closes) for one in found}


def of(plan, who):
    return [turn for turn in plan if turn.who == who]


def worked(who, day, shift="night", opens=time(13), hours=8):
    begins = datetime.combine(day, opens, SHANGHAI)
    return Worked(who, day, shift, begins, begins + timedelta(hours=hours), hours * 60)


# What can be given.


@pytest.mark.rule("CD-12.38", "CD-12.39", "CD-12.40")
def test_the_courier_department_works_its_hours_and_does_duty_after_them():
    assert shifts("agent", 1, CD) == {
        "day": ("08:00", "17:30"),
        "evening_duty": ("17:30", "21:30"),
    }
    assert [one.after_hours for one in patterns("agent", 1, CD)] == [False, True]
    assert shifts(post_of("warehouse_office"), 1, CD) == {
        "early": ("07:30", "15:00"),
        "late": ("14:30", "21:30"),
    }


@pytest.mark.rule("ES-131.01", "ES-131.04", "ES-131.05", "ES-131.02")
def test_where_everybody_has_a_working_week_its_stretches_are_one_shift_of_eight_hours():
    (day,) = patterns("agent", 6, ES)

    assert [(w.opens, w.closes) for w in day.windows] == [("08:00", "12:00"), ("13:30", "17:30")]
    assert day.minutes == 8 * 60
    assert patterns("agent", SUNDAY, ES) == ()


@pytest.mark.rule("OS-04.02", "OS-04.04")
def test_the_shop_has_its_evenings_and_the_whole_sunday():
    assert shifts("agent", 6, OS) == {"evening": ("18:30", "24:00")}
    assert shifts("agent", SUNDAY, OS) == {"all_day": ("09:30", "24:00")}


@pytest.mark.rule("SD-232.03", "SD-232.04", "SD-232.05", "SD-331.01")
def test_meals_are_no_working_time_and_label_clerks_have_no_night_shift():
    assert [one.minutes for one in patterns("agent", 1, SD2)] == [510, 570]  # 8.5 and 9.5 hours
    assert shifts(post_of("label_clerk"), 1, SD2) == {"early": ("09:00", "18:30")}


@pytest.mark.rule("SD-312.01")
def test_three_shifts_can_be_given_once_the_house_has_set_their_hours():
    with pytest.raises(NotSet, match="first"):
        patterns("agent", 1, SD3)
    hours = (("00:00", "08:00"), ("08:00", "16:00"), ("16:00", "24:00"))
    named = zip(("first", "second", "third"), hours, strict=True)
    given = [{"name": n, "windows": [{"opens": o, "closes": c}]} for n, (o, c) in named]
    assert list(shifts("agent", 1, edited(SD3, "SD-312.01", shifts=given))) == [
        "first",
        "second",
        "third",
    ]


# The draft.


@pytest.mark.rule("SD-232.01", "SD-311.04")
def test_early_and_night_change_after_five_days_worked_and_go_on_from_the_roster_before():
    before = [Turn("Zhou", MONDAY - timedelta(days=n), "night") for n in (4, 3, 2)]

    plan = draft(["Lin", "Zhou"], MONTH, "agent", SD2, before=before)

    lin, zhou = of(plan, "Lin"), of(plan, "Zhou")
    assert [turn.shift for turn in lin[:11]] == ["early"] * 5 + ["night"] * 5 + ["early"]
    assert [turn.shift for turn in zhou[:8]] == ["night"] * 2 + ["early"] * 5 + ["night"]
    assert MONTH[-1] in {turn.on for turn in plan}


@pytest.mark.rule("ES-131.07")
def test_everybody_rests_once_a_week_and_not_all_on_one_day():
    people = [f"{n:02}" for n in range(7)]

    plan = draft(people, MONTH[:7], "agent", SD2)

    rests = {who: {*MONTH[:7]} - {turn.on for turn in of(plan, who)} for who in people}
    assert all(len(days) == 1 for days in rests.values())
    assert len(set().union(*rests.values())) == 7


@pytest.mark.rule("OS-04.01", "OS-04.03", "OS-04.05")
def test_the_shop_takes_evenings_in_turn_and_gives_sunday_to_whoever_had_it_longest_ago():
    had = [
        Turn("Lin", MONDAY - timedelta(days=15), "all_day"),
        Turn("Zhou", MONDAY - timedelta(days=8), "all_day"),
    ]

    plan = draft(["Lin", "Zhou"], MONTH, "agent", OS, before=had)

    week = [turn.who for turn in plan if turn.on < MONTH[6]]
    assert week == ["Lin", "Zhou"] * 3
    sundays = [turn.who for turn in plan if turn.shift == "all_day"]
    assert sundays == ["Lin", "Zhou", "Lin", "Zhou"]


@pytest.mark.rule("CD-12.39")
def test_evening_duty_goes_round_among_those_who_worked_the_day():
    plan = draft(["Lin", "Zhou", "Wang"], MONTH[:7], "agent", CD, after_hours=1)

    duties = [turn for turn in plan if turn.shift == "evening_duty"]
    assert len(duties) == 7
    assert all(Turn(turn.who, turn.on, "day") in plan for turn in duties)
    most = max(len(of(duties, who)) for who in ("Lin", "Zhou", "Wang"))
    assert most == 3


def test_nobody_is_planned_for_a_day_of_leave():
    plan = draft(["Lin"], MONTH[:7], "agent", ES, away={("Lin", MONDAY)}, rest_days=0)

    assert [turn.on for turn in plan] == MONTH[1:6]  # nor on Sunday


# What is wrong.


@pytest.mark.parametrize("days", [6, 7])
@pytest.mark.rule("ES-131.07", "ES-131.03", "ES-131.02")
def test_a_week_without_rest_and_with_too_many_hours_is_told_of(days):
    plan = [worked("Lin", MONTH[n], "day", time(8)) for n in range(days)]

    found = {flaw.what: flaw for flaw in flaws(plan, ES)}

    assert set(found) == ({"no_rest", "week_hours"} if days == 7 else set())
    if days == 7:
        assert (found["week_hours"].number, found["week_hours"].bound) == (Decimal(56), Decimal(48))
        assert found["no_rest"].on == MONDAY


@pytest.mark.rule("ES-131.02")
def test_more_than_eight_hours_a_day_are_told_of():
    (flaw,) = flaws([worked("Lin", MONDAY, "day", time(8), hours=9)], ES)

    assert (flaw.what, flaw.clause, flaw.number) == ("day_hours", "ES-131.02", Decimal(9))


@pytest.mark.parametrize(("gap", "wrong"), [(1, True), (2, False)])
@pytest.mark.rule("OS-04.03")
def test_two_evenings_running_are_told_of(gap, wrong):
    plan = [worked("Lin", MONTH[n], "evening", time(18, 30), hours=5) for n in (0, gap)]

    assert [flaw.what for flaw in flaws(plan, OS)] == ["free_turn"] * wrong


@pytest.mark.parametrize(("days", "wrong"), [(5, False), (6, True)])
@pytest.mark.rule("SD-232.01")
def test_the_sixth_day_of_one_shift_is_told_of(days, wrong):
    plan = [worked("Lin", MONTH[n], "night") for n in range(days)]

    assert [flaw.what for flaw in flaws(plan, SD2)] == ["no_change"] * wrong


def test_shifts_that_overlap_are_told_of_and_those_that_meet_are_not():
    day = worked("Lin", MONDAY, "day", time(8), hours=9)
    meets = worked("Lin", MONDAY, "evening_duty", time(17), hours=4)
    overlaps = worked("Lin", MONDAY, "evening_duty", time(16), hours=4)

    assert flaws([day, meets], CD) == []
    assert [flaw.what for flaw in flaws([day, overlaps], CD)] == ["overlap"]
