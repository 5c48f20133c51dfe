"""What Prometheus reads: true, without names, only near the machine, and all that the alerts and the dashboard ask for."""

import json
import re
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml
from django.conf import settings as django_settings
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from kefu.deadlines import services as deadlines
from kefu.deadlines.services.sweep import beat
from kefu.overview import health
from kefu.overview.models import Verification
from tests.centre import at, build

DEPLOY = Path(django_settings.BASE_DIR) / "deploy"
NAME = re.compile(r"\bkefu_[a-z_]+\b")


@pytest.fixture
def centre(db, settings):
    settings.KEFU_NOW = at("08:00:00")
    centre = build(now=settings.KEFU_NOW)
    centre.inquiry(now=settings.KEFU_NOW)
    settings.KEFU_NOW = at("08:30:30")
    deadlines.sweep()
    beat()
    return centre


def read(client, **given):
    answer = client.get("/metrics", **given)
    assert answer.status_code == 200
    return {
        family.name: {tuple(sorted(one.labels.items())): one.value for one in family.samples}
        for family in text_string_to_metric_families(answer.content.decode())
    }


def test_it_tells_how_the_promises_stand(client, centre):
    found = read(client)

    assert found["kefu_promises_today"][(("clause", "CD-03.23"), ("outcome", "broken"))] == 1
    assert found["kefu_promises_broken_a_minute"][()] == 1
    assert found["kefu_cases_open"][()] == found["kefu_cases_late"][()] == 1
    assert found["kefu_ok"][(("measure", "database"),)] == 1
    assert found["kefu_redis_up"][()] in (0, 1)


def test_the_rate_of_the_sweep_tells_of_a_backlog_too(client, centre, settings):
    settings.KEFU_NOW = at("08:40:00")
    centre.inquiry(now=settings.KEFU_NOW)  # due at 9:10
    settings.KEFU_NOW = at("11:30:30")  # nobody swept for hours
    deadlines.sweep()

    assert read(client)["kefu_promises_broken_a_minute"][()] == 1


def test_requests_stand_under_the_name_of_their_page_whatever_anybody_types(client, centre):
    client.get("/healthz")
    client.get("/no/such/13800004545/")
    client.get("/cases/CX-13800004545/")

    text = client.get("/metrics").content.decode()

    assert 'page="overview:healthz",status="2xx"' in text
    assert 'page="nowhere",status="4xx"' in text
    assert "13800004545" not in text
    assert "陈晓梅" not in text


@pytest.mark.parametrize(
    "given",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": "10.0.0.9"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "headers": {"x-forwarded-for": "127.0.0.1"}},
    ],
)
def test_from_afar_there_is_no_such_page(client, centre, given):
    assert client.get("/metrics", **given).status_code == 404


def test_a_network_that_the_settings_name_is_near(client, centre, settings):
    settings.KEFU_METRICS_NETWORKS = [ip_network("10.0.0.0/8")]

    assert "kefu_ok" in read(client, REMOTE_ADDR="10.0.0.9")
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 404


def test_office_staff_read_it_from_anywhere(client, centre):
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 200
    client.force_login(centre.lin.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404


def test_a_database_that_is_away_is_told_and_holds_nobody_up(client, db, monkeypatch):
    def away():
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(health.connection, "cursor", away)
        found = read(client)

    assert found["kefu_ok"][(("measure", "database"),)] == 0
    assert "kefu_cases_open" not in found


def test_what_alerts_and_the_dashboard_ask_for_is_told(client, centre):
    verified = {"seconds": 1, "checks": 100, "rows": 100, "violations": 0}
    Verification.objects.create(day=at("03:30:00").date(), at=at("03:30:00"), **verified)
    client.get("/healthz")
    told = set(NAME.findall(client.get("/metrics").content.decode()))
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    dashboard = json.loads((DEPLOY / "grafana" / "kefu.json").read_text(encoding="utf-8"))
    asked = [rule["expr"] for rule in rules] + [
        target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
    ]

    assert len(rules) >= 12
    assert all(rule["annotations"]["summary"] for rule in rules)
    wanted = {name for expression in asked for name in NAME.findall(expression)}
    assert wanted - told == set()
    measures = {reading.name for reading in health.readings()}
    named = set(re.findall(r'measure="([a-z_]+)"', " ".join(asked)))
    assert named - measures == set()
