"""The second factor: asked of the roles that the settings name, sealed, with codes for a lost phone, taken off on record."""

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from kefu.audit.models import AuditRow
from kefu.errors import NotAllowed
from kefu.staff import duties
from kefu.staff import services as staff
from kefu.staff.models import User
from tests.centre import PASSWORD, at, build

pytestmark = pytest.mark.django_db

ADMIN = reverse("admin:index")
SET_UP = reverse("mfa_activate_totp")
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = at("08:00:00")
    settings.KEFU_SECOND_FACTOR_ROLES = ["supervisor", "admin"]
    duties._found.clear()
    return build(now=settings.KEFU_NOW)


def code(secret=SECRET):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def signed_in(employee):
    client = Client()
    given = {"login": employee.number, "password": PASSWORD}
    answer = client.post(reverse("account_login"), given)
    return client, answer.headers["Location"]


def test_a_supervisor_sets_one_up_before_anything_else_and_an_agent_need_not(centre):
    client, _where = signed_in(centre.chen)
    for page in (ADMIN, reverse("workbench:queue"), reverse("overview:wallboard")):
        assert client.get(page).headers["Location"] == SET_UP
    again = client.get(SET_UP).headers[
        "Location"
    ]  # the password once more, for what changes the ways in
    assert client.post(again, {"password": PASSWORD}).headers["Location"] == SET_UP
    page = client.get(SET_UP)
    assert "你的角色要用两步验证" in page.content.decode()

    secret = client.session["mfa.totp.secret"]
    client.post(SET_UP, {"code": code(secret)})

    assert client.get(ADMIN).status_code == 200
    kinds = Authenticator.objects.filter(user=centre.chen.user).values_list("type", flat=True)
    assert set(kinds) == {"totp", "recovery_codes"}
    agent, _where = signed_in(centre.lin)
    assert agent.get(reverse("workbench:queue")).status_code == 200


def test_a_superuser_is_an_admin_whatever_his_role(centre):
    root = User.objects.create_superuser("root", password=PASSWORD, role="agent")
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(ADMIN).headers["Location"] == SET_UP


def test_it_is_asked_for_at_the_next_sign_in_and_a_recovery_code_counts_once(centre):
    user = centre.chen.user
    TOTP.activate(user, SECRET)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    client, where = signed_in(centre.chen)
    ask = reverse("mfa_authenticate")
    assert where.split("?")[0] == ask
    assert client.get(ADMIN).status_code == 302

    assert client.post(ask, {"code": "000000"}).status_code == 200
    assert client.post(ask, {"code": codes[0]}).status_code == 302
    assert client.get(ADMIN).status_code == 200

    again, _where = signed_in(centre.chen)
    assert again.post(ask, {"code": codes[0]}).status_code == 200
    assert again.post(ask, {"code": code()}).status_code == 302


def test_secrets_are_sealed_and_those_of_before_still_open(centre):
    TOTP.activate(centre.chen.user, SECRET)
    kept = Authenticator.objects.get(user=centre.chen.user, type="totp").data["secret"]

    assert SECRET not in kept
    assert get_adapter().decrypt(kept) == SECRET
    assert get_adapter().decrypt(SECRET) == SECRET


def test_an_administrator_takes_it_off_on_record_and_nobody_his_own(centre):
    TOTP.activate(centre.wang.user, SECRET)
    now = at("08:00:00")
    with pytest.raises(NotAllowed):
        staff.remove_second_factor(employee=centre.wang, actor=centre.wang.user, now=now)

    staff.remove_second_factor(employee=centre.wang, actor=centre.chen.user, now=now)

    assert not Authenticator.objects.filter(user=centre.wang.user).exists()
    row = AuditRow.objects.get(action="second_factor_removed")
    assert (row.actor_name, row.object_id) == ("0801", str(centre.wang.pk))


def test_the_deployment_check_tells_of_roles_that_nobody_has_and_of_who_is_missing(settings):
    settings.KEFU_SECOND_FACTOR_ROLES = ["supervisor", "boss"]

    found = {
        one.id: one.msg for one in run_checks(tags=["security"], include_deployment_checks=True)
    }

    assert "boss" in found["kefu.E005"]
    assert "admin, manager" in found["kefu.I001"]


def test_the_list_of_accounts_finds_who_has_none(centre, settings):
    settings.KEFU_SECOND_FACTOR_ROLES = []
    TOTP.activate(centre.chen.user, SECRET)
    client = Client()
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(
        reverse("admin:staff_user_changelist"), {"factor": "none", "role__exact": "supervisor"}
    )

    shown = {row.username for row in page.context["cl"].result_list}
    assert "0801" not in shown
    assert "0802" in shown
