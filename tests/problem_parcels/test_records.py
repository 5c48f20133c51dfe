"""Each type asks for what its rule asks for, and refuses the record otherwise."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.parcels.models import Scan
from problem_parcels import services
from problem_parcels.models import ContactAttempt, Disposal, ProblemRecord
from problem_parcels.services import Attempt
from tests.centre import at
from tests.problem_parcels.conftest import EVENING, Desk

REACHED = [Attempt(ContactAttempt.Outcome.REACHED, at("16:05"))]


def refusal(desk: Desk, problem: str, **given) -> tuple[str, list[tuple[str, str]]]:
    """The code, and what is lacking by which clause."""
    with pytest.raises(KefuError) as refused:
        desk.register(problem, **given)
    assert not Case.objects.filter(kind="problem_parcel").exists()
    return refused.value.code, refused.value.details.get("lacks", [])


ADDRESS = "成都路 12 号 3 单元 502 室"


# problem, what is given too little, what is lacking by which clause
TOO_LITTLE = [
    ("address_unclear", {"attempts": []}, {("reached", "CD-09.07"), ("contractor", "CD-09.01")}),
    (
        "address_unclear",
        {"attempts": REACHED, "chosen": {"contractor": "unknown"}},
        {("correct_address", "CD-09.03"), ("requested_delivery_time", "CD-09.03")},
    ),
    ("address_moved", {"attempts": REACHED}, {("full_new_address", "CD-09.08")}),
    (
        "address_change",
        {"attempts": []},
        {("full_new_address", "CD-09.12"), ("changed", "CD-09.13")},
    ),
    (
        "address_change",
        {"attempts": [], "new_address": ADDRESS, "chosen": {"changed": "recipient_and_phone"}},
        {("new_recipient", "CD-09.13"), ("new_phone", "CD-09.13")},
    ),
    ("nobody_home", {"attempts": []}, {("reached", "CD-09.15"), ("attempt_date", "CD-09.16")}),
    ("collect_refused", {"attempts": []}, {("refusal_reason", "CD-09.17")}),
    ("out_of_area", {"attempts": REACHED}, {("pickup_answer", "CD-09.19")}),
    (
        "out_of_area",
        {"attempts": REACHED, "chosen": {"pickup_answer": "in_some_days"}},
        {("pickup_date", "CD-09.20")},
    ),
    (
        "opened_inspection",
        {"attempts": []},
        {("detailed_reason", "CD-09.21"), ("notified_party", "CD-09.22"), ("notified", "CD-09.23")},
    ),
    (
        "self_pickup",
        {"attempts": REACHED},
        {("pickup_place", "CD-09.25"), ("pickup_time", "CD-09.24")},
    ),
    (
        "returned",
        {"attempts": []},
        {("return_asked_by", "CD-09.27"), ("reason", "CD-09.27")},
    ),
    ("missent", {"attempts": []}, {("routing_text", "CD-06.23")}),
    (
        "missent",
        {"attempts": [], "chosen": {"routing_text": "missing"}},
        {("correct_destination", "CD-06.23")},
    ),
    (
        "missent",
        {"attempts": [], "chosen": {"routing_text": "wrong", "correct_destination": "扬州"}},
        {("old_destination", "CD-06.24")},
    ),
    ("refused", {"attempts": [], "reason": "不想要了"}, {("refusal_cause", "CD-09.28")}),
]


@pytest.mark.rule(
    *("CD-06.23", "CD-06.24", "CD-09.03", "CD-09.08", "CD-09.12", "CD-09.13", "CD-09.16"),
    *("CD-09.17", "CD-09.19", "CD-09.20", "CD-09.21", "CD-09.22", "CD-09.23", "CD-09.24"),
    *("CD-09.25", "CD-09.27"),
)
def test_each_type_asks_for_what_its_rule_asks_for(desk):
    for problem, given, wanted in TOO_LITTLE:
        code, lacks = refusal(desk, problem, **given)
        assert code == "record_incomplete", problem
        assert wanted <= set(lacks), (problem, lacks)


@pytest.mark.rule("CD-09.05")
def test_every_number_on_the_waybill_is_phoned(desk):
    call = [Attempt(ContactAttempt.Outcome.NO_ANSWER, at("16:05"), whose="sender")]
    for problem in ("address_unclear", "address_moved", "nobody_home"):
        _code, lacks = refusal(desk, problem, attempts=call, chosen={"contractor": "unknown"})
        assert ("every_number_called", "CD-09.05") in lacks


@pytest.mark.rule("CD-09.07", "CD-09.11", "CD-09.15")
def test_who_was_not_reached_is_classed_by_the_list_of_the_type(desk):
    off = [Attempt(ContactAttempt.Outcome.SWITCHED_OFF, at("16:05"))]
    busy = [Attempt(ContactAttempt.Outcome.BUSY, at("16:05"))]
    chosen = {"contractor": "unknown"}
    # Switched off is a class where nobody was home, and none of the two lists for addresses.
    assert refusal(desk, "address_unclear", attempts=off, chosen=chosen)[0] == "not_on_the_list"
    assert refusal(desk, "address_moved", attempts=off)[0] == "not_on_the_list"
    assert refusal(desk, "nobody_home", attempts=busy)[0] == "not_on_the_list"
    assert desk.register("nobody_home", attempts=off).problem_records.get().chosen == {
        "problem": "nobody_home",
        "reached": "no",
        "nobody_home_remark": "switched_off",
        "taken_out": "yes",
        "phone_on_waybill": "yes",
        "parcel": "not_signed_for",
    }


@pytest.mark.rule("CD-09.10")
def test_moved_alone_says_too_little(desk):
    given = {"attempts": REACHED, "new_address": ADDRESS}
    assert refusal(desk, "address_moved", remark="搬地方", **given)[0] == "not_on_the_list"
    assert desk.register("address_moved", remark="搬到城东", **given)


@pytest.mark.rule("CD-09.01", "CD-09.02")
def test_a_contractor_with_premises_keeps_its_own_unclear_addresses(desk):
    given = {"chosen": {"contractor": "known_with_premises"}}
    assert refusal(desk, "address_unclear", **given)[0] == "contractors_own"
    desk.waybill("770612045506")  # not taken out: once it is, somebody has to be reached (CD-09.03)
    assert desk.register("address_unclear", number="770612045506", chosen={"contractor": "unknown"})


@pytest.mark.rule("CD-09.04", "CD-09.06", "CD-09.09")
def test_a_call_lies_between_the_delivery_scan_and_now(desk):
    chosen = {"contractor": "unknown"}
    early = [Attempt(ContactAttempt.Outcome.NO_ANSWER, at("13:59"))]
    ahead = [Attempt(ContactAttempt.Outcome.NO_ANSWER, EVENING + timedelta(seconds=1))]
    assert (
        refusal(desk, "address_unclear", attempts=early, chosen=chosen)[0] == "before_delivery_scan"
    )
    assert refusal(desk, "address_unclear", attempts=ahead, chosen=chosen)[0] == "in_future"
    for problem in ("address_unclear", "address_moved"):
        _code, lacks = refusal(
            desk,
            problem,
            attempts=[],
            chosen=chosen | {"reached": "no", "unreachable_reason": "no_answer"},
        )
        assert "contacted_at" in dict(lacks)


@pytest.mark.rule("CD-09.14", "CD-09.26")
def test_fixed_words_and_the_delivery_agreed_for_tomorrow(desk):
    case = desk.register("nobody_home", attempts=REACHED, chosen={"agreed": "tomorrow"})
    assert case.problem_records.get().remark == "无人在家，已约次日派送"
    assert case.disposals.get().kind == Disposal.Kind.REDISPATCH
    desk.waybill("770612045502")
    missorted = desk.register("missorted", number="770612045502", attempts=[])
    assert missorted.problem_records.get().remark == "错分件"


@pytest.mark.rule("CD-09.18")
def test_no_invoice_is_stored_and_is_no_reason(desk):
    chosen = {"refusal_reason": "no_invoice"}
    assert refusal(desk, "collect_refused", attempts=[], chosen=chosen)[1] == [
        ("courier", "CD-09.18")
    ]
    case = desk.register("collect_refused", attempts=[], chosen=chosen, courier=desk.courier)
    record = case.problem_records.get()
    assert (record.valid, record.liable) == (False, desk.courier)
    assert case.disposals.get().kind == Disposal.Kind.REDISPATCH  # delivery goes on


@pytest.mark.rule("CD-09.29", "CD-09.30")
def test_without_a_reason_it_goes_out_again_the_next_day(desk):
    case = desk.register("other", attempts=[], courier=desk.courier)
    disposal = case.disposals.get()
    assert disposal.kind == Disposal.Kind.REDISPATCH
    assert disposal.deadline.due_at == at("2026-11-22 00:00")
    with pytest.raises(Conflict) as refused:
        services.post_message(
            case=case, text="请回复", by=desk.lin, actor=desk.lin.user, now=EVENING
        )
    assert refused.value.code == "message_refused"
    with pytest.raises(KefuError) as refused:
        services.decide(
            case=case,
            kind="return",
            asked_by="recipient",
            reason="",
            actor=desk.lin.user,
            now=EVENING,
        )
    assert refused.value.field == "reason"


@pytest.mark.rule("CD-09.28")
def test_a_refusal_the_courier_caused_gets_no_message_and_stays_his(desk):
    case = desk.register(
        "refused",
        attempts=[],
        reason="不送上楼",
        chosen={"refusal_cause": "not_carried_upstairs"},
        courier=desk.courier,
    )
    assert case.problem_records.get().liable == desk.courier
    assert case.disposals.get().kind == Disposal.Kind.RETURN_TO_COURIER
    assert not case.deadlines.filter(action=Deadline.Action.UNDELIVERED_MESSAGE).exists()
    with pytest.raises(Conflict) as refused:
        services.post_message(
            case=case, text="请回复", by=desk.lin, actor=desk.lin.user, now=EVENING
        )
    assert refused.value.code == "message_refused"


@pytest.mark.rule("CD-07.06", "CD-07.07", "CD-07.09")
def test_the_day_ends_with_a_message_but_not_within_the_city(desk):
    case = desk.register("nobody_home")
    clock = case.deadlines.get()
    assert (clock.action, clock.clause) == ("undelivered_message", "CD-07.06")
    assert clock.due_at == at("2026-11-21 00:00")
    assert Scan.objects.filter(waybill_number=desk.arrived.number, kind="problem").count() == 1
    desk.waybill("770612045503", route_from="扬州")
    within = desk.register("nobody_home", number="770612045503")
    assert not within.deadlines.exists()
    assert Scan.objects.filter(waybill_number="770612045503", kind="problem").exists()


@pytest.mark.rule("CD-04.22")
def test_an_outbound_parcel_is_handled_the_same_day(desk):
    case = desk.register("no_outlet", number=desk.sent.number, attempts=[])
    clock = case.deadlines.get()
    assert (clock.clause, clock.party) == ("CD-04.22", desk.lin.party)
    assert clock.due_at == at("2026-11-21 00:00")


def test_bad_input_is_refused_and_nothing_is_half_done(desk):
    assert refusal(desk, "nobody_home", number="990612045599")[0] == "waybill_unknown"
    assert refusal(desk, "lost_in_space")[0] == "problem_unknown"
    desk.waybill("770612045504")
    Scan.objects.create(
        waybill_number="770612045504", kind="signed", at=at("15:00"), place="扬州本部"
    )
    assert refusal(desk, "nobody_home", number="770612045504")[0] == "parcel_signed"
    assert not ContactAttempt.objects.exists()
    assert not Scan.objects.filter(kind="problem").exists()


def test_scanned_again_the_record_is_added_and_anothers_parcel_is_refused(desk):
    case = desk.register("nobody_home")
    again = desk.register(
        "collect_refused", attempts=[], chosen={"refusal_reason": "too_expensive"}
    )
    assert again == case
    assert [one.problem for one in ProblemRecord.objects.order_by("id")] == [
        "nobody_home",
        "collect_refused",
    ]
    case.refresh_from_db()
    assert case.problem_parcel.problem == "collect_refused"
    with pytest.raises(Conflict) as refused:
        desk.register("nobody_home", owner=desk.zhou)
    assert (refused.value.code, refused.value.details["case"]) == ("in_anothers_hands", case.number)


@pytest.mark.rule("CD-07.06")
def test_the_day_with_a_reason_begins_when_there_is_one(desk):
    case = desk.register("other", attempts=[], courier=desk.courier)
    day = case.deadlines.filter(action=Deadline.Action.UNDELIVERED_MESSAGE)
    assert not day.exists()  # without a reason no message
    desk.register("nobody_home", now=EVENING + timedelta(days=1))
    assert day.get().due_at == at("2026-11-22 00:00")


def test_what_is_kept_reads_the_same_for_all_and_hides_numbers(desk):
    when = "周三，先打13800004545"
    chosen = {"pickup_answer": "in_some_days", "pickup_date": when}
    with override("en"):
        case = desk.register("out_of_area", attempts=REACHED, chosen=chosen)
    record = case.problem_records.get()
    assert record.chosen["pickup_date"] == "周三，先打138******45"
    assert "13800004545" not in str(record.inputs)
    assert Scan.objects.get(kind="problem").text == "超区"


def test_saving_one_scanned_parcel_takes_few_questions(desk, django_assert_max_num_queries):
    desk.register("nobody_home")
    desk.waybill("770612045505")
    with django_assert_max_num_queries(15):
        desk.register("nobody_home", number="770612045505")


def test_nobody_can_just_say_that_something_is_there(desk):
    said = {"changed": "none", "full_new_address": "在的", "every_number_called": "yes"}
    _code, lacks = refusal(desk, "address_change", attempts=[], chosen=said)
    assert ("full_new_address", "CD-09.12") in lacks
