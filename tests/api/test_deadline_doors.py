"""What an outlet reads of the clocks that run against it: soonest first, with what a breach costs."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inquiries import services as inquiries
from inquiries.models import NetworkQuery
from kefu.api import objects
from kefu.api.explanations import ExplanationShown
from kefu.api.models import ApiKey
from kefu.api.pagination import write_cursor
from kefu.api.public_ids import conceal
from kefu.cases.models import Case
from kefu.deadlines import services as deadlines
from kefu.deadlines.api import BreachCost, DeadlineShown, DeadlineTold
from kefu.deadlines.models import Consequence, Deadline
from tests.api.conftest import Outlet, ask
from tests.centre import at

pytestmark = pytest.mark.django_db

DEADLINES = "/api/v1/deadlines/"


@pytest.fixture
def chengdu(centre, issue):
    return Outlet(issue(centre.chengdu, [ApiKey.Scope.READ_DEADLINES])[1])


@pytest.fixture
def xian(centre, issue):
    return Outlet(issue(centre.xian, [ApiKey.Scope.READ_DEADLINES])[1])


def listed(outlet, **choice):
    answer = outlet.get(DEADLINES, choice)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def path_of(deadline: Deadline) -> str:
    return f"{DEADLINES}{conceal('deadline', deadline.pk)}/"


@pytest.mark.rule("CD-05.09", "CD-05.10")
def test_an_outlet_reads_what_it_has_to_do_by_when_and_what_being_late_costs(chengdu, asked):
    deadline = asked.deadline

    assert listed(chengdu) == [
        {
            "id": conceal("deadline", deadline.pk),
            "clause": "CD-05.09",
            "action": "feedback",
            "starts_at": "2026-11-20T14:00:00+08:00",
            "due_at": "2026-11-20T16:00:00+08:00",
            "answered_at": None,
            "breached": False,
            "case": {
                "id": conceal("case", asked.case_id),
                "kind": "inquiry",
                "waybill_number": "880612045537",
            },
            "about": {"kind": "network_query", "id": conceal("network_query", asked.pk)},
            "costs": [
                {
                    "clause": "CD-05.10",
                    "kind": "fine",
                    "value": "200.00",
                    "condition": "complaint",
                    "text": "超时罚 200.00 元，有投诉才罚",
                }
            ],
        }
    ]


def test_what_is_shown_is_what_is_declared(chengdu, asked):
    (shown,) = listed(chengdu)
    told = chengdu.get(path_of(asked.deadline)).json()

    assert list(shown) == list(DeadlineShown().fields)
    assert list(shown["costs"][0]) == list(BreachCost().fields)
    assert list(told) == list(DeadlineTold().fields)
    assert list(told["explanation"]) == list(ExplanationShown().fields)
    assert {field: value for field, value in told.items() if field != "explanation"} == shown


def test_the_due_time_is_explained_in_the_language_asked_for(chengdu, asked):
    chinese = chengdu.get(path_of(asked.deadline))
    english = chengdu.get(path_of(asked.deadline), headers={"Accept-Language": "en"})

    told = chinese.json()["explanation"]
    assert (told["clause"], told["total"]["value"]) == ("CD-05.09", "16:00:00")
    assert told["arithmetic"][0]["clause"] == "CD-05.09"
    assert "客服部" in told["footer"]["rulebook"]
    assert english.json()["explanation"]["total"]["value"] == "16:00:00"
    assert english.json()["explanation"]["title"].isascii()
    assert english.json()["costs"][0]["text"].isascii()
    assert "Accept-Language" in chinese["Vary"] and "Authorization" in chinese["Vary"]


def test_the_version_changes_with_what_is_seen(chengdu, centre, asked, now):
    before = chengdu.get(path_of(asked.deadline))["ETag"]
    same = chengdu.get(path_of(asked.deadline))["ETag"]
    inquiries.record_feedback(
        query=asked, answer="件在成都", channel="phone", actor=centre.lin.user, now=now
    )

    answer = chengdu.get(path_of(asked.deadline))

    assert before == same != answer["ETag"]
    assert answer.json()["answered_at"] == "2026-11-20T14:00:00+08:00"
    assert listed(chengdu) == []  # what is done waits for nobody


@pytest.mark.rule("CD-05.09")
@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize(("moment", "breached"), [("16:00:00", False), ("16:00:00.000001", True)])
def test_exactly_at_the_due_time_is_in_time(chengdu, asked, settings, moment, breached, swept):
    settings.KEFU_NOW = at(moment)
    if swept:
        deadlines.sweep()

    (shown,) = listed(chengdu)
    told = chengdu.get(path_of(asked.deadline)).json()

    assert shown["breached"] is told["breached"] is breached
    assert told["explanation"]["result"] == ("超时" if breached else "计时中")


def test_that_the_sweep_set_a_clock_aside_is_our_own_affair(chengdu, asked):
    Deadline.objects.filter(pk=asked.deadline_id).update(state="set_aside", set_aside_reason="x")

    (shown,) = listed(chengdu)
    told = chengdu.get(path_of(asked.deadline)).json()["explanation"]

    assert shown["breached"] is False
    assert told["result"] == "计时中"
    assert "搁置" not in str(told)


def test_what_others_bear_of_the_same_case_is_never_shown(chengdu, centre, asked):
    Consequence.objects.create(
        deadline=asked.deadline, clause="CD-05.02", party=centre.lin.party, kind="points",
        value=Decimal("3"), condition="at_once", door="pages", inputs={},
    )  # fmt: skip
    assert asked.case.deadlines.exclude(party=centre.chengdu).exists()  # our agent's own clock

    (shown,) = listed(chengdu)
    told = chengdu.get(path_of(asked.deadline)).json()

    for seen in (shown, told):
        assert [cost["kind"] for cost in seen["costs"]] == ["fine"]
        assert "points" not in str(seen) and centre.lin.number not in str(seen)


def test_nothing_of_the_customer_is_told(chengdu, asked):
    told = chengdu.get(path_of(asked.deadline)).content.decode()

    for secret in ("陈晓梅", "陈", "13800004545", "三天没有扫描", asked.case.number):
        assert secret not in told


def test_what_runs_against_others_looks_as_if_it_did_not_exist(xian, chengdu, asked):
    agents = asked.case.deadlines.exclude(pk=asked.deadline_id).get()
    foreign = xian.get(path_of(asked.deadline))
    places = [
        f"{DEADLINES}{conceal('deadline', asked.deadline_id + 1000)}/",
        f"{DEADLINES}{asked.deadline_id}/",
        f"{DEADLINES}{conceal('case', asked.deadline_id)}/",
        path_of(agents),
    ]

    assert foreign.status_code == 404
    for place in places:
        for outlet in (xian, chengdu):
            other = outlet.get(place)
            assert (other.status_code, other.content) == (404, foreign.content)
            assert set(other.headers) == set(foreign.headers)
    assert listed(xian) == []


def test_a_key_needs_the_scope(centre, issue, asked):
    blind = Outlet(issue(centre.chengdu)[1])

    for place in (DEADLINES, path_of(asked.deadline)):
        answer = blind.get(place)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scope_missing")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_changed_here(chengdu, asked, method):
    assert getattr(chengdu, method)(path_of(asked.deadline)).status_code == 405
    assert getattr(chengdu, method)(DEADLINES).status_code == 405


@pytest.mark.parametrize(
    ("choice", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"party": "3"}, "party", "unknown_field"),
        ({"clause": ""}, "clause", "blank"),
        ({"clause": "C" * 17}, "clause", "max_length"),
        ({"due_before": "tomorrow"}, "due_before", "invalid"),
        ({"due_before": "2026-11-20T16:00:00"}, "due_before", "no_offset"),
        ({"limit": "101"}, "limit", "max_value"),
        ({"cursor": "x"}, "cursor", "cursor_invalid"),
        ({"cursor": write_cursor("now", conceal("deadline", 1))}, "cursor", "cursor_invalid"),
        (
            {"cursor": write_cursor("2026-11-20T16:00:00", conceal("deadline", 1))},
            "cursor",
            "cursor_invalid",
        ),
        (
            {"cursor": write_cursor("0001-01-01T00:00:00+23:00", conceal("deadline", 1))},
            "cursor",
            "cursor_invalid",
        ),
        (
            {"cursor": write_cursor("2026-11-20T16:00:00+08:00", conceal("penalty", 1))},
            "cursor",
            "cursor_invalid",
        ),
    ],
)
def test_a_parameter_that_is_none_or_wrong_is_named(chengdu, choice, field, code):
    answer = chengdu.get(DEADLINES, choice)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [(field, code)]


def test_one_deadline_takes_no_parameters(chengdu, asked):
    assert chengdu.get(path_of(asked.deadline), {"clause": "CD-05.09"}).status_code == 400


def test_a_list_is_narrowed_by_clause_and_due_time(chengdu, asked):
    assert len(listed(chengdu, clause="CD-05.09")) == 1
    assert listed(chengdu, clause="CD-05.10") == []
    assert listed(chengdu, due_before="2026-11-20T16:00:00+08:00") == []
    assert len(listed(chengdu, due_before="2026-11-20T08:00:01Z")) == 1


def test_pages_neither_skip_nor_repeat_while_clocks_start(chengdu, centre, now, settings):
    queries = [ask(centre, now=now) for _same_moment in range(4)]
    for minute in range(1, 4):
        settings.KEFU_NOW = at(f"14:{minute:02}:00")
        queries.append(ask(centre, now=settings.KEFU_NOW))
    expected = [conceal("deadline", query.deadline_id) for query in queries]

    seen, cursor = [], {}
    while cursor is not None:
        page = chengdu.get(DEADLINES, {"limit": 2} | cursor).json()
        seen += [deadline["id"] for deadline in page["results"]]
        if len(seen) < 6:
            settings.KEFU_NOW = at("15:00:00")
            ask(centre, now=settings.KEFU_NOW)  # comes in between and is due last
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None

    assert seen[:7] == expected
    assert len(seen) == len(set(seen)) == 9


def test_a_page_costs_the_same_queries_however_long_it_is(chengdu, centre, now):
    for _query in range(6):
        ask(centre, now=now)
    listed(chengdu)  # notes the use of the key

    with CaptureQueriesContext(connection) as one:
        assert len(listed(chengdu, limit=1)) == 1
    with CaptureQueriesContext(connection) as six:
        assert len(listed(chengdu, limit=6)) == 6

    assert len(six) == len(one)


def test_a_page_is_read_along_the_index(chengdu, centre, now):
    ask(centre, now=now)
    rows = Deadline.objects.of_party(centre.chengdu.pk).unanswered().order_by("due_at", "pk")
    with connection.cursor() as cursor:  # of a few rows a sort may be the cheaper way
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    plan = rows[:51].explain()

    assert "deadline_open_by_party" in plan
    assert "Sort" not in plan


def test_every_app_says_which_of_its_objects_a_deadline_is_about(centre, asked, now):
    mine = objects.links([asked.deadline_id], party_id=centre.chengdu.pk)
    foreign = objects.links([asked.deadline_id], party_id=centre.xian.pk)

    assert mine == {
        asked.deadline_id: {"kind": "network_query", "id": conceal("network_query", asked.pk)}
    }
    assert foreign == {}
    assert Case.objects.count() == NetworkQuery.objects.count() == 1
