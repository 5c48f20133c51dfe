"""Who gets in, by which key, and how soon not any more."""

from datetime import timedelta

import pytest

from kefu.api import limits, services
from kefu.api.models import ApiKey, FailedAttempts
from kefu.audit.models import AuditRow
from kefu.errors import Conflict, KefuError, NotAllowed
from tests.api.conftest import QUERIES, Outlet
from tests.centre import at

pytestmark = pytest.mark.django_db


def refusal(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_a_secret_is_long_random_shown_once_and_not_stored(centre, issue):
    key, shown = issue(centre.chengdu)
    _other, another = issue(centre.chengdu)

    prefix, secret = shown.split(".")
    assert prefix == key.prefix
    assert len(secret) >= 43  # 256 bits in base64
    assert secret != another.split(".")[1]
    stored = ApiKey.objects.get(pk=key.pk)
    assert secret not in repr(vars(stored))
    assert bytes(stored.secret_digest) == services.digest(secret)
    row = AuditRow.objects.filter(table="api_apikey").latest("id")
    assert "secret_digest" not in row.after


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"name": "  "}, "name"),
        ({"expires_at": at("14:00:00")}, "expires_at"),
    ],
)
def test_a_key_without_sense_is_not_issued(centre, issue, wrong, field):
    with pytest.raises(KefuError) as error:
        issue(centre.chengdu, **wrong)

    assert error.value.field == field
    assert not ApiKey.objects.exists()


def test_keys_are_for_partners_and_issued_by_supervisors(centre, issue, now):
    with pytest.raises(KefuError):
        issue(centre.company)
    with pytest.raises(NotAllowed):
        issue(centre.chengdu, actor=centre.lin.user)
    key, _secret = issue(centre.chengdu)
    with pytest.raises(NotAllowed):
        services.revoke_key(key=key, actor=centre.wang.user, now=now)


def test_a_revoked_key_is_dead_at_the_next_call(centre, issue, now):
    key, secret = issue(centre.chengdu)
    outlet = Outlet(secret)
    assert outlet.get(QUERIES).status_code == 200

    services.revoke_key(key=key, actor=centre.chen.user, now=now)

    answer = outlet.get(QUERIES)
    assert refusal(answer) == (401, "key_revoked")
    assert answer["WWW-Authenticate"] == 'Bearer realm="kefu"'
    with pytest.raises(Conflict):
        services.revoke_key(key=key, actor=centre.chen.user, now=now)


def test_a_key_ends_at_its_last_instant(centre, issue, settings):
    _key, secret = issue(centre.chengdu, expires_at=at("15:00:00"))

    settings.KEFU_NOW = at("14:59:59.999999")
    assert Outlet(secret).get(QUERIES).status_code == 200
    settings.KEFU_NOW = at("15:00:00")
    assert refusal(Outlet(secret).get(QUERIES)) == (401, "key_expired")


def test_an_outlet_that_is_suspended_is_refused(centre, chengdu):
    centre.chengdu.active = False
    centre.chengdu.save()

    assert refusal(chengdu.get(QUERIES)) == (403, "party_inactive")


def test_a_key_does_what_its_scopes_say(centre, issue, path):
    reader = Outlet(issue(centre.chengdu, [ApiKey.Scope.READ])[1])
    writer = Outlet(issue(centre.chengdu, [ApiKey.Scope.WRITE])[1])

    assert reader.get(path).status_code == 200
    assert refusal(reader.send(f"{path}answer/", {"answer": "在"})) == (403, "scope_missing")
    assert refusal(reader.send(QUERIES, {})) == (403, "scope_missing")
    assert refusal(writer.get(path)) == (403, "scope_missing")
    assert writer.send(f"{path}answer/", {"answer": "在"}).status_code == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "not_authenticated"),
        ("", "not_authenticated"),
        ("Basic dXNlcjpwYXNz", "key_invalid"),
        ("Bearer", "key_invalid"),
        ("Bearer kf0000000000." + "A" * 43, "key_invalid"),
        ("Bearer \x00é.", "key_invalid"),
        ("Bearer " + "x" * 10_000, "key_invalid"),
    ],
)
def test_without_a_valid_key_nothing_opens(path, header, code):
    given = {} if header is None else {"HTTP_AUTHORIZATION": header}

    for answer in (Outlet().get(path, **given), Outlet().get(QUERIES, **given)):
        assert refusal(answer) == (401, code)
        assert answer["WWW-Authenticate"] == 'Bearer realm="kefu"'


def test_another_keys_secret_does_not_open_this_one(centre, issue):
    key, _secret = issue(centre.chengdu)
    _other, shown = issue(centre.xian)

    mixed = f"{key.prefix}.{shown.split('.')[1]}"
    assert refusal(Outlet(mixed).get(QUERIES)) == (401, "key_invalid")


def test_a_colleagues_session_opens_nothing(centre, path):
    browser = Outlet()
    browser.force_login(centre.chen.user, "django.contrib.auth.backends.ModelBackend")

    assert refusal(browser.get(path)) == (401, "not_authenticated")
    assert refusal(browser.send(f"{path}answer/", {"answer": "在"})) == (401, "not_authenticated")
    assert browser.get("/api/v1/schema/").status_code == 200


def test_an_address_that_guesses_is_held_off_even_with_the_right_key(chengdu, settings):
    guesser = Outlet("kf0000000000." + "A" * 43)
    for _guess in range(limits.FAILURES):
        assert refusal(guesser.get(QUERIES)) == (401, "key_invalid")

    held = chengdu.get(QUERIES)
    elsewhere = chengdu.get(QUERIES, REMOTE_ADDR="203.0.113.9")
    settings.KEFU_NOW = at("14:10:00")

    assert refusal(held) == (429, "too_many_attempts")
    assert held["Retry-After"] == "600"
    assert elsewhere.status_code == 200
    assert chengdu.get(QUERIES).status_code == 200
    assert refusal(guesser.get(QUERIES)) == (401, "key_invalid")
    assert FailedAttempts.objects.get().count == 1


def test_a_customer_of_ipv6_has_one_count_for_all_his_addresses(centre):
    guesser = Outlet("kf0000000000." + "A" * 43)
    for host in ("1", "2"):
        guesser.get(QUERIES, REMOTE_ADDR=f"2001:db8::{host}")

    assert list(FailedAttempts.objects.values_list("address", "count")) == [("2001:db8::/64", 2)]


def test_only_our_own_proxies_are_believed_about_the_address(centre, settings):
    guesser = Outlet("kf0000000000." + "A" * 43)

    guesser.get(QUERIES, HTTP_X_FORWARDED_FOR="198.51.100.7", REMOTE_ADDR="203.0.113.9")
    settings.PROXIES = 1
    guesser.get(QUERIES, HTTP_X_FORWARDED_FOR="10.9.9.9, 198.51.100.7", REMOTE_ADDR="127.0.0.1")
    guesser.get(QUERIES, HTTP_X_FORWARDED_FOR="nonsense", REMOTE_ADDR="127.0.0.1")

    addresses = FailedAttempts.objects.values_list("address", flat=True)
    assert set(addresses) == {"203.0.113.9", "198.51.100.7", ""}


def test_the_use_of_a_key_is_noted_once_a_minute(centre, issue, settings, now):
    key, secret = issue(centre.chengdu)

    noted = []
    for text in ("14:00:10", "14:01:10", "14:01:10.000001"):
        settings.KEFU_NOW = at(text)
        Outlet(secret).get(QUERIES)
        key.refresh_from_db()
        noted.append(key.last_used_at - now)

    assert noted == [
        timedelta(seconds=10),
        timedelta(seconds=10),
        timedelta(seconds=70, microseconds=1),
    ]
