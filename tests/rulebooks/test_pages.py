"""Versions in the admin: edit a clause, compare, publish, assign, see who has read; and the rules for the desk."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.deadlines.services import sweep
from kefu.penalties.models import Penalty
from kefu.policy.rulebook import load
from kefu.rulebooks import services
from kefu.rulebooks.models import Acknowledgement, Amendment, Assignment, RulebookVersion
from kefu.staff.models import User
from tests.centre import at
from tests.frozen import NO_RULES
from tests.pages import fields
from tests.rulebooks.conftest import NOW, amend, edition, publish, written

pytestmark = pytest.mark.django_db


def page(version, name, *more):
    return reverse(f"admin:rulebooks_rulebookversion_{name}", args=[version.pk, *more])


def clause_page(version, clause="CD-05.10"):
    return page(version, "clause", clause)


def text(response):
    """What a reader sees of a page."""
    body = response.content.decode().split("<body", 1)[-1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.fixture
def chen(centre, as_user):
    return as_user(centre.chen.user)


@pytest.fixture
def he(centre, as_user):
    return as_user(centre.he.user)


@pytest.fixture
def lin(centre, as_user):
    return as_user(centre.lin.user)


def filled(client, url, **typed):
    """The form of a clause as the browser has it, some of its fields filled in otherwise."""
    found = fields(client.get(url).content.decode())
    return found | typed


class TestEditing:
    def test_every_setting_has_its_words_bounds_and_value(self, draft, chen):
        shown = text(chen.get(clause_page(draft)))

        for words in (
            "超2小时未反馈处罚",
            "处罚",
            "罚款（元）",
            "大于 0",
            "最多 2 位小数",
            "规章未定",
        ):
            assert words in shown
        assert fields(chen.get(clause_page(draft)).content.decode())["fine"] == ["200.00"]

    def test_where_the_clause_stands_in_the_house_is_not_in_the_form(self, draft, chen):
        names = set(fields(chen.get(clause_page(draft)).content.decode()))

        assert not names & {"id", "kind", "area", "automation", "module"}
        assert {"label_zh", "reading_en", "yields_to", "fine"} <= names

    def test_a_change_is_saved_and_marked_on_the_page_of_the_version(self, draft, chen):
        url = clause_page(draft)

        saved = chen.post(url, filled(chen, url, fine="100"))

        assert saved.status_code == 302
        assert saved["Location"] == f"{page(draft, 'change')}#CD-05.10"
        assert written(draft, "CD-05.10")["fine"] == "100"
        shown = text(chen.get(page(draft, "change")))
        assert "CD-05.10 已保存" in shown
        assert "有改动" in shown
        assert "改过的人：陈立" in shown

    def test_every_kind_of_clause_has_a_form_that_changes_nothing_by_itself(self, draft, chen):
        seen = set()
        for clause in draft.content["clauses"]:
            if clause["kind"] in seen:
                continue
            seen.add(clause["kind"])
            url = clause_page(draft, clause["id"])
            saved = chen.post(url, filled(chen, url))
            assert saved.status_code == 302, (clause["id"], text(saved))

        assert len(seen) > 20
        assert not Amendment.objects.exists()

    def test_a_fault_is_shown_at_its_setting_and_what_was_typed_stays(self, draft, chen):
        url = clause_page(draft)

        refused = chen.post(url, filled(chen, url, fine="-5", label_en="Late again"))

        assert refused.status_code == 422
        assert "没有保存" in text(refused)
        assert "要大于 0" in text(refused)
        found = fields(refused.content.decode())
        assert (found["fine"], found["label_en"]) == (["-5"], ["Late again"])
        assert written(draft, "CD-05.10")["fine"] == "200.00"

    def test_a_contradiction_of_the_schema_is_told_in_the_readers_language(
        self, draft, chen, settings
    ):
        url = clause_page(draft)
        typed = filled(chen, url, points="2")

        assert "要写一种，也只能写一种" in text(chen.post(url, typed))
        chen.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        assert "exactly one of fine and points" in text(chen.post(url, typed))

    def test_a_form_that_is_cut_short_is_refused_and_does_not_break(self, draft, chen):
        url = clause_page(draft)

        for sent in ({}, {"seen": "x"}, {"seen": "x", "role": "\x00", "fine": "9" * 30_000}):
            assert chen.post(url, sent).status_code in (409, 422)
        assert written(draft, "CD-05.10")["fine"] == "200.00"

    def test_the_second_of_two_sees_what_the_first_changed_and_decides(
        self, centre, draft, chen, he
    ):
        url = clause_page(draft)
        mine, theirs = filled(he, url, fine="150"), filled(chen, url, fine="100")
        chen.post(url, theirs)

        conflict = he.post(url, mine)

        assert conflict.status_code == 409
        assert "陈立 在 09:00:00 改了" in text(conflict)
        assert "罚款（元） 200.00 → 100" in text(conflict)
        assert fields(conflict.content.decode())["fine"] == ["150"]
        assert written(draft, "CD-05.10")["fine"] == "100"

        he.post(url, fields(conflict.content.decode()))
        assert written(draft, "CD-05.10")["fine"] == "150"

    def test_putting_a_slip_right_does_not_overwrite_what_another_did_meanwhile(
        self, draft, chen, he
    ):
        url = clause_page(draft)
        slip = filled(he, url, **{"fine:blank": "on"})  # filled in, and ticked as open
        chen.post(url, filled(chen, url, fine="100"))
        refused = he.post(url, slip)
        assert refused.status_code == 422

        right = fields(refused.content.decode()) | {"fine": "150"}
        del right["fine:blank"]
        assert he.post(url, right).status_code == 409
        assert written(draft, "CD-05.10")["fine"] == "100"

    def test_text_is_shown_as_text(self, centre, draft, chen):
        hostile = "<script>alert(1)</script>"
        amend(draft, "CD-05.10", centre.chen.user, label_zh=hostile, reading_zh=hostile)
        publish(draft, centre.he.user)

        for url in (page(draft, "change"), page(draft, "compare")):
            assert hostile not in chen.get(url).content.decode()

    def test_the_rulebook_as_a_whole(self, draft, chen):
        url = page(draft, "whole")

        chen.post(url, filled(chen, url, **{"house.entry_allowance_minutes": "20"}))

        draft.refresh_from_db()
        assert draft.content["house"]["entry_allowance_minutes"] == 20

    @pytest.mark.parametrize("role", ["shift_lead", "inspector", "hr", "finance"])
    def test_others_may_look_and_not_edit(self, role, draft, as_user):
        other = as_user(
            User.objects.create_user("other", password="x" * 12, role=role, is_staff=True)
        )

        assert other.get(page(draft, "change")).status_code == 200
        assert other.get(page(draft, "compare")).status_code == 200
        assert clause_page(draft) not in other.get(page(draft, "change")).content.decode()
        assert other.get(clause_page(draft)).status_code == 403
        assert other.post(clause_page(draft), {"fine": "1"}).status_code == 403
        assert other.get(page(draft, "publish_here")).status_code == 403
        assert written(draft, "CD-05.10")["fine"] == "200.00"

    def test_an_agent_does_not_come_in(self, draft, lin):
        for name in ("compare", "readers", "whole"):
            assert lin.get(page(draft, name)).status_code == 302

    def test_what_is_published_has_no_form(self, centre, draft, chen):
        publish(draft, centre.he.user)

        answer = chen.get(clause_page(draft))

        assert answer.status_code == 302
        assert clause_page(draft) not in chen.get(page(draft, "change")).content.decode()

    def test_what_there_is_not(self, draft, chen):
        assert chen.get(clause_page(draft, "CD-99.99")).status_code == 404
        gone = reverse("admin:rulebooks_rulebookversion_compare", args=[99])
        assert chen.get(gone).status_code == 404
        steps = "start-draft", "compare", "readers", "publish", "discard"
        nowhere = f"{page(draft, 'change').removesuffix(f'{draft.pk}/change/')}abc/"
        assert [chen.get(f"{nowhere}{step}/").status_code for step in steps] == [404] * 5

    def test_a_draft_of_an_older_schema_is_shown_with_its_faults_and_can_be_put_right(
        self, draft, chen
    ):
        clauses = [dict(one) for one in draft.content["clauses"]]
        broken = next(one for one in clauses if one["id"] == "CD-05.10")
        broken["fine"] = "-3"
        RulebookVersion.objects.filter(pk=draft.pk).update(
            content={**draft.content, "clauses": clauses}
        )

        shown = text(chen.get(page(draft, "change")))
        assert "这一版不合现在的格式" in shown
        assert "CD-05.10 fine：要大于 0" in shown
        assert chen.get(page(draft, "compare")).status_code == 200

        elsewhere = clause_page(draft, "CD-05.08")
        refused = chen.post(elsewhere, filled(chen, elsewhere, fine="150"))
        assert refused.status_code == 422
        assert clause_page(draft) in refused.content.decode()

        url = clause_page(draft)
        assert chen.post(url, filled(chen, url, fine="100")).status_code == 302
        assert "这一版不合现在的格式" not in text(chen.get(page(draft, "change")))


class TestDraftsAndPublishing:
    def test_from_the_published_version_to_a_draft_in_two_clicks(self, centre, chen):
        url = page(edition(), "start_draft_here")
        assert chen.get(url).status_code == 200
        assert RulebookVersion.objects.filter(rulebook__code="CD").count() == 1

        answer = chen.post(url, {"_confirmed": "1"})

        draft = edition(number=2)
        assert answer["Location"] == page(draft, "change")
        assert draft.drafted_by == centre.chen.user

    def test_the_drafter_is_told_why_he_cannot_publish_and_the_second_person_does(
        self, centre, draft, chen, he
    ):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        url = page(draft, "publish_here")
        asked = he.get(url)
        assert "改动 1 条，新增 0 条，删除 0 条" in text(asked)
        sent = fields(asked.content.decode()) | {"effective_on": "2026-11-21"}

        chen.post(url, sent)
        assert "起草人不能发布自己的草稿" in text(chen.get(page(draft, "change")))
        assert edition(number=2).state == "draft"

        late = he.post(url, sent | {"effective_on": "2026-11-19"})
        assert late.status_code == 422
        assert "生效日期不能早于今天" in text(late)
        assert fields(late.content.decode()) == sent | {"effective_on": ["2026-11-19"]}
        he.post(url, sent)
        assert edition(number=2).state == "published"

    def test_what_changed_after_the_page_was_opened_is_not_published_unseen(
        self, centre, draft, he
    ):
        url = page(draft, "publish_here")
        sent = fields(he.get(url).content.decode()) | {"effective_on": "2026-11-21"}
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        he.post(url, sent)

        assert "有人改过这份草稿" in text(he.get(page(draft, "change")))
        assert edition(number=2).state == "draft"

    def test_whoever_publishes_an_overtaken_draft_is_told_what_it_misses(self, centre, draft, he):
        other = services.start_draft(version=edition(), actor=centre.chen.user, now=NOW)
        publish(draft, centre.he.user)

        assert "起草之后发布了 CD 第 2 版" in text(he.get(page(other, "publish_here")))

    def test_a_draft_is_discarded(self, draft, chen):
        chen.post(page(draft, "discard_here"), {"_confirmed": "1"})

        assert edition(number=2).state == "discarded"
        assert chen.get(page(draft, "change")).status_code == 200

    def test_only_what_a_version_allows_is_offered(self, centre, draft, chen):
        def offered(version):
            body = chen.get(page(version, "change")).content.decode()
            steps = ("start_draft", "compare", "readers", "assign", "publish", "discard")
            return {one for one in steps if page(version, f"{one}_here") in body}

        assert offered(draft) == {"compare", "publish", "discard"}
        assert offered(edition()) == {"start_draft", "compare", "readers", "assign"}
        publish(draft, centre.he.user)
        assert offered(edition()) == {"start_draft", "compare", "readers"}
        assert offered(edition("ES")) == {"start_draft", "readers", "assign"}


class TestWhatWasPublished:
    @pytest.mark.parametrize("who", ["chen", "superuser"])
    def test_no_address_of_the_admin_changes_it(self, who, centre, draft, as_user):
        publish(draft, centre.he.user)
        user = centre.chen.user
        if who == "superuser":
            user = User.objects.create_superuser("root", password="x" * 12)
        client = as_user(user)
        before = RulebookVersion.objects.values().get(pk=draft.pk)
        listed = reverse("admin:rulebooks_rulebookversion_changelist")
        sent = {"state": "draft", "content": "{}", "effective_on": "2027-01-01", "number": 9}

        for url, more in (
            (page(draft, "change"), sent),
            (page(draft, "delete"), {"post": "yes"}),
            (clause_page(draft), {"fine": "1", "seen": ""}),
            (page(draft, "whole"), {"name_zh": "x", "seen": ""}),
            (page(draft, "publish_here"), {"_confirmed": "1", "effective_on": "2027-01-01", "seen": draft.digest}),
            (page(draft, "discard_here"), {"_confirmed": "1"}),
            (listed, {"action": "delete_selected", "_selected_action": draft.pk, "post": "yes"}),
            (listed, {"form-0-id": draft.pk, "form-0-state": "draft", "_save": "1"}),
        ):  # fmt: skip
            assert client.post(url, more).status_code in (302, 403, 200), url
            assert RulebookVersion.objects.values().get(pk=draft.pk) == before, url


class TestTheWayOfAVersion:
    def test_who_drafted_changed_and_published_it_and_where_it_holds(self, centre, draft, chen):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        shown = text(chen.get(page(draft, "change")))
        assert "起草 陈立 2026-11-20 09:00 改过的人：陈立" in shown
        assert "起草人不能发布自己的草稿" in shown
        assert "发布后再指定" in shown

        publish(draft, centre.he.user)
        assert "没有指定到任何地方" in text(chen.get(page(draft, "change")))
        services.assign(
            version=draft, effective_on=draft.effective_on, outlet=centre.chengdu,
            actor=centre.he.user, now=NOW,
        )  # fmt: skip
        shown = text(chen.get(page(draft, "change")))
        assert f"发布 {centre.he.user} 2026-11-20 09:00" in shown
        assert "适用 成都武侯三部，2026-11-20 起" in shown

    def test_the_second_person_is_told_what_else_stands_against_it(self, draft, chen, he):
        services.before_publishing.append(lambda version, now: "还没有试算")

        shown = text(he.get(page(draft, "change")))

        assert "还没有试算" in shown
        assert "起草人不能发布" not in shown
        assert "现在还不能发布：还没有试算。" in text(he.get(page(draft, "publish_here")))

    def test_a_clause_shows_how_it_differs_already(self, centre, draft, chen):
        assert "与第 1 版相比" not in text(chen.get(clause_page(draft)))
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        assert "与第 1 版相比 参数 原来 现在 罚款（元） 200.00 100.00" in text(
            chen.get(clause_page(draft))
        )

    def test_clauses_stand_by_subject_and_carry_what_they_are_found_by(self, centre, draft, chen):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        body = chen.get(page(draft, "change")).content.decode()

        assert body.count("data-words=") == len(load("CD").clauses)
        (touched,) = re.findall(r'<tr id="(\S+)"[^>]* data-touched', body)
        assert touched == "CD-05.10"
        for area in {clause.area for clause in load("CD").clauses}:
            assert f'<tbody id="area-{area}"' in body


def test_no_page_asks_more_for_more_rows(centre, draft, chen):
    lists = ("rulebook", "rulebookversion", "assignment", "amendment", "acknowledgement")
    urls = [reverse(f"admin:rulebooks_{name}_changelist") for name in lists]
    urls += [page(draft, name) for name in ("change", "compare", "whole")]
    urls += [page(edition(), "readers"), "/rules/"]

    def more(people, clause, year):
        for employee in people:
            services.acknowledge(employee=employee, version=edition(), actor=employee.user, now=NOW)
        amend(draft, clause, centre.chen.user, fine="100")
        services.start_draft(version=edition("ES"), actor=centre.he.user, now=NOW)
        for place in ({"outlet": centre.xian}, {"department": centre.query_desk}):
            services.assign(
                version=edition(), effective_on=date(year, 1, 1), actor=centre.he.user, now=NOW,
                **place,
            )  # fmt: skip

    def asked():
        found = {}
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                assert chen.get(url).status_code == 200
            found[url] = len(queries)
        return found

    more([centre.lin], "CD-05.10", 2998)
    asked()  # what is kept from the first time on
    few = asked()
    more([centre.wang, centre.zhou], "CD-05.08", 2999)

    assert asked() == few


class TestComparing:
    def test_only_what_changed_with_counts_on_top_in_both_languages(
        self, centre, draft, chen, settings
    ):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        everything = len(load("CD").clauses)

        shown = text(chen.get(page(draft, "compare")))
        assert f"改动 1 新增 0 删除 0 没有变 {everything - 1}" in shown
        assert "罚款（元） 200.00 100.00" in shown
        assert "CD-05.09" not in shown

        chen.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        assert "Fine (yuan) 200.00 100.00" in text(chen.get(page(draft, "compare")))

    def test_any_two_versions_of_one_rulebook(self, centre, draft, chen):
        third = services.start_draft(version=edition(), actor=centre.chen.user, now=NOW)
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        shown = text(chen.get(page(third, "compare"), {"against": draft.pk}))
        assert "罚款（元） 100.00 200.00" in shown
        # Of another rulebook, or none at all: what it is held against anyway.
        for other in (edition("ES").pk, 999, "x"):
            shown = text(chen.get(page(third, "compare"), {"against": other}))
            assert "两版的条款完全一样" in shown

    def test_a_first_version_has_nothing_beside_it(self, centre, chen):
        assert "只有这一版" in text(chen.get(page(edition("ES"), "compare")))


class TestAssigning:
    def add(self, client, **given):
        sent = {"department": "", "outlet": "", "effective_on": "2026-11-21", **given}
        return client.post(reverse("admin:rulebooks_assignment_add"), sent)

    def test_a_line_for_an_outlet(self, centre, chen):
        self.add(chen, outlet=centre.chengdu.pk, version=edition("ES").pk)

        line = Assignment.objects.get(outlet=centre.chengdu)
        assert (line.version, line.department) == (edition("ES"), None)
        listed = text(chen.get(reverse("admin:rulebooks_assignment_changelist")))
        assert "成都武侯三部" in listed

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"effective_on": "2026-11-19"}, "生效日期不能早于今天"),
            ({"both": True}, "部门和网点只能选一个"),
            ({"outlet": "company"}, "选择一个有效的选项"),
        ],
    )
    def test_what_the_service_refuses_stands_at_the_field(self, given, said, centre, chen):
        given = dict(given)
        if given.pop("both", False):
            given |= {"department": centre.query_desk.pk, "outlet": centre.chengdu.pk}
        if given.get("outlet") == "company":
            given["outlet"] = centre.company.pk

        refused = self.add(chen, version=edition().pk, **given)

        assert refused.status_code == 200
        assert said in text(refused)
        assert Assignment.objects.count() == 1

    def test_a_future_line_is_changed_and_taken_back_a_past_one_is_not(self, centre, chen):
        self.add(chen, version=edition("ES").pk, effective_on="2999-01-01")
        line = Assignment.objects.get(effective_on="2999-01-01")
        url = reverse("admin:rulebooks_assignment_change", args=[line.pk])

        chen.post(
            url,
            {
                "department": "",
                "outlet": "",
                "version": edition("LC").pk,
                "effective_on": "2999-01-02",
            },
        )
        line.refresh_from_db()
        assert line.version == edition("LC")

        chen.post(reverse("admin:rulebooks_assignment_delete", args=[line.pk]), {"post": "yes"})
        first = Assignment.objects.get()
        gone = reverse("admin:rulebooks_assignment_delete", args=[first.pk])
        assert chen.post(gone, {"post": "yes"}).status_code == 403


class TestTheRulesOfTheDesk:
    def test_the_edition_in_force_grouped_with_readings(self, centre, lin):
        shown = text(lin.get("/rules/"))

        assert f"{edition().rulebook.name} 第 1 版" in shown
        for words in ("办件", "CD-05.10", "超2小时未反馈处罚", "罚款（元） 200.00", "只超时不罚"):
            assert words in shown
        assert "与第" not in shown  # nothing before it

    @pytest.mark.parametrize(
        ("asked", "found", "not_found"),
        [
            ("cd-05.10", "超2小时未反馈处罚", "2小时内反馈查件方"),
            ("反馈 处罚", "CD-05.10", "2小时内反馈查件方"),
            ("two-hour", "CD-05.10", "CD-01.01"),  # the other language too
            ("'; drop table", "规章里没有", "CD-05.10"),
        ],
    )
    def test_clauses_are_found_by_words_and_id(self, asked, found, not_found, centre, lin):
        shown = text(lin.get("/rules/", {"q": asked}))

        assert found in shown
        assert not_found not in shown

    def test_whoever_has_not_confirmed_is_told_quietly_until_he_has(self, centre, lin):
        home = text(lin.get("/"))
        assert "你还没有确认阅读" in home
        assert "我已阅读" in text(lin.get("/rules/"))

        lin.post(reverse("rulebooks:read", args=[edition().pk]))

        said = Acknowledgement.objects.get()
        assert (said.employee, said.version, said.at) == (centre.lin, edition(), NOW)
        after = text(lin.get("/rules/"))
        assert "已记下：你确认阅读了" in after
        assert "你在 2026-11-20 09:00 确认已阅读" in after
        assert "我已阅读" not in after
        assert "你还没有确认阅读" not in text(lin.get("/"))

    def test_a_new_edition_tells_what_changed_and_wants_to_be_confirmed_anew(
        self, centre, draft, lin, settings
    ):
        services.acknowledge(employee=centre.lin, version=edition(), actor=centre.lin.user, now=NOW)
        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        publish(draft, centre.he.user)
        assert "你还没有确认阅读" not in text(lin.get("/"))  # it holds nowhere yet

        services.assign(
            version=draft, effective_on=draft.effective_on, actor=centre.he.user,
            department=centre.query_desk, now=NOW,
        )  # fmt: skip

        assert "第 2 版自 2026-11-20 起适用，你还没有确认阅读" in text(lin.get("/"))
        shown = text(lin.get("/rules/"))
        assert "与第 1 版相比：改动 1 条，新增 0 条，删除 0 条" in shown
        assert "罚款（元） 200.00 → 100.00" in shown
        lin.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        assert "Fine (yuan) 200.00 → 100.00" in text(lin.get("/rules/"))

    def test_what_changed_is_told_against_the_edition_that_held(self, centre, draft, lin):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        publish(draft, centre.he.user)  # and assigned to nobody
        third = services.start_draft(version=draft, actor=centre.chen.user, now=NOW)
        publish(third, centre.he.user)
        services.assign(
            version=third, effective_on=third.effective_on, actor=centre.he.user, now=NOW
        )

        shown = text(lin.get("/rules/"))

        assert "与第 1 版相比：改动 1 条，新增 0 条，删除 0 条" in shown
        assert "罚款（元） 200.00 → 100.00" in shown

    def test_an_edition_before_that_this_release_cannot_read_is_no_hindrance(self, centre, lin):
        older = RulebookVersion.objects.create(
            rulebook=edition().rulebook, number=0, content={"clauses": []}, digest="x"
        )
        RulebookVersion.objects.filter(pk=older.pk).update(
            state="published", published_by=centre.he.user, published_at=NOW,
            effective_on=date(2026, 1, 1),
        )  # fmt: skip
        Assignment.objects.create(version=older, effective_on=date(2026, 1, 1))

        shown = text(lin.get("/rules/"))

        assert "CD-05.10" in shown
        assert "相比" not in shown

    def test_what_is_to_hold_tomorrow_can_be_read_and_confirmed_today(self, centre, lin):
        services.assign(
            version=edition("ES"),
            effective_on=at("2026-11-21 00:00:00").date(),
            actor=centre.he.user,
            now=NOW,
        )
        es = reverse("rulebooks:version", args=[edition("ES").pk])
        assert es in lin.get("/rules/").content.decode()

        assert "才起用，可以先读" in text(lin.get(es))
        lin.post(reverse("rulebooks:read", args=[edition("ES").pk]))

        assert Acknowledgement.objects.get().version == edition("ES")

    def test_what_is_not_ones_own_is_not_there(self, centre, draft, lin):
        for version in (draft, edition("ES")):
            assert lin.get(reverse("rulebooks:version", args=[version.pk])).status_code == 404
            assert lin.post(reverse("rulebooks:read", args=[version.pk])).status_code == 404
        assert not Acknowledgement.objects.exists()

    def test_partners_and_strangers_stay_outside_and_confirming_takes_a_staff_number(
        self, centre, client, as_user
    ):
        outlet = User.objects.create_user(
            "cd03", password="x" * 12, role="outlet", party=centre.chengdu
        )
        manager = as_user(User.objects.create_user("boss", password="x" * 12, role="manager"))
        read = reverse("rulebooks:read", args=[edition().pk])

        assert client.get("/rules/").status_code == 302
        assert client.post(read).status_code == 302
        assert as_user(outlet).get("/rules/").status_code == 403
        assert as_user(outlet).post(read).status_code == 403
        assert manager.get("/rules/").status_code == 200
        assert "我已阅读" not in text(manager.get("/rules/"))
        assert manager.post(read).status_code == 403
        assert not Acknowledgement.objects.exists()

    @NO_RULES
    def test_without_any_rules_the_page_says_so(self, centre, lin):
        services.withdraw(assignment=Assignment.objects.get(), actor=centre.chen.user, now=NOW)
        assert "还没有适用的规章" in text(lin.get("/rules/"))
        assert lin.get("/").status_code == 200

    def test_no_inline_script_or_style(self, centre, draft, lin, chen):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        for client, url in (
            (lin, "/rules/"),
            (chen, clause_page(draft)),
            (chen, page(draft, "compare")),
            (chen, page(edition(), "readers")),
        ):
            main = client.get(url).content.decode().split("<main", 1)[-1].split("</main", 1)[0]
            assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", main), url


class TestWhoHasRead:
    def test_the_list_and_the_page_of_an_edition(self, centre, lin, chen):
        services.acknowledge(employee=centre.lin, version=edition(), actor=centre.lin.user, now=NOW)

        listed = text(chen.get(reverse("admin:rulebooks_acknowledgement_changelist")))
        assert "林小月" in listed
        assert "4 人没有确认，1 人已确认" in listed
        shown = text(chen.get(page(edition(), "readers")))
        assert "应读 5 人，还有 4 人没有确认" in shown
        assert "0826 林小月 查询部 2026-11-20 09:00:00" in shown

    def test_who_looks_after_people_may_see_it_and_finance_not(self, centre, as_user):
        def status(role):
            user = User.objects.create_user(role, password="x" * 12, role=role, is_staff=True)
            return as_user(user).get(page(edition(), "readers")).status_code

        assert (status("hr"), status("finance")) == (200, 403)


class TestFinesBeforeReading:
    @pytest.fixture
    def late(self, centre, clock):
        """A question that nobody answered: half a point for Lin, at half past nine."""
        centre.inquiry(now=NOW)
        clock("11:30:00")
        sweep()
        return Penalty.objects.get()

    SAID = "发生时本人尚未确认阅读这一版"

    def why(self, client, penalty):
        return text(client.get(reverse("workbench:why_penalty", args=[penalty.pk])))

    def test_a_deduction_before_reading_says_so(self, late, lin, chen):
        assert self.SAID in self.why(lin, late)
        shown = reverse("admin:penalties_penalty_change", args=[late.pk])
        assert self.SAID in text(chen.get(shown))
        listed = text(chen.get(reverse("admin:penalties_penalty_changelist")))
        assert "发生时本人未确认" in listed

    def test_in_english_too(self, late, lin, settings):
        lin.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

        assert "had not confirmed reading this version" in self.why(lin, late)

    @pytest.mark.parametrize(
        ("read_at", "flagged"),
        [("09:30:00", False), ("09:30:01", True)],
        ids=["at the very moment", "a second later"],
    )
    def test_what_counts_is_the_moment_it_happened(self, read_at, flagged, centre, late, lin):
        assert late.incurred_at == at("09:30:00")
        Acknowledgement.objects.create(employee=centre.lin, version=edition(), at=at(read_at))

        assert (self.SAID in self.why(lin, late)) == flagged

    def test_somebody_elses_reading_or_of_another_edition_does_not_count(self, centre, late, lin):
        Acknowledgement.objects.create(employee=centre.zhou, version=edition(), at=NOW)
        Acknowledgement.objects.create(employee=centre.lin, version=edition("ES"), at=NOW)

        assert self.SAID in self.why(lin, late)

    def test_an_outlet_confirms_nothing_and_is_not_flagged(self, centre, clock, chen):
        from inquiries import services as inquiries

        case = centre.inquiry(now=NOW)
        inquiries.ask_outlet(
            case=case, outlet=centre.chengdu, question="在哪里", actor=centre.lin.user, now=NOW
        )
        clock("11:30:00")
        sweep()
        fine = Penalty.objects.get(party=centre.chengdu)

        shown = reverse("admin:penalties_penalty_change", args=[fine.pk])
        assert self.SAID not in text(chen.get(shown))
        only = reverse("admin:penalties_penalty_changelist") + "?reading=before"
        found = chen.get(only).context["cl"].result_list
        assert fine not in list(found)

    def test_a_longer_list_asks_no_more_questions(self, centre, clock, chen):
        url = reverse("admin:penalties_penalty_changelist")

        def asked():
            sweep()
            chen.get(url)
            with CaptureQueriesContext(connection) as queries:
                chen.get(url)
            return len(queries)

        centre.inquiry(now=NOW)
        clock("11:30:00")
        few = asked()
        for _ in range(5):
            centre.inquiry(now=NOW)

        assert asked() == few
        assert Penalty.objects.count() == 6
