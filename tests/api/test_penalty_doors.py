"""What an outlet reads of its penalties: its own and nobody else's, each with its reasons."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inquiries import services as inquiries
from kefu.api.explanations import ExplanationShown
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.deadlines import services as deadlines
from kefu.penalties import services as penalties
from kefu.penalties.api import PenaltyShown, PenaltyTold
from kefu.penalties.models import Penalty
from tests.api.conftest import Outlet, ask
from tests.centre import at

pytestmark = pytest.mark.django_db

PENALTIES = "/api/v1/penalties/"


@pytest.fixture
def chengdu(centre, issue):
    return Outlet(issue(centre.chengdu, [ApiKey.Scope.READ_PENALTIES])[1])


@pytest.fixture
def xian(centre, issue):
    return Outlet(issue(centre.xian, [ApiKey.Scope.READ_PENALTIES])[1])


@pytest.fixture
def fine(centre, asked, settings) -> Penalty:
    """Chengdu, due at four, has not answered at half past."""
    settings.KEFU_NOW = at("16:30:00")
    deadlines.sweep()
    return Penalty.objects.get(party=centre.chengdu)


def listed(outlet, **choice):
    answer = outlet.get(PENALTIES, choice)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def path_of(penalty: Penalty) -> str:
    return f"{PENALTIES}{conceal('penalty', penalty.pk)}/"


def imposed(centre, case, party, *, now, clause="CD-05.10", kind=Penalty.Kind.FINE) -> Penalty:
    return penalties.impose(
        case=case, clause=clause, version_id=case.deadlines.all()[0].rulebook_id, party=party,
        kind=kind, value=Decimal("50.00"), actor=centre.chen.user, now=now,
        inputs={
            "clause": clause, "kind": kind.value, "each": "50.00", "times": 1, "role": "outlet",
            "condition": "verification", "also": [], "follows": "", "causes": [],
        },
    )  # fmt: skip


def complain(centre, case, *, now):
    return inquiries.file_complaint(
        cause="no_reply", against=centre.chengdu, text="一直没有人给我答复", channel="phone",
        asker="receiver", origin=case, department=centre.query_desk, owner=centre.zhou,
        actor=centre.zhou.user, now=now,
    )  # fmt: skip


@pytest.mark.rule("CD-05.09", "CD-05.10")
def test_an_outlet_reads_what_it_is_fined_for_what_and_whether_it_counts(chengdu, asked, fine):
    assert listed(chengdu) == [
        {
            "id": conceal("penalty", fine.pk),
            "clause": "CD-05.10",
            "kind": "fine",
            "value": "200.00",
            "condition": "complaint",
            "state": "provisional",
            "disputed": False,
            "incurred_at": "2026-11-20T16:00:00+08:00",
            "decided_at": "2026-11-20T16:30:00+08:00",
            "deadline": conceal("deadline", asked.deadline_id),
            "case": {
                "id": conceal("case", asked.case_id),
                "kind": "inquiry",
                "waybill_number": "880612045537",
            },
            "about": {"kind": "network_query", "id": conceal("network_query", asked.pk)},
        }
    ]


def test_what_is_shown_is_what_is_declared(chengdu, fine):
    (shown,) = listed(chengdu)
    told = chengdu.get(path_of(fine)).json()

    assert list(shown) == list(PenaltyShown().fields)
    assert list(told) == list(PenaltyTold().fields)
    assert list(told["explanation"]) == list(ExplanationShown().fields)
    assert {field: value for field, value in told.items() if field != "explanation"} == shown


@pytest.mark.rule("CD-05.10")
def test_a_penalty_tells_clause_inputs_and_arithmetic_in_the_language_asked_for(chengdu, fine):
    chinese = chengdu.get(path_of(fine)).json()["explanation"]
    english = chengdu.get(path_of(fine), headers={"Accept-Language": "en"}).json()["explanation"]

    for told in (chinese, english):
        assert told["clause"] == "CD-05.10"
        assert {line["clause"] for line in told["arithmetic"]} == {"CD-05.09", "CD-05.10"}
    assert chinese["result"] == "暂记 200.00 元"
    assert "CD-05.09" in english["basis"]
    assert english["title"].isascii()
    assert "200.00" in english["result"]


@pytest.mark.rule("CD-05.10")
def test_the_version_changes_when_a_complaint_makes_it_payable(chengdu, centre, asked, fine):
    before = chengdu.get(path_of(fine))
    complain(centre, asked.case, now=at("16:40:00"))

    after = chengdu.get(path_of(fine))

    assert (before.json()["state"], after.json()["state"]) == ("provisional", "payable")
    assert before["ETag"] != after["ETag"] == chengdu.get(path_of(fine))["ETag"]
    assert after.json()["explanation"]["result"].endswith("200.00 元")
    assert "一直没有人" not in after.content.decode()


def test_what_follows_no_clock_is_read_as_well(chengdu, centre, asked, now):
    penalty = imposed(centre, asked.case, centre.chengdu, now=now)

    told = chengdu.get(path_of(penalty)).json()

    assert (told["deadline"], told["about"], told["value"]) == (None, None, "50.00")
    assert told["explanation"]["clause"] == "CD-05.10"


def test_a_clock_of_somebody_else_is_not_named(chengdu, centre, asked, fine):
    agents = asked.case.deadlines.exclude(pk=asked.deadline_id).get()
    other = Penalty.objects.create(
        deadline=agents, case=asked.case, clause="CD-05.10", rulebook_id=agents.rulebook_id,
        party=centre.chengdu, kind="fine", value=Decimal("5.00"), condition="complaint",
        state="provisional", incurred_at=at("16:10:00"), decided_at=at("16:10:00"),
        inputs=fine.inputs,
    )  # fmt: skip

    told = chengdu.get(path_of(other)).json()

    assert (told["deadline"], told["about"]) == (None, None)


def test_deductions_of_our_people_in_the_same_case_are_never_shown(
    chengdu, centre, asked, fine, settings
):
    settings.KEFU_NOW = at("23:59:00")
    deadlines.sweep()
    ours = imposed(
        centre, asked.case, centre.lin.party, now=at("16:31:00"), kind=Penalty.Kind.POINTS
    )
    assert asked.case.penalties.exclude(party=centre.chengdu).exists()

    assert [one["id"] for one in listed(chengdu)] == [conceal("penalty", fine.pk)]
    assert listed(chengdu, kind="points") == []
    assert chengdu.get(path_of(ours)).status_code == 404


def test_what_others_bear_looks_as_if_it_did_not_exist(xian, fine):
    foreign = xian.get(path_of(fine))

    assert foreign.status_code == 404
    for place in (
        f"{PENALTIES}{conceal('penalty', fine.pk + 1000)}/",
        f"{PENALTIES}{fine.pk}/",
        f"{PENALTIES}{conceal('deadline', fine.pk)}/",
    ):
        other = xian.get(place)
        assert (other.status_code, other.content) == (404, foreign.content)
        assert set(other.headers) == set(foreign.headers)
    assert listed(xian) == []


def test_a_key_needs_the_scope(centre, issue, fine):
    blind = Outlet(issue(centre.chengdu, [ApiKey.Scope.READ_DEADLINES])[1])

    for place in (PENALTIES, path_of(fine)):
        answer = blind.get(place)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scope_missing")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_changed_here(chengdu, fine, method):
    assert getattr(chengdu, method)(path_of(fine)).status_code == 405
    assert getattr(chengdu, method)(PENALTIES).status_code == 405


@pytest.mark.parametrize(
    ("choice", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"party": "3"}, "party", "unknown_field"),
        ({"case__outlet": "3"}, "case__outlet", "unknown_field"),
        ({"state": "lost"}, "state", "invalid_choice"),
        ({"state": ["held", "payable"]}, "state", "repeated"),
        ({"kind": "money"}, "kind", "invalid_choice"),
        ({"clause": "1\x002"}, "clause", "null_characters_not_allowed"),
        ({"incurred_from": "2026-11-20T16:00:00"}, "incurred_from", "no_offset"),
        ({"incurred_to": "2026-11-20"}, "incurred_to", "no_offset"),
        ({"limit": "0"}, "limit", "min_value"),
        ({"cursor": "é"}, "cursor", "cursor_invalid"),
    ],
)
def test_a_parameter_that_is_none_or_wrong_is_named(chengdu, choice, field, code):
    answer = chengdu.get(PENALTIES, choice)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [(field, code)]


def test_one_penalty_takes_no_parameters(chengdu, fine):
    assert chengdu.get(path_of(fine), {"state": "held"}).status_code == 400


def test_a_list_is_narrowed_by_what_it_says_it_can_be_narrowed_by(chengdu, fine):
    due = "2026-11-20T16:00:00+08:00"

    for choice, found in (
        ({"state": "provisional"}, 1),
        ({"state": "payable"}, 0),
        ({"kind": "fine"}, 1),
        ({"kind": "points"}, 0),
        ({"clause": "CD-05.10"}, 1),
        ({"clause": "CD-05.09"}, 0),
        ({"incurred_from": due}, 1),
        ({"incurred_from": "2026-11-20T08:00:01Z"}, 0),
        ({"incurred_to": due}, 0),
        ({"incurred_to": "2026-11-20T16:00:01 08:00"}, 1),  # a plus sign not escaped
        ({"incurred_from": due, "incurred_to": "2026-11-21T00:00:00+08:00"}, 1),
    ):
        assert len(listed(chengdu, **choice)) == found, choice


def test_pages_neither_skip_nor_repeat_while_penalties_come_in(chengdu, centre, asked):
    at_once = [imposed(centre, asked.case, centre.chengdu, now=at("14:05:00")) for _one in range(4)]
    later = [
        imposed(centre, asked.case, centre.chengdu, now=at(f"14:1{one}:00")) for one in range(3)
    ]
    expected = [conceal("penalty", one.pk) for one in reversed(at_once + later)]

    seen, cursor = [], {}
    while cursor is not None:
        page = chengdu.get(PENALTIES, {"limit": 2} | cursor).json()
        seen += [penalty["id"] for penalty in page["results"]]
        imposed(centre, asked.case, centre.chengdu, now=at("15:00:00"))  # newest: before all
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None

    assert seen == expected


def test_a_page_costs_the_same_queries_however_long_it_is(chengdu, centre, settings, now):
    for _query in range(6):
        ask(centre, now=now)
    settings.KEFU_NOW = at("16:30:00")
    deadlines.sweep()
    listed(chengdu)  # notes the use of the key

    with CaptureQueriesContext(connection) as one:
        assert len(listed(chengdu, limit=1)) == 1
    with CaptureQueriesContext(connection) as six:
        assert len(listed(chengdu, limit=6)) == 6

    assert len(six) == len(one)


def test_a_page_is_read_along_the_index(centre, fine):
    rows = Penalty.objects.of_party(centre.chengdu.pk).order_by("-incurred_at", "-pk")
    with connection.cursor() as cursor:  # of a few rows a sort may be the cheaper way
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    plan = rows[:51].explain()

    assert "penalty_by_party" in plan
    assert "Sort" not in plan
