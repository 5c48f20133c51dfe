"""What every visitor meets before any page of ours."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import Error, InterfaceError, OperationalError
from django.test import Client


@pytest.fixture
def visitor() -> Client:
    return Client()


def test_our_pages_run_our_own_scripts_only(db: None, visitor: Client) -> None:
    policy = visitor.get("/accounts/login/").headers["Content-Security-Policy"]

    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"


def test_the_admin_alone_may_evaluate_because_its_toolkit_does(db: None, visitor: Client) -> None:
    policy = visitor.get("/admin/").headers["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_the_admin_has_no_way_in_of_its_own(db: None, visitor: Client) -> None:
    answer = visitor.get("/admin/login/", {"next": "/admin/"})

    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (
        302,
        "/accounts/login/",
    )


def test_nobody_signs_up(db: None, visitor: Client) -> None:
    answer = visitor.post(
        "/accounts/signup/",
        {"username": "eve", "password1": "long-enough-9x", "password2": "long-enough-9x"},
    )

    assert b"eve" not in answer.content
    assert "_auth_user_id" not in visitor.session


def test_pages_are_chinese_unless_english_is_chosen(db: None, visitor: Client) -> None:
    assert 'lang="zh-CN"' in visitor.get("/accounts/login/").content.decode()

    visitor.post("/i18n/setlang/", {"language": "en", "next": "/"})

    assert 'lang="en"' in visitor.get("/accounts/login/").content.decode()


def test_the_sign_in_page_tells_the_rule_of_the_lock(
    db: None, visitor: Client, settings: Any
) -> None:
    settings.AXES_FAILURE_LIMIT, settings.AXES_COOLOFF_TIME = 3, timedelta(minutes=40)

    assert "连错 3 次会锁 40 分钟" in visitor.get("/accounts/login/").content.decode()


def test_the_request_log_has_no_query_and_no_probes(
    db: None, visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="django_structlog.middlewares.request"):
        visitor.get("/healthz")
        visitor.get("/accounts/login/", {"next": "/cases/?q=13812345678"})

    assert len(caplog.records) == 1
    assert "/accounts/login/" in caplog.text
    assert "13812345678" not in caplog.text


def sign_in(client: Client, password: str, name: str = "1001") -> str:
    answer = client.post("/accounts/login/", {"login": name, "password": password}, follow=True)
    return answer.content.decode()


def test_five_failures_lock_that_person_at_that_place_and_say_so(db: None) -> None:
    get_user_model().objects.create_user("1001", password="right-one-9x")
    get_user_model().objects.create_user("1002", password="right-one-9x")
    here = Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(4):
        assert "锁定 15 分钟" not in sign_in(here, "wrong")

    assert "锁定 15 分钟" in sign_in(here, "wrong")

    assert "锁定 15 分钟" in sign_in(here, "right-one-9x")
    assert "锁定 15 分钟" in sign_in(here, "right-one-9x", name=" 1001")
    assert "_auth_user_id" not in here.session
    for elsewhere, name in ((Client(REMOTE_ADDR="192.0.2.2"), "1001"), (here, "1002")):
        sign_in(elsewhere, "right-one-9x", name=name)
        assert "_auth_user_id" in elsewhere.session


def test_a_forged_forwarded_address_does_not_open_the_lock(db: None) -> None:
    get_user_model().objects.create_user("1001", password="right-one-9x")
    for number in range(6):
        said = sign_in(Client(HTTP_X_FORWARDED_FOR=f"192.0.2.{number}"), "wrong")

    assert "锁定 15 分钟" in said


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("place", ["view", "session"])
def test_with_the_database_away_a_page_says_try_again_and_asks_nothing_of_it(
    db: None, error: type[Error], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Client(raise_request_exception=False)
    visitor.force_login(
        get_user_model().objects.create_user("1001", role="agent"),
        backend="django.contrib.auth.backends.ModelBackend",
    )

    def away(*_given: object, **_more: object) -> None:
        raise error("gone")

    if place == "view":
        monkeypatch.setattr("kefu.workbench.views.desk.selectors.bell", away)
    else:
        monkeypatch.setattr(SessionStore, "load", away)
    answer = visitor.get("/bell/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "系统暂时忙" in answer.content.decode()


def test_any_other_failure_is_a_500(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionStore, "load", lambda self: int("gone"))
    visitor = Client(raise_request_exception=False)
    visitor.cookies["sessionid"] = "x" * 32

    assert visitor.get("/").status_code == 500
