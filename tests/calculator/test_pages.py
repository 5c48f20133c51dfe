"""The calculator as a browser meets it: with htmx and without, in both languages, and for whom it is."""

import json
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.calculator.examples import example
from kefu.network.models import Party
from kefu.rulebooks.models import RulebookVersion
from kefu.staff.models import User
from tests import centre as tests
from tests.calculator.conftest import BOOKS, CHINESE, KINDS
from tests.pages import fields

pytestmark = pytest.mark.django_db
NOW = tests.at("14:00:00")
HTMX = {"HX-Request": "true", "HX-Target": "outcome"}
AIR = {"f.destination": "510100", "f.shuttle": "false", "f.weight": "3.2"}


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = NOW
    return tests.build(now=settings.KEFU_NOW)


def signed_in(employee) -> Client:
    client = Client()
    client.force_login(employee.user if hasattr(employee, "user") else employee)
    return client


@pytest.fixture
def agent(centre):
    return signed_in(centre.lin)


def address(kind):
    return reverse("calculator:calculation", args=[kind])


def version(code):
    return RulebookVersion.objects.get(rulebook__code=code, number=1).pk


def draft_of(code, *, change=None):
    issued = RulebookVersion.objects.select_related("rulebook").get(pk=version(code))
    content = json.loads(json.dumps(issued.content))
    if change:
        change(content)
    return RulebookVersion.objects.create(
        rulebook=issued.rulebook, number=2, state="draft", content=content, digest="x" * 64
    )


def test_everybody_of_the_centre_finds_the_kinds(agent):
    page = agent.get(reverse("calculator:index"))

    html = page.content.decode()
    assert page.status_code == 200
    assert "航空件退回运费" in html
    assert "style=" not in html
    found = agent.get(reverse("calculator:index"), {"q": "运费"}).content.decode()
    assert "工资条" not in found.split("<main")[1].split("</main>")[0]
    assert (
        "没有“qqq”的试算" in agent.get(reverse("calculator:index"), {"q": "qqq"}).content.decode()
    )


def test_an_outlets_account_and_a_visitor_are_kept_out(centre):
    party = Party.objects.create(kind="outlet", code="NJ01", name="南京一部")
    outlet = User.objects.create_user("nj01", password="x" * 12, role="outlet", party=party)
    pages = [
        reverse("calculator:index"),
        address("air_return"),
        reverse("calculator:schema", args=["air_return"]),
    ]

    assert [signed_in(outlet).get(page).status_code for page in pages] == [403] * 3
    assert [Client().get(page).status_code for page in pages] == [302] * 3
    assert signed_in(centre.lin).get(address("nothing")).status_code == 404


# Their clauses quote what has to be written in Chinese.
QUOTED = {"text", "words"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_kind_shows_its_form_and_its_example(agent, language):
    agent.cookies["django_language"] = language
    for kind in KINDS:
        code = next(code for code, book in BOOKS.items() if example(kind, book))
        asked = {"rulebook": version(code), "do": "example"}

        empty = agent.get(address(kind.name))
        filled = agent.post(address(kind.name), asked, headers=HTMX | {"HX-Target": "calculator"})

        assert (empty.status_code, filled.status_code) == (200, 200), kind.name
        html = filled.content.decode()
        assert any(name.startswith("f.") for name in fields(html)), kind.name
        assert 'data-address="http' in html, kind.name
        assert " style=" not in html and " onclick=" not in html, kind.name
        if language == "en" and kind.name not in QUOTED:
            own = html.replace("示例", "").replace("双方都没有验收", "")
            assert (kind.name, re.findall(".*[一-鿿].*", own)) == (kind.name, [])


def test_where_a_rulebook_has_nothing_to_choose_from_those_that_have_are_offered(agent):
    asked = {"rulebook": version("LC"), "do": "example"}

    html = agent.post(address("fund"), asked, headers=HTMX).content.decode()

    assert "这本规章对此没有规定" in html
    assert f"?rulebook={version('SD-2')}&amp;f.kind=" in html


def test_what_is_typed_is_decided_on_and_explained_with_its_clause(agent):
    answer = agent.post(address("air_return"), AIR, headers=HTMX)

    html = answer.content.decode()
    assert "16.00 元" in html
    assert 'href="#clause-CD-04.19"' in html
    assert 'id="clause-CD-04.19"' in html
    assert "快递客服部管理制度 第 1 版" in html
    assert "<form" not in html
    assert 'id="fault-f-weight" hx-swap-oob="true"></div>' in html


def test_a_colleague_who_gets_the_address_sees_the_same(agent, centre):
    sent = agent.post(address("air_return"), AIR)
    page = signed_in(centre.chen).get(sent.url)

    assert sent.status_code == 302
    assert parse_qs(urlsplit(sent.url).query)["f.weight"] == ["3.2"]
    assert "16.00 元" in page.content.decode()
    assert fields(page.content.decode(), form=address("air_return"))["f.weight"] == ["3.2"]


def test_nothing_is_kept(agent):
    agent.get(address("air_return"))

    with CaptureQueriesContext(connection) as asked:
        agent.post(address("air_return"), AIR, headers=HTMX)

    written = ("INSERT", "UPDATE", "DELETE")
    assert not [query["sql"] for query in asked if query["sql"].startswith(written)]
    assert len(asked) < 12


def test_while_somebody_types_what_is_missing_is_no_fault_yet(agent):
    typing = agent.post(address("air_return"), {"f.weight": "3"}, headers=HTMX)
    pressed = agent.post(address("air_return"), {"f.weight": "3", "check": "1"}, headers=HTMX)

    assert "还差这些" in typing.content.decode()
    assert "<p>要填写</p>" not in typing.content.decode()
    assert pressed.content.decode().count("<p>要填写</p>") == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"f.weight": "NaN"}, "要填普通写法的数字"),
        ({"f.weight": "1e400"}, "要填普通写法的数字"),
        ({"f.weight": "-1"}, "不能小于 0"),
        ({"f.weight": "9" * 200}, "要填普通写法的数字"),
        ({"f.weight": "3\x00"}, "控制字符"),
        ({"f.destination": "Chengdu"}, "要填行政区划代码"),
        ({"f.shuttle": "maybe"}, "要填是或否"),
    ],
)
def test_a_fault_stands_at_its_field(agent, typed, said):
    page = agent.get(address("air_return"), AIR | typed)

    html = page.content.decode()
    place = next(iter(typed)).replace(".", "-")
    slot = html.split(f'id="fault-{place}"')[1].split("</div>")[0]
    assert page.status_code == 200
    assert said in slot
    assert "16.00" not in html


def test_a_fault_is_told_in_the_readers_language(agent):
    agent.cookies["django_language"] = "en"

    html = agent.get(address("air_return"), AIR | {"f.weight": "NaN"}).content.decode()

    assert not CHINESE.search(html.split('id="fault-f-weight"')[1].split("</div>")[0])


def test_a_blank_of_the_rulebook_is_told_with_clause_and_setting(agent):
    typed = {"f.place": "浦东", "f.pieces.0.weight": "30"}

    html = agent.get(address("warehouse_entry"), typed).content.decode()

    assert "规章未定：CD-11.03" in html


def test_a_rulebook_without_the_clause_says_so_and_names_those_that_have_it(agent):
    typed = AIR | {"rulebook": version("OS")}

    html = agent.get(address("air_return"), typed).content.decode()

    assert "这本规章对此没有规定" in html
    assert f"rulebook={version('CD')}&amp;f.destination=510100" in html


def test_a_row_is_added_and_taken_away_without_javascript(agent):
    typed = {"f.claimed_at": "2026-03-02 10:00", "f.claim_type": "loss"}
    added = agent.post(address("claim_settlement"), typed | {"add": "f.pauses"})
    html = (
        agent.get(added.url).content.decode()
        if added.status_code == 302
        else added.content.decode()
    )
    found = fields(html, form=address("claim_settlement"))

    assert "f.pauses.0.starts_at" in found
    given = {name: texts[-1] for name, texts in found.items()} | {"remove": "f.pauses.0"}
    removed = agent.post(address("claim_settlement"), given)
    html = removed.content.decode()
    assert "f.pauses.0.starts_at" not in fields(html, form=address("claim_settlement"))
    assert "2026-04-02" in html


def test_a_draft_is_tried_out_by_those_who_draft(centre, agent):
    def dearer(content):
        clause = next(one for one in content["clauses"] if one["id"] == "CD-04.19")
        clause["rate"] = "6"

    draft = draft_of("CD", change=dearer)
    typed = AIR | {"rulebook": draft.pk}

    supervisor = signed_in(centre.chen).get(address("air_return"), typed)
    other = agent.get(address("air_return"), typed)

    assert "19.20 元" in supervisor.content.decode()
    assert "草稿" in supervisor.content.decode()
    assert other.status_code == 422
    assert "没有这一版规章" in other.content.decode()
    assert f'value="{draft.pk}"' not in agent.get(address("air_return")).content.decode()


def test_a_draft_that_cannot_be_read_says_so(centre):
    draft = draft_of("CD", change=lambda content: content["clauses"][0].pop("id"))

    page = signed_in(centre.chen).get(address("air_return"), AIR | {"rulebook": draft.pk})

    assert page.status_code == 422
    assert "这份草稿还有错" in page.content.decode()


def test_an_edition_that_this_release_cannot_read_says_so_and_is_not_offered(centre, agent):
    draft = draft_of("CD", change=lambda content: content["clauses"][0].pop("id"))
    RulebookVersion.objects.filter(pk=draft.pk).update(
        state="published", published_by=centre.chen.user, effective_on=NOW, published_at=NOW
    )

    page = agent.get(address("air_return"), AIR | {"rulebook": draft.pk})
    elsewhere = agent.get(address("air_return"), AIR | {"rulebook": version("OS")})

    assert page.status_code == 422
    assert "这一版不合现在的格式" in page.content.decode()
    assert "这本规章对此没有规定" in elsewhere.content.decode()


@pytest.mark.parametrize("asked", ["0", "-1", "x", "9" * 30, "99999999", "１"])
def test_a_rulebook_that_is_not_there_is_refused(agent, asked):
    page = agent.get(address("air_return"), AIR | {"rulebook": asked})

    assert page.status_code == 422
    assert "没有这一版规章" in page.content.decode()


def test_without_any_rulebook_the_page_says_who_can_help(agent, settings):
    settings.KEFU_NOW -= timedelta(days=4000)

    page = agent.get(address("air_return"))

    assert "请主管先发布并指定" in page.content.decode()


def test_ten_thousand_rows_are_refused_with_a_word(agent):
    rows = "&".join(f"f.lates.{i}.minutes=5" for i in range(10_000))
    few = "&".join(f"f.lates.{i}.minutes=5" for i in range(400))

    for query, status in ((rows, 422), (few, 200)):
        page = agent.get(f"{address('lateness')}?{query}")
        assert page.status_code == status
        assert "manage.py calculate" in page.content.decode()


def test_more_than_any_form_sends_is_refused_before_it_is_read(agent):
    typed = AIR | {"f.destination": "5" * 300_000}

    page = agent.post(address("air_return"), typed, headers=HTMX)

    assert page.status_code == 422
    assert "manage.py calculate" in page.content.decode()


def test_what_looks_like_personal_data_never_gets_into_an_address(agent):
    typed = {"f.field": "problem_remark", "f.text": "回电 13812345678", "f.facts.0.key": "problem"}
    typed["f.facts.0.value"] = "address_moved"

    plain = agent.post(address("text"), typed)
    live = agent.post(address("text"), typed, headers=HTMX)

    assert plain.status_code == 200
    assert "13812345678" not in live.content.decode().split('data-address="')[1].split('"')[0]
    assert "像个人信息" in live.content.decode()


def test_the_schemas_are_there_for_programs(agent):
    answer = agent.get("/calculator/schemas/air_return.json")

    assert answer["Content-Type"] == "application/schema+json"
    assert answer.json()["properties"]["weight"]["unit"] == "kg"
    assert agent.get("/calculator/schemas/nothing.json").status_code == 404
