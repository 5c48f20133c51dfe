"""A key that signs: each change is made by its holder, just now and once. The signature is made here by hand."""

import hashlib
import hmac
import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from inquiries.models import NetworkQuery
from kefu import clock
from kefu.api import services
from kefu.api.models import Nonce
from tests.api.conftest import QUERIES, Outlet
from tests.centre import at

pytestmark = pytest.mark.django_db

QUESTION = {"waybill_number": "880612045537", "question": "收件人称少一件"}


class Signer:
    """An outlet's program that signs what it writes; ``given`` replaces a header, None leaves it out."""

    def __init__(self, issued):
        key, secret = issued
        self.secret = services.signing_secret(key)
        self.outlet = Outlet(secret)

    def headers(self, path, body, *, method="POST", nonce=None, at=None, secret=None):
        stamp = str(int((at or clock.now()).timestamp()))
        nonce = nonce or uuid.uuid4().hex
        text = "\n".join([stamp, nonce, method, path, hashlib.sha256(body).hexdigest()])
        mac = hmac.new((secret or self.secret).encode(), text.encode(), hashlib.sha256)
        return {
            "X-Kefu-Timestamp": stamp,
            "X-Kefu-Nonce": nonce,
            "X-Kefu-Signature": mac.hexdigest(),
        }

    def ask(self, body=QUESTION, *, given=None, key=None, **how):
        raw = json.dumps(body).encode()
        headers = {**self.headers(QUERIES, raw, **how), **(given or {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        return self.outlet.post(
            QUERIES,
            raw,
            content_type="application/json",
            headers={"Idempotency-Key": key or str(uuid.uuid4()), **headers},
        )


@pytest.fixture
def signer(centre, issue):
    return Signer(issue(centre.chengdu, signed=True))


def refusal(answer):
    body = answer.json()
    field = body["errors"][0]["field"] if body["errors"] else ""
    return answer.status_code, body["type"].removeprefix("/problems/"), field


def test_a_signed_write_has_its_effect(signer):
    answer = signer.ask()

    assert answer.status_code == 201, answer.content
    assert NetworkQuery.objects.get().question == QUESTION["question"]


def test_reading_wants_no_signature(signer):
    assert signer.outlet.get(QUERIES).status_code == 200


def test_a_key_without_a_signing_secret_takes_no_notice(centre, issue):
    plain = Outlet(issue(centre.chengdu)[1])

    answer = plain.send(QUERIES, QUESTION, **{"X-Kefu-Signature": "nonsense"})

    assert answer.status_code == 201


@pytest.mark.parametrize("missing", ["X-Kefu-Timestamp", "X-Kefu-Nonce", "X-Kefu-Signature"])
def test_each_header_is_asked_for_by_name(signer, missing):
    answer = signer.ask(given={missing: None})

    assert refusal(answer) == (403, "signature_required", missing)
    assert not NetworkQuery.objects.exists()


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("X-Kefu-Timestamp", "now"),
        ("X-Kefu-Timestamp", "-1"),
        ("X-Kefu-Timestamp", "9" * 40),
        ("X-Kefu-Nonce", "short"),
        ("X-Kefu-Nonce", "n" * 65),
        ("X-Kefu-Nonce", "with a space in it"),
        ("X-Kefu-Signature", "0" * 64),
        ("X-Kefu-Signature", ""),
    ],
)
def test_what_was_not_signed_so_is_refused(signer, header, text):
    status, code, _field = refusal(signer.ask(given={header: text}))

    assert (status, code) == (403, "signature_invalid")
    assert not NetworkQuery.objects.exists()
    assert not Nonce.objects.exists()


def test_the_signature_covers_body_path_method_and_secret(signer):
    raw = json.dumps(QUESTION).encode()
    others = [
        signer.headers(QUERIES, raw.replace(b"880612045537", b"880612045538")),
        signer.headers(f"{QUERIES}?x=1", raw),
        signer.headers(QUERIES, raw, method="PUT"),
        signer.headers(QUERIES, raw, secret="ks_another"),
    ]

    for headers in others:
        assert refusal(signer.ask(given=headers))[:2] == (403, "signature_invalid")
    assert not NetworkQuery.objects.exists()


@pytest.mark.parametrize(("off", "status"), [(-300, 201), (300, 201), (-301, 403), (301, 403)])
def test_a_clock_may_be_five_minutes_off(signer, off, status):
    answer = signer.ask(at=clock.now() + timedelta(seconds=off))

    assert answer.status_code == status, answer.content
    if status == 403:
        assert refusal(answer) == (403, "timestamp_stale", "X-Kefu-Timestamp")


def test_what_was_sent_once_is_not_sent_again(signer, settings, now):
    nonce = uuid.uuid4().hex
    stamp = clock.now()
    assert signer.ask(nonce=nonce, at=stamp).status_code == 201

    again = signer.ask(nonce=nonce, at=stamp)

    assert refusal(again) == (403, "nonce_used", "X-Kefu-Nonce")
    assert NetworkQuery.objects.count() == 1
    # The word is free again when its time is no longer accepted.
    settings.KEFU_NOW = at("14:05:00")
    services.forget_old(now=clock.now())
    assert refusal(signer.ask(nonce=nonce, at=stamp))[1] == "nonce_used"
    services.forget_old(now=now + timedelta(minutes=10, seconds=1))
    assert not Nonce.objects.exists()


def test_a_refused_request_has_used_up_its_nonce(signer):
    nonce = uuid.uuid4().hex
    unknown = signer.ask({**QUESTION, "waybill_number": "000000000000"}, nonce=nonce)
    assert unknown.status_code == 422

    assert refusal(signer.ask(nonce=nonce))[1] == "nonce_used"


def test_a_retry_signs_anew_and_has_one_effect(signer):
    first, again = signer.ask(key="k-1"), signer.ask(key="k-1")

    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    assert NetworkQuery.objects.count() == 1


def test_what_is_too_large_is_refused_before_it_is_hashed(signer):
    large = signer.ask({**QUESTION, "question": "件" * 1_400_000})

    assert refusal(large) == (413, "body_too_large", "")
    assert not Nonce.objects.exists()


def test_nonces_of_two_keys_are_apart(signer, centre, issue):
    other, nonce = Signer(issue(centre.chengdu, signed=True)), uuid.uuid4().hex

    assert signer.ask(nonce=nonce).status_code == 201
    assert other.ask({**QUESTION, "question": "另一问"}, nonce=nonce).status_code == 201


def test_the_signing_secret_is_stored_sealed_and_is_not_the_key(centre, issue):
    key, shown = issue(centre.chengdu, signed=True)
    secret = services.signing_secret(key)

    assert secret.startswith("ks_")
    assert len(secret) >= 43
    assert secret.removeprefix("ks_") not in shown
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM api_signingsecret")
        assert secret.encode() not in bytes(cursor.fetchone()[0])
