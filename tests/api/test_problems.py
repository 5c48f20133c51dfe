"""Every refusal has one shape, names what is wrong, and gives nothing away."""

import json
import logging
import sys

import pytest
import structlog
from django.db import OperationalError

from inquiries.models import NetworkQuery
from kefu.api.pagination import write_cursor
from kefu.api.parsers import LARGEST
from kefu.api.public_ids import conceal
from kefu.settings.logs import logging_config
from tests.api.conftest import QUERIES, Outlet

pytestmark = pytest.mark.django_db

MEMBERS = ["type", "title", "status", "detail", "errors", "request_id"]


def problem(answer, status, code):
    """Check the shape; return what is wrong with which field."""
    body = json.loads(answer.content)
    assert answer.status_code == body["status"] == status, body
    assert answer["Content-Type"] == "application/problem+json"
    assert body["type"] == f"/problems/{code}"
    assert list(body) == (MEMBERS[:-1] if status == 404 else MEMBERS)
    assert body["title"]
    assert body["detail"]
    assert answer["X-Request-ID"]
    assert body.get("request_id", answer["X-Request-ID"]) == answer["X-Request-ID"]
    assert "Traceback" not in answer.content.decode()
    return [(fault["field"], fault["code"]) for fault in body["errors"]]


def raw(outlet, body, content_type="application/json", path=QUERIES):
    return outlet.post(path, body, content_type=content_type, headers={"Idempotency-Key": "a-1"})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b" ", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"question": NaN}', "malformed_json"),
        (b'{"question": "\\ud800"}', "malformed_json"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b'{"question": ' + b"[" * 5 + b"]" * 5 + b"}", "too_deep"),
        (b"[" * 100_000, "malformed_json"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(chengdu, body, code):
    problem(raw(chengdu, body), 400, code)


def test_a_body_has_a_limit(chengdu):
    problem(raw(chengdu, b'{"question": "' + b"x" * LARGEST + b'"}'), 413, "body_too_large")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json; charset=gbk", "nonsense"],
)  # fmt: skip
def test_only_json_in_utf8_is_taken(chengdu, content_type):
    problem(raw(chengdu, b"{}", content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"owner": 3}, ("owner", "unknown_field")),
        ({"state": "answered"}, ("state", "unknown_field")),
        ({"question": None}, ("question", "null")),
        ({"question": ""}, ("question", "blank")),
        ({"question": 5}, ("question", "not_text")),
        ({"question": True}, ("question", "not_text")),
        ({"question": ["在哪"]}, ("question", "not_text")),
        ({"question": "在\x00哪"}, ("question", "null_characters_not_allowed")),
        ({"question": "在\x07哪"}, ("question", "text_control_character")),
        ({"question": "\u200b"}, ("question", "text_required")),
        ({"question": "问" * 4001}, ("question", "max_length")),
        ({"waybill_number": 880612045537}, ("waybill_number", "not_text")),
        ({"waybill_number": "12"}, ("waybill_number", "waybill_length")),
        ({"waybill_number": "<script>alert"}, ("waybill_number", "waybill_characters")),
        ({"reference": "r" * 65}, ("reference", "max_length")),
    ],
)
def test_each_field_at_fault_is_named_and_nothing_is_kept(chengdu, change, fault):
    body = {"waybill_number": "880612045537", "question": "在哪里"} | change

    answer = chengdu.send(QUERIES, body)

    found = problem(answer, 422, answer.json()["type"].removeprefix("/problems/"))
    assert found == [fault]
    assert not NetworkQuery.objects.exists()


def test_what_is_missing_is_named_all_at_once(chengdu):
    assert problem(chengdu.send(QUERIES, {}), 422, "invalid") == [
        ("waybill_number", "required"),
        ("question", "required"),
    ]


def test_posts_take_no_parameters(chengdu, path):
    answer = chengdu.send(f"{path}answer/?at=yesterday", {"answer": "在"})

    assert problem(answer, 400, "invalid_parameter") == [("at", "unknown_field")]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_a_method_that_is_none_names_those_that_are(chengdu, method):
    answer = getattr(chengdu, method)(QUERIES)

    problem(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "place",
    ["/api/v1/nothing/", "/api/v1/network-queries", "/api/v1/network-queries/a/b/",
     "/api/v1/network-queries/%00/", "/api/v2/", "/api/", f"/api/v1/network-queries/{'9' * 30}/"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_is_none_says_so_in_the_same_words(chengdu, place, method):
    answer = getattr(chengdu, method)(place, headers={"Idempotency-Key": "a-1"})

    if method == "post" and answer.status_code == 405:
        problem(answer, 405, "method_not_allowed")  # one query is read, not written
    else:
        problem(answer, 404, "not_found")


@pytest.mark.parametrize("accept", ["text/html", "application/problem+json", "nonsense", "*/*"])
def test_whatever_one_accepts_the_answer_is_json(chengdu, accept):
    answer = chengdu.get(QUERIES, headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "no-store"


def test_a_refusal_speaks_the_callers_language(chengdu):
    answers = [
        chengdu.get(QUERIES, {"state": "lost"}, headers={"Accept-Language": language})
        for language in ("zh-CN", "en")
    ]

    assert [answer["Content-Language"] for answer in answers] == ["zh-hans", "en"]
    for answer in answers:
        assert problem(answer, 400, "invalid_parameter") == [("state", "invalid_choice")]


def test_a_host_that_is_not_ours_is_refused_in_the_same_shape(chengdu):
    problem(chengdu.get(QUERIES, headers={"Host": "evil.example"}), 400, "bad_request")


def test_without_the_database_the_caller_is_asked_to_come_back(chengdu, monkeypatch):
    def gone(**_given):
        raise OperationalError("server closed the connection at 10.0.0.5")

    monkeypatch.setattr("kefu.api.authentication.arrive", gone)

    for answer in (chengdu.get(QUERIES), chengdu.send(QUERIES, {})):
        problem(answer, 503, "unavailable")
        assert answer["Retry-After"] == "5"
        assert "10.0.0.5" not in answer.content.decode()


def test_our_own_fault_shows_nothing_of_our_insides(centre, issue, monkeypatch):
    outlet = Outlet(issue(centre.chengdu)[1], raise_request_exception=False)
    monkeypatch.setattr("inquiries.api._page", lambda *_given: {}["secret"])

    answer = outlet.get(QUERIES)

    problem(answer, 500, "internal_error")
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_in_the_log_holds_no_values(as_json):
    config = logging_config(as_json=as_json)["formatters"]["structlog"]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
    )
    phone = "-".join(["138", "0000", "4545"])
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        record = logging.LogRecord("kefu", logging.ERROR, "", 1, "failed", (), sys.exc_info())

    line = formatter.format(record)

    assert "ZeroDivisionError" in line
    assert phone not in line


def test_more_than_any_door_takes_is_refused_and_no_fault_of_ours(chengdu, centre):
    many = chengdu.get("/api/v1/network-queries/?" + "&".join(["a"] * 2_100))

    assert (many.status_code, many.json()["type"]) == (400, "/problems/bad_request")


def test_a_moment_that_no_calendar_has_is_no_place_in_a_list(chengdu, asked):
    queries = "/api/v1/network-queries/"
    for moment in ("2026-01-01T00:00:00+16:00", "0001-01-01T00:00:00+08:00", "2026-01-01"):
        cursor = write_cursor("due_at", moment, conceal("network_query", asked.pk))
        refused = chengdu.get(queries, {"order": "due_at", "state": "open", "cursor": cursor})
        assert refused.status_code in (200, 400), moment
