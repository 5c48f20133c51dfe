"""Rewards and sanctions, from what was seen to the person's file: by people, heard, and never by the program."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from inquiries import services as inquiries
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.selectors import edition
from payroll.models import EntryDecision, Objection, Proposal, RegisterEntry
from payroll.models import Finding as Inspected
from payroll.selectors import discipline as selectors
from payroll.selectors.register import edition_of
from payroll.selectors.rewards import statistics
from payroll.services import decisions, discipline, findings, hints, months, register
from tests.centre import at
from tests.payroll import people_of_es

NOW, TODAY = at("12:00"), date(2026, 11, 20)
UNTIL, LATER = at("2026-11-23 18:00"), at("2026-11-23 18:00")


@pytest.fixture
def desk(db):
    return people_of_es.build()


def proposed(desk, clause="ES-138.03", *, of=None, by=None, now=NOW, **given):
    facts = {
        "employee": of or desk.lin,
        "clauses": {clause: ""},
        "happened_on": date(2026, 11, 19),
        "facts": "11 月 19 日 10 点起和邻座闲聊四十分钟，三通来电没有接",
        "answer_by": UNTIL,
    }
    return discipline.propose(**(facts | given), actor=(by or desk.wang).user, now=now)


def verified(desk, proposal, *, by=None, now=LATER, **given):
    discipline.verify(
        proposal=proposal,
        finding="看了监控和来电记录",
        actor=(by or desk.chen).user,
        now=now,
        **given,
    )
    proposal.refresh_from_db()
    return proposal


def decided(desk, proposal, *, by=None, level=None, now=LATER, **given):
    measures = {one.pk: level or one.asked for one in proposal.measures.all()}
    done = {"given": measures, "reason": "属实，第一次"} | given
    return decisions.decide(proposal=proposal, actor=(by or desk.chen).user, now=now, **done)


@pytest.mark.rule("ES-118.01", "ES-138.01", "ES-138.02", "ES-138.03", "ES-138.04")
def test_a_warning_is_heard_verified_and_decided_by_others_and_read_by_the_person(desk):
    with pytest.raises(KefuError) as refused:
        register.enter(
            employee=desk.lin, clause="ES-138.03", rulebook_id=edition_of(desk.lin, TODAY, NOW).version_id,
            kind="remark", happened_on=TODAY, reason="闲聊", actor=desk.chen.user, now=NOW,
        )  # fmt: skip
    assert refused.value.code == "to_be_proposed"
    proposal = proposed(desk, facts="打电话 13800004545 闲聊四十分钟")
    entry = proposal.measures.get().entry

    assert "13800004545" not in proposal.facts
    assert (entry.state, entry.kind, entry.clause) == ("reported", "remark", "ES-138.03")
    assert Event.objects.filter(kind="measure.changed", user_id=desk.lin.user_id).count() == 1
    # Nobody takes a short cut: not the register, not before the person was heard, not who proposed it.
    with pytest.raises(Conflict):
        register.verify(entry=entry, actor=desk.chen.user, now=NOW)
    with pytest.raises(Conflict):
        register.withdraw(entry=entry, reason="嫌慢", actor=desk.chen.user, now=NOW)
    with pytest.raises(Conflict, match="还没有陈述"):
        verified(desk, proposal, now=NOW)
    with pytest.raises(Conflict) as refused:
        decided(desk, proposal)
    assert refused.value.code == "not_verified"
    with pytest.raises(NotAllowed):
        discipline.answer(proposal=proposal, text="我看见了", actor=desk.zhou.user, now=NOW)
    discipline.answer(
        proposal=proposal, text="系统卡住，在问同事怎么办", actor=desk.lin.user, now=NOW
    )
    with pytest.raises(NotAllowed):
        verified(desk, proposal, by=desk.wang)
    with pytest.raises(NotAllowed):
        verified(desk, proposal, by=desk.he)  # of another department
    verified(desk, proposal, now=NOW)
    with pytest.raises(NotAllowed):
        decided(desk, proposal, by=desk.wang)
    decided(desk, proposal)

    proposal.refresh_from_db()
    assert (proposal.state, [one.given for one in proposal.measures.all()]) == (
        "decided",
        ["warning"],
    )
    assert proposal.steps[0]["clause"] == "ES-138.01"  # three warnings are no demerit
    assert decided_anew() == [("ES-138.03", "warning", 0)]
    entry.refresh_from_db()
    assert entry.state == "counted"
    detail = statistics(desk.query_desk, date(2026, 11, 1), today=TODAY)
    assert [line["clause"] for line in detail["people"][0]["lines"]] == ["ES-138.03"]
    assert selectors.in_words(selectors.counted_levels([desk.lin.pk])[desk.lin.pk]) == [("警告", 1)]
    with pytest.raises(Conflict):
        decided(desk, proposal)
    with pytest.raises(NotAllowed):
        decisions.sign(proposal=proposal, actor=desk.wang.user, now=LATER)
    decisions.sign(proposal=proposal, actor=desk.lin.user, now=LATER)
    with pytest.raises(Conflict):
        decisions.file(proposal=proposal, actor=desk.tan.user, now=LATER) or decisions.file(
            proposal=proposal, actor=desk.tan.user, now=LATER
        )
    proposal.refresh_from_db()
    assert (proposal.signed_at, proposal.filed_by) == (LATER, desk.tan.user)
    for changed in (
        {"facts": "改写"},
        {"state": "not_upheld"},
        {"reason": "改写"},
        {"statement": "改"},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Proposal.objects.filter(pk=proposal.pk).update(**changed)
    with pytest.raises(DatabaseError), transaction.atomic():
        proposal.delete()


def decided_anew(month="2026-11"):
    """What was given in a month, by level and the-how-manieth time, once it came out again as it stands."""
    kept = replayables()["measure"]
    found = kept.read(month, None, after=0, limit=9, at=at("2026-12-31 00:00"))
    assert len(found) == kept.count(month, None)
    for one in found:
        rules = edition(one.version_id).rules
        assert list(differences(one, kept.decide(one.facts, rules))) == []
        other = kept.decide(replace(one.facts, given="dismissal"), rules)
        assert [each.field for each in differences(one, other)] == ["given"]
    return [(one.clause, one.facts.given, one.facts.before) for one in found]


@pytest.mark.rule("ES-138.01", "ES-138.12", "ES-138.07", "ES-118.01")
def test_each_grade_has_its_authority_and_an_objection_one_who_had_no_part_in_it(desk):
    demerit = verified(desk, proposed(desk, "ES-138.12"))
    with pytest.raises(NotAllowed, match="记过由经理决定"):
        decided(desk, demerit)
    assert not selectors.to_decide(desk.chen.user).exists()
    assert list(selectors.to_decide(desk.luo.user)) == [demerit]
    decided(desk, demerit, by=desk.luo)
    entry = demerit.measures.get().entry

    objection = register.object_to(entry=entry, text="没有给我期限", actor=desk.lin.user, now=LATER)
    answer = {
        "objection": objection,
        "upheld": True,
        "answer": "任务单上确实没有期限",
        "now": LATER,
    }
    for other in (desk.chen, desk.luo, desk.lin):
        with pytest.raises(KefuError):
            register.decide_objection(**answer, actor=other.user)
    assert list(selectors.objections(desk.tan.user)) == [objection]
    register.decide_objection(**answer, actor=desk.tan.user)
    entry.refresh_from_db()
    assert entry.state == "withdrawn"
    assert not selectors.counted_levels([desk.lin.pk])[desk.lin.pk]

    # What is not so ends with a reason, and what was given can be taken back by who may give it.
    idle = proposed(desk, "ES-138.07", of=desk.zhou)
    with pytest.raises(KefuError) as refused:
        decisions.not_upheld(proposal=idle, reason=" ", actor=desk.chen.user, now=NOW)
    assert refused.value.field == "reason"
    decisions.not_upheld(proposal=idle, reason="当天请了假", actor=desk.chen.user, now=NOW)
    assert idle.measures.get().entry.state == "not_upheld"
    assert not Proposal.objects.waiting().exists()
    warning = verified(desk, proposed(desk, of=desk.zhou, by=desk.tan))
    decided(desk, warning)
    given = warning.measures.get()
    with pytest.raises(NotAllowed):
        decisions.withdraw(measure=given, reason="搞错人", actor=desk.wang.user, now=LATER)
    decisions.withdraw(measure=given, reason="搞错人", actor=desk.chen.user, now=LATER)
    assert EntryDecision.objects.get(entry=given.entry, state="withdrawn").reason == "搞错人"
    with pytest.raises(Conflict):
        decisions.withdraw(measure=given, reason="再撤", actor=desk.chen.user, now=LATER)


LACKING = [
    ({"clauses": {}}, "clauses"),
    ({"clauses": {"CD-12.18": ""}}, "clauses"),
    ({"clauses": {"ES-138.36": ""}}, "clauses"),  # counted by the program
    ({"clauses": {"ES-138.03": "", "ES-138.05": ""}}, "clauses"),
    ({"clauses": {"ES-138.03": "", "ES-137.03": ""}}, "clauses"),
    ({"clauses": {"ES-138.03": "dismissal"}}, "level"),
    ({"happened_on": date(2026, 11, 21)}, "happened_on"),
    ({"facts": "  "}, "facts"),
    ({"answer_by": None}, "answer_by"),
    ({"answer_by": NOW}, "answer_by"),
]


def test_a_proposal_that_lacks_something_is_refused_by_field(desk):
    for given, field in LACKING:
        with pytest.raises(KefuError) as refused:
            proposed(desk, **given)
        assert (given, refused.value.field) == (given, field)

    assert not Proposal.objects.exists()
    assert not RegisterEntry.objects.exists()


def test_nobody_proposes_about_himself_or_beyond_his_department_or_twice(desk):
    for by, of in ((desk.wang, desk.wang), (desk.wang, desk.he), (desk.zhou, desk.lin)):
        with pytest.raises(KefuError):
            proposed(desk, by=by, of=of)
    first = proposed(desk, "ES-138.20")
    with pytest.raises(Conflict, match="正在办"):
        proposed(desk, "ES-138.20", by=desk.chen)
    # The database keeps it, whatever the services do.
    for changed in (
        {"decided_by": desk.lin.user},
        {"verified_by": desk.wang.user},
        {"state": "decided"},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Proposal.objects.filter(pk=first.pk).update(
                **({"verified_at": LATER, "decided_at": LATER, "reason": "无"} | changed)
            )


@pytest.mark.rule("ES-137.01", "ES-137.02", "ES-137.03", "ES-137.07", "ES-137.13")
def test_rewards_are_combined_for_one_event_and_want_their_evidence(desk):
    levels = {"ES-137.04": "", "ES-137.09": "", "ES-137.13": ""}
    proposal = proposed(
        desk, clauses=levels, facts="仓库冒烟，带大家撤出并切断电源", answer_by=None, by=desk.wang
    )

    assert [one.asked for one in proposal.measures.all()] == [
        "commendation",
        "merit",
        "major_merit",
    ]
    assert not selectors.visible_to(desk.lin.user).exists()  # it may come to nothing
    with pytest.raises(NotAllowed):
        decided(desk, proposal)  # a merit is the manager's
    with pytest.raises(KefuError) as refused:
        decided(desk, proposal, by=desk.luo)
    assert refused.value.code == "evidence_wanted"
    assert RegisterEntry.objects.filter(state="reported").count() == 3
    with pytest.raises(KefuError):  # two sanctions for one event are not combined
        proposed(desk, clauses={"ES-138.03": "", "ES-138.14": ""})

    proposal = proposed(
        desk, clauses=levels, happened_on=TODAY, facts="仓库冒烟，带大家撤出并切断电源", answer_by=None,
        evidence="监控 11-20 09:10", by=desk.wang,
    )  # fmt: skip
    commendation, merit, major = proposal.measures.all()
    decided(
        desk, proposal, by=desk.luo,
        given={commendation.pk: "", merit.pk: "merit", major.pk: "major_merit"},
    )  # fmt: skip
    assert [one.entry.state for one in proposal.measures.all()] == [
        "not_upheld",
        "counted",
        "counted",
    ]
    assert selectors.in_words(selectors.counted_levels([desk.lin.pk])[desk.lin.pk]) == [("记功", 1), ("记大功", 1)]  # fmt: skip
    assert list(selectors.visible_to(desk.lin.user)) == [proposal]
    assert not selectors.visible_to(desk.zhou.user).exists()
    assert decided_anew() == [("ES-137.09", "merit", 0), ("ES-137.13", "major_merit", 0)]


def suggested(desk, clause, of, version=None):
    return register.enter(
        employee=of, clause=clause, rulebook_id=version or edition_of(of, TODAY, NOW).version_id,
        kind="remark", happened_on=date(2026, 11, 19), reason="旷工累计达到规章的界限", source=f"absence:{clause}",
        inputs={"steps": []}, actor=None, now=NOW,
    )  # fmt: skip


@pytest.mark.rule("ES-133.23", "ES-133.24", "ES-138.36", "ES-603.24")
def test_what_the_facts_suggest_a_person_proposes_or_dismisses_with_a_reason(desk):
    fine, row, fails = (
        suggested(desk, clause, desk.lin) for clause in ("ES-133.23", "ES-133.24", "ES-603.24")
    )
    assert [one.pk for one in selectors.hints(desk.wang.user)] == [fine.pk, row.pk, fails.pk]
    assert selectors.hints(desk.he.user) == selectors.hints(desk.zhou.user) == []
    with pytest.raises(Conflict, match="先提议"):
        register.verify(entry=fine, actor=desk.luo.user, now=NOW)
    with pytest.raises(KefuError):
        discipline.dismiss_hint(entry=row, reason="", actor=desk.chen.user, now=NOW)
    discipline.dismiss_hint(
        entry=row, reason="同一件事按 ES-133.23 办", actor=desk.chen.user, now=NOW
    )
    proposal = proposed(desk, "ES-133.23", hint=fine)
    with pytest.raises(Conflict):
        discipline.dismiss_hint(entry=fine, reason="算了", actor=desk.chen.user, now=NOW)

    assert proposal.measures.get().entry == fine
    assert [one.pk for one in selectors.hints(desk.wang.user)] == [fails.pk]
    verified(desk, proposal)
    with pytest.raises(NotAllowed):
        decided(desk, proposal)
    with pytest.raises(KefuError) as refused:
        decided(desk, proposal, by=desk.luo, level="fine")
    assert refused.value.field == "amount"
    decided(desk, proposal, by=desk.luo, level="fine", amount=Decimal(200))

    line = proposal.measures.get().entry
    assert (line.kind, line.value, line.state, line.clause) == ("fine", 200, "counted", "ES-133.23")
    fine.refresh_from_db()
    assert fine.state == "not_upheld"
    # A dismissal that was decided is a proposal to human resources: nobody's employment ends by it.
    dismissal = verified(desk, proposed(desk, "ES-603.24", hint=fails))
    decided(desk, dismissal, by=desk.luo)
    desk.lin.refresh_from_db()
    assert (dismissal.measures.get().given, desk.lin.status, desk.lin.user.is_active) == (
        "dismissal", "active", True,
    )  # fmt: skip


@pytest.mark.rule("SD-233.47", "SD-233.48", "SD-233.49", "SD-233.50")
def test_the_first_time_off_task_is_a_warning_and_the_next_costs_points(db):
    desk = people_of_es.build("SD-2")
    proposal = verified(desk, proposed(desk, "SD-233.48", facts="上班看视频二十分钟"))
    decided(desk, proposal)

    counted = RegisterEntry.objects.counted().order_by("clause")
    assert [one.clause for one in counted] == ["SD-233.48", "SD-233.49"]  # the count begins
    assert decided_anew() == [("SD-233.48", "warning", 0)]
    with pytest.raises(Conflict, match=r"SD-233\.49") as refused:
        proposed(desk, "SD-233.48", happened_on=TODAY, now=LATER)
    assert refused.value.code == "other_clause"
    found = selectors.accumulation(
        edition_of(desk.lin, TODAY, NOW).rules, desk.lin, "SD-233.50", TODAY
    )
    assert (found.nth, found.instead) == (2, "")  # how often is too often a person says
    # Taken back, it does not count as the first any more.
    decisions.withdraw(
        measure=proposal.measures.get(), reason="看的是培训视频", actor=desk.chen.user, now=LATER
    )
    assert not RegisterEntry.objects.counted().exists()
    assert (
        selectors.times_before(edition_of(desk.lin, TODAY, NOW).rules, desk.lin, "SD-233.48", TODAY)
        == 0
    )


@pytest.mark.rule("ES-138.21")
def test_what_a_clause_wants_established_is_ticked_by_whoever_verifies(desk):
    proposal = proposed(desk, "ES-138.21", facts="监控里代刷周的卡")

    with pytest.raises(KefuError) as refused:
        verified(desk, proposal)
    assert refused.value.field == "established"
    assert verified(desk, proposal, established=["proxy_done"]).state == "verified"


def test_a_decision_after_the_month_was_locked_counts_in_the_next(desk):
    proposal = verified(desk, proposed(desk, "ES-138.05"))
    with transaction.atomic():
        months.lock(date(2026, 11, 1), actor=desk.luo.user, now=at("2026-12-10 09:00"))
    decided(desk, proposal, now=at("2026-12-10 10:00"))

    entry = proposal.measures.get().entry
    assert (entry.state, entry.month) == ("counted", date(2026, 12, 1))
    assert entry.inputs["original_month"] == "2026-11"
    assert Objection.objects.count() == 0


@pytest.mark.rule("OS-04.21", "OS-04.22", "OS-04.23")
def test_verified_service_complaints_cost_thirty_then_sixty_then_a_suggestion_to_management(
    db, settings
):
    settings.KEFU_NOW = NOW
    desk = people_of_es.build("OS")
    found = []
    for n, clause in enumerate(["OS-04.21", "OS-04.22", "OS-04.23", "OS-04.23"]):
        case = inquiries.file_complaint(
            cause="rude_language", against=desk.zhou.party, text="爱理不理", channel="phone", asker="receiver",
            customer_name="陈晓梅", customer_phone=f"1380000460{n}", waybill=desk.waybill,
            department=desk.query_desk, owner=desk.lin, actor=desk.lin.user, now=NOW,
            details=inquiries.Details(category="attitude", demand="道歉"),
        )  # fmt: skip
        judged = {"case": case, "actor": desk.chen.user, "now": NOW}
        verified_so_far = inquiries.Found(verified=True)
        if n < 3:
            with pytest.raises(KefuError):  # this one is not concluded, it does not count yet
                inquiries.record_finding(clause=clause, found=verified_so_far, **judged)
        inquiries.conclude(outcome="verified", remedy="谈话", **judged)
        found.append(inquiries.record_finding(clause=clause, found=verified_so_far, **judged))

    assert [(one.clause, one.amount, one.measure) for one in found] == [
        ("OS-04.21", Decimal(30), ""),
        ("OS-04.22", Decimal(60), ""),
        ("OS-04.23", None, "dismissal"),
        ("OS-04.23", None, "dismissal"),
    ]
    for one in found[2:]:  # a finding of an inspection that bears the same number is another fact
        RegisterEntry.objects.create(
            employee=desk.lin, clause=one.clause, rulebook=one.rulebook, kind="remark", state="not_upheld", reason="抽听",
            happened_on=NOW.date(), month=NOW.date().replace(day=1), reported_at=NOW,
            source=findings.source_of(Inspected(pk=one.pk)),
        )  # fmt: skip
    assert hints.from_findings(now=NOW) == 1  # the fourth joins the third
    assert hints.from_findings(now=NOW) == 0
    [hint] = selectors.hints(desk.chen.user)
    assert (hint.clause, hint.employee, hint.state) == ("OS-04.23", desk.zhou, "reported")
    proposal = verified(desk, proposed(desk, "OS-04.23", of=desk.zhou, hint=hint))
    decided(desk, proposal, by=desk.luo)
    desk.zhou.refresh_from_db()
    assert (proposal.measures.get().given, desk.zhou.status) == ("dismissal", "active")
