"""How old a password may be, and which may not come back, where the rulebook of the department says so."""

from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from kefu.notifications.models import Event
from kefu.staff import duties, passwords
from kefu.staff import services as staff
from kefu.staff.models import UsedPassword, User
from tests.centre import PASSWORD, at, build

pytestmark = pytest.mark.django_db

SET = at("2026-11-05 09:00:00")
DUE = at("2026-11-20 09:00:00")  # 15 × 24 hours later
CHANGE = reverse("account_change_password")
QUEUE = reverse("workbench:queue")


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = at("08:00:00")
    duties._found.clear()
    return build(now=settings.KEFU_NOW)


@pytest.fixture
def strict(centre):
    """The query desk works by the express rulebook, and lin's password is of the fifth."""
    centre.work_by("ES")
    User.objects.filter(pk=centre.lin.user_id).update(password_set_at=SET)
    return centre


def signed_in(employee, password=PASSWORD):
    client = Client()
    given = {"login": employee.number, "password": password}
    assert client.post(reverse("account_login"), given).status_code == 302
    return client


def change(client, old, new):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


@pytest.mark.rule("ES-404.06")
def test_after_fifteen_days_a_password_is_changed_before_anything_else(strict, settings):
    client = signed_in(strict.lin)
    settings.KEFU_NOW = DUE - timedelta(seconds=1)
    assert client.get(QUEUE).status_code == 200

    settings.KEFU_NOW = DUE
    refused = client.get(QUEUE)

    assert (refused.status_code, refused.headers["Location"]) == (302, CHANGE)
    page = client.get(CHANGE).content.decode()
    assert "密码已到更换的时候" in page
    assert "ES-404.06" in page


def test_every_door_of_a_session_leads_there_and_no_other(strict, settings):
    client = signed_in(strict.lin)
    settings.KEFU_NOW = DUE

    swap = client.get(QUEUE, headers={"HX-Request": "true"})
    assert swap.headers["HX-Redirect"] == CHANGE
    stream = client.get(reverse("workbench:live"), headers={"Accept": "text/event-stream"})
    assert stream.status_code == 204
    assert client.post(reverse("workbench:on_duty")).headers["Location"] == CHANGE
    assert client.get(reverse("admin:index")).headers["Location"] == CHANGE
    for page in (CHANGE, reverse("mfa_index"), reverse("overview:healthz")):
        assert client.get(page).status_code == 200
    assert client.get("/api/v1/penalties/").status_code == 401  # asks for a key, whoever sits there
    assert client.post(reverse("account_logout")).status_code == 302


@pytest.mark.rule("ES-404.06")
def test_a_changed_password_counts_from_then_and_ends_every_other_session(strict, settings):
    here, elsewhere = signed_in(strict.lin), signed_in(strict.lin)
    settings.KEFU_NOW = DUE

    change(here, PASSWORD, "another-horse-9")

    user = User.objects.get(pk=strict.lin.user_id)
    assert (user.password_set_at, user.password_told) == (DUE, False)
    assert elsewhere.get(QUEUE).headers["Location"].startswith(reverse("account_login"))
    assert signed_in(strict.lin, "another-horse-9").get(QUEUE).status_code == 200
    told = Event.objects.get(kind=Event.Kind.PASSWORD_CHANGED)
    assert told.user_id == user.pk


@pytest.mark.rule("ES-404.06")
def test_the_last_five_do_not_come_back(strict):
    lin = strict.lin.user
    for n in range(5):
        lin.set_password(f"horse-number-{n}-x")
        lin.save()
    client = signed_in(strict.lin, "horse-number-4-x")

    for used in ("horse-number-4-x", "horse-number-0-x"):
        assert "最近用过的 5 个密码" in change(client, "horse-number-4-x", used).content.decode()
    change(client, "horse-number-4-x", PASSWORD)  # six ago

    assert signed_in(strict.lin, PASSWORD)
    assert UsedPassword.objects.filter(user=lin).count() == 5


@pytest.mark.parametrize(
    ("days", "says"),
    [(11, ""), (12, "还有 3 天"), (14, "还有 1 天")],
)
def test_the_workbench_says_so_three_days_before(strict, settings, days, says):
    settings.KEFU_NOW = SET + timedelta(days=days)
    page = signed_in(strict.lin).get(QUEUE).content.decode()

    assert ("就要更换（ES-404.06）" in page) is bool(says)
    assert says in page


def test_another_rulebook_asks_for_nothing(centre, settings):
    User.objects.update(password_set_at=at("2025-01-01 09:00:00"))

    assert signed_in(centre.lin).get(QUEUE).status_code == 200
    assert passwords.due_of(centre.lin.user, now=DUE) is None


def test_the_age_is_kept_whoever_sets_it(strict, settings):
    settings.KEFU_NOW = DUE
    lin = strict.lin.user
    staff.reset_password(employee=strict.lin, actor=strict.chen.user, now=DUE)
    lin.refresh_from_db()
    assert (lin.password_set_at, lin.password_told) == (DUE, True)

    settings.KEFU_NOW = DUE + timedelta(days=1)
    with patch("getpass.getpass", return_value="by-the-command-9"):
        call_command("changepassword", lin.username, stdout=StringIO())
    lin.refresh_from_db()
    assert (lin.password_set_at, lin.password_told) == (settings.KEFU_NOW, False)
    assert check_password("by-the-command-9", UsedPassword.objects.latest("pk").hash)


def test_signing_in_with_an_older_kind_of_hash_makes_it_no_younger(strict, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    signed_in(strict.lin)

    user = User.objects.get(pk=strict.lin.user_id)
    assert user.password.startswith("pbkdf2")
    assert user.password_set_at == SET


@pytest.mark.rule("SD-214.02")
def test_who_was_told_his_password_makes_one_of_his_own_first(centre, settings):
    centre.work_by("SD-2")
    told = staff.reset_password(employee=centre.lin, actor=centre.chen.user, now=settings.KEFU_NOW)
    client = signed_in(centre.lin, told)

    assert client.get(QUEUE).headers["Location"] == CHANGE
    assert "SD-214.02" in client.get(CHANGE).content.decode()
    change(client, told, "my-own-horse-9")
    assert signed_in(centre.lin, "my-own-horse-9").get(QUEUE).status_code == 200


def test_a_young_password_costs_no_question_and_an_old_one_few(
    strict, settings, django_assert_max_num_queries
):
    with django_assert_max_num_queries(0):
        assert duties.password_due(strict.zhou.user) is None
    settings.KEFU_NOW = SET + timedelta(days=5)
    lin = User.objects.get(pk=strict.lin.user_id)
    assert duties.password_due(lin).clause == "ES-404.06"
    with django_assert_max_num_queries(0):
        duties.password_due(lin)
