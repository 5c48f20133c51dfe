"""The checks on training are checked: silent on what was recorded rightly, and each speaks when its fact is broken."""

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from kefu.overview.training_checks import TRAINING_CHECKS
from kefu.overview.verify import verify
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.selectors import edition
from payroll.services import courses, papers, training
from payroll.services.training import Came
from tests import centre as centres
from tests.centre import at
from tests.payroll import test_exams as examined
from tests.payroll import test_training as trained

NOW = examined.NOW
SOUND = {name: violations for name, _counted, violations in TRAINING_CHECKS}
BROKEN = [
    ("computed_mark_is_the_sum_of_its_questions", "UPDATE payroll_exammark SET mark = mark - 1"),
    ("answers_were_given_in_time", "UPDATE payroll_answer SET saved_at = saved_at + interval '2 hours'"),
    ("a_text_is_marked_by_two", "UPDATE payroll_textmark t SET marked_by_id = e.user_id FROM payroll_paper p JOIN staff_employee e ON e.id = p.employee_id WHERE p.id = t.paper_id AND t.number = 1"),
    ("course_stands_as_its_marks_say", "UPDATE payroll_course SET state = 'passed'"),
    ("nobody_is_suspended_but_by_a_failed_re_exam", "UPDATE payroll_courseresult SET mark = 60, passed = true"),
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("ES-603.23")
def test_what_is_broken_is_reported(settings):
    """A paper that two marked, and a re-exam that failed: nothing to say, until somebody touches them."""
    settings.KEFU_NOW = NOW
    centre = centres.build(now=NOW - timedelta(hours=1))
    examined.bank(centre)
    paper = examined.sat(examined.exam(centre), centre.lin)
    for who in (centre.wang, centre.chen):
        papers.judge_text(paper=paper, place=5, points=Decimal(9), note="", actor=who.user, now=NOW)
    trained.at_express(centre)
    failed = trained.published(centre, centre.zhou, "fail")
    course = courses.retrain(score=failed, actor=centre.chen.user, now=NOW)
    after, came = at("2026-11-24 17:00"), {centre.zhou.pk: Came("present")}
    for session in course.sessions.all():
        training.hold(session=session, came=came, minutes=120, result="补课", actor=centre.chen.user, now=after)  # fmt: skip
    courses.record_result(course=course, part="re_exam", mark=Decimal(40), actor=centre.chen.user, now=after)  # fmt: skip

    ours = [one for one in verify() if one.check in SOUND]
    assert {one.check: one.violations for one in ours if not one.ok} == {}
    assert len(ours) == len(SOUND)
    assert all(one.n for one in ours)
    kept = replayables()["suspension"]
    (decision,) = kept.read("2026-11", None, after=0, limit=9, at=at("2026-12-31 00:00"))
    again = kept.decide(decision.facts, edition(decision.version_id).rules)
    assert decision.facts == date(2026, 11, 24)
    assert list(differences(decision, again)) == []

    database = make_conninfo(
        django_settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    )
    tables = ("exammark", "answer", "textmark", "course", "courseresult")
    with psycopg.connect(database) as owner:
        for check, statement in BROKEN:
            for table in tables:
                owner.execute(f"ALTER TABLE payroll_{table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
