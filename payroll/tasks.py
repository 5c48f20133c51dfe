"""Celery's way in."""

from celery import shared_task

from kefu import clock
from payroll.services import (
    announcements,
    attendance,
    attendance_reports,
    check_reminders,
    courses,
    employment,
    exams,
    hints,
    meeting_items,
    meetings,
    missed_hand_overs,
    papers,
    probation,
    rectifications,
    roster_reminders,
    score_reminders,
    seat_ready,
    swaps,
    training,
    unsaid_aways,
)


@shared_task(ignore_result=True)
def remind_of_rosters() -> None:
    roster_reminders.remind(now=clock.now())


@shared_task(ignore_result=True)
def settle_swaps() -> None:
    now = clock.now()
    swaps.void_late(now=now)
    swaps.count_in_register(now=now)


@shared_task(ignore_result=True)
def class_shifts() -> None:
    attendance.sweep(now=clock.now())


@shared_task(ignore_result=True)
def suggest_measures() -> None:
    hints.from_findings(now=clock.now())


@shared_task(ignore_result=True)
def remind_attendance_reports() -> None:
    attendance_reports.remind(now=clock.now())


@shared_task(ignore_result=True)
def remind_of_scores() -> None:
    score_reminders.remind(now=clock.now())


@shared_task(ignore_result=True)
def propose_unready_seats() -> None:
    seat_ready.propose_unready(now=clock.now())


@shared_task(ignore_result=True)
def carry_out_moves_and_leavings() -> None:
    employment.carry_out(now=clock.now())


@shared_task(ignore_result=True)
def remind_of_probations() -> None:
    probation.remind(now=clock.now())


@shared_task(ignore_result=True)
def plan_training() -> None:
    now = clock.now()
    training.plan_ahead(now=now)
    courses.open_for_new(now=now)
    training.remind(now=now)
    courses.remind_of_re_exams(now=now)


@shared_task(ignore_result=True)
def close_papers() -> None:
    now = clock.now()
    papers.close_run_out(now=now)
    exams.close_over(now=now)


@shared_task(ignore_result=True)
def plan_meetings() -> None:
    meetings.plan(now=clock.now())


@shared_task(ignore_result=True)
def remind_of_meetings() -> None:
    now = clock.now()
    meetings.remind(now=now)
    meeting_items.remind(now=now)
    announcements.sweep(now=now)


@shared_task(ignore_result=True)
def charge_missed_hand_overs() -> None:
    missed_hand_overs.sweep(now=clock.now())


@shared_task(ignore_result=True)
def follow_inspections() -> None:
    now = clock.now()
    unsaid_aways.sweep(now=now)
    rectifications.tell_overdue(now=now)
    rectifications.tell_not_rechecked(now=now)
    check_reminders.remind(now=now)
