"""Two outlets with a key each, and the calls they make."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from inquiries import services as inquiries
from inquiries.models import NetworkQuery
from kefu import clock
from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from tests import centre as tests

QUERIES = "/api/v1/network-queries/"
BOTH = [ApiKey.Scope.READ, ApiKey.Scope.WRITE]


class Outlet(APIClient):
    """A partner's program: its key on every call, a new Idempotency-Key on every POST."""

    def __init__(self, secret: str = "", **more: Any) -> None:
        super().__init__(**more)
        if secret:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def send(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), **headers}
        return self.post(path, body, format="json", headers=headers)


@pytest.fixture
def now(settings):
    """Two in the afternoon; a test moves on with ``settings.KEFU_NOW``."""
    settings.KEFU_NOW = tests.at("14:00:00")
    return settings.KEFU_NOW


@pytest.fixture
def centre(now, db):
    return tests.build(now=now)


@pytest.fixture
def issue(centre, now):
    def issue(party, scopes=BOTH, **given):
        facts = {"name": "业务系统", "expires_at": None, "actor": centre.chen.user, "now": now}
        return keys.issue_key(party=party, scopes=scopes, **(facts | given))

    return issue


@pytest.fixture
def chengdu(centre, issue):
    return Outlet(issue(centre.chengdu)[1])


@pytest.fixture
def xian(centre, issue):
    return Outlet(issue(centre.xian)[1])


@pytest.fixture
def asked(centre, now) -> NetworkQuery:
    """What our agent has asked Chengdu, due at four."""
    return ask(centre, now=now)


@pytest.fixture
def path(asked) -> str:
    return path_of(asked)


def ask(
    centre: tests.Centre, *, now: Any, question: str = "件到成都后没有扫描，请核实"
) -> NetworkQuery:
    case = centre.inquiry(now=now)
    return inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question=question, actor=centre.lin.user, now=now
    )


def path_of(query: NetworkQuery) -> str:
    return f"{QUERIES}{conceal('network_query', query.pk)}/"


def later(**lapse: float) -> Any:
    return clock.now() + timedelta(**lapse)
