"""A row of everything about people that the admin shows."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from kefu.clock import SHANGHAI
from kefu.rulebooks.models import RulebookVersion
from payroll.models import (
    Announcement,
    Article,
    AttendanceClerk,
    AttendanceReport,
    AwardRound,
    Away,
    BookEntry,
    Call,
    CallsComplete,
    Chat,
    Correction,
    Course,
    CourseResult,
    Employment,
    Exam,
    ExamMark,
    FalsePunch,
    FundEntry,
    Holiday,
    Idea,
    Issue,
    JudgedPart,
    Leaving,
    LockedMonth,
    Meeting,
    MeetingItem,
    Minutes,
    MonthScore,
    Nominee,
    OptIn,
    Outing,
    Overtime,
    OvertimeCall,
    Paper,
    PayExport,
    PayRun,
    PayTerms,
    Placement,
    Probation,
    Proposal,
    ProposedMeasure,
    PunchExemption,
    Question,
    QuestionVersion,
    Rating,
    RewardSheet,
    RosterCopy,
    RosterReminder,
    SafetyReport,
    SessionAttendance,
    ShiftCheck,
    Suspension,
    Swap,
    Talk,
    Target,
    TrainingSession,
    TypingTest,
    Vacancy,
    WeeklyReport,
    YearSheet,
)
from payroll.selectors.inspections import items_of
from payroll.services import attendance, rectifications, register, samples
from payroll.services import inspections as sheets
from tests.centre import Centre
from tests.payroll.rostered import on_leave, punched, roster, shifts


def one_of_each(centre: Centre, now: datetime) -> None:
    using = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    today = now.astimezone(SHANGHAI).date()
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    lin, since = centre.lin, date(2025, 1, 1)
    stay = Employment.objects.create(employee=lin, hired_on=since)
    joining(stay, using, now)
    Placement.objects.create(
        employee=lin,
        department=lin.department,
        position=lin.position,
        from_on=since,
        recorded_at=now,
    )
    shifts_and_punches(centre, using, today, now)
    scores(centre, using, month, now)
    calls(centre, month, now)
    inspections(centre, now)
    commended(centre, today.replace(day=1), now)
    taught(centre, month, now)
    wages(centre, month, now)
    the_day(centre, using, today, now)


def joining(stay: Employment, using: RulebookVersion, now: datetime) -> None:
    by, one = stay.employee.user, stay.employee
    Vacancy.objects.create(
        department=one.department, position=one.position, opened_by=by, opened_at=now
    )
    ends_on = stay.hired_on + timedelta(days=90)
    Probation.objects.create(
        employment=stay, clause="ES-124.01", rulebook=using, first_ends_on=ends_on, ends_on=ends_on
    )
    Leaving.objects.create(
        employment=stay, kind="resigned", reason="回老家", last_day=now.date(), recorded_by=by, recorded_at=now
    )  # fmt: skip
    shirt = Article.objects.create(name="工作服", category="uniform", price=Decimal(128))
    Issue.objects.create(
        employee=one, article=shirt, price=shirt.price, issued_on=stay.hired_on, issued_by=by, issued_at=now
    )  # fmt: skip


def shifts_and_punches(centre: Centre, using: RulebookVersion, today: date, now: datetime) -> None:
    lin, zhou, chen = centre.lin, centre.zhou, centre.chen.user
    table, day = roster(centre), today - timedelta(days=3)
    one, ahead = shifts(table, lin, day.isoformat(), (today + timedelta(days=3)).isoformat())
    punched(lin, day.isoformat(), "08:09", "17:30")
    attendance.sweep(now=now)
    stretch = {"starts_at": now - timedelta(hours=2), "ends_at": now - timedelta(hours=1)}
    asked = {"asked_by": lin.user, "asked_at": now}
    Overtime.objects.create(employee=lin, reason="大促", **stretch, **asked)
    OvertimeCall.objects.create(
        employee=lin, reason="大促", settle="time_off", rulebook=using, called_by=chen, called_at=now,
        answer_by=now + timedelta(hours=1), starts_at=now + timedelta(hours=2), ends_at=now + timedelta(hours=3),
    )  # fmt: skip
    Outing.objects.create(employee=lin, purpose="送件", rulebook=using, **stretch, **asked)
    Swap.objects.create(
        asker=lin, other=zhou, shift=ahead, note="钥匙在前台", rulebook=using, **asked
    )
    Correction.objects.create(
        shift=one, employee=lin, direction="out", at=one.ends_at, reason="忘了", rulebook=using, **asked
    )  # fmt: skip
    on_leave(lin, "2026-11-10 08:00", "2026-11-10 17:30")
    FalsePunch.objects.create(
        shift=one, kind="self_filled", note="监控可见", verified_by=chen, verified_at=now
    )
    Away.objects.create(
        employee=lin, began_at=now - timedelta(hours=1), reason="取件", recorded_by=lin.user
    )
    PunchExemption.objects.create(
        employee=zhou, from_on=today, to_on=today, reason="出差", approved_by=chen, approved_at=now
    )
    of = {"department": centre.query_desk}
    AttendanceClerk.objects.create(**of, employee=lin, named_by=chen, named_at=now)
    AttendanceReport.objects.create(
        **of, from_on=day, to_on=today, due_at=now, lines=[], rulebook=using, sent_by=chen, sent_at=now
    )  # fmt: skip
    RosterCopy.objects.create(roster=table, user=lin.user, told_at=now)
    RosterReminder.objects.create(**of, about="ahead", on=today, told_at=now)
    Holiday.objects.create(day=date(2027, 1, 1), kind=Holiday.Kind.values[0], name="元旦")


def scores(centre: Centre, using: RulebookVersion, month: date, now: datetime) -> None:
    lin, chen = centre.lin, centre.chen.user
    entry = register.enter(
        employee=lin, clause="CD-12.18", rulebook_id=using.pk, kind="points", reason="没有报工号",
        happened_on=now.date() - timedelta(days=2), verified=True, actor=chen, now=now,
    )  # fmt: skip
    register.object_to(entry=entry, text="报了", actor=lin.user, now=now)
    of = {"employee": lin, "month": month}
    facts = {"month": f"{month:%Y-%m}", "hired_on": "2024-01-15"}
    MonthScore.objects.create(
        **of, number=1, department=centre.query_desk, first_on=month, last_on=month, facts=facts,
        mechanism="month_score", clause="CD-12.01", rulebook=using, points=50, published_by=chen,
        published_at=now,
    )  # fmt: skip
    JudgedPart.objects.create(
        **of, part="attitude", points=9, note="耐心", given_by=chen, given_as="supervisor", given_at=now
    )  # fmt: skip
    Target.objects.create(**of, text="整理词条", set_by=chen, set_at=now)
    Talk.objects.create(
        **of, talked_on=now.date(), strengths="接得快", weaknesses="记得少", held_by=chen, recorded_at=now
    )  # fmt: skip
    RewardSheet.objects.create(
        department=centre.query_desk, month=month, rulebook=using, prepared_by=chen, prepared_at=now,
        content={"people": [], "points": "0", "yuan": "0", "lines": 0},
    )  # fmt: skip
    YearSheet.objects.create(
        employee=lin, year=2025, mean=Decimal(48), rulebook=using, grade="good", note="稳",
        graded_by=chen, graded_at=now,
    )  # fmt: skip


def wages(centre: Centre, month: date, now: datetime) -> None:
    chen, he = centre.chen.user, centre.he.user
    terms = PayTerms.objects.create(
        edition="扬州 2026", from_month=month, share=Decimal("0.20"), payday=10, written_by=chen,
        written_at=now, confirmed_by=he, confirmed_at=now,
    )  # fmt: skip
    run = PayRun.objects.create(month=month, terms=terms, begun_by=chen, begun_at=now)
    PayExport.objects.create(run=run, kind="register", digest="0" * 64, taken_by=he, taken_at=now)
    FundEntry.objects.create(
        department=centre.query_desk, on=now.date(), amount=Decimal(-30), purpose="茶歇",
        entered_by=chen, entered_at=now,
    )  # fmt: skip
    LockedMonth.objects.create(
        month=month.replace(month=month.month - 1), locked_at=now, locked_by=he
    )


def calls(centre: Centre, month: date, now: datetime) -> None:
    by = {"employee": centre.lin, "recorded_by": centre.chen.user, "recorded_at": now}
    began = now - timedelta(days=1)
    Call.objects.create(
        at=began, direction="in", answered=True, ring_seconds=6, rings=2, talk_seconds=205, **by
    )
    chat = Chat.objects.create(
        number="S-1", began_at=began, first_seconds=8, slowest_seconds=17, closed=True, **by
    )
    Rating.objects.create(
        source="online", chat=chat, stars=5, review="good", rated_on=began.date(), **by
    )
    CallsComplete.objects.create(
        department=centre.query_desk, month=month, said_by=centre.chen.user, said_at=now
    )


def the_day(centre: Centre, using: RulebookVersion, today: date, now: datetime) -> None:
    lin, chen = centre.lin, centre.chen
    of = {"department": centre.query_desk, "on": today, "rulebook": using}
    meeting = Meeting.objects.create(
        **of, subject="company_meeting", mode="on_site", planned_by=chen.user, planned_at=now
    )
    Minutes.objects.create(
        meeting=meeting, number=1, content={}, written_by=chen.user, circulated_at=now
    )
    MeetingItem.objects.create(
        department=centre.query_desk, kind="issue", text="催了没人回", raised_by=lin, raised_at=now
    )
    WeeklyReport.objects.create(
        employee=lin, from_on=today - timedelta(days=6), to_on=today, content={}, rulebook=using,
        handed_in_at=now,
    )  # fmt: skip
    Announcement.objects.create(
        title="耳机更换", body="下午两点", everyone=True, rulebook=using, published_by=chen.user, published_at=now
    )  # fmt: skip
    BookEntry.objects.create(**of, giver=lin, giver_signed_at=now, content={})
    ShiftCheck.objects.create(employee=lin, on=today, edge="end", rulebook=using, checked_at=now)
    SafetyReport.objects.create(
        department=centre.query_desk, place="北门", text="陌生人", reported_by=lin, reported_at=now
    )


def inspections(centre: Centre, now: datetime) -> None:
    chen = centre.chen.user
    call, day = Call.objects.get(), now.astimezone(SHANGHAI).date() - timedelta(days=1)
    row = samples.draw_samples(
        department=centre.query_desk,
        medium="call",
        from_on=day,
        to_on=day,
        size=1,
        actor=chen,
        now=now,
    )
    found = sheets.record(
        occasion="call", department=centre.query_desk, employee=centre.lin, sample=row.samples.get(record=call.pk),
        marks={
            item.key: sheets.Given("breach", "没有报工号") if item.clause == "CD-12.18" else sheets.Given("kept")
            for item in items_of(centre.query_desk, "call", now)
        },
        actor=chen, now=now,
    ).findings.get()  # fmt: skip
    rectifications.order(
        finding=found, what="每个电话报工号", assignee=centre.lin, due_on=now.date(), recheck_by=chen, actor=chen,
        now=now,
    )  # fmt: skip


def commended(centre: Centre, month: date, now: datetime) -> None:
    lin, chen, wang = centre.lin, centre.chen.user, centre.wang.user
    using = RulebookVersion.objects.get(rulebook__code="ES", number=1)
    entry = register.enter(
        employee=lin, clause="ES-137.05", rulebook_id=using.pk, kind="remark", source="proposal:1",
        happened_on=now.date(), reason="留下", verified=True, actor=chen, now=now,
    )  # fmt: skip
    proposal = Proposal.objects.create(
        employee=lin, department=centre.query_desk, rewards=True, happened_on=now.date(), facts="留下", state="decided",
        proposed_by=wang, proposed_at=now, decided_by=chen, decided_at=now, reason="属实",
    )  # fmt: skip
    ProposedMeasure.objects.create(
        proposal=proposal, entry=entry, asked="commendation", given="commendation"
    )
    Idea.objects.create(
        employee=lin, department=centre.query_desk, title="快捷短语", content="整理成表", rulebook=using,
        submitted_at=now,
    )  # fmt: skip
    award = AwardRound.objects.create(
        department=centre.query_desk, month=month, rulebook=using, opened_by=chen, opened_at=now
    )
    Nominee.objects.create(round=award, employee=lin)
    OptIn.objects.create(
        rulebook=using.rulebook,
        clause="ES-133.22",
        reason="合同有约定",
        decided_by=chen,
        decided_at=now,
    )


def taught(centre: Centre, month: date, now: datetime) -> None:
    lin, chen = centre.lin, centre.chen.user
    using = RulebookVersion.objects.get(rulebook__code="ES", number=1)
    of = {"department": centre.query_desk, "rulebook": using}
    course = Course.objects.create(
        employee=lin, kind="special", clause="ES-603.21", rulebook=using, starts_on=month, ends_on=month,
        opened_at=now,
    )  # fmt: skip
    session = TrainingSession.objects.create(
        **of, kind="training", due_on=month, on=month, topic="大促口径", planned_at=now
    )
    by = {"recorded_by": chen, "recorded_at": now}
    SessionAttendance.objects.create(session=session, employee=lin, status="present", **by)
    result = CourseResult.objects.create(
        course=course, part="re_exam", mark=50, pass_mark=60, passed=False, **by
    )
    Suspension.objects.create(
        employee=lin, starts_on=month, ends_on=month, clause="ES-603.23", rulebook=using, result=result,
        recorded_at=now,
    )  # fmt: skip
    TypingTest.objects.create(
        employee=lin, tested_on=month, characters=100, seconds=60, errors=0, rulebook=using, **by
    )
    question = Question.objects.create(
        kind="true_false", category="抛重", made_by=chen, made_at=now
    )
    QuestionVersion.objects.create(
        question=question, text="越大越贵", correct=[0], written_by=chen, written_at=now
    )
    exam = Exam.objects.create(
        **of, title="月考", kind="monthly", month=month, opens_at=now, closes_at=now + timedelta(hours=1),
        review_on=month, seed="0", made_by=chen, made_at=now,
    )  # fmt: skip
    paper = Paper.objects.create(exam=exam, employee=lin)
    ExamMark.objects.create(paper=paper, month=month, mark=90, source="entered", **by)
