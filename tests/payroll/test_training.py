"""Training: what the rulebook plans by itself, who came, the week before the job, and what a failed assessment brings."""

from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from inquiries.models import Inquiry
from kefu.cases.models import Interaction
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff import barred
from kefu.staff.models import Employee, User
from payroll.models import (
    Course,
    Employment,
    Holiday,
    MonthScore,
    RegisterEntry,
    RosteredShift,
    Suspension,
    TrainingSession,
)
from payroll.selectors import training as selectors
from payroll.selectors.calendar_page import without_training
from payroll.services import courses, rosters, training, typing_tests
from payroll.services.training import Came, Plan
from problem_parcels import services as problem_parcels
from problem_parcels.services import Given as ParcelGiven
from tests import centre as centres
from tests.centre import at
from tests.payroll.rostered import roster, shifts

NOW = at("2026-11-20 09:00")
DAY = timedelta(days=1)


@pytest.fixture
def centre(db):
    return centres.build(now=at("2026-11-20 08:00"))


def at_express(centre):
    """The query desk works by the courier service regime."""
    centre.work_by("ES")
    Employment.objects.bulk_create(
        Employment(employee=one, hired_on=date(2024, 1, 15)) for one in Employee.objects.all()
    )
    return centre


def days(**given):
    rows = TrainingSession.objects.filter(**given).order_by("due_on")
    return [(row.kind, f"{row.due_on:%m-%d}", row.clause) for row in rows]


@pytest.mark.rule("CD-12.52", "CD-12.53", "CD-12.54")
def test_the_tenth_the_twentieth_and_the_thirtieth_are_planned_by_themselves(centre):
    """A day off counts like any other; February has its last day."""
    Holiday.objects.create(day=date(2026, 11, 20), kind="statutory", name="店庆")

    assert training.plan_ahead(now=NOW) == 5
    assert training.plan_ahead(now=NOW) == 0
    assert days() == [
        ("exam", "11-20", "CD-12.53"),
        ("exam_review", "11-30", "CD-12.54"),
        ("training", "12-10", "CD-12.52"),
        ("exam", "12-20", "CD-12.53"),
        ("exam_review", "12-30", "CD-12.54"),
    ]
    training.plan_ahead(now=at("2027-02-01 09:00"))
    assert ("exam_review", "02-28", "CD-12.54") in days()

    assert (
        training.remind(now=at("2026-11-30 08:00")) == 2
    )  # the examination nobody recorded, the review today
    assert training.remind(now=at("2026-11-30 08:00")) == 0
    told = {
        (row.data["state"], row.data["on"]) for row in Event.objects.filter(kind="training.told")
    }
    assert told == {("late", "11-20"), ("due", "11-30")}
    assert Event.objects.filter(user_id=centre.lin.user_id, data__state="due").exists()
    assert not Event.objects.filter(user_id=centre.lin.user_id, data__state="late").exists()

    exam = TrainingSession.objects.get(due_on=date(2026, 11, 20))
    with pytest.raises(KefuError) as refused:
        training.arrange(
            session=exam, plan=Plan(date(2026, 12, 1)), actor=centre.chen.user, now=NOW
        )
    assert refused.value.field == "on"
    moved = training.arrange(
        session=exam, plan=Plan(date(2026, 11, 23)), actor=centre.chen.user, now=NOW
    )
    assert (moved.on, moved.due_on, moved.told_at) == (date(2026, 11, 23), date(2026, 11, 20), None)


def came(*absent, **excused):
    found = {one.pk: Came("present") for one in Employee.objects.all()}
    found |= {one.pk: Came("absent") for one in absent}
    return found


@pytest.mark.rule(
    "ES-138.07", "ES-602.01", "ES-602.08", "ES-602.09", "ES-602.10", "ES-602.11", "ES-602.12", "ES-602.13",
    "ES-604.01",
)  # fmt: skip
def test_the_monthly_training_is_held_and_who_skips_it_is_reported(centre):
    at_express(centre)
    assert training.plan_ahead(now=NOW) == 2
    row = TrainingSession.objects.get(due_on=date(2026, 11, 30))
    assert (row.kind, row.clause) == ("regular_training", "ES-602.08")
    chen, month = centre.chen.user, (date(2026, 11, 1), date(2026, 11, 30))
    assert without_training([centre.query_desk], *month, NOW) == []
    early = at("2026-11-24 00:30").astimezone(UTC)  # as the clock tells it, still the day before
    assert without_training([centre.query_desk], *month, early) == [
        (centre.query_desk, "ES-602.08")
    ]

    plan = Plan(
        date(2026, 11, 20), topic="大促口径 13812345678", category="business_update", mode="offline_discussion",
        place="三楼", trainer=centre.wang,
    )  # fmt: skip
    row = training.arrange(session=row, plan=plan, actor=chen, now=NOW)
    assert "13812345678" not in row.topic
    offered = dict(selectors.choices(edition_in_force(department_id=centre.query_desk.pk, at=NOW).rules, "training_category"))  # fmt: skip
    assert set(offered) == {
        "business_update",
        "service_skill",
        "case_sharing_good",
        "case_sharing_bad",
    }
    with pytest.raises(KefuError) as refused:
        training.arrange(session=row, plan=Plan(row.on, category="singing"), actor=chen, now=NOW)
    assert refused.value.field == "category"

    given = {"session": row, "minutes": 119, "result": "都会了", "actor": chen, "now": NOW}
    with pytest.raises(KefuError, match="还没有登记") as refused:
        training.hold(came={centre.lin.pk: Came("present")}, **given)
    assert refused.value.field == "came"
    with pytest.raises(KefuError, match="请假要写原因"):
        training.hold(came=came() | {centre.lin.pk: Came("excused")}, **given)
    with pytest.raises(NotAllowed):
        training.hold(came=came(), **(given | {"actor": centre.wang.user}))
    assert not row.attendances.exists()

    row = training.hold(came=came(centre.zhou) | {centre.lin.pk: Came("excused", "病假")}, **given)

    assert selectors.too_short(row) == "ES-602.09"
    entry = RegisterEntry.objects.get(clause="ES-138.07")
    assert (entry.employee, entry.state, entry.source) == (
        centre.zhou,
        "reported",
        f"training:{row.pk}",
    )
    assert without_training([centre.query_desk], *month, at("2026-11-24 09:00")) == []
    [line] = selectors.archive(centre.wang)
    assert (line.on, line.result) == (date(2026, 11, 20), "都会了")
    assert "请假" in selectors.archive(centre.lin)[0].result
    with pytest.raises(Conflict):
        training.hold(came=came(), **given)
    with pytest.raises(DatabaseError), transaction.atomic():
        TrainingSession.objects.filter(pk=row.pk).update(result="改过")

    one = row.attendances.get(employee=centre.zhou)
    training.correct_attendance(
        attendance=one, came=Came("excused", "接到急件"), actor=chen, now=NOW
    )
    entry.refresh_from_db()
    assert entry.state == "not_upheld"
    for status in ("absent", "absent", "present", "absent"):  # he was not there after all
        training.correct_attendance(attendance=one, came=Came(status), actor=chen, now=NOW)
    reports = RegisterEntry.objects.filter(clause="ES-138.07").order_by("pk")
    assert [(each.source, each.state) for each in reports] == [
        (f"training:{row.pk}", "not_upheld"),
        (f"training:{row.pk}:1", "not_upheld"),
        (f"training:{row.pk}:2", "reported"),
    ]


@pytest.mark.rule(
    "ES-602.01", "ES-602.02", "ES-602.03", "ES-602.04", "ES-602.05", "ES-602.06", "ES-602.07", "ES-604.01",
)  # fmt: skip
def test_a_new_agent_works_only_after_passing_theory_and_practice(centre):
    at_express(centre)
    Employment.objects.filter(employee=centre.zhou).update(hired_on=date(2026, 11, 19))
    assert courses.open_for_new(now=NOW) == 1
    assert courses.open_for_new(now=NOW) == 0
    course = Course.objects.get(employee=centre.zhou)
    plan = list(course.sessions.order_by("day_number"))
    assert [f"{day.on:%d}" for day in plan] == ["19", "20", "21", "23", "24", "25", "26"]
    assert [day.clause for day in plan] == ["ES-602.03"] * 2 + ["ES-602.04"] * 2 + ["ES-602.05"] * 2 + ["ES-602.06"]  # fmt: skip
    assert [day.day_number for day in plan if day.needs_mentor] == [5, 6]
    assert plan[0].topics == ["culture", "regulations", "service_rules"]

    case = _unowned(centre)
    with pytest.raises(Conflict, match="岗前培训还没有考核合格"):
        desk.take(case=case, employee=centre.zhou, now=NOW)
    with pytest.raises(Conflict, match="岗前培训还没有考核合格"):
        _unowned(centre, owner=centre.zhou)
    draft = rosters.draw_up(department=centre.query_desk, starts_on=date(2026, 12, 1), actor=centre.chen.user, now=NOW)  # fmt: skip
    assert draft.shifts.filter(employee=centre.lin).exists()
    assert not draft.shifts.filter(employee=centre.zhou).exists()

    chen, last = centre.chen.user, at("2026-11-26 15:00")
    fifth = {
        "session": plan[4],
        "came": {centre.zhou.pk: Came("present")},
        "minutes": 420,
        "result": "跟班",
    }
    with pytest.raises(KefuError) as refused:
        training.hold(actor=chen, now=last, **fifth)
    assert refused.value.field == "trainer"
    courses.choose_mentor(course=course, mentor=centre.lin, actor=chen, now=last)
    assert training.hold(actor=chen, now=last, **fifth).trainer == centre.lin

    def judged(part, mark, now=last):
        return courses.record_result(
            course=course, part=part, mark=Decimal(mark), actor=chen, now=now
        )

    with pytest.raises(KefuError, match="最后一天"):
        judged("theory", "80", NOW)
    for mark, field in (("101", "mark"), ("-1", "mark")):
        with pytest.raises(KefuError) as refused:
            judged("theory", mark)
        assert refused.value.field == field
    assert not judged("practice", "59.99").passed
    assert judged("theory", "60").passed  # sixty is a pass (ES-603.15)
    course.refresh_from_db()
    assert course.state == "ongoing"
    judged("practice", "75")
    course.refresh_from_db()
    assert (course.state, course.ended_on) == ("passed", date(2026, 11, 26))

    desk.take(case=case, employee=centre.zhou, now=last)
    assert sorted(line.result for line in selectors.archive(centre.zhou)) == [
        "59.99 分",
        "60 分",
        "75 分",
        "跟班",
    ]
    rosters.discard(roster=draft, actor=chen, now=last)
    again = rosters.draw_up(department=centre.query_desk, starts_on=date(2026, 12, 1), actor=chen, now=last)  # fmt: skip
    assert again.shifts.filter(employee=centre.zhou).exists()


def _unowned(centre, owner=None):
    from inquiries.services.intake import open_inquiry

    return open_inquiry(
        kind=Inquiry.Kind.TRACE, channel=Interaction.Channel.PHONE, asker=Inquiry.Asker.SENDER,
        text="到哪里了", department=centre.query_desk, waybill_number="KF0000000000019",
        customer_phone="13800001111", owner=owner, actor=centre.chen.user, now=NOW,
    )  # fmt: skip


def published(centre, employee, grade, month=date(2026, 10, 1)):
    using = edition_in_force(department_id=centre.query_desk.pk, at=NOW)
    return MonthScore.objects.create(
        employee=employee, month=month, department=centre.query_desk, first_on=month, last_on=month + 30 * DAY,
        mechanism="assessment", facts={}, clause="ES-603.15", rulebook_id=using.version_id, points=Decimal(50),
        grade=grade, published_by=centre.chen.user, published_at=NOW,
    )  # fmt: skip


@pytest.mark.rule("ES-603.19", "ES-603.21", "ES-603.22", "ES-603.23", "SD-221.06")
def test_a_failed_assessment_brings_three_days_and_a_failed_re_exam_a_week_off(centre):
    at_express(centre)
    chen = centre.chen.user
    assert courses.retrain(score=published(centre, centre.lin, "pass"), actor=chen, now=NOW) is None
    assert selectors.offered_training(centre.lin) == "ES-603.19"
    failed = published(centre, centre.zhou, "fail")
    course = courses.retrain(score=failed, actor=chen, now=NOW)
    assert courses.retrain(score=failed, actor=chen, now=NOW) is None
    assert selectors.offered_training(centre.zhou) == ""
    # Training and appraisals stand in one log, for whoever may see the scores.
    [appraised] = selectors.archive(centre.zhou)
    assert (appraised.content, appraised.result, appraised.good) == (
        "2026-10",
        "50 分，不合格",
        False,
    )
    assert selectors.archive(centre.zhou, appraisals=False) == []
    plan = list(course.sessions.order_by("day_number"))
    assert [f"{day.on:%m-%d}" for day in plan] == [
        "11-21",
        "11-23",
        "11-24",
    ]  # Sunday is not worked

    def again(mark, now):
        return courses.record_result(course=course, part="re_exam", mark=Decimal(mark), actor=chen, now=now)  # fmt: skip

    after = at("2026-11-24 17:00")
    with pytest.raises(Conflict, match="上完再重考"):
        again(80, after)
    course.sessions.update(late_told_at=after)  # nobody recorded them until the heads were told
    for day in plan:
        day.refresh_from_db()
        training.hold(session=day, came={centre.zhou.pk: Came("present")}, minutes=240, result="补了话术", actor=chen, now=after)  # fmt: skip
    assert courses.remind_of_re_exams(now=after) == 1
    assert courses.remind_of_re_exams(now=after) == 0
    table = roster(centre)
    shifts(table, centre.zhou, "2026-11-24", "2026-11-25", "2026-11-30")
    draft_day = date(2026, 12, 1)

    result = again("59", after)

    stop = Suspension.objects.get()
    assert (stop.starts_on, stop.ends_on, stop.clause, stop.result) == (
        date(2026, 11, 25), date(2026, 12, 1), "ES-603.23", result,
    )  # fmt: skip
    assert list(RosteredShift.objects.filter(live=True).values_list("day", flat=True)) == [date(2026, 11, 24)]  # fmt: skip
    entry = RegisterEntry.objects.get(clause="ES-603.23")
    assert (entry.kind, entry.employee, entry.state) == ("remark", centre.zhou, "counted")
    case = _unowned(centre)
    for now, refused in (
        (after, False),
        (at("2026-11-25 08:00"), True),
        (at("2026-12-01 18:00"), True),
    ):
        if refused:
            with pytest.raises(Conflict, match="在停岗"):
                desk.take(case=case, employee=centre.zhou, now=now)
            with pytest.raises(Conflict, match="在停岗"):
                problem_parcels.register(
                    number=centre.waybill.number, given=ParcelGiven("nobody_home"), owner=centre.zhou,
                    department=centre.query_desk, actor=centre.zhou.user, now=now,
                )  # fmt: skip
            assert barred.who_may(centre.zhou, now) is None
    draft = rosters.draw_up(
        department=centre.query_desk, starts_on=draft_day, actor=chen, now=after
    )
    own = draft.shifts.filter(employee=centre.zhou)
    assert own.exists()
    assert not own.filter(day__lte=draft_day).exists()
    desk.take(case=case, employee=centre.zhou, now=at("2026-12-02 08:00"))
    assert Employee.objects.get(pk=centre.zhou.pk).status == "active"  # nobody is dismissed


@pytest.mark.rule("OS-06.03", "OS-06.04")
@pytest.mark.parametrize(
    ("characters", "seconds", "errors", "fast", "clean"),
    [(50, 60, 0, True, True), (100, 121, 1, False, False), (49, 60, 0, False, True)],
)
def test_a_typing_test_passes_from_fifty_characters_a_minute_without_an_error(
    centre, characters, seconds, errors, fast, clean
):
    centre.work_by("OS")
    row = typing_tests.record(
        employee=centre.lin, tested_on=date(2026, 11, 20), characters=characters, seconds=seconds,
        errors=errors, actor=centre.chen.user, now=NOW,
    )  # fmt: skip
    assert (row.fast_enough, row.clean_enough) == (fast, clean)
    assert row.inputs["clauses"] == ["OS-06.03", "OS-06.04"]
    assert selectors.archive(centre.lin)[0].good is (fast and clean)


@pytest.mark.rule("LC-01.32", "OS-05.07")
@pytest.mark.parametrize(
    ("code", "kind", "given", "field"),
    [
        ("LC", "training", {"result": ""}, "result"),
        ("OS", "product", {"result": "会了"}, "place"),
    ],
)
def test_a_log_lacks_nothing_that_the_rulebook_asks_for(centre, code, kind, given, field):
    centre.work_by(code)
    row = training.add(
        department=centre.query_desk, kind=kind, plan=Plan(date(2026, 11, 20), topic="新品"),
        actor=centre.chen.user, now=NOW,
    )  # fmt: skip
    facts = {"session": row, "came": came(), "minutes": 60, "actor": centre.chen.user, "now": NOW}
    with pytest.raises(KefuError) as refused:
        training.hold(**(facts | given))
    assert refused.value.field == field
    training.arrange(session=row, plan=Plan(row.on, topic="新品", place="门店"), actor=centre.chen.user, now=NOW)  # fmt: skip
    assert training.hold(**(facts | {"result": "会了"})).state == "held"


def test_only_those_who_lead_a_department_run_its_training(centre):
    User.objects.filter(pk=centre.he.user_id).update(role=User.Role.SUPERVISOR)
    Employee.objects.filter(pk=centre.he.pk).update(department=centre.front_desk)
    he = User.objects.get(pk=centre.he.user_id)
    for actor in (he, centre.lin.user, centre.wang.user):
        with pytest.raises(NotAllowed):
            training.add(
                department=centre.query_desk, kind="training", plan=Plan(date(2026, 11, 25)), actor=actor, now=NOW,
            )  # fmt: skip
