"""The outlets' pages: what is asked of me, answered; nothing that a key of the outlet could not see or do."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inquiries.models import NetworkQuery
from kefu.api.models import ApiKey, IdempotentAnswer
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import ContactNumber
from kefu.partners import services
from kefu.partners.models import OutletAccount
from kefu.staff.models import User
from tests import centre as world
from tests.api.conftest import Outlet, ask, path_of
from tests.partners.conftest import HOME, hidden

pytestmark = pytest.mark.django_db


def place_of(query):
    return path_of(query).removeprefix("/api/v1/").rstrip("/")


def sent(browser, query, **given):
    """Fill in what is shown and send it."""
    page = browser.get(HOME, {"open": place_of(query)})
    etag = hidden(page, "etag")
    form = {"ticket": hidden(page, "ticket"), "etag": etag} | given
    return browser.post(f"{HOME}{place_of(query)}/", form), form


@pytest.mark.rule("CD-05.10")
def test_an_outlet_sees_what_is_asked_of_it_soonest_first_and_what_it_costs(centre, now, chengdu):
    ask(centre, now=now, question="第一件")
    ask(centre, now=now - timedelta(minutes=30), question="更早的一件")
    page = chengdu.get(HOME).content.decode()
    assert page.index("更早的一件") < page.index("第一件")
    assert "200.00" in page
    assert "有投诉才罚" in page


@pytest.mark.rule("CD-05.09")
def test_an_answer_given_on_the_page_stops_the_clock_once(centre, now, chengdu):
    query = ask(centre, now=now)
    done, form = sent(chengdu, query, answer="件在分拨中心，今晚派送")
    assert (done.status_code, done.url) == (302, HOME)
    again = chengdu.post(
        f"{HOME}{place_of(query)}/", form
    )  # the line broke, and the browser sends it again
    assert again.status_code == 302
    query.refresh_from_db()
    assert (query.state, query.answer) == ("answered", "件在分拨中心，今晚派送")
    assert query.deadline.state == "met"
    assert IdempotentAnswer.objects.filter(api_key__account=chengdu.account).count() == 1
    assert "现在没有要你办的" in chengdu.get(HOME).content.decode()


def test_what_the_door_refuses_stands_at_the_field_and_nothing_is_lost(centre, now, chengdu):
    query = ask(centre, now=now)
    page, _form = sent(chengdu, query, answer="")
    assert page.status_code == 422
    assert (
        page.context["form"].errors == {"answer": ["不能为空"]}
        or page.context["form"].errors["answer"]
    )
    query.refresh_from_db()
    assert query.state == "open"
    # Corrected in the same form, it goes through.
    form = {"ticket": hidden(page, "ticket"), "etag": hidden(page, "etag"), "answer": "已派送"}
    assert chengdu.post(f"{HOME}{place_of(query)}/", form).status_code == 302


def test_an_answer_to_another_version_is_refused_with_what_was_written(
    centre, now, chengdu, settings
):
    query = ask(centre, now=now)
    page = chengdu.get(HOME, {"open": place_of(query)})
    etag = hidden(page, "etag")
    NetworkQuery.objects.filter(pk=query.pk).update(chased_at=now)
    form = {"ticket": hidden(page, "ticket"), "etag": etag, "answer": "写了半天"}
    page = chengdu.post(f"{HOME}{place_of(query)}/", form)
    assert page.status_code == 412
    text = page.content.decode()
    assert "写了半天" in text
    assert "已经变了" in text


def test_another_outlets_thing_is_as_if_it_did_not_exist(centre, now, chengdu, open_for):
    query = ask(centre, now=now)
    stranger = open_for(centre.xian, "xian")
    missing = HOME + place_of(query)[:-1] + "a/"
    foreign = HOME + place_of(query) + "/"
    assert stranger.get(HOME, {"open": place_of(query)}).status_code == 404
    form = {"ticket": "x", "etag": "", "answer": "不是我的"}
    assert (
        stranger.post(foreign, form).status_code == stranger.post(missing, form).status_code == 404
    )
    assert "件到成都" not in stranger.get(HOME).content.decode()
    query.refresh_from_db()
    assert query.state == "open"


@pytest.mark.parametrize(
    "path", ["", "asked/", "claims/", "numbers/", "keys/", "keys/1/revoke/", "network-queries/x/"]
)
def test_the_pages_are_for_outlets(centre, now, path):
    agent = Client()
    assert "/accounts/login/" in agent.get(HOME + path).url
    agent.force_login(centre.lin.user, backend="django.contrib.auth.backends.ModelBackend")
    assert agent.get(HOME + path).status_code == 403


def test_the_page_of_things_to_do_asks_no_more_for_more_of_them(centre, now, chengdu):
    ask(centre, now=now)
    chengdu.get(HOME)

    def queries():
        with CaptureQueriesContext(connection) as taken:
            assert chengdu.get(HOME).status_code == 200
        return len(taken)

    before = queries()
    for _n in range(5):
        ask(centre, now=now)
    assert queries() == before


def test_an_outlet_asks_by_the_page_and_reads_the_result(centre, now, chengdu):
    waybill = centre.inquiry(now=now).waybill
    page = chengdu.get(f"{HOME}asked/")
    form = {"ticket": hidden(page, "ticket"), "etag": ""}
    refused = chengdu.post(f"{HOME}asked/", form | {"waybill_number": "", "question": "少一件"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["waybill_number"]
    form["ticket"] = hidden(refused, "ticket")
    given = {"waybill_number": waybill.number, "question": "收件人称少一件", "reference": "CD-1"}
    assert chengdu.post(f"{HOME}asked/", form | given).status_code == 302
    assert NetworkQuery.objects.get(asking=centre.chengdu).reference == "CD-1"
    assert "收件人称少一件" in chengdu.get(f"{HOME}asked/").content.decode()


@pytest.mark.rule("CD-05.24")
def test_an_outlet_changes_its_number_by_the_page(centre, now, chengdu):
    form = {
        "ticket": "t1",
        "etag": "",
        "kind": "complaint",
        "number": "13800138045",
        "holder": "马三",
    }
    page = chengdu.post(f"{HOME}numbers/", form | {"effective_on": "明天"})
    assert page.status_code == 422
    assert page.context["form"].errors["effective_on"]
    form |= {"ticket": "t2", "effective_on": "2026-11-24"}
    assert chengdu.post(f"{HOME}numbers/", form).status_code == 302
    assert ContactNumber.objects.filter(party=centre.chengdu, kind="complaint").exists()
    page = chengdu.get(f"{HOME}numbers/").content.decode()
    assert "138******45" in page
    assert "13800138045" not in page


# -- Keys -------------------------------------------------------------------------------------


def test_an_outlet_makes_a_key_sees_it_once_and_revokes_it(centre, now, chengdu, open_for):
    query = ask(centre, now=now)
    page = chengdu.post(
        f"{HOME}keys/", {"name": "业务系统", "scopes": ["network_queries:read"], "networks": ""}
    )
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    assert secret not in chengdu.get(f"{HOME}keys/").content.decode()
    program = Outlet(secret)
    assert program.get(path_of(query)).status_code == 200
    key = ApiKey.objects.get(name="业务系统")
    assert (key.party, key.created_by_id) == (centre.chengdu, chengdu.account.pk)
    stranger = open_for(centre.xian, "xian")
    assert stranger.post(f"{HOME}keys/{key.pk}/revoke/").status_code == 404
    assert chengdu.post(f"{HOME}keys/{key.pk}/revoke/").status_code == 302
    assert program.get(path_of(query)).status_code == 401


def test_a_key_that_cannot_be_made_says_why_at_the_field(chengdu):
    given = {"name": "业务系统", "networks": "300.1.1.1"}
    page = chengdu.post(f"{HOME}keys/", given | {"scopes": ["network_queries:read"]})
    assert page.status_code == 422
    assert page.context["form"].errors["networks"] == ["“300.1.1.1”不是 IP 地址或网段"]
    page = chengdu.post(f"{HOME}keys/", {"name": "业务系统", "networks": ""})
    assert page.context["form"].errors["scopes"] == ["请至少选一项权限"]
    assert not ApiKey.objects.filter(account=None).exists()


def test_the_key_of_the_pages_is_nobodys_to_use_and_revoking_it_shuts_them(centre, now, chengdu):
    assert chengdu.get(HOME).status_code == 200
    key = ApiKey.objects.get(account=chengdu.account)
    assert key.prefix not in chengdu.get(f"{HOME}keys/").content.decode()
    assert chengdu.post(f"{HOME}keys/{key.pk}/revoke/").status_code == 404
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=now)
    page = chengdu.get(HOME)
    assert page.status_code == 403
    made = {"name": "后门", "scopes": ["claims:read"]}
    assert chengdu.get(f"{HOME}keys/").status_code == 403
    assert chengdu.post(f"{HOME}keys/", made).status_code == 403
    assert not ApiKey.objects.filter(account=None).exists()


def test_pages_count_as_calls(centre, now, chengdu, settings, monkeypatch):
    monkeypatch.setattr("kefu.api.limits.CALLS", 4)
    assert chengdu.get(HOME).status_code == 200  # four lists
    page = chengdu.get(HOME)
    assert page.status_code == 429
    assert "请稍后再试" in page.content.decode()


# -- Accounts ---------------------------------------------------------------------------------


def test_an_account_is_opened_for_an_outlet_and_signs_in_to_its_page(centre, now, chengdu):
    browser = Client()
    form = {"login": "wuhou", "password": chengdu.password}
    arrived = browser.post("/accounts/login/", form, follow=True)
    assert arrived.redirect_chain[-1][0] == HOME
    assert centre.chengdu.name in arrived.content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "0826"}, "username"),  # an employee's
        ({"username": ""}, "username"),
        ({"name": ""}, "name"),
        ({"party": "lin"}, "party"),
    ],
)
def test_an_account_that_cannot_be_opened_names_the_field(centre, now, given, field):
    facts = {"party": centre.chengdu, "username": "wuhou", "name": "值班"} | given
    if facts["party"] == "lin":
        facts["party"] = centre.lin.party
    before = User.objects.count()
    with pytest.raises(KefuError) as refused:
        services.open_account(**facts, actor=centre.chen.user, now=now)
    assert refused.value.field == field
    assert User.objects.count() == before


def test_a_closed_account_is_out_at_once_and_a_new_password_lets_it_in_again(centre, now, chengdu):
    account = chengdu.account
    chen = {"actor": centre.chen.user, "now": now}
    services.close_account(account=account, **chen)
    assert "/accounts/login/" in chengdu.get(HOME).url
    with pytest.raises(Conflict):
        services.close_account(account=account, **chen)
    password = services.reset_password(account=OutletAccount.objects.get(pk=account.pk), **chen)
    browser = Client()
    form = {"login": "wuhou", "password": chengdu.password}
    assert browser.post("/accounts/login/", form).status_code == 200  # the old one
    form["password"] = password
    assert browser.post("/accounts/login/", form, follow=True).redirect_chain[-1][0] == HOME


def test_only_supervisors_manage_accounts(centre, now, chengdu):
    for actor in (centre.lin.user, chengdu.account):
        by = {"actor": actor, "now": now}
        with pytest.raises(NotAllowed):
            services.open_account(party=centre.chengdu, username="x", name="x", **by)
        with pytest.raises(NotAllowed):
            services.close_account(account=chengdu.account, **by)
        with pytest.raises(NotAllowed):
            services.reset_password(account=chengdu.account, **by)


@pytest.mark.parametrize(
    "place", ["network-queries/bulk", "network-queries/../claims", "network-queries/x"]
)
def test_what_is_no_id_in_the_address_of_a_page_is_not_there(place, chengdu):
    assert chengdu.get(HOME, {"open": place}).status_code == 404


def test_an_outlet_makes_a_key_that_ends_by_itself(centre, now, chengdu):
    until = {"name": "临时", "scopes": ["claims:read"], "expires_at": "2026-12-31T18:00"}
    assert chengdu.post(f"{HOME}keys/", until).status_code == 200
    assert ApiKey.objects.get(account=None).expires_at == world.at("2026-12-31 18:00:00")
    refused = chengdu.post(f"{HOME}keys/", until | {"expires_at": "2026-11-20T13:00"})
    assert refused.status_code == 422 and "到期时间要在将来" in refused.content.decode()
