"""A locked month: no fact of it changes, by any path."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from kefu.clock import SHANGHAI
from kefu.errors import Conflict
from kefu.rulebooks.models import RulebookVersion
from payroll.models import (
    AttendanceDay,
    Call,
    CallsComplete,
    Chat,
    Employment,
    Exam,
    ExamMark,
    JudgedPart,
    Leave,
    MonthScore,
    Outing,
    Overtime,
    Paper,
    PayAdjustment,
    Placement,
    PoolPayment,
    Punch,
    Rating,
    RegisterEntry,
    Roster,
    RosteredShift,
    Wage,
)
from payroll.models.months import APPENDED, FACTS
from payroll.services import months
from tests import centre
from tests.centre import at

OCTOBER = date(2026, 10, 1)
NOW = at("09:00")

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return centre.build(now=NOW)


def written(home, day):
    """One row of each table, of that day: {table: how to write it}."""
    lin, user = home.lin, home.chen.user
    begins = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=9)
    stretch = {"starts_at": begins, "ends_at": begins + timedelta(hours=3)}
    version = RulebookVersion.objects.filter(rulebook__code="CD").get()

    def shift():
        roster = Roster.objects.create(
            department=home.query_desk, starts_on=day, ends_on=day,
            number=Roster.objects.count() + 1, made_by=user, made_at=NOW,
        )  # fmt: skip
        return RosteredShift.objects.create(
            roster=roster, employee=lin, day=day, name="早班", **stretch
        )

    known = RosteredShift.objects.filter(employee=lin).first()
    by = {"recorded_by": user, "recorded_at": NOW}
    return {
        "payroll_rosteredshift": shift,
        "payroll_attendanceday": lambda: AttendanceDay.objects.create(
            shift=known, employee=lin, day=day, status="present", rulebook=version, decided_at=NOW
        ),
        "payroll_call": lambda: Call.objects.create(
            employee=lin, at=begins, direction="in", answered=True, ring_seconds=6, talk_seconds=9, **by
        ),
        "payroll_callscomplete": lambda: CallsComplete.objects.create(
            department=home.query_desk, month=day.replace(day=1), said_by=user, said_at=NOW
        ),
        "payroll_chat": lambda: Chat.objects.create(
            employee=lin, number=f"S-{day}", began_at=begins, closed=True, **by
        ),
        "payroll_rating": lambda: Rating.objects.create(
            employee=lin, source="phone_followup", case=home.inquiry(now=NOW), stars=5, rated_on=day, **by
        ),
        "payroll_employment": lambda: Employment.objects.create(
            employee=lin, hired_on=date(2025, 1, 1), left_on=day
        ),
        "payroll_exammark": lambda: ExamMark.objects.create(
            paper=_paper(home, version), number=ExamMark.objects.count() + 1, month=day.replace(day=1),
            mark=Decimal(80), source="entered", reason="补登", **by
        ),
        "payroll_leave": lambda: Leave.objects.create(
            employee=lin, kind="sick", reason="发烧", asked_at=NOW, asked_by=user, state="approved",
            starts_at=begins, ends_at=begins + timedelta(days=40),
        ),
        "payroll_outing": lambda: Outing.objects.create(
            employee=lin, purpose="送件", asked_by=user, asked_at=NOW, rulebook=version, **stretch
        ),
        "payroll_overtime": lambda: Overtime.objects.create(
            employee=lin, reason="大促", asked_by=user, asked_at=NOW, state="approved",
            decided_by=home.he.user, decided_at=NOW, **stretch,
        ),
        "payroll_placement": lambda: Placement.objects.create(
            employee=lin, department=home.query_desk, position=lin.position, from_on=day, **by
        ),
        "payroll_punch": lambda: Punch.objects.create(
            employee=lin, at=begins, direction="in", source="web", **by
        ),
        "payroll_registerentry": lambda: RegisterEntry.objects.create(
            employee=lin, clause="CD-12.98", rulebook=version, kind="points", happened_on=day,
            month=day.replace(day=1), reason="表扬", state="counted", reported_by=user, reported_at=NOW,
        ),
        "payroll_payadjustment": lambda: PayAdjustment.objects.create(
            employee=lin, of_month=date(2026, 8, 1), month=day.replace(day=1), clause="CD-12.82",
            rulebook=version, amount=Decimal(-50), reason="补记", entered_by=user, entered_at=NOW,
        ),
        "payroll_poolpayment": lambda: PoolPayment.objects.create(
            employee=lin, month=day.replace(day=1), clause="CD-12.77", rulebook=version,
            amount=Decimal(5), reason="报告多", given_by=user, given_at=NOW,
        ),
        "payroll_wage": lambda: Wage.objects.create(
            employee=lin, from_on=day, base=Decimal(1200), reason="转正", **by
        ),
    }  # fmt: skip


def scored(home):
    """What is added to a month's score and never changed: {table: how to write it}."""
    user = home.chen.user
    of = {"employee": home.lin, "month": OCTOBER}
    version = RulebookVersion.objects.filter(rulebook__code="CD").get()
    return {
        "payroll_judgedpart": lambda: JudgedPart.objects.create(
            **of, part="attitude", points=9, note="耐心", given_by=user, given_as="supervisor", given_at=NOW
        ),
        "payroll_monthscore": lambda: MonthScore.objects.create(
            **of, department=home.query_desk, first_on=OCTOBER, last_on=date(2026, 10, 31), facts={},
            mechanism="month_score", clause="CD-12.01", rulebook=version, points=50, published_by=user,
            published_at=NOW,
        ),
    }  # fmt: skip


def _paper(home, version):
    there = Paper.objects.first()
    if there is not None:
        return there
    exam = Exam.objects.create(
        title="月考", department=home.query_desk, kind="monthly", month=OCTOBER, rulebook=version,
        opens_at=NOW, closes_at=NOW + timedelta(hours=1), review_on=OCTOBER, seed="0",
        made_by=home.chen.user, made_at=NOW,
    )  # fmt: skip
    return Paper.objects.create(exam=exam, employee=home.lin)


def test_every_table_of_facts_has_its_triggers():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'month_stays_%'"
            " GROUP BY 1 HAVING count(*) = 3 ORDER BY 1"
        )
        assert [table for (table,) in cursor.fetchall()] == sorted(FACTS)


def test_nothing_of_a_locked_month_is_added_changed_or_removed(home):
    """October is locked, with a shift and an entry in it; leave from September reaches into it."""
    shift = written(home, date(2026, 10, 5))["payroll_rosteredshift"]()
    entry = written(home, date(2026, 10, 5))["payroll_registerentry"]()
    waiting = RegisterEntry.objects.create(
        employee=home.lin, clause="CD-12.98", rulebook=entry.rulebook, kind="points", month=OCTOBER,
        happened_on=date(2026, 10, 6), reason="投诉", reported_at=NOW,
    )  # fmt: skip
    leave = Leave.objects.create(
        employee=home.lin, kind="sick", reason="手术", asked_at=NOW, asked_by=home.chen.user,
        starts_at=at("2026-09-28 09:00"), ends_at=at("2026-10-01 00:00"), state="approved",
    )  # fmt: skip
    months.hold(OCTOBER)
    months.lock(OCTOBER, actor=home.chen.user, now=NOW)

    for day in (date(2026, 10, 1), date(2026, 10, 31)):
        rows = written(home, day)
        assert set(rows) == set(FACTS)
        assert set(scored(home)) == set(APPENDED)
        for table, write in (rows | scored(home)).items():
            with pytest.raises(Conflict, match="2026-10 的工资已锁定"), transaction.atomic():
                write()
            assert table
    for touch in (
        lambda: RosteredShift.objects.filter(pk=shift.pk).update(day=date(2026, 11, 5)),
        lambda: RosteredShift.objects.filter(pk=shift.pk).delete(),
        lambda: RegisterEntry.objects.filter(pk=entry.pk).update(state="withdrawn"),
        lambda: RegisterEntry.objects.filter(pk=waiting.pk).update(state="counted"),
        lambda: Leave.objects.filter(pk=leave.pk).update(ends_at=at("2026-10-01 00:01")),
    ):
        with pytest.raises(Conflict, match="2026-10 的工资已锁定"), transaction.atomic():
            touch()

    # It ended before October began, at midnight: it is none of its facts.
    assert Leave.objects.filter(pk=leave.pk).update(state="withdrawn") == 1
    assert RegisterEntry.objects.filter(pk=waiting.pk).update(state="not_upheld") == 1


def test_the_neighbours_of_a_locked_month_stay_open(home):
    written(home, date(2026, 9, 30))["payroll_rosteredshift"]()
    months.lock(OCTOBER, actor=home.chen.user, now=NOW)

    for day in (date(2026, 9, 30), date(2026, 11, 1)):
        rows = written(home, day)
        if day.month == 9:  # forty days of leave from there reach into October
            del rows["payroll_leave"], rows["payroll_rosteredshift"]
        else:
            del rows["payroll_attendanceday"], rows["payroll_employment"]
        for write in rows.values():
            assert write().pk

    assert months.check_open(date(2026, 9, 30)) is None
    assert months.check_open(date(2026, 11, 1)) is None
    assert months.open_month(date(2026, 10, 31)) == date(2026, 11, 1)
    assert months.open_month(date(2026, 9, 30)) == date(2026, 9, 1)
    with pytest.raises(Conflict) as refused:
        months.check_open(date(2026, 10, 31), field="starts_on")
    assert (refused.value.code, refused.value.field) == ("month_locked", "starts_on")
