"""How often a key may call, and where from: counted and checked in the database, so it holds in every process."""

from datetime import timedelta

import pytest
from django.db import connection

from kefu import clock
from kefu.api import limits
from kefu.api import services as keys
from kefu.api.models import ApiKey, CallCount
from kefu.errors import KefuError
from tests.api.conftest import QUERIES, Outlet
from tests.centre import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def nearly_spent(chengdu):
    """Chengdu has called as often as it may but once, by whatever process."""
    chengdu.get(QUERIES)
    CallCount.objects.update(calls=limits.CALLS - 1)
    return chengdu


def left(answer):
    return tuple(answer[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset"))


def test_each_answer_says_how_many_calls_are_left(chengdu, settings):
    settings.KEFU_NOW = at("14:00:20")

    assert left(chengdu.get(QUERIES)) == ("600", "599", "40")
    assert left(chengdu.get(f"{QUERIES}nothing/")) == ("600", "598", "40")  # a 404 is a call
    assert left(chengdu.send(QUERIES, {})) == ("600", "597", "40")  # so is a refused one


def test_one_call_too_many_waits_for_the_next_minute(nearly_spent, settings):
    settings.KEFU_NOW = at("14:00:48.5")
    assert left(nearly_spent.get(QUERIES)) == ("600", "0", "12")

    refused = nearly_spent.get(QUERIES)

    assert refused.status_code == 429
    assert refused.json()["type"] == "/problems/throttled"
    assert refused["Retry-After"] == "12"
    assert left(refused) == ("600", "0", "12")
    settings.KEFU_NOW = at("14:01:00")
    assert left(nearly_spent.get(QUERIES)) == ("600", "599", "60")


def test_a_refused_write_has_no_effect(nearly_spent, centre):
    nearly_spent.get(QUERIES)
    number = centre.waybill.number

    refused = nearly_spent.send(QUERIES, {"waybill_number": number, "question": "在哪里"})

    assert refused.status_code == 429
    assert nearly_spent.get(QUERIES).status_code == 429
    CallCount.objects.update(calls=0)
    assert nearly_spent.get(QUERIES).json()["results"] == []


def refused_keys(centre, issue, now):
    """Keys whose secret is right and that are refused all the same: each with its code."""
    revoked = issue(centre.chengdu)
    keys.revoke_key(key=revoked[0], actor=centre.chen.user, now=now)
    expired = issue(centre.chengdu, expires_at=now + timedelta(seconds=1))
    ApiKey.objects.filter(pk=expired[0].pk).update(expires_at=now)
    return {
        "key_revoked": revoked,
        "key_expired": expired,
        "address_not_allowed": issue(centre.chengdu, networks=["203.0.113.7"]),
        "signature_required": issue(centre.chengdu, signed=True),
        "scope_missing": issue(centre.chengdu, [ApiKey.Scope.READ_CLAIMS]),
    }


def test_what_a_known_key_is_refused_is_counted_too(centre, issue, now):
    for code, (key, secret) in refused_keys(centre, issue, now).items():
        outlet = Outlet(secret)
        refused = outlet.send(QUERIES, {})
        assert refused.json()["type"] == f"/problems/{code}"
        assert left(refused) == ("600", "599", "60"), code

        CallCount.objects.filter(api_key=key).update(calls=limits.CALLS)
        refused = outlet.send(QUERIES, {})
        assert (refused.status_code, refused["Retry-After"]) == (429, "60"), code


def test_an_unknown_key_has_nobody_to_count_for(chengdu):
    refused = Outlet(f"kf{'x' * 10}.{'x' * 43}").get(QUERIES)

    assert refused.status_code == 401
    assert "RateLimit-Limit" not in refused
    assert not CallCount.objects.exists()


def test_keys_are_counted_apart(nearly_spent, xian, centre, issue):
    another = Outlet(issue(centre.chengdu)[1])
    nearly_spent.get(QUERIES)

    assert nearly_spent.get(QUERIES).status_code == 429
    assert another.get(QUERIES)["RateLimit-Remaining"] == "599"
    assert xian.get(QUERIES)["RateLimit-Remaining"] == "599"


def test_a_process_whose_clock_lags_opens_no_minute_anew(nearly_spent, settings):
    nearly_spent.get(QUERIES)
    settings.KEFU_NOW = at("13:59:59")

    assert nearly_spent.get(QUERIES).status_code == 429


def test_counting_finds_its_row_by_the_key(chengdu):
    chengdu.get(QUERIES)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + limits.CALL, {"key": 1, "minute": clock.now(), "calls": 1})
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Conflict Arbiter Indexes: api_callcount_pkey" in plan


@pytest.mark.parametrize(
    ("networks", "caller", "status"),
    [
        ([], "198.51.100.9", 200),
        (["203.0.113.7"], "203.0.113.7", 200),
        (["203.0.113.7"], "203.0.113.8", 403),
        (["203.0.113.0/24", "2001:db8::/32"], "203.0.113.200", 200),
        (["203.0.113.0/24", "2001:db8::/32"], "2001:db8:1::5", 200),
        (["203.0.113.0/24", "2001:db8::/32"], "2001:db9::5", 403),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", 200),
        (["203.0.113.0/24"], "nowhere", 403),
    ],
)
def test_a_key_opens_only_from_where_it_may_be_used(centre, issue, networks, caller, status):
    outlet = Outlet(issue(centre.chengdu, networks=networks)[1], REMOTE_ADDR=caller)

    answer = outlet.get(QUERIES)

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/address_not_allowed"


@pytest.mark.parametrize(
    "wrong",
    [
        "somewhere",
        "203.0.113.0/33",
        "203.0.113.7-9",
        "1" * 500,
        "fe80::1%a-zone-with-a-long-name",
        "::ffff:203.0.113.0/120",
    ],
)
def test_what_is_no_network_is_named(centre, issue, wrong):
    with pytest.raises(KefuError) as error:
        issue(centre.chengdu, networks=["203.0.113.7", wrong])

    assert (error.value.field, error.value.code) == ("networks", "not_a_network")


def test_networks_are_kept_in_one_spelling(centre, issue):
    key, _secret = issue(centre.chengdu, networks=[" 203.0.113.9/24 ", "203.0.113.0/24"])

    assert key.networks == ["203.0.113.0/24"]


def test_keys_are_not_made_without_end(centre, issue, now):
    """Each may call so often a minute: a hundred of them would be no limit at all."""
    made = [issue(centre.chengdu)[0] for _n in range(keys.MOST_KEYS)]
    with pytest.raises(KefuError) as refused:
        issue(centre.chengdu)
    assert refused.value.code == "too_many_keys"

    keys.revoke_key(key=made[0], actor=centre.chen.user, now=now)
    issue(centre.chengdu)
    issue(centre.xian)
