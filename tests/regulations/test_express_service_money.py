"""What the express service regime pays its customers, and what its people answer for, clause by clause."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kefu.policy.compensation import Claim, compensate
from kefu.policy.ladders import Happening, escalation
from kefu.policy.penalties import Breach, OutsideRange, assess
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import Rulebook, load
from tests.regulations.penalty_rows import Row, assert_holds

ES = load("ES")


def with_settings(clause, **settings):
    content = ES.to_json()
    next(one for one in content["clauses"] if one["id"] == clause).update(settings)
    return Rulebook.from_json(content)


def assessed(clause, **facts):
    return assess(ES, Breach.model_validate({"clause": clause} | facts))


# Discipline.


@pytest.mark.rule("ES-138.01")
def test_there_are_four_levels_and_no_other():
    levels = [(item.code, item.zh, item.en) for item in ES["ES-138.01"].items]

    assert ES["ES-138.01"].of == "sanction_levels"
    assert levels == [
        ("warning", "警告", "Warning"),
        ("demerit", "记过", "Demerit"),
        ("major_demerit", "记大过", "Major demerit"),
        ("dismissal", "解雇", "Dismissal"),
    ]


@pytest.mark.rule(
    "ES-138.03",
    "ES-138.04",
    "ES-138.05",
    "ES-138.06",
    "ES-138.07",
    "ES-138.08",
    "ES-138.09",
    "ES-138.10",
    "ES-138.11",
    "ES-138.12",
    "ES-138.13",
    "ES-138.14",
    "ES-138.15",
    "ES-138.16",
    "ES-138.17",
    "ES-138.18",
    "ES-138.19",
    "ES-138.20",
    "ES-138.22",
    "ES-138.23",
    "ES-138.24",
    "ES-138.25",
    "ES-138.26",
    "ES-138.27",
    "ES-138.28",
    "ES-138.29",
    "ES-138.30",
    "ES-138.31",
    "ES-138.32",
    "ES-138.33",
    "ES-138.34",
    "ES-138.35",
    "ES-138.36",
    "ES-138.37",
    "ES-138.38",
    "ES-138.39",
)
@pytest.mark.parametrize(
    ("clause", "level", "ground"),
    [
        ("ES-138.03", "warning", "1(1)"),
        ("ES-138.04", "warning", "1(2)"),
        ("ES-138.05", "warning", "1(3)"),
        ("ES-138.06", "warning", "1(4)"),
        ("ES-138.07", "warning", "1(5)"),
        ("ES-138.08", "warning", "1(6)"),
        ("ES-138.09", "warning", "1(7)"),
        ("ES-138.10", "warning", "1(8)"),
        ("ES-138.11", "warning", "1(9)"),
        ("ES-138.12", "demerit", "2(1)"),
        ("ES-138.13", "demerit", "2(2)"),
        ("ES-138.14", "demerit", "2(3)"),
        ("ES-138.15", "demerit", "2(4)"),
        ("ES-138.16", "demerit", "2(5)"),
        ("ES-138.17", "demerit", "2(6)"),
        ("ES-138.18", "demerit", "2(7)"),
        ("ES-138.19", "demerit", "2(8)"),
        ("ES-138.20", "demerit", "2(9)"),
        ("ES-138.22", "major_demerit", "3(1)"),
        ("ES-138.23", "major_demerit", "3(2)"),
        ("ES-138.24", "major_demerit", "3(3)"),
        ("ES-138.25", "major_demerit", "3(4)"),
        ("ES-138.26", "major_demerit", "3(5)"),
        ("ES-138.27", "major_demerit", "3(6)"),
        ("ES-138.28", "major_demerit", "3(7)"),
        ("ES-138.29", "major_demerit", "3(8)"),
        ("ES-138.30", "dismissal", "4(1)"),
        ("ES-138.31", "dismissal", "4(2)"),
        ("ES-138.32", "dismissal", "4(3)"),
        ("ES-138.33", "dismissal", "4(4)"),
        ("ES-138.34", "dismissal", "4(5)"),
        ("ES-138.35", "dismissal", "4(6)"),
        ("ES-138.37", "dismissal", "4(8)"),
        ("ES-138.38", "dismissal", "4(9)"),
        ("ES-138.39", "dismissal", "4(10)"),
    ],
)
def test_a_ground_has_its_level_once_the_facts_are_verified(clause, level, ground):
    asks = ("verification",)

    assert_holds(ES, Row(clause, "employee", measures=(level,), asks=asks, ground=ground))


@pytest.mark.rule("ES-138.36")
@pytest.mark.parametrize(
    ("days", "state"), [(["1", "1"], "does_not_apply"), (["2", "1"], "applies")]
)
def test_three_days_absent_in_a_year_are_a_ground_for_dismissal(days, state):
    absent = [
        Happening(of="absent_days", on=date(2026, month, 2), amount=Decimal(number))
        for month, number in enumerate(days, start=1)
    ]
    last_year = Happening(of="absent_days", on=date(2025, 12, 31), amount=Decimal(5))
    facts = {"verified": True, "history": [last_year, *absent], "on": date(2026, 11, 21)}

    found = assessed("ES-138.36", **facts)

    assert (found.state, found.role, found.ground) == (state, "employee", "4(7)")
    assert found.measures == (("dismissal",) if state == "applies" else ())
    unverified = assessed("ES-138.36", **facts | {"verified": False})
    assert unverified.missing == (("verification",) if state == "applies" else ())
    assert assessed("ES-138.36", verified=True, on=date(2026, 11, 21)).missing == ("absent_days",)


@pytest.mark.rule("ES-138.23", "ES-405.03")
def test_a_leak_of_customer_data_goes_by_its_own_rule():
    found = assessed("ES-138.23", verified=True, raised=["ES-405.03"])

    assert (found.state, found.measures) == ("does_not_apply", ())


# Attendance.


@pytest.mark.rule("ES-133.13", "ES-133.14")
@pytest.mark.parametrize(
    ("clause", "of", "minutes", "measures"),
    [
        ("ES-133.13", "minutes_late", 0, ()),
        ("ES-133.13", "minutes_late", 1, ("late",)),
        ("ES-133.13", "minutes_late", 30, ("late",)),  # exactly thirty is late
        ("ES-133.13", "minutes_late", 31, ()),
        ("ES-133.14", "minutes_early", 0, ()),
        ("ES-133.14", "minutes_early", 1, ("early_leave",)),
        ("ES-133.14", "minutes_early", 15, ("early_leave",)),  # fifteen, not thirty
        ("ES-133.14", "minutes_early", 16, ()),
    ],
)
def test_late_up_to_thirty_minutes_and_early_up_to_fifteen(clause, of, minutes, measures):
    found = assessed(clause, numbers={of: minutes})

    assert (found.measures, found.role, found.missing) == (measures, "employee", ())
    assert found.state == ("applies" if measures else "does_not_apply")
    assert assessed(clause).missing == (of,)


@pytest.mark.rule("ES-133.15")
@pytest.mark.parametrize(
    ("late", "early", "measures"),
    [
        (30, 15, ()),
        (31, 0, ("absence",)),
        (31, None, ("absence",)),  # one is enough
        (0, 16, ("absence",)),
        (None, 16, ("absence",)),
        (31, 16, ("absence",)),
    ],
)
def test_beyond_the_limits_it_is_absence_unless_leave_was_taken(late, early, measures):
    known = {"minutes_late": late, "minutes_early": early}
    numbers = {name: minutes for name, minutes in known.items() if minutes is not None}

    found = assessed("ES-133.15", numbers=numbers, established=["no_leave"])

    assert (found.measures, found.role, found.missing) == (measures, "employee", ())
    if measures:
        assert assessed("ES-133.15", numbers=numbers).missing == ("no_leave",)


@pytest.mark.rule("ES-133.15")
def test_a_number_that_is_not_known_rules_nothing_out():
    found = assessed("ES-133.15", numbers={"minutes_late": 30}, established=["no_leave"])

    assert (found.state, found.missing) == ("open", ("minutes_early",))


@pytest.mark.rule("ES-133.06", "ES-133.08", "ES-133.20")
@pytest.mark.parametrize(
    "row",
    [
        Row(
            "ES-133.06",
            "employee",
            measures=("absence",),
            per="day",
            asks=("verification", "proxy_requested|proxy_done|self_filled|forged"),
        ),
        Row("ES-133.08", "employee", measures=("absence",), asks=("left_post", "no_leave")),
        Row(
            "ES-133.20",
            "employee",
            measures=("absence",),
            asks=("no_punches", "no_leave|leave_expired"),
        ),
    ],
    ids=str,
)
def test_what_counts_as_absence(row):
    assert_holds(ES, row)


@pytest.mark.rule("ES-138.21", "ES-133.06")
@pytest.mark.parametrize("fact", ["proxy_requested", "proxy_done", "self_filled", "forged"])
def test_whoever_had_a_punch_faked_or_faked_it_gets_a_demerit(fact):
    found = assessed("ES-138.21", verified=True, established=[fact])

    assert (found.state, found.role, found.measures) == ("applies", "employee", ("demerit",))
    assert found.ground == "2(10)"
    assert assessed("ES-138.21", established=[fact]).state == "open"


@pytest.mark.rule("ES-133.06", "ES-133.08")
def test_a_forged_punch_costs_the_day_and_leaving_as_long_as_one_was_away():
    forged = assessed("ES-133.06", verified=True, established=["forged"])
    left = assessed("ES-133.08", established=["left_post", "no_leave"])

    assert (forged.lasts.hours, forged.lasts.days) == (8, None)
    assert (left.lasts.hours, left.lasts.days) == (None, None)  # a person enters it
    assert ES["ES-133.08"].term.unit == "hours"


@pytest.mark.rule("ES-133.19")
def test_what_lateness_costs_is_given_nowhere():
    row = Row(
        "ES-133.19",
        "employee",
        "20.00",
        asks=("late_beyond_grace|early_leave",),
        given={"chosen": "20.00"},
    )

    assert_holds(ES, row)
    assert assessed("ES-133.19", established=["early_leave"]).missing == ("amount",)


@pytest.mark.rule("ES-133.23")
@pytest.mark.parametrize(
    ("hours", "state"),
    [(["8", "8", "7.5"], "does_not_apply"), (["8", "8", "8"], "open"), (["40"], "open")],
)
def test_twenty_four_hours_absent_in_a_year_open_a_case(hours, state):
    absent = [
        Happening(of="absent_hours", on=date(2026, 3, day), amount=Decimal(number))
        for day, number in enumerate(hours, start=1)
    ]
    december = Happening(of="absent_hours", on=date(2025, 12, 31), amount=Decimal(8))

    found = assessed("ES-133.23", history=[december, *absent], on=date(2026, 11, 21))

    assert (found.state, found.role) == (state, "employee")
    if state == "open":
        assert (found.measures, found.missing) == (("fine", "dismissal"), ("measure",))


@pytest.mark.rule("ES-133.23", "ES-133.24")
def test_management_chooses_between_a_fine_of_its_own_amount_and_dismissal():
    absent = [Happening(of="absent_days", on=date(2026, 3, day)) for day in (2, 3, 4)]
    for clause, facts in (
        ("ES-133.23", {"numbers": {"absent_hours": "24"}}),
        ("ES-133.24", {"history": absent}),
    ):
        dismissed = assessed(clause, measure="dismissal", **facts)
        fined = assessed(clause, measure="fine", chosen="300.00", **facts)

        assert (dismissed.state, dismissed.measures) == ("applies", ("dismissal",))
        assert (fined.state, fined.amount) == ("applies", Decimal("300.00"))
        assert assessed(clause, measure="fine", **facts).missing == ("amount",)


@pytest.mark.rule("ES-133.24")
@pytest.mark.parametrize(
    ("days", "reached"),
    [
        ("aa", False),
        ("aaa", True),
        ("awaa", False),  # a day worked breaks the row
        ("awaaa", True),
        ("aaaa", True),
    ],
)
def test_three_scheduled_days_in_a_row_may_span_the_new_year(days, reached):
    row = [
        Happening(of="absent_days", on=date(2025, 12, 30) + timedelta(days=i), other=day == "w")
        for i, day in enumerate(days)
    ]

    found = assessed("ES-133.24", history=row, on=date(2026, 1, 10))

    assert (found.state, found.role) == ("open" if reached else "does_not_apply", "employee")
    assert found.measures == (("fine", "dismissal") if reached else ())
    assert assessed("ES-133.24").missing == ("nth", "measure")


# What is paid at its price, and what leads off the desk.


@pytest.mark.rule("ES-134.04", "ES-135.02", "ES-136.08", "ES-405.04")
@pytest.mark.parametrize(
    ("clause", "role", "asks", "base"),
    [
        ("ES-134.04", "employee", ("uniform_damaged", "not_natural_wear"), "list_price"),
        (
            "ES-135.02",
            "employee",
            ("careless", "not_natural_wear", "equipment_lost|equipment_damaged"),
            "list_price",
        ),
        ("ES-136.08", "employee", ("verification", "property_damaged"), "list_price"),
        ("ES-405.04", "agent", ("verification", "customer_data_leaked"), "assessed_loss"),
    ],
)
def test_what_is_lost_or_damaged_is_paid_at_its_price(clause, role, asks, base):
    assert_holds(ES, Row(clause, role, "128.00", asks=asks, given={"base": "128.00"}))
    assert assessed(clause).missing == (*asks, base)


@pytest.mark.rule("ES-125.02", "ES-204.05", "ES-304.04", "ES-405.03", "ES-603.23")
@pytest.mark.parametrize(
    "row",
    [
        Row(
            "ES-204.05",
            "agent",
            measures=("suspension",),
            asks=("training_failed",),
        ),
        Row(
            "ES-304.04",
            "agent",
            measures=("suspension_training",),
            asks=("verification", "complaint_escalated", "serious"),
        ),
        Row(
            "ES-405.03",
            "agent",
            measures=("dismissal",),
            asks=("verification", "customer_data_leaked"),
        ),
        Row("ES-603.23", "agent", measures=("suspension",), asks=("re_exam_failed",)),
        Row(
            "ES-125.02",
            "employee",
            measures=("demerit",),
            asks=("verification",),
            given={"measure": "demerit"},
        ),
    ],
    ids=str,
)
def test_measures_other_than_money(row):
    assert_holds(ES, row)


@pytest.mark.rule("ES-125.02")
def test_false_documents_may_cost_anything_up_to_dismissal():
    found = assessed("ES-125.02", verified=True)

    assert found.measures == ("warning", "demerit", "major_demerit", "dismissal")
    assert (found.state, found.missing) == ("open", ("measure",))
    with pytest.raises(BadFacts, match=r"ES-125\.02 does not name police"):
        assessed("ES-125.02", verified=True, measure="police")


@pytest.mark.rule("ES-204.05", "ES-304.04")
@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("ES-204.05", {"established": ["training_failed"]}),
        ("ES-304.04", {"verified": True, "established": ["complaint_escalated", "serious"]}),
    ],
)
def test_who_failed_the_training_is_off_the_desk_until_he_passes(clause, facts):
    assert assessed(clause, **facts).lasts.until == "training_passed"


@pytest.mark.rule("ES-603.23")
def test_a_failed_re_exam_costs_seven_days_from_the_next_on():
    lasts = assessed("ES-603.23", established=["re_exam_failed"], on=date(2026, 12, 28)).lasts

    assert (lasts.days, lasts.first_on, lasts.last_on) == (7, date(2026, 12, 29), date(2027, 1, 4))


# Counting.


def complaints(pattern):
    """A: about the attitude, x: about something else; one a day."""
    return [
        Happening(of="attitude_complaints", on=date(2026, 11, i), other=sign == "x")
        for i, sign in enumerate(pattern, start=1)
    ]


@pytest.mark.rule("ES-204.04")
@pytest.mark.parametrize(
    ("pattern", "trained"),
    [
        ("AA", False),
        ("AAA", True),
        ("AxAxA", True),  # of another kind: neither counts nor breaks
        ("AAAA", False),  # begins anew after the training
        ("AAAAA", False),
        ("AAAAAA", True),
    ],
)
def test_the_third_attitude_complaint_in_a_row_means_three_days_of_training(pattern, trained):
    facts = {"verified": True, "history": complaints(pattern)}

    found = assessed("ES-204.04", **facts)

    assert (found.state, found.role) == ("applies" if trained else "does_not_apply", "agent")
    assert found.measures == (("training",) if trained else ())
    if trained:
        assert (found.lasts.days, found.lasts.hours) == (3, None)
        assert assessed("ES-204.04", **facts | {"verified": False}).missing == ("verification",)


@pytest.mark.rule("ES-204.04")
def test_whether_other_complaints_break_the_row_is_a_setting():
    counts = {"of": "attitude_complaints", "others_break": True, "restarts": True}
    strict = with_settings("ES-204.04", counts=counts)
    facts = {"clause": "ES-204.04", "verified": True}

    broken = assess(strict, Breach.model_validate(facts | {"history": complaints("AAxA")}))
    whole = assess(strict, Breach.model_validate(facts | {"history": complaints("AxAAA")}))

    assert (broken.state, whole.state) == ("does_not_apply", "applies")


@pytest.mark.rule("ES-204.04")
def test_the_days_of_training_are_calendar_days_from_the_decision():
    facts = {"history": complaints("AAA"), "verified": True, "on": date(2026, 11, 30)}

    lasts = assessed("ES-204.04", **facts).lasts

    assert (lasts.first_on, lasts.last_on) == (date(2026, 11, 30), date(2026, 12, 2))


@pytest.mark.rule("ES-603.24")
@pytest.mark.parametrize(
    ("months", "proposed"),
    [("F", False), ("FF", True), ("FpF", False), ("F-F", True), ("FFF", True), ("FFp", False)],
)
def test_two_failed_months_in_a_row_propose_dismissal(months, proposed):
    # A month without an assessment (-) is no break, one that was passed (p) is.
    history = [
        Happening(of="failed_assessments", on=date(2026, i, 28), other=result == "p")
        for i, result in enumerate(months, start=1)
        if result != "-"
    ]

    found = assessed("ES-603.24", history=history)

    assert (found.state, found.role) == ("applies" if proposed else "does_not_apply", "agent")
    assert found.measures == (("dismissal",) if proposed else ())
    assert assessed("ES-603.24").missing == ("nth",)


@pytest.mark.rule("ES-405.05")
@pytest.mark.parametrize(
    ("records", "measures"), [(50, ()), (51, ("police",)), (5000, ("police",))]
)
def test_more_than_fifty_leaked_records_go_to_the_police(records, measures):
    found = assessed("ES-405.05", verified=True, numbers={"leaked_records": records})

    assert (found.measures, found.role) == (measures, "agent")
    assert assessed("ES-405.05").missing == ("verification", "leaked_records")


# The courier's fine.


@pytest.mark.rule("ES-304.02")
@pytest.mark.parametrize(
    ("facts", "proposed"),
    [
        ({"severity": "general"}, "200.00"),
        ({"severity": "major"}, "300.00"),
        ({"severity": "major", "numbers": {"value": "499.99"}}, "300.00"),
        ({"severity": "major", "numbers": {"value": "500"}}, "500.00"),
        ({"severity": "major", "lost": True}, "500.00"),
        ({"severity": "general", "lost": True}, "200.00"),
        ({}, None),
    ],
)
def test_a_courier_at_fault_is_fined_by_severity(facts, proposed):
    facts = dict(facts)
    established = ["violent_sorting", *(["lost"] if facts.pop("lost", False) else [])]

    found = assessed("ES-304.02", verified=True, established=established, **facts)

    assert found.proposed == (proposed and Decimal(proposed))
    assert (found.state, found.amount, found.missing) == ("open", None, ("amount",))


@pytest.mark.rule("ES-304.02")
@pytest.mark.parametrize("chosen", ["200.00", "333.33", "500.00"])
def test_a_supervisor_chooses_between_two_hundred_and_five_hundred(chosen):
    row = Row(
        "ES-304.02",
        "courier",
        chosen,
        asks=("verification", "violent_sorting|wrong_address|other_operation_error"),
        given={"chosen": chosen},
    )

    assert_holds(ES, row)


@pytest.mark.rule("ES-304.02")
@pytest.mark.parametrize("chosen", ["199.99", "500.01", "0"])
def test_another_amount_is_refused(chosen):
    with pytest.raises(OutsideRange, match=r"ES-304\.02"):
        assessed("ES-304.02", chosen=chosen)


# Compensation.


def paid(**facts):
    return compensate(ES, Claim.model_validate(facts))


def amount(rules=ES, **facts):
    return compensate(rules, Claim.model_validate(facts)).amount


@pytest.mark.rule("ES-303.13")
@pytest.mark.parametrize(
    ("days", "proposed"),
    [(0, None), (1, "5.00"), (2, "10.00"), (3, "15.00"), (4, "20.00"), (30, "20.00")],
)
def test_a_delay_is_made_good_with_a_coupon(days, proposed):
    found = paid(event="delay", delay_days=days)

    assert (found.amount, found.form, found.clause) == (None, "coupon", "ES-303.13")
    assert found.proposed == (proposed and Decimal(proposed))
    assert (found.least, found.most) == (Decimal("5.00"), Decimal("20.00"))
    assert not found.settled and not found.optional


@pytest.mark.rule("ES-303.13")
@pytest.mark.parametrize("chosen", ["5.00", "12.50", "20.00"])
def test_an_agent_may_choose_another_amount_between_five_and_twenty(chosen):
    found = paid(event="delay", delay_days=1, chosen=chosen)

    assert (found.amount, found.settled, found.form) == (Decimal(chosen), True, "coupon")
    for wrong in ("4.99", "20.01"):
        with pytest.raises(BadFacts, match=r"chosen: ES-303\.13"):
            paid(event="delay", delay_days=1, chosen=wrong)


@pytest.mark.rule("ES-303.13")
def test_after_force_majeure_a_coupon_is_optional():
    assert paid(event="delay", delay_days=2, force_majeure=True).optional


@pytest.mark.rule("ES-303.14", "ES-303.16")
def test_what_can_be_repaired_is_repaired():
    found = paid(event="damage", repairable=True, repair_cost="80.00", freight="60.00")

    assert (found.amount, found.clause) == (Decimal("80.00"), "ES-303.14")
    assert (found.form, found.settled) == ("money", True)
    assert amount(event="damage", repairable=True, repair_cost="12", freight="60") == 12
    with pytest.raises(BadFacts, match="repair_cost: ES-303"):
        amount(event="damage", repairable=True, freight="60.00")


@pytest.mark.rule("ES-303.14")
def test_a_repair_that_is_dearer_than_the_goods_is_none():
    facts = {"event": "damage", "repairable": True, "freight": "10", "repair_cost": "120.00"}
    literal = with_settings("ES-303.14", dearer_repair="paid")

    assert paid(**facts, proved_value="119.99").clause == "ES-303.15"
    assert amount(**facts, proved_value="119.99") == Decimal("119.99")
    assert paid(**facts, proved_value="120.00").clause == "ES-303.14"
    assert amount(literal, **facts, proved_value="119.99") == Decimal("120.00")


@pytest.mark.rule("ES-303.15", "ES-303.16")
@pytest.mark.parametrize(
    ("value", "freight", "yuan"),
    [
        ("300.00", "12.00", "300.00"),
        ("36.01", "12.00", "36.01"),
        ("36.00", "12.00", "36.00"),
        ("35.99", "12.00", "36.00"),  # never below three times the freight
        (None, "12.00", "36.00"),  # also without proof
        ("2000.00", "12.00", "2000.00"),  # no cap: that is written for a loss
    ],
)
def test_damage_beyond_repair_is_paid_by_proof_and_at_least_three_times_the_freight(
    value, freight, yuan
):
    facts = {"proved_value": value} if value else {}

    found = paid(event="damage", repairable=False, freight=freight, **facts)

    assert (found.amount, found.clause) == (Decimal(yuan), "ES-303.15")


@pytest.mark.rule("ES-303.15")
@pytest.mark.parametrize(
    ("value", "insured", "approvals"),
    [
        ("500.00", None, ()),
        ("500.01", None, ("manager",)),
        ("800.00", "1000.00", ()),
    ],
)
def test_a_manager_approves_more_than_five_hundred_for_what_was_not_insured(
    value, insured, approvals
):
    facts = {"insured_amount": insured} if insured else {}

    found = paid(event="damage", repairable=False, freight="5", proved_value=value, **facts)

    assert (found.amount, found.approvals) == (Decimal(value), approvals)
    assert found.settled is not bool(approvals)


@pytest.mark.rule("ES-303.15")
def test_insured_damage_is_paid_up_to_the_insured_amount_and_of_a_part_the_part():
    facts = {"event": "damage", "repairable": False, "freight": "10", "proved_value": "900"}

    assert amount(**facts, insured_amount="600") == Decimal("600.00")
    assert amount(**facts, insured_amount="600", share="0.5") == Decimal("450.00")
    whole = with_settings("ES-303.15", partial="whole")
    assert amount(whole, **facts, share="0.5") == Decimal("900.00")
    literal = with_settings("ES-303.15", limited_to_insured=False)
    assert amount(literal, **facts, insured_amount="600") == Decimal("900.00")


@pytest.mark.rule("ES-303.14", "ES-303.15", "ES-303.16")
def test_whether_it_can_be_repaired_has_to_be_known():
    with pytest.raises(BadFacts, match="repairable"):
        paid(event="damage", proved_value="100", freight="10")


@pytest.mark.rule("ES-303.17", "ES-303.18")
@pytest.mark.parametrize(
    ("value", "share", "yuan"),
    [
        ("300.00", "1", "300.00"),
        ("500.00", "1", "500.00"),
        ("500.01", "1", "500.00"),
        ("5000.00", "1", "500.00"),
        ("3.00", "1", "3.00"),  # no minimum for a loss
        ("900.00", "0.25", "225.00"),
    ],
)
def test_an_uninsured_loss_is_paid_by_proof_up_to_five_hundred(value, share, yuan):
    found = paid(event="loss", proved_value=value, share=share, freight="12")

    assert (found.amount, found.clause) == (Decimal(yuan), "ES-303.17")
    assert (found.approvals, found.settled, found.form) == ((), True, "money")


@pytest.mark.rule("ES-303.17", "ES-303.18")
@pytest.mark.parametrize(("freight", "yuan"), [("12.00", "36.00"), ("170.00", "500.00")])
def test_without_proof_three_times_the_freight_is_proposed_to_the_specialist(freight, yuan):
    found = paid(event="loss", freight=freight)

    assert (found.amount, found.approvals, found.settled) == (Decimal(yuan), ("specialist",), False)
    with pytest.raises(BadFacts, match="freight: ES-303"):
        paid(event="loss")


@pytest.mark.rule("ES-303.18", "ES-303.19")
@pytest.mark.parametrize("value", [None, "100.00", "9000.00"])
def test_an_insured_loss_is_paid_to_the_insured_amount_whatever_the_proof(value):
    facts = {"proved_value": value} if value else {}

    found = paid(event="loss", insured_amount="2000.00", **facts)

    assert (found.amount, found.clause) == (Decimal("2000.00"), "ES-303.19")
    assert found.settled and found.form == "money"


@pytest.mark.rule("ES-303.17", "ES-303.18", "ES-303.19")
def test_proof_and_cap_are_for_what_was_not_insured():
    insured = {clause: ES[clause].insured for clause in ("ES-303.17", "ES-303.18", "ES-303.19")}

    assert insured == {"ES-303.17": False, "ES-303.18": False, "ES-303.19": True}


@pytest.mark.rule("ES-303.19")
def test_the_other_readings_of_an_insured_loss_are_settings():
    proved = with_settings("ES-303.19", limited_to_proof=True)
    whole = with_settings("ES-303.19", partial="whole")
    facts = {"event": "loss", "insured_amount": "2000.00"}

    assert amount(proved, **facts, proved_value="1500.00") == Decimal("1500.00")
    assert amount(proved, **facts, proved_value="2500.00") == Decimal("2000.00")
    with pytest.raises(BadFacts, match="proved_value: ES-303"):
        amount(proved, **facts)
    assert amount(**facts, share="0.3") == Decimal("600.00")
    assert amount(whole, **facts, share="0.3") == Decimal("2000.00")


@pytest.mark.rule("ES-303.17")
def test_the_other_reading_of_a_shortage_is_a_setting():
    whole = with_settings("ES-303.17", partial="whole")

    assert amount(whole, event="loss", proved_value="200", share="0.5") == Decimal("200.00")


def test_a_ladder_of_one_step_needs_no_second():
    assert escalation(ES, "attitude_complaints", 3).id == "ES-204.04"
    assert escalation(ES, "failed_assessments", 2).id == "ES-603.24"
