"""What the courier department's regulation makes people, outlets and parcels pay, clause by clause."""

from decimal import Decimal

import pytest

from kefu.policy.clauses import Consequence, NotSet, Tariff
from kefu.policy.consequences import consequences_of
from kefu.policy.fees import (
    AirReturn,
    Forwarding,
    TableFault,
    WarehouseEntry,
    air_return,
    forwarding_shortfall,
    warehouse_entry,
)
from kefu.policy.ladders import escalation
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import Rulebook, load
from tests.regulations.penalty_rows import EVERY_CAUSE, Row, assert_holds

CD = load("CD")
TABLES = ("tariff", "piece_tariff", "place_tariff", "fee_sum")
ENTERED = {"chosen": "80.00"}
GUANGZHOU, TIBET = "4401", "54"


def with_settings(clause, **settings):
    return edited({clause: settings})


def edited(changes):
    """The tables of prices alone, as the house might fill them in."""
    content = CD.to_json()
    tables = [clause for clause in content["clauses"] if clause["kind"] in TABLES]
    changed = [clause | changes.get(clause["id"], {}) for clause in tables]
    return Rulebook.from_json(content | {"clauses": changed})


# Outlets.


@pytest.mark.rule(
    "CD-05.02",
    "CD-05.03",
    "CD-05.05",
    "CD-05.07",
    "CD-05.08",
    "CD-05.10",
    "CD-05.11",
    "CD-05.12",
    "CD-05.13",
    "CD-05.16",
    "CD-05.18",
    "CD-05.20",
    "CD-05.21",
    "CD-05.23",
    "CD-05.25",
    "CD-05.26",
    "CD-05.27",
    "CD-05.29",
)
@pytest.mark.parametrize(
    "row",
    [
        Row("CD-05.02", "liable_outlet", "100.00", asks=("complaint",), causes=("rude_language",)),
        Row(
            "CD-05.03", "liable_outlet", "100.00", asks=("complaint",), causes=("identity_refused",)
        ),
        Row(
            "CD-05.05",
            "parent_outlet",  # not the contractor
            "100.00",
            asks=("skipped_level", "abusive", "persuasion_failed"),  # all three, no complaint
        ),
        Row("CD-05.07", "asking_outlet", "100.00"),
        Row(
            "CD-05.08",
            "queried_outlet",
            "200.00",
            asks=("complaint", "evidence"),
            causes=("shirking",),
            evidence="landline",
        ),
        Row(
            "CD-05.10",
            "queried_outlet",
            "200.00",
            asks=("complaint",),
            causes=("late_reply", "no_reply"),
        ),
        Row(
            "CD-05.11",
            "liable_outlet",
            "200.00",
            asks=("complaint", "waited_for_headquarters"),
            causes=("claim_delayed",),
        ),
        Row(
            "CD-05.12",
            "origin_outlet",
            "100.00",
            liability="claim",
            asks=("complaint", "outside_intact", "inside_damaged", "shirked"),
            causes=("shirking", "claim_delayed", "damaged"),
        ),
        Row(
            "CD-05.13",
            "origin_outlet",
            "100.00",
            liability="claim",
            per="parcel",
            asks=("complaint", "evidence", "signed_unchecked", "outside_damaged", "shirked"),
            causes=("shirking", "claim_delayed", "damaged"),
        ),
        Row(
            "CD-05.16",
            "delivery_outlet",
            "100.00",
            liability="claim",
            asks=("asked_in_keeping_period", "receipt_refused|receipt_not_found"),
        ),
        Row(
            "CD-05.18",
            "origin_outlet",
            "200.00",
            liability="claim",
            per="claim",
            asks=("complaint",),
            causes=("claim_delayed", "lost"),
        ),
        Row(
            "CD-05.20",
            "origin_outlet",
            "200.00",
            liability="claim",
            per="claim",
            asks=("complaint",),
            causes=("claim_delayed", "delayed", "damaged"),
        ),
        Row(
            "CD-05.21",
            "liable_outlet",
            "50.00",
            asks=("complaint", "verification"),
            causes=("phone_unreachable",),
        ),
        Row(
            "CD-05.23",
            "liable_outlet",
            "200.00",
            asks=("verification", "head_unreachable|service_manager_unreachable"),
        ),
        Row(
            "CD-05.25",
            "liable_outlet",
            "50.00",
            asks=("complaint", "number_outdated"),
            causes=("phone_unreachable",),
        ),
        Row(
            "CD-05.26",
            "liable_outlet",
            "100.00",
            asks=("complaint", "nth", "not_reported_upward"),
            causes=EVERY_CAUSE,
            nth=("contacts_without_result", 2),
        ),
        Row(
            "CD-05.27",
            "liable_outlet",
            "100.00",
            per="case",
            asks=("complaint", "complained_to_headquarters", "no_outlet_interaction"),
            causes=EVERY_CAUSE,
        ),
        Row(
            "CD-05.29",
            "origin_outlet",
            "200.00",
            asks=("complaint", "coordination_failed", "handled_weakly|not_handled"),
            causes=EVERY_CAUSE,
        ),
    ],
    ids=str,
)
def test_what_an_outlet_is_fined_for(row):
    assert_holds(CD, row)


@pytest.mark.rule("CD-05.21", "CD-05.23")
def test_only_a_phone_that_does_not_answer_may_have_a_special_reason():
    excused = {clause.id: clause.excused_by for clause in CD.in_force(Consequence)}

    assert {clause for clause, by in excused.items() if by} == {"CD-05.21", "CD-05.23"}
    assert excused["CD-05.21"] == excused["CD-05.23"] == ("force_majeure",)


@pytest.mark.rule("CD-05.08")
@pytest.mark.parametrize("kind", ["surname", "staff_number", "landline"])
def test_any_of_three_pieces_of_evidence_shows_that_an_inquiry_was_shirked(kind):
    shirked = Breach(clause="CD-05.08", complaint="shirking", evidence=("photograph",))
    proved = Breach(clause="CD-05.08", complaint="shirking", evidence=(kind,))

    assert assess(CD, shirked).missing == ("evidence",)
    assert assess(CD, proved).state == "applies"


@pytest.mark.rule("CD-05.18", "CD-05.20")
@pytest.mark.parametrize(("clock", "fine"), [("CD-05.17", "CD-05.18"), ("CD-05.19", "CD-05.20")])
def test_an_overdue_claim_costs_the_origin_outlet_once_somebody_complains(clock, fine):
    (found,) = consequences_of(CD, clock)

    assert (found.clause, found.role, found.amount) == (fine, "origin_outlet", Decimal("200.00"))
    assert found.condition == "complaint"


@pytest.mark.rule("CD-05.25")
def test_one_call_is_not_fined_twice():
    stale = Breach(
        clause="CD-05.25",
        complaint="phone_unreachable",
        established=("number_outdated",),
        raised=("CD-05.21",),
    )

    found = assess(CD, stale)

    assert (found.state, found.amount, found.missing) == ("does_not_apply", None, ())


@pytest.mark.rule("CD-05.26")
def test_several_contacts_are_two():
    assert escalation(CD, "contacts_without_result", 1) is None
    assert [escalation(CD, "contacts_without_result", n).id for n in (2, 3, 9)] == ["CD-05.26"] * 3


@pytest.mark.rule("CD-05.30")
def test_what_headquarters_promised_the_origin_outlet_pays_on_top_of_the_fine():
    promised = {"clause": "CD-05.30", "base": "380.50"}

    alone = assess(CD, Breach.model_validate(promised))
    unknown = assess(CD, Breach(clause="CD-05.30", raised=("CD-05.29",)))
    charged = assess(CD, Breach.model_validate(promised | {"raised": ["CD-05.29"]}))

    assert (alone.state, alone.missing) == ("open", ("CD-05.29",))
    assert (unknown.state, unknown.missing) == ("open", ("promised_compensation",))
    assert (charged.state, charged.role, charged.per) == ("applies", "origin_outlet", "case")
    assert charged.amount == Decimal("380.50")


# People, and fines without a number.


@pytest.mark.rule(
    "CD-03.12", "CD-04.03", "CD-04.05", "CD-07.21", "CD-09.18", "CD-09.31", "CD-12.88"
)
@pytest.mark.parametrize(
    "row",
    [
        Row("CD-03.12", "owner", "10.00"),
        Row(
            "CD-09.18",
            "courier",
            liability="delay",
            asks=("collect_refused", "no_invoice"),
        ),
        Row(
            "CD-09.31",
            "courier",
            liability="delay",
            asks=("no_reason_given", "delivered_late"),
        ),
        Row(
            "CD-12.88",
            "agent",
            measures=("performance_pay_lost",),
            per="month",
            asks=("verification", "major_error"),
        ),
        Row(
            "CD-04.03", "keeper", "80.00", per="parcel", asks=("incident_in_store",), given=ENTERED
        ),
        Row(
            "CD-04.05",
            "poster",
            "80.00",
            per="parcel",
            asks=("check_overridden", "incident"),
            given=ENTERED,
        ),
        Row("CD-07.21", "liable_outlet", "80.00", asks=("verification",), given=ENTERED),
    ],
    ids=str,
)
def test_what_people_answer_for(row):
    assert_holds(CD, row)


@pytest.mark.rule("CD-04.03", "CD-04.05", "CD-07.21")
@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("CD-04.03", {"established": ["incident_in_store"]}),
        ("CD-04.05", {"established": ["check_overridden", "incident"]}),
        ("CD-07.21", {"verified": True}),
    ],
)
def test_an_amount_that_is_not_given_is_entered_by_a_person(clause, facts):
    found = assess(CD, Breach.model_validate({"clause": clause} | facts))

    assert (found.state, found.amount, found.missing) == ("open", None, ("amount",))


@pytest.mark.rule("CD-12.79")
@pytest.mark.parametrize(("bonus", "fine"), [("15", "30.00"), ("25", "50.00")])
def test_a_report_that_was_not_made_costs_double_its_bonus(bonus, fine):
    facts = {"clause": "CD-12.79", "base": bonus, "established": ["report_not_made"]}

    found = assess(CD, Breach.model_validate(facts))
    made = assess(CD, Breach.model_validate(facts | {"established": []}))
    unknown = assess(CD, Breach.model_validate(facts | {"base": None}))

    assert (found.state, found.role, found.per) == ("applies", "agent", "report")
    assert found.amount == Decimal(fine)
    assert made.missing == ("report_not_made",)
    assert unknown.missing == ("report_bonus",)
    three = assess(CD, Breach.model_validate(facts | {"times": 3}))
    assert three.amount == 3 * Decimal(fine)


@pytest.mark.rule("CD-12.74", "CD-12.75", "CD-12.79")
@pytest.mark.parametrize(
    ("report", "bonus", "fine"),
    [
        ("damage", "CD-12.74", "30.00"),
        ("delay", "CD-12.74", "30.00"),
        ("loss", "CD-12.75", "50.00"),
    ],
)
def test_what_a_forgotten_report_costs_follows_from_its_kind(report, bonus, fine):
    facts = {"clause": "CD-12.79", "piece": report, "established": ["report_not_made"]}

    found = assess(CD, Breach.model_validate(facts))

    assert (found.state, found.amount) == ("applies", Decimal(fine))
    assert bonus in {step.clause for step in found.steps}
    dearer = assess(with_bonus(bonus, "20.50"), Breach.model_validate(facts))
    assert dearer.amount == Decimal("41.00")


def with_bonus(clause, amount):
    content = CD.to_json()
    next(found for found in content["clauses"] if found["id"] == clause)["amount"] = amount
    return Rulebook.from_json(content)


@pytest.mark.rule("CD-12.79")
@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"clause": "CD-12.79", "piece": "complaint"}, "CD pays no such piece"),
        ({"clause": "CD-12.79", "piece": "loss", "base": "25"}, "is known already"),
        ({"clause": "CD-03.12", "piece": "loss"}, "comes out of no other sum"),
    ],
)
def test_only_a_report_that_earns_a_bonus_can_be_fined_by_it(facts, fault):
    established = {"established": ["report_not_made"]}

    with pytest.raises(BadFacts, match=f"piece.*{fault}"):
        assess(CD, Breach.model_validate(facts | established))


# The freight of a returned air parcel.


def freight(destination, weight, *, shuttle=False, rules=CD):
    facts = {"destination": destination, "shuttle": shuttle, "weight": weight}
    return air_return(rules, AirReturn.model_validate(facts)).amount


@pytest.mark.rule("CD-04.16")
@pytest.mark.parametrize(
    "place", ["31", "3101", "32", "320500", "33", "34", "3704", "3708", "3717", "371702"]
)
@pytest.mark.parametrize("shuttle", [True, False])
def test_the_free_zone_is_free_whatever_the_weight(place, shuttle):
    assert freight(place, "80", shuttle=shuttle) == Decimal("0.00")
    assert freight(place, "0.01", shuttle=shuttle) == Decimal("0.00")


@pytest.mark.rule("CD-04.16")
def test_the_rest_of_that_province_is_not_free():
    assert freight("3702", "2") == Decimal("10.00")
    with pytest.raises(BadFacts, match=r"37 lies in part in the zone of CD-04\.16"):
        freight("37", "2")


@pytest.mark.rule("CD-04.17", "CD-04.18")
@pytest.mark.parametrize(
    ("weight", "yuan"),
    [
        ("0.01", "0.00"),
        ("4.99", "0.00"),
        ("5", "0.00"),  # exactly five kilograms are free
        ("5.01", "0.02"),
        ("6", "2.00"),
        ("7.5", "5.00"),
        ("7.456", "4.92"),  # 7.46 kg: the actual weight to two decimals
        ("100", "190.00"),
    ],
)
def test_with_a_shuttle_only_what_is_above_five_kilograms_costs_two_yuan(weight, yuan):
    assert freight(GUANGZHOU, weight, shuttle=True) == Decimal(yuan)


@pytest.mark.rule("CD-04.18")
@pytest.mark.parametrize(
    ("settings", "yuan"),
    [
        ({"basis": "whole"}, "14.92"),  # 7.46 × 2, and a jump at five kilograms
        ({"parts": "up"}, "6.00"),  # eight begun kilograms
        ({"parts": "exact"}, "4.91"),  # 2.456 × 2 = 4.912
    ],
)
def test_what_the_text_leaves_open_is_a_setting(settings, yuan):
    rules = with_settings("CD-04.18", **settings)

    assert freight(GUANGZHOU, "7.456", shuttle=True, rules=rules) == Decimal(yuan)


@pytest.mark.rule("CD-04.19")
@pytest.mark.parametrize(
    ("weight", "yuan"), [("0.01", "0.05"), ("1", "5.00"), ("7.456", "37.30"), ("100", "500.00")]
)
def test_without_a_shuttle_each_kilogram_costs_five_yuan(weight, yuan):
    assert freight(GUANGZHOU, weight) == Decimal(yuan)


@pytest.mark.rule("CD-04.20")
@pytest.mark.parametrize("shuttle", [True, False])
@pytest.mark.parametrize(("weight", "yuan"), [("1", "8.00"), ("2.345", "18.80"), ("6", "48.00")])
def test_the_remote_zone_costs_eight_yuan_a_kilogram_shuttle_or_not(shuttle, weight, yuan):
    assert freight(TIBET, weight, shuttle=shuttle) == Decimal(yuan)
    assert freight("540121", weight, shuttle=shuttle) == Decimal(yuan)


@pytest.mark.rule("CD-04.16", "CD-04.17", "CD-04.18", "CD-04.19", "CD-04.20")
def test_the_table_stands_as_the_text_has_it():
    table = {
        band.id: (band.zone, band.over, band.up_to, band.rate, band.basis)
        for band in CD.in_force(Tariff)
        if band.table == "air_return"
    }

    assert table == {
        "CD-04.16": ("free", 0, None, None, None),
        "CD-04.17": ("shuttle", 0, 5, None, None),
        "CD-04.18": ("shuttle", 5, None, 2, "excess"),
        "CD-04.19": ("no_shuttle", 0, None, 5, "whole"),
        "CD-04.20": ("remote", 0, None, 8, "whole"),
    }
    assert {CD[clause].unit for clause in table} == {"kg"}


@pytest.mark.rule("CD-04.16", "CD-04.20")
def test_places_are_settings_and_no_place_lies_in_two_zones():
    blank = with_settings("CD-04.16", places="")
    twice = with_settings("CD-04.20", places=["54", "31"])
    finer = with_settings("CD-04.20", places=["54", "3101"])

    with pytest.raises(NotSet, match=r"CD-04\.16: places is not set"):
        freight(GUANGZHOU, "1", rules=blank)
    with pytest.raises(TableFault, match=r"CD-04\.20: names 31"):
        freight("31", "1", rules=twice)
    assert freight("3101", "1", rules=finer) == Decimal("8.00")  # the longer code decides


# Forwarding by another carrier.


@pytest.mark.rule("CD-06.16")
@pytest.mark.parametrize(
    ("payment", "paid", "cost", "missing", "who"),
    [
        ("prepaid", "12.00", "22.50", "10.50", "courier"),
        ("prepaid", "22.49", "22.50", "0.01", "courier"),
        ("prepaid", "22.50", "22.50", "0.00", None),  # enough is enough
        ("prepaid", "30.00", "22.50", "0.00", None),
        ("monthly", "0.00", "22.50", "0.00", None),  # goes onto the monthly bill
        ("collect", "0.00", "22.50", "0.00", None),
    ],
)
def test_a_prepaid_parcel_waits_until_the_courier_has_topped_up(payment, paid, cost, missing, who):
    facts = {"payment": payment, "paid": paid, "cost": cost}

    found = forwarding_shortfall(CD, Forwarding.model_validate(facts))

    assert (found.amount, found.who) == (Decimal(missing), who)
    assert found.hold is (who is not None)


# The warehouse-entry fee: blank in the regulation.

HOUSE = {
    "CD-11.03": {"rows": [{"place": "东港", "charges": {"warehouse_charge": "20", "ticket": "5"}}]},
    "CD-11.04": {"up_to": "10", "base": "30.00"},
    "CD-11.05": {"over": "10", "up_to": "50", "rate": "3.20"},
    "CD-11.06": {"over": "50"},
    "CD-11.07": {
        "max_piece_kg": "20",
        "rows": [
            {"from_pieces": 1, "to_pieces": 5, "base": "40", "each": "6"},
            {"from_pieces": 6, "to_pieces": 10, "base": "70", "each": "5"},
            {"from_pieces": 11, "to_pieces": 20, "base": "95", "each": "4"},
            {"from_pieces": 21, "to_pieces": 50, "base": "135", "each": "3"},
            {"from_pieces": 51, "to_pieces": "", "base": "225", "each": "2"},
        ],
    },
    "CD-11.08": {"base": "15", "rate": "25"},
}


def entry(pieces, rules, **facts):
    shown = [{"weight": weight, "volume": volume} for weight, volume in pieces]
    facts = {"place": "东港", "pieces": shown} | facts
    return warehouse_entry(rules, WarehouseEntry.model_validate(facts))


@pytest.mark.rule(
    "CD-11.01", "CD-11.03", "CD-11.04", "CD-11.05", "CD-11.06", "CD-11.07", "CD-11.08", "CD-11.09"
)
@pytest.mark.parametrize(
    ("clause", "setting", "filled"),
    [
        ("CD-11.03", "rows", ()),
        ("CD-11.04", "up_to", ("CD-11.03", "CD-11.05", "CD-11.06", "CD-11.07", "CD-11.08")),
        ("CD-11.05", "over", ("CD-11.03", "CD-11.04", "CD-11.06", "CD-11.07", "CD-11.08")),
        ("CD-11.06", "over", ("CD-11.03", "CD-11.04", "CD-11.05", "CD-11.07", "CD-11.08")),
        ("CD-11.07", "max_piece_kg", ("CD-11.03", "CD-11.04", "CD-11.05", "CD-11.06", "CD-11.08")),
        ("CD-11.08", "rate", ("CD-11.03", "CD-11.04", "CD-11.05", "CD-11.06", "CD-11.07")),
    ],
)
def test_what_the_regulation_leaves_blank_is_not_set_and_never_guessed(clause, setting, filled):
    rules = edited({name: HOUSE[name] for name in filled})
    if clause == "CD-11.08":
        rules = edited({name: HOUSE[name] for name in filled} | {clause: {"base": "15"}})

    with pytest.raises(NotSet, match=f"{clause}: {setting} is not set"):
        entry([("8", "2"), ("9", "2")], rules)


@pytest.mark.rule("CD-11.03", "CD-11.04", "CD-11.05", "CD-11.06", "CD-11.07", "CD-11.08")
def test_the_numbers_that_are_dots_in_the_text_are_blank():
    blank = {
        clause: [name for name in CD[clause].model_fields_set if getattr(CD[clause], name) is None]
        for clause in HOUSE
    }

    assert {clause: sorted(names) for clause, names in blank.items()} == {
        "CD-11.03": ["rows"],
        "CD-11.04": ["base", "up_to"],
        "CD-11.05": ["over", "rate", "up_to"],
        "CD-11.06": ["over"],
        "CD-11.07": ["max_piece_kg", "rows"],
        "CD-11.08": ["base", "rate"],
    }
    assert [CD[clause].unit for clause in ("CD-11.04", "CD-11.05", "CD-11.06")] == ["kg"] * 3
    assert CD["CD-11.08"].unit == "cubic_metre"


@pytest.mark.rule("CD-11.04")
def test_a_base_price_that_is_blank_is_not_set_either():
    rules = edited(HOUSE | {"CD-11.04": {"up_to": "10"}})

    with pytest.raises(NotSet, match=r"CD-11\.04: base is not set"):
        entry([("8", "0")], rules)


@pytest.mark.rule("CD-11.01", "CD-11.03", "CD-11.09")
def test_the_fee_is_handling_and_what_the_warehouse_charges_on_top():
    fee = entry([("8", "0")], edited(HOUSE))

    assert fee.parts == {
        "handling": Decimal("30.00"),
        "warehouse_charge": Decimal("20.00"),
        "ticket": Decimal("5.00"),
    }
    assert fee.total == Decimal("55.00")
    with pytest.raises(NotSet, match=r"CD-11\.03: 西港 is not set"):
        entry([("8", "0")], edited(HOUSE), place="西港")


@pytest.mark.rule("CD-11.01", "CD-11.09")
@pytest.mark.parametrize("clause", ["CD-11.01", "CD-11.09"])
def test_both_clauses_speak_of_the_same_parts(clause):
    for parts in (["handling", "ticket"], ["handling", "warehouse_charge", "ticket", "parking"]):
        with pytest.raises(TableFault, match=r"CD-11\.01: adds other parts"):
            entry([("8", "0")], edited(HOUSE | {clause: {"parts": parts}}))


@pytest.mark.rule("CD-11.04", "CD-11.05", "CD-11.06")
@pytest.mark.parametrize(
    ("weight", "handling"),
    [
        ("0.5", "30.00"),
        ("10", "30.00"),  # up to and with the bound
        ("10.01", "32.03"),  # the whole weight: 10.01 × 3.20 = 32.032
        ("20.456", "65.47"),  # 20.46 × 3.20 = 65.472
        ("50", "160.00"),
        ("50.01", None),  # by agreement
    ],
)
def test_a_single_piece_goes_by_its_weight(weight, handling):
    fee = entry([(weight, "0")], edited(HOUSE))

    assert fee.parts.get("handling") == (handling and Decimal(handling))
    assert fee.total == (handling and Decimal(handling) + 25)


@pytest.mark.rule("CD-11.05")
def test_the_middle_band_may_go_by_the_excess():
    rules = edited(HOUSE | {"CD-11.05": HOUSE["CD-11.05"] | {"basis": "excess"}})

    assert entry([("20", "0")], rules).parts["handling"] == Decimal("62.00")  # 30 + 10 × 3.20


@pytest.mark.rule("CD-11.06")
def test_what_was_agreed_on_the_telephone_is_entered():
    assert entry([("60", "0")], edited(HOUSE), agreed="250").total == Decimal("275.00")
    with pytest.raises(BadFacts, match="none is to be agreed"):
        entry([("8", "0")], edited(HOUSE), agreed="250")


@pytest.mark.rule("CD-11.04", "CD-11.05", "CD-11.06")
def test_bands_that_leave_a_gap_are_refused():
    with pytest.raises(TableFault, match=r"CD-11\.06: leaves a gap after CD-11\.05"):
        entry([("8", "0")], edited(HOUSE | {"CD-11.06": {"over": "60"}}))


@pytest.mark.rule("CD-11.07")
@pytest.mark.parametrize(
    ("light", "handling"),
    [(2, "46.00"), (5, "64.00"), (6, "70.00"), (10, "90.00"), (20, "131.00"), (60, "243.00")],
)
def test_several_pieces_go_by_their_number(light, handling):
    fee = entry([("20", "0")] * light, edited(HOUSE))

    assert fee.parts["handling"] == Decimal(handling)


@pytest.mark.rule("CD-11.07")
def test_a_heavy_piece_among_several_goes_by_its_weight():
    fee = entry([("9", "0")] * 3 + [("25", "0")], edited(HOUSE))

    assert fee.parts["handling"] == Decimal("132.00")  # 40 + 2 × 6, and 25 × 3.20


@pytest.mark.rule("CD-11.07")
def test_the_table_of_pieces_has_five_rows_without_a_gap():
    rows = HOUSE["CD-11.07"]["rows"]

    for wrong in (rows[:4], [*rows[:3], *rows[3:4], rows[4] | {"from_pieces": 52}]):
        with pytest.raises(ValueError, match=r"CD-11\.07"):
            edited({"CD-11.07": {"max_piece_kg": "20", "rows": wrong}})


@pytest.mark.rule("CD-11.08")
@pytest.mark.parametrize(
    ("volume", "handling"),
    [("1", "30.00"), ("1.01", "70.00"), ("2", "70.00"), ("2.5", "95.00"), ("3", "95.00")],
)
def test_what_is_above_one_cubic_metre_costs_more_by_the_begun_metre(volume, handling):
    fee = entry([("8", volume)], edited(HOUSE))

    assert fee.parts["handling"] == Decimal(handling)


@pytest.mark.rule("CD-11.08")
@pytest.mark.parametrize(("volume", "handling"), [("1.5", "30.00"), ("1.6", "70.00")])
def test_a_begun_metre_is_one_of_those_above_the_bound(volume, handling):
    rules = edited(HOUSE | {"CD-11.08": HOUSE["CD-11.08"] | {"over": "1.5"}})

    assert entry([("8", volume)], rules).parts["handling"] == Decimal(handling)
