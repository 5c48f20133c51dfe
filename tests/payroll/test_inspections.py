"""Inspection as the regulations have it: calls by lot, sheets, findings that a supervisor verifies, setting it right."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.policy.presence import away_due
from kefu.policy.rulebook import load
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff import services as staff
from payroll.models import (
    Away,
    Employment,
    FindingDecision,
    Inspection,
    Rectification,
    RegisterEntry,
    RosteredShift,
    SampleDraw,
)
from payroll.selectors import aways, frames
from payroll.selectors.inspected import inspected_by
from payroll.selectors.inspection_figures import by_person
from payroll.selectors.inspections import cleaning_weeks, duties, to_hear
from payroll.selectors.rewards import statistics
from payroll.selectors.scores import running
from payroll.services import (
    away,
    check_reminders,
    findings,
    inspections,
    rectifications,
    rewards,
    samples,
    unsaid_aways,
)
from payroll.services.inspections import Given
from tests import centre as centres
from tests.centre import Centre, at
from tests.payroll.inspected import NOW, calls, finding, inspector, sheet
from tests.payroll.rostered import roster, shifts

MONDAY, NOVEMBER = date(2026, 11, 16), date(2026, 11, 1)
LATER = NOW + timedelta(days=2, minutes=1)  # when the time to answer is over


@pytest.fixture
def centre(db: None, settings) -> Centre:
    settings.KEFU_NOW = NOW
    made = centres.build(now=at("08:00"))
    made.he.department = made.query_desk
    made.he.save(update_fields=["department"])
    Employment.objects.create(employee=made.lin, hired_on=date(2024, 1, 15))
    return made


def drawn(centre, by, size, **given):
    facts = {
        "department": centre.query_desk,
        "medium": "call",
        "from_on": MONDAY,
        "to_on": NOW.date(),
    }
    return samples.draw_samples(**(facts | given), size=size, actor=by.user, now=NOW)


@pytest.mark.rule("CD-12.08")
def test_calls_are_drawn_by_lot_each_agent_as_often_and_everybody_can_draw_them_again(centre):
    jin = inspector(centre)
    for who, n in ((centre.lin, 9), (centre.zhou, 4), (centre.wang, 3)):
        calls(centre, who, n)
    calls(centre, centre.lin, 5, since=at("2026-11-17 09:00"), answered=False)

    first = drawn(centre, jin, 5)
    second = drawn(centre, jin, 4)

    times = Counter(first.samples.values_list("employee__number", flat=True))
    assert sorted(times.values()) == [1, 2, 2]
    times += Counter(second.samples.values_list("employee__number", flat=True))
    assert sorted(times.values()) == [3, 3, 3]
    assert (first.frame_size, second.frame_size) == (
        16,
        11,
    )  # missed ones and drawn ones are not in it
    assert frames.drawn_again(first) is True and frames.drawn_again(second) is True
    with pytest.raises(DatabaseError), transaction.atomic():
        SampleDraw.objects.update(seed=7)
    with pytest.raises(DatabaseError), transaction.atomic():
        first.samples.update(record=1)
    left = drawn(centre, jin, 50)
    assert left.samples.count() == 7
    with pytest.raises(Conflict) as none_left:
        drawn(centre, jin, 1)
    assert none_left.value.code == "no_calls"


@pytest.mark.rule("CD-12.08")
def test_nobody_draws_or_hears_himself_and_an_inspector_not_the_lead_of_his_own_desk(centre):
    jin = inspector(centre, of=centre.query_desk)
    for who in (centre.lin, centre.wang, centre.chen):
        calls(centre, who, 3)

    heard = set(drawn(centre, jin, 9).samples.values_list("employee__number", flat=True))
    by_chen = set(drawn(centre, centre.chen, 9).samples.values_list("employee__number", flat=True))

    assert heard == {"0826"} and by_chen == {"0803"}
    assert (
        not inspected_by(jin.user).filter(pk__in=[jin.pk, centre.chen.pk, centre.wang.pk]).exists()
    )
    with pytest.raises(NotAllowed):
        drawn(centre, centre.lin, 1)
    with pytest.raises(NotAllowed):
        drawn(centre, centre.wang, 1, department=centre.front_desk)
    with pytest.raises(NotAllowed):
        sheet(centre.query_desk, jin, employee=centre.chen)
    with pytest.raises(KefuError) as oneself:
        sheet(centre.query_desk, centre.chen, employee=centre.chen)
    assert oneself.value.code == "oneself"
    sample = to_hear(jin.user).first()
    samples.set_aside(sample=sample, reason="录音没有了", actor=jin.user, now=NOW)
    with pytest.raises(Conflict):
        sheet(centre.query_desk, jin, employee=centre.lin, sample=sample)
    assert sample not in to_hear(jin.user)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from_on": date(2026, 11, 21), "to_on": MONDAY}, "to_on"),
        ({"to_on": date(2026, 11, 21)}, "to_on"),
        ({"from_on": date(2026, 5, 1)}, "from_on"),
        ({"size": 0}, "size"),
        ({"size": 301}, "size"),
    ],
)
def test_a_draw_that_makes_no_sense_is_refused_by_field(centre, given, field):
    calls(centre, centre.lin, 2)
    with pytest.raises(KefuError) as refused:
        drawn(centre, centre.chen, **({"size": 2} | given))
    assert refused.value.field == field


@pytest.mark.rule(
    "CD-12.08",
    "CD-12.14",
    "CD-12.18",
    "CD-12.98",
    "ES-118.01",
    "ES-138.02",
    "SD-233.02",
    "SD-233.03",
)
def test_what_is_heard_counts_only_when_it_was_answered_and_a_supervisor_has_verified_it(centre):
    jin = inspector(centre)
    calls(centre, centre.lin, 3)
    sample = drawn(centre, jin, 1).samples.get()

    row = sheet(
        centre.query_desk, jin, employee=centre.lin, sample=sample, recording="REC-1120-7",
        breaches={"CD-12.18": "没有报工号，客户 13800004545", "CD-12.14": "声音不耐烦"},
    )  # fmt: skip

    told = {one.mark.clause: one for one in row.findings.select_related("mark")}
    assert set(told) == {"CD-12.14", "CD-12.18"} and "13800004545" not in told["CD-12.18"].text
    assert not RegisterEntry.objects.exists()
    rung = Event.objects.filter(kind="inspection.told", user_id=centre.lin.user_id)
    assert {one.data["what"] for one in rung} == {"found"}
    with pytest.raises(Conflict) as early:
        findings.settle(finding=told["CD-12.18"], upheld=True, actor=centre.chen.user, now=NOW)
    assert early.value.code == "may_answer"
    with pytest.raises(NotAllowed):
        findings.reply(finding=told["CD-12.18"], sort="accept", actor=centre.zhou.user, now=NOW)

    findings.reply(finding=told["CD-12.18"], sort="accept", actor=centre.lin.user, now=NOW)
    with pytest.raises(Conflict):
        findings.reply(
            finding=told["CD-12.18"], sort="object", text="报了", actor=centre.lin.user, now=NOW
        )
    for who in (jin, centre.wang, centre.lin):
        with pytest.raises(NotAllowed):
            findings.settle(finding=told["CD-12.18"], upheld=True, actor=who.user, now=NOW)
    findings.settle(finding=told["CD-12.18"], upheld=True, actor=centre.chen.user, now=NOW)
    findings.settle(  # nobody answered, and the time for it is over
        finding=told["CD-12.14"],
        upheld=False,
        reason="复听语气正常",
        actor=centre.chen.user,
        now=LATER,
    )

    entry = RegisterEntry.objects.get()
    assert (entry.clause, entry.kind, entry.state) == ("CD-12.18", "points", "counted")
    assert (entry.source, entry.reported_by) == (f"inspected:{told['CD-12.18'].pk}", jin.user)
    assert entry.decisions.get().decided_by == centre.chen.user
    with pytest.raises(Conflict):
        findings.settle(finding=told["CD-12.18"], upheld=True, actor=centre.he.user, now=NOW)
    # In the score, and in the monthly detail that one prepares and another reviews.
    assert "CD-12.18" in str(running([centre.lin], NOVEMBER)[centre.lin.pk].facts)
    lines = statistics(centre.query_desk, NOVEMBER, today=NOW.date())["people"]
    assert [(p["number"], p["points"], [line["clause"] for line in p["lines"]]) for p in lines if p["lines"]] == [
        ("0826", "-0.5", ["CD-12.18"])
    ]  # fmt: skip
    detail = rewards.prepare(
        department=centre.query_desk, month=NOVEMBER, actor=centre.chen.user, now=NOW
    )
    with pytest.raises(Conflict) as own:
        rewards.review(sheet=detail, actor=centre.chen.user, now=NOW)
    assert own.value.code == "own_sheet"
    with pytest.raises(Conflict):
        rewards.issue(sheet=detail, actor=centre.chen.user, now=NOW)
    rewards.review(sheet=detail, actor=centre.he.user, now=NOW)
    rewards.issue(sheet=detail, actor=centre.chen.user, now=NOW)


@pytest.mark.rule("ES-138.02", "SD-233.62")
def test_what_is_objected_to_is_decided_by_another_than_whoever_found_it(centre):
    made = finding(centre, centre.chen)
    findings.reply(finding=made, sort="object", text="第一句就报了", actor=centre.lin.user, now=NOW)

    with pytest.raises(Conflict) as refused:
        findings.settle(finding=made, upheld=True, actor=centre.chen.user, now=NOW)
    assert refused.value.code == "second_person"
    with pytest.raises(DatabaseError), transaction.atomic():
        FindingDecision.objects.create(
            finding=made, outcome="upheld", decided_by=centre.chen.user, decided_at=NOW
        )
    findings.settle(finding=made, upheld=True, actor=centre.he.user, now=NOW)
    assert RegisterEntry.objects.counted().get().clause == "CD-12.18"


@pytest.mark.rule("SD-213.01", "SD-233.47", "SD-233.48", "SD-233.49")
def test_off_task_is_a_warning_the_first_time_and_three_points_the_next(centre):
    centre.work_by("SD-2")
    for n in (1, 2):
        made = finding(
            centre,
            centre.chen,
            "SD-213.01",
            "在看视频",
            occasion="conduct",
            now=NOW + timedelta(hours=n),
        )
        findings.reply(
            finding=made, sort="accept", actor=centre.lin.user, now=NOW + timedelta(hours=n)
        )
        findings.settle(
            finding=made, upheld=True, actor=centre.he.user, now=NOW + timedelta(hours=n)
        )

    entered = RegisterEntry.objects.order_by("pk").values_list("clause", "kind", "state")
    assert list(entered) == [
        ("SD-233.48", "remark", "reported"),  # a sanction is proposed, heard and decided first
        ("SD-233.49", "points", "counted"),
        ("SD-233.49", "points", "counted"),
    ]
    assert running([centre.lin], NOVEMBER)[centre.lin.pk].points == Decimal(97)


@pytest.mark.rule("ES-204.01", "OS-06.04", "SD-213.02", "SD-213.08", "SD-233.27", "SD-341.03")
def test_each_rulebook_prices_a_breach_its_own_way_or_only_keeps_it(centre):
    for n, (code, occasion, line, entered) in enumerate(
        (
            ("SD-2", "conduct", "SD-213.02", ("SD-233.27", "fine")),
            ("SD-2", "conduct", "SD-213.08", ("SD-233.62", "points")),
            ("SD-3", "closing", "SD-341.03/power_off", ("SD-341.03", "remark")),
            ("OS", "call", "OS-06.04", None),
            ("ES", "call", "ES-204.01/answer_accuracy", None),
        ),
        1,
    ):
        Assignment.objects.create(
            version=RulebookVersion.objects.get(rulebook__code=code, number=1),
            department=centre.query_desk,
            effective_on=date(2026, 1, n),
        )
        made = finding(centre, centre.chen, line, "当场看到", occasion=occasion)
        findings.reply(finding=made, sort="accept", actor=centre.lin.user, now=NOW)
        findings.settle(finding=made, upheld=True, actor=centre.he.user, now=NOW)
        rows = RegisterEntry.objects.filter(source=f"inspected:{made.pk}", state="counted")
        assert list(rows.values_list("clause", "kind")) == ([entered] if entered else [])

    (person,) = by_person(centre.chen.user, [NOVEMBER])
    assert person.judged == {"polite_phrases": 100, "answer_accuracy": 0, "listening": 100}


@pytest.mark.rule("CD-12.46", "CD-12.47", "CD-12.48", "CD-12.49", "CD-12.51", "ES-138.09")
def test_six_cleaning_checks_a_week_and_a_turn_of_forty_minutes(centre):
    clean = {"occasion": "cleaning", "by": centre.chen, "department": centre.query_desk}
    for minutes, breaches, ok in (
        (40, {}, True),
        (41, {}, False),
        (41, {"CD-12.46": "超了一分钟"}, True),
        (None, {}, False),
    ):
        given = {"minutes": minutes, "breaches": breaches, "named": centre.lin}
        if ok:
            sheet(**clean, **given)
            continue
        with pytest.raises(KefuError) as refused:
            sheet(**clean, **given)
        assert refused.value.field in ("minutes", "CD-12.46")
    with pytest.raises(KefuError) as nobody:
        sheet(**clean, skipped=("CD-12.46",), breaches={"CD-12.47": "地没扫"})
    assert nobody.value.code == "nobody_named"

    this, before = cleaning_weeks([centre.query_desk], NOW)[:2]
    assert (this.clause, this.done, this.wanted, this.short) == ("CD-12.51", 2, 6, 4)
    assert (this.first, this.last) == (MONDAY, date(2026, 11, 22))
    assert (
        before.short == 6 and not before.neglect
    )  # the department's rulebook has no measure for it
    # Friday: three days are left and four checks are lacking. Told once.
    assert check_reminders.remind(now=NOW) and not check_reminders.remind(now=NOW)
    told = Event.objects.filter(kind="checks.short").values_list("user_id", flat=True)
    assert centre.chen.user_id in set(told)
    for _n in range(4):
        sheet(**clean, skipped=("CD-12.46",))
    assert cleaning_weeks([centre.query_desk], NOW)[0].short == 0


@pytest.mark.rule("CD-12.42", "CD-12.43")
def test_who_stays_on_is_looked_in_on_unannounced_and_a_gap_costs_whoever_was_named(centre):
    evening = at("17:45")
    missing = {"breaches": {"CD-12.43/query_line": "两人只有一人"}, "now": evening}

    with pytest.raises(KefuError):
        sheet(centre.query_desk, centre.wang, "spot_check", **missing)
    row = sheet(centre.query_desk, centre.wang, "spot_check", named=centre.zhou, **missing)

    made = row.findings.get()
    assert made.employee == centre.zhou
    findings.settle(
        finding=made, upheld=True, actor=centre.chen.user, now=evening + timedelta(days=3)
    )
    entry = RegisterEntry.objects.get()
    assert (entry.employee, entry.clause, entry.happened_on) == (
        centre.zhou,
        "CD-12.43",
        NOW.date(),
    )
    asked = {one.occasion: one for one in duties([centre.query_desk], evening)}
    assert asked["spot_check"].last_at == evening
    assert (asked["call"].clause, asked["call"].per, asked["call"].late) == ("CD-12.08", "", False)


@pytest.mark.rule("ES-138.09", "ES-138.12", "SD-221.03")
def test_what_is_not_set_right_in_time_is_told_and_proposed_unless_a_reason_was_filed(centre):
    centre.work_by("ES")
    jin = inspector(centre)
    order = {
        "what": "补齐礼貌用语",
        "due_on": NOW.date(),
        "recheck_by": jin.user,
        "actor": jin.user,
        "now": NOW,
    }
    rows = [
        rectifications.order(
            finding=finding(
                centre, jin, "ES-204.01/polite_phrases", "没有用语", employee=who, now=NOW
            ),
            assignee=who,
            **order,
        )
        for who in (centre.lin, centre.zhou)
    ]
    with pytest.raises(Conflict):
        rectifications.order(finding=rows[0].finding, assignee=centre.lin, **order)
    rectifications.give_reason(
        rectification=rows[1], text="下周才培训", actor=centre.zhou.user, now=NOW
    )
    midnight = at("2026-11-21 00:00")
    with pytest.raises(Conflict) as late:
        rectifications.give_reason(
            rectification=rows[0], text="忘了", actor=centre.lin.user, now=midnight
        )
    assert late.value.code == "too_late"
    assert rectifications.tell_overdue(now=at("23:59")) == 0

    assert (
        rectifications.tell_overdue(now=midnight) == 2
        and rectifications.tell_overdue(now=midnight) == 0
    )

    proposed = RegisterEntry.objects.get()  # of whoever gave no reason, and counted by nobody yet
    assert (proposed.employee, proposed.clause, proposed.kind, proposed.state) == (
        centre.lin, "ES-138.12", "remark", "reported",
    )  # fmt: skip
    rung = Event.objects.filter(kind="inspection.told", data__what="overdue")
    assert {centre.lin.user_id, jin.user_id, centre.chen.user_id} <= set(
        rung.values_list("user_id", flat=True)
    )

    row = rows[0]
    rectifications.report_done(
        rectification=row, text="已背熟", actor=centre.lin.user, now=midnight
    )
    # Whoever was named to look again has the house's two days for it.
    assert rectifications.tell_not_rechecked(now=at("2026-11-22 23:59:59")) == 0
    for expected in (1, 0):
        assert rectifications.tell_not_rechecked(now=at("2026-11-23 00:00")) == expected
    neglected = RegisterEntry.objects.get(clause="ES-138.09")
    assert (neglected.employee, neglected.kind, neglected.state, neglected.happened_on) == (
        jin, "remark", "reported", date(2026, 11, 22),
    )  # fmt: skip
    with pytest.raises(NotAllowed, match="金质检"):
        rectifications.recheck(rectification=row, fixed=True, actor=centre.chen.user, now=midnight)
    rectifications.recheck(
        rectification=row, fixed=False, note="还是没有说", actor=jin.user, now=midnight
    )
    again = rectifications.order(
        finding=row.finding,
        assignee=centre.lin,
        **order | {"due_on": date(2026, 11, 25), "now": midnight},
    )
    assert again.earlier == row
    with pytest.raises(DatabaseError), transaction.atomic():
        Rectification.objects.filter(pk=row.pk).update(outcome="fixed")
    with pytest.raises(KefuError) as oneself:
        rectifications.order(
            finding=finding(centre, jin, "ES-204.01/polite_phrases", "又没有"),
            assignee=centre.lin,
            **order | {"recheck_by": centre.lin.user},
        )
    assert oneself.value.field == "recheck_by"


@pytest.mark.rule("CD-03.01", "CD-12.58", "SD-233.30", "SD-233.32")
def test_long_absences_are_listed_and_cost_what_a_supervisor_finds_them_to_be(centre):
    centre.work_by("SD-2")

    def gone(minutes, hour, **given):
        began = at(f"{hour:02}:00")
        return Away.objects.create(
            employee=centre.lin, began_at=began, ended_at=began + timedelta(minutes=minutes), reason="离席",
            recorded_by=centre.chen.user, **given,
        )  # fmt: skip

    online, offline = gone(25, 9), gone(30, 10)
    away.find(
        away=online, finding="online", note="QQ 在线，人不在", actor=centre.chen.user, now=NOW
    )
    away.find(away=offline, finding="offline", note="隐身", actor=centre.chen.user, now=NOW)
    entered = RegisterEntry.objects.counted().values_list("clause", "kind")
    assert set(entered) == {("SD-233.32", "points"), ("SD-233.30", "fine")}
    with pytest.raises(Conflict):
        away.find(away=online, finding="in_order", actor=centre.chen.user, now=NOW)

    assert away_due(inspections.edition_in_force(department_id=centre.front_desk.pk, at=NOW).rules) == (
        5, "CD-03.01",
    )  # fmt: skip
    centre.zhou.department = centre.front_desk  # works by the courier department's book
    centre.zhou.save(update_fields=["department"])
    centre.he.department = centre.front_desk
    centre.he.save(update_fields=["department"])
    for minutes, hour, given in (
        (4, 8, {}),
        (5, 9, {}),
        (9, 10, {"busy": True, "told": centre.he.user}),
    ):
        began = at(f"{hour:02}:00")
        Away.objects.create(
            employee=centre.zhou, began_at=began, ended_at=began + timedelta(minutes=minutes), reason="取件",
            recorded_by=centre.zhou.user, **given,
        )  # fmt: skip
    listed = aways.long_ones(centre.he.user, NOVEMBER)
    assert [(one.minutes, one.clause) for one in listed] == [(9, ""), (5, "CD-03.01")]
    tally = aways.tallies(listed)
    assert [(one.times, one.minutes, one.unsaid, one.to_find) for one in tally] == [(2, 14, 1, 2)]


@pytest.mark.rule("CD-03.01")
def test_a_busy_seat_of_which_nobody_said_anything_is_found_once_whenever_it_ended(centre):
    """Nobody looked while it lasted: the program was down. Lunch, what was said and what is short is no absence."""
    rules = load("CD")
    (shift,) = shifts(roster(centre, lunches=[["11:15", "11:45"]]), centre.lin, "2026-11-19")
    RosteredShift.objects.filter(pk=shift.pk).update(lunch=1)

    def seat(who, state, when):
        staff.set_seat(employee=who, seat=state, rules=rules, actor=who.user, now=at(when))

    for began, ended in (
        ("2026-11-19 09:00", "2026-11-19 09:04:59"),
        ("2026-11-19 10:00", "2026-11-19 10:05"),
        ("2026-11-19 11:15", "2026-11-19 11:46"),  # with the first batch
        ("2026-11-19 17:00", "2026-11-19 20:00"),  # went home at half past five
    ):
        seat(centre.lin, "busy", began)
        seat(centre.lin, "available", ended)
    seat(centre.lin, "busy", "2026-11-19 14:00")
    own = {"employee": centre.lin, "actor": centre.lin.user}
    away.leave_desk(**own, reason="取材料", told=centre.wang.user, now=at("2026-11-19 14:10"))
    away.come_back(**own, now=at("2026-11-19 14:30"))
    # Not rostered, and off duty with the seat still busy.
    seat(centre.zhou, "busy", "2026-11-19 11:00")
    staff.go_off_duty(employee=centre.zhou, now=at("2026-11-19 11:20"))
    seat(centre.wang, "busy", "2026-11-20 11:00")  # lasts
    # Went home without saying that he was back.
    left = away.leave_desk(**own, reason="取材料", now=at("2026-11-19 20:01"))
    staff.go_off_duty(employee=centre.lin, now=at("2026-11-19 20:05"))

    assert unsaid_aways.sweep(now=NOW) == 4
    assert unsaid_aways.sweep(now=NOW + timedelta(days=1)) == 0

    left.refresh_from_db()
    assert left.minutes == 4
    found = Away.objects.filter(recorded_by=None).order_by("employee__number", "began_at")
    clocks = [
        (one.employee, f"{one.began_at.astimezone(SHANGHAI):%H:%M}", one.ended_at - one.began_at)
        for one in found
    ]
    assert clocks == [
        (centre.lin, "10:00", timedelta(minutes=5)),
        (centre.lin, "14:00", timedelta(minutes=10)),
        (centre.lin, "17:00", timedelta(minutes=30)),
        (centre.zhou, "11:00", timedelta(minutes=20)),
    ]
    listed = aways.long_ones(centre.he.user, NOVEMBER)
    assert [one.clause for one in listed if one.row in found] == ["CD-03.01"] * 4
    away.find(away=found[0], finding="in_order", actor=centre.chen.user, now=NOW)


def test_a_sheet_is_refused_by_the_line_that_is_wrong(centre):
    marks = {item: Given("kept") for item in ("CD-12.14", "CD-12.15", "CD-12.16", "CD-12.18")}
    facts = {
        "occasion": "call", "department": centre.query_desk, "employee": centre.lin, "actor": centre.chen.user,
        "now": NOW,
    }  # fmt: skip
    for given, field in (
        ({"marks": {**marks, "CD-12.15": Given("breach", "  ")}}, "CD-12.15"),
        ({"marks": {k: v for k, v in marks.items() if k != "CD-12.16"}}, "CD-12.16"),
        ({"marks": {**marks, "CD-12.14": Given("perfect")}}, "CD-12.14"),
        ({"marks": marks, "happened_at": NOW + timedelta(minutes=1)}, "happened_at"),
        ({"marks": marks, "happened_at": NOW - timedelta(days=40)}, "happened_at"),
        ({"marks": marks, "reply_by": NOW}, "reply_by"),
        ({"marks": marks, "employee": None}, "employee"),
        ({"marks": marks, "minutes": 4}, "minutes"),
        ({"marks": marks, "occasion": "vehicle"}, "occasion"),
    ):
        with pytest.raises(KefuError) as refused:
            inspections.record(**facts | given)
        assert refused.value.field == field
    assert not Inspection.objects.exists()
