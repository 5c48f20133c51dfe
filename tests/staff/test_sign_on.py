"""Single sign-on against a small service of the office on this machine: authorisation code, PKCE, a token signed by RS256."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from kefu.audit.models import AuditRow
from kefu.settings.base import sign_on
from kefu.staff import duties
from kefu.staff.models import User
from tests.centre import PASSWORD, at, build

pytestmark = pytest.mark.django_db

BEGIN = "/accounts/oidc/office/login/"
BACK = "/accounts/oidc/office/login/callback/"
LOGIN = reverse("account_login")
QUEUE = reverse("workbench:queue")
SECRET = "the-secret-of-the-client"


class Office(ThreadingHTTPServer):
    """The other service: whoever asks for a code gets one for the person who ``claims`` describes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.claims: dict[str, Any] = {}
        self.more: dict[str, Any] = {}
        self.changed: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.exchanged: dict[str, str] = {}

    def token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "kefu",
            "sub": "s-1",
            "iat": now,
            "exp": now + 60,
            **self.claims,
            **self.changed,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "k1"})


class Answer(BaseHTTPRequestHandler):
    server: Office

    def log_message(self, *_given: object) -> None:
        pass

    def do_GET(self) -> None:
        here = self.server.issuer
        if "openid-configuration" in self.path:
            names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
            body: Any = {name: f"{here}/{name}" for name in names} | {"issuer": here}
        elif "userinfo" in self.path:
            assert self.headers["Authorization"] == "Bearer access-1"
            body = {"sub": "s-1", **self.server.more}
        else:
            key = jwt.algorithms.RSAAlgorithm.to_jwk(self.server.key.public_key(), as_dict=True)
            body = {"keys": [{**key, "kid": "k1", "alg": "RS256"}]}
        self.send(body)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        given = {name: one for name, [one] in parse_qs(self.rfile.read(length).decode()).items()}
        self.server.exchanged = given
        proof = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest())
        wanted = self.server.asked["code_challenge"]
        if given["code"] != "c-1" or proof.rstrip(b"=").decode() != wanted:
            self.send({"error": "invalid_grant"}, status=400)
            return
        self.send(
            {"access_token": "access-1", "token_type": "Bearer", "id_token": self.server.token()}
        )

    def send(self, body: Any, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


@pytest.fixture
def office(settings) -> Iterator[Office]:
    office = Office()
    thread = threading.Thread(target=office.serve_forever, daemon=True)
    thread.start()
    settings.SOCIALACCOUNT_PROVIDERS = sign_on(
        issuer=office.issuer, client="kefu", secret=SECRET, name="公司账号"
    )
    yield office
    office.shutdown()
    office.server_close()
    thread.join()


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = at("08:00:00")
    duties._found.clear()
    return build(now=settings.KEFU_NOW)


def through(office, client=None, *, begin=BEGIN, **changed):
    """Go to the other service and come back; ``changed``: what comes back instead."""
    client = client or Client()
    answer = client.get(begin)
    there = urlsplit(answer.headers["Location"])
    office.asked = {name: one for name, [one] in parse_qs(there.query).items()}
    back = {"code": "c-1", "state": office.asked["state"], **changed}
    return client, client.get(f"{BACK}?{urlencode(back)}")


def in_as(client):
    return client.session.get("_auth_user_id")


def test_whoever_the_service_names_by_his_number_is_signed_in(centre, office):
    office.claims = {"employee_number": centre.lin.number, "name": "林小月"}

    client, answer = through(office, begin=f"{BEGIN}?next=/search/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/search/")
    assert in_as(client) == str(centre.lin.user_id)
    assert client.get(QUEUE).status_code == 200
    assert office.asked["code_challenge_method"] == "S256"
    assert "openid" in office.asked["scope"].split()
    assert office.exchanged["redirect_uri"].endswith(BACK)
    assert not SocialAccount.objects.exists()  # nothing of what it told is kept
    assert not SocialToken.objects.exists()


def test_what_the_service_adds_counts_for_the_same_person_only(centre, office):
    office.more = {"employee_number": centre.lin.number}
    assert in_as(through(office)[0]) == str(centre.lin.user_id)

    office.more = {"employee_number": centre.chen.number, "sub": "somebody-else"}
    assert in_as(through(office)[0]) is None


@pytest.mark.parametrize("number", ["0999", "", None, "wuhou", "0826 0801", "left"])
def test_nobody_gets_an_account_by_it(centre, office, number):
    User.objects.create_user("wuhou", role="outlet", party=centre.chengdu)
    User.objects.create_user("left", role="agent", is_active=False)
    before = User.objects.count()
    office.claims = {"employee_number": number}

    client, answer = through(office)

    assert in_as(client) is None
    assert answer.headers["Location"] == LOGIN
    assert "没有你的在用工号" in client.get(LOGIN).content.decode()
    assert User.objects.count() == before


@pytest.mark.parametrize(
    "wrong",
    [{"aud": "another"}, {"iss": "http://elsewhere"}, {"exp": 1_000_000_000}],
    ids=["made out to another", "by another", "over"],
)
def test_a_token_that_is_not_for_us_is_none(centre, office, wrong):
    office.claims, office.changed = {"employee_number": centre.lin.number}, wrong

    client, answer = through(office)

    assert in_as(client) is None
    assert answer.headers["Location"] == LOGIN
    assert "单点登录没有成功" in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(
    "changed", [{"state": "forged"}, {"code": "stolen"}, {"error": "access_denied"}]
)
def test_who_comes_back_with_something_else_is_not_signed_in(centre, office, changed):
    office.claims = {"employee_number": centre.lin.number}

    client, answer = through(office, **changed)

    assert in_as(client) is None
    assert answer.headers["Location"] == LOGIN


def test_nobody_signs_in_with_what_another_brought_back(centre, office):
    """The code of one browser in another one: its state is not known there."""
    office.claims = {"employee_number": centre.lin.number}
    victim = Client()
    Client().get(BEGIN)

    _client, answer = through(office)
    assert answer.status_code == 302
    victim.get(f"{BACK}?{urlencode({'code': 'c-1', 'state': office.asked['state']})}")

    assert in_as(victim) is None


def test_by_address_only_one_that_was_proved_on_both_sides(centre, office, settings):
    settings.KEFU_OIDC_CLAIM = "email"
    User.objects.filter(pk=centre.lin.user_id).update(email="lin@company.cn")
    office.claims = {"email": "LIN@company.cn", "email_verified": False}
    assert in_as(through(office)[0]) is None

    office.claims["email_verified"] = True
    assert in_as(through(office)[0]) == str(centre.lin.user_id)

    EmailAddress.objects.create(user=centre.lin.user, email="lin@company.cn", verified=False)
    assert in_as(through(office)[0]) is None


def test_our_second_factor_is_asked_for_there_too_unless_theirs_counts(centre, office, settings):
    settings.KEFU_SECOND_FACTOR_ROLES = ["supervisor"]
    office.claims = {"employee_number": centre.chen.number}
    client, _answer = through(office)
    assert client.get(QUEUE).headers["Location"] == reverse("mfa_activate_totp")

    settings.KEFU_OIDC_SECOND_FACTOR = "theirs"
    assert client.get(QUEUE).status_code == 200

    TOTP.activate(centre.chen.user, "JBSWY3DPEHPK3PXP")  # who has one is asked for it
    client, answer = through(office)
    assert answer.headers["Location"].split("?")[0] == reverse("mfa_authenticate")
    assert in_as(client) is None


def test_a_password_nobody_typed_does_not_grow_old(centre, office):
    centre.work_by("ES")
    User.objects.update(password_set_at=at("2026-01-01 08:00:00"))
    office.claims = {"employee_number": centre.lin.number}

    client, _answer = through(office)

    assert client.get(QUEUE).status_code == 200


def test_the_button_is_there_only_where_there_is_a_service(centre, client, office, settings):
    page = client.get(LOGIN, {"next": "/search/"}).content.decode()
    assert f'href="{BEGIN}?next=%2Fsearch%2F"' in page
    assert "公司账号" in page

    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert BEGIN not in client.get(LOGIN).content.decode()
    assert client.get(BEGIN).status_code == 404


def test_a_service_that_is_away_is_told_and_nobody_fails(centre, office, settings):
    settings.SOCIALACCOUNT_PROVIDERS = sign_on(
        issuer="http://127.0.0.1:9", client="kefu", secret=SECRET, name="公司账号"
    )
    client = Client(raise_request_exception=False)

    assert client.get(BEGIN).headers["Location"] == LOGIN


def test_without_passwords_only_the_account_for_emergencies_and_outlets_type_one(
    centre, office, settings
):
    settings.KEFU_LOCAL_LOGIN, settings.KEFU_BREAK_GLASS = False, ["root"]
    User.objects.create_superuser("root", password=PASSWORD, role="manager")
    User.objects.create_user("wuhou", password=PASSWORD, role="outlet", party=centre.chengdu)

    def types(name):
        client = Client()
        answer = client.post(LOGIN, {"login": name, "password": PASSWORD})
        return in_as(client) is not None, answer

    came, refused = types(centre.lin.number)
    assert not came
    assert "密码登录已停用" in refused.content.decode()
    assert types("root")[0]
    assert types("wuhou")[0]
    assert AuditRow.objects.get(action="emergency_sign_in").actor_name == "root"


def test_the_deployment_check_refuses_what_would_be_believed_or_lock_everybody_out(settings):
    settings.SOCIALACCOUNT_PROVIDERS = sign_on(
        issuer="http://office", client="kefu", secret="", name="x"
    )
    settings.KEFU_LOCAL_LOGIN, settings.KEFU_BREAK_GLASS = False, []
    settings.KEFU_OIDC_SECOND_FACTOR = "nobody's"

    found = {one.id for one in run_checks(tags=["security"], include_deployment_checks=True)}

    assert {"kefu.E006", "kefu.E007", "kefu.E008", "kefu.E009"} <= found
