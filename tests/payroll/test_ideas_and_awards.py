"""Suggestions that are answered and rewarded, the excellent agents of a month, and clauses that are shipped off."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Rulebook, RulebookVersion
from payroll.models import (
    AwardRound,
    Chat,
    Idea,
    MonthScore,
    OptIn,
    Rating,
    RegisterEntry,
    YearSheet,
)
from payroll.selectors import awards as selectors
from payroll.selectors import ideas as board
from payroll.selectors import optins as optin_selectors
from payroll.selectors.register import edition_of
from payroll.services import awards, decisions, discipline, ideas, optins
from tests.centre import at
from tests.payroll import people_of_es

NOW, TODAY = at("12:00"), date(2026, 11, 20)
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def desk(db):
    return people_of_es.build()


def submitted(desk, of=None, **given):
    author = of or desk.lin
    facts = {"title": "快捷短语整理成表", "content": "每组一份，接听时少翻屏", "shown": "named"}
    return ideas.submit(employee=author, actor=author.user, now=NOW, **(facts | given))


def replied(desk, idea, *, by=None, adopted=True, **given):
    return ideas.reply(
        idea=idea,
        adopted=adopted,
        answer="下周起各组照办",
        actor=(by or desk.chen).user,
        now=NOW,
        **given,
    )


@pytest.mark.rule("SD-233.44", "SD-233.45", "SD-233.46", "ES-115.01")
def test_a_suggestion_is_answered_and_brings_points_or_cash(db):
    desk = people_of_es.build("SD-2")
    for given, field in (({"content": " "}, "content"), ({"title": ""}, "title")):
        with pytest.raises(KefuError) as refused:
            submitted(desk, **given)
        assert refused.value.field == field
    idea, other = submitted(desk), submitted(desk, title="灯太暗", shown="private")
    assert list(board.to_answer(desk.chen.user)) == [idea, other]
    assert not board.to_answer(desk.he.user).exists()

    for given, field in (
        ({"points": Decimal(2)}, "points"),
        ({"points": Decimal(21)}, "points"),
        ({"points": Decimal(5), "cash": Decimal(100)}, "points"),
        ({"cash": Decimal(0)}, "cash"),
        ({"adopted": False, "points": Decimal(5)}, "points"),
    ):
        with pytest.raises(KefuError) as refused:
            replied(desk, idea, **given)
        assert refused.value.field == field
    for by in (desk.lin, desk.zhou, desk.he):
        with pytest.raises(NotAllowed):
            replied(desk, idea, by=by)
    assert not RegisterEntry.objects.exists()
    replied(desk, idea, points=Decimal(20))
    replied(desk, other, cash=Decimal(300))

    lines = RegisterEntry.objects.counted().order_by("clause")
    assert [(one.clause, one.kind, one.value, one.employee) for one in lines] == [
        ("SD-233.45", "points", 20, desk.lin),
        ("SD-233.46", "award", 300, desk.lin),
    ]
    with pytest.raises(Conflict):
        replied(desk, idea, points=Decimal(3))
    assert Event.objects.filter(kind="idea.changed", user_id=desk.lin.user_id).count() == 2
    # All may read it where the author said so, and nobody else's but those.
    assert list(board.readable_by(desk.zhou.user)) == [idea]
    assert set(board.readable_by(desk.chen.user)) == {idea, other}
    for changed in ({"content": "改写"}, {"state": "rejected"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Idea.objects.filter(pk=idea.pk).update(**changed)


@pytest.mark.rule("ES-115.01", "ES-137.07")
def test_a_suggestion_that_worked_is_linked_to_a_merit(desk):
    idea = submitted(desk)
    with pytest.raises(KefuError):  # this rulebook has no points for it
        replied(desk, idea, points=Decimal(5))
    with pytest.raises(NotAllowed):
        ideas.withdraw(idea=idea, actor=desk.zhou.user, now=NOW)
    replied(desk, idea)
    idea.refresh_from_db()
    # Whoever leads the author may propose it; the head of another desk neither may nor reads who it was.
    assert board.board_of(desk.chen.user, [idea]) == [(idea, "ES-137.07", True)]
    assert board.board_of(desk.he.user, [idea]) == [(idea, "", False)]

    proposal = discipline.propose(
        employee=desk.lin, clauses={"ES-137.07": ""}, happened_on=TODAY, facts="平均每通少二十秒",
        evidence="十月通话报表", idea=idea, actor=desk.chen.user, now=NOW,
    )  # fmt: skip
    assert board.board_of(desk.chen.user, [idea]) == [(idea, "", True)]  # once
    decisions.decide(
        proposal=proposal, given={proposal.measures.get().pk: "merit"}, reason="见效", actor=desk.luo.user,
        now=NOW,
    )  # fmt: skip
    assert (proposal.idea, proposal.measures.get().given) == (idea, "merit")
    refused = submitted(desk, title="装空调", of=desk.zhou)
    replied(desk, refused, adopted=False)
    refused.refresh_from_db()
    assert (refused.state, refused.answer, refused.decided_by) == ("rejected", "下周起各组照办", desk.chen.user)  # fmt: skip


def scored(desk, employee, points, grade, month=OCTOBER):
    using = edition_of(employee, TODAY, NOW)
    facts = {
        "month": f"{month:%Y-%m}",
        "measured": {
            name: {"done": "38", "out_of": "40"}
            for name in ("response_rate", "first_contact_rate", "satisfaction")
        },
        "judged": {
            name: {"points": str(points), "by": "supervisor"} for name in ("attitude", "compliance")
        },
    }
    return MonthScore.objects.create(
        employee=employee, month=month, department=desk.query_desk, first_on=month, last_on=date(2026, 10, 31),
        mechanism="assessment", facts=facts, clause="ES-603.02", rulebook_id=using.version_id, points=points, grade=grade,
        published_by=desk.chen.user, published_at=NOW,
    )  # fmt: skip


@pytest.mark.rule("ES-116.03", "ES-204.06", "ES-204.07", "ES-603.16", "ES-116.04")
def test_the_excellent_agent_is_chosen_among_all_with_reasons_and_signed_by_another(desk):
    scored(desk, desk.lin, Decimal(93), "excellent")
    scored(desk, desk.zhou, Decimal(81), "pass")
    for n, (stars, on) in enumerate(((5, 9), (5, 10), (4, 11)), 1):
        began = at(f"2026-10-{on:02} 09:00")
        by = {"employee": desk.lin, "recorded_by": desk.chen.user, "recorded_at": NOW}
        chat = Chat.objects.create(number=f"S-{n}", began_at=began, closed=True, **by)
        Rating.objects.create(chat=chat, source="online", stars=stars, rated_on=began.date(), **by)
    row = awards.open_round(
        department=desk.query_desk, month=OCTOBER, actor=desk.chen.user, now=NOW
    )

    [nominee] = row.nominees.all()
    assert (nominee.employee, nominee.figures["points"], nominee.figures["grade"]) == (
        desk.lin, "93.00", "excellent",
    )  # fmt: skip
    assert nominee.figures["praise"] == 2  # who gave all there is
    with pytest.raises(Conflict):
        awards.open_round(department=desk.query_desk, month=OCTOBER, actor=desk.luo.user, now=NOW)
    for by in (desk.he, desk.wang, desk.lin):
        with pytest.raises(NotAllowed):
            awards.choose(row=row, evidence={nominee.pk: "好"}, actor=by.user, now=NOW)
    second = awards.nominate(
        row=row, employee=desk.zhou, evidence="客户三封表扬信", actor=desk.chen.user, now=NOW
    )
    for evidence in ({}, {nominee.pk: " "}):
        with pytest.raises(KefuError) as refused:
            awards.choose(row=row, evidence=evidence, actor=desk.chen.user, now=NOW)
        assert refused.value.field == "evidence"
    with pytest.raises(Conflict, match="评选好"):
        awards.publish(row=row, actor=desk.luo.user, now=NOW)
    awards.choose(
        row=row, evidence={nominee.pk: "响应达标 99%，无投诉"}, actor=desk.chen.user, now=NOW
    )
    with pytest.raises(Conflict, match="另一个人"):
        awards.publish(row=row, actor=desk.chen.user, now=NOW)
    assert not selectors.visible_rounds(desk.zhou.user).exists()
    assert not RegisterEntry.objects.exists()
    awards.publish(row=row, actor=desk.luo.user, now=NOW)

    line = RegisterEntry.objects.counted().get()
    assert (line.clause, line.kind, line.employee, line.happened_on) == (
        "ES-204.06", "award", desk.lin, date(2026, 10, 31),
    )  # fmt: skip
    second.refresh_from_db()
    assert not second.chosen
    assert list(selectors.visible_rounds(desk.zhou.user)) == [row]
    assert Event.objects.filter(kind="award.published", user_id=desk.zhou.user_id).exists()
    with pytest.raises(Conflict):
        awards.choose(row=row, evidence={second.pk: "也好"}, actor=desk.luo.user, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        AwardRound.objects.filter(pk=row.pk).update(published_by=desk.tan.user)
    # For a promotion everybody stands on the list with the same figures, the excellent first.
    YearSheet.objects.create(
        employee=desk.zhou, year=2025, grade="pass", mean=80, note="稳", graded_by=desk.chen.user,
        graded_at=NOW, rulebook_id=row.rulebook_id,
    )  # fmt: skip
    people = [desk.wang, desk.zhou, desk.lin]
    rules = edition_of(desk.lin, TODAY, NOW).rules
    listed = selectors.promotion_list(people, rules, TODAY)
    assert [(one.employee, one.first, one.mean) for one in listed] == [
        (desk.lin, True, 93), (desk.zhou, False, 81), (desk.wang, False, None),
    ]  # fmt: skip
    assert listed[1].year


@pytest.mark.rule("CD-12.24", "CD-12.66")
def test_a_delicate_clause_is_off_until_a_manager_decides_with_a_reason_and_another_confirms(desk):
    book = Rulebook.objects.get(code="CD")
    shipped = RulebookVersion.objects.get(rulebook=book, number=1)
    assert optin_selectors.switched_on("CD", shipped.content) == []
    assert {one.clause.id for one in optin_selectors.listed()} == {"CD-12.24", "CD-12.66"}
    draft = rulebooks.start_draft(version=shipped, actor=desk.chen.user, now=NOW)
    content = {**draft.content}
    content["clauses"] = [
        {**one, "active": True} if one["id"] == "CD-12.66" else one for one in content["clauses"]
    ]
    draft.content = content

    assert "CD-12.66" in (optins.not_agreed(draft, NOW) or "")
    given = {"rulebook": book, "reason": "旺季前和工会谈过", "now": NOW}
    with pytest.raises(NotAllowed):
        optins.decide(clause="CD-12.66", actor=desk.chen.user, **given)
    for clause, reason in (("CD-12.01", "要"), ("CD-12.66", " ")):
        with pytest.raises(KefuError):
            optins.decide(clause=clause, actor=desk.luo.user, **(given | {"reason": reason}))
    row = optins.decide(clause="CD-12.66", actor=desk.luo.user, **given)
    with pytest.raises(Conflict):
        optins.decide(clause="CD-12.66", actor=desk.luo.user, **given)
    assert optins.not_agreed(draft, NOW)
    for by in (desk.luo, desk.chen):
        with pytest.raises(KefuError):
            optins.confirm(opt_in=row, actor=by.user, now=NOW)
    optins.confirm(opt_in=row, actor=desk.tan.user, now=NOW)

    assert optins.not_agreed(draft, NOW) is None
    assert "旺季前和工会谈过" in optin_selectors.titled(
        edition_of(desk.he, TODAY, NOW).rules, "CD-12.66", "zh-hans"
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        OptIn.objects.filter(pk=row.pk).update(reason="改写")
