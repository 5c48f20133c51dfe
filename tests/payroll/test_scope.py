"""Every address of the people before whom it is about, and before somebody whom it is not. A new address without a
place here fails, and so does a row that nobody may open: what is not there is refused to everybody.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kefu.jobs.models import Job
from kefu.notifications.models import Event
from kefu.staff.models import Employee, User
from payroll import models as m
from payroll import urls
from payroll.imports import TABLE
from payroll.imports.calls import TABLE as CALLS
from payroll.imports.chats import TABLE as CHATS
from payroll.services import register
from tests import centre as centres
from tests.centre import at
from tests.payroll import admin_rows
from tests.payroll.inspected import inspector

pytestmark = pytest.mark.django_db
NOW = at("14:00:00")

# One's own pages, and those that lie open to everybody of the centre.
OWN = {
    "attendance", "punch", "break", "overtime", "calls", "my_calls", "ratings", "my_record", "ideas", "idea_submit", "awards",
    "my_findings", "my_file", "my_confirmation", "arrive", "today", "weekly_report", "meetings", "announcements",
    "book", "mine", "my_shifts", "draw_up_roster", "ask_swap", "ask_leave", "ask_outing", "rosters", "my_score", "score_beside", "object",
    "my_training", "examples",
}  # fmt: skip
# For those who have the right, whoever they lead: nobody's rows stand there but those of one's own people.
RIGHT = {
    "team_attendance", "attendance_reports", "team_calls", "proposals", "propose", "grounds", "promotion", "opt_ins",
    "inspections", "draw_samples", "inspection_sheet", "findings", "settle_accepted", "inspection_overview",
    "long_aways", "people", "probations", "leavings", "replacements", "vacancies", "unsigned",
    "compose_announcement", "announcement_audience", "runs", "adjustments", "accounts", "purses", "terms",
    "requests", "phone_leave", "promotion_shift", "call_overtime", "blame_swap", "scores", "publish_scores",
    "score_board", "register", "register_enter", "register_decide", "rewards", "rewards_prepare",
    "years", "training", "add_training", "open_course", "training_archives", "questions", "new_question",
    "bring_questions", "questions_file", "exams", "new_exam",
    *(f"{kind}{page}" for kind in ("", "calls_", "chats_") for page in ("new_import", "import_preview")),
}  # fmt: skip
# Anybody of the centre may guide a newcomer.
DIRECTORY = {"training"}
# Answers nothing about whom one does not lead.
EMPTY = {"register_clauses"}
# An address of a row: whose row stands there. All of it is of Lin and of her department.
OF: dict[str, Any] = {
    "attendance_shift": m.RosteredShift, "proposal": m.Proposal, "proposal_step": m.Proposal,
    "hint": m.RegisterEntry, "proposal_picture": m.Proposal, "idea_answer": m.Idea, "idea_withdraw": m.Idea,
    "award_round": m.AwardRound, "award_step": m.AwardRound, "sample_draw": m.SampleDraw, "sample_aside": m.Sample,
    "inspection": m.Inspection, "evidence_photo": m.EvidencePhoto, "finding": m.Finding, "vacancy": m.Vacancy,
    "candidate": m.Candidate, "offer_letter": m.Candidate, "meeting": m.Meeting, "meeting_reports": m.Meeting,
    "announcement": m.Announcement, "announcement_file": m.Announcement, "book_page": m.BookEntry,
    "slip": m.Payslip, "slip_pdf": m.Payslip, "acknowledge": m.Payslip, "run": m.PayRun, "run_step": m.PayRun,
    "run_progress": m.PayRun, "register_file": m.PayRun, "bank_file": m.PayRun, "confirm_terms": m.PayTerms,
    "answer_swap": m.Swap, "answer_leave": m.Leave, "answer_call": m.OvertimeCall, "withdraw_call": m.OvertimeCall,
    "roster_lunch": m.Roster, "roster_lunch_times": m.Roster, "roster": m.Roster, "roster_cells": m.Roster,
    "roster_step": m.Roster, "roster_import": m.Roster, "roster_file": m.Roster, "decide_swap": m.Swap,
    "decide_leave": m.Leave, "decide_outing": m.Outing, "score_seen": m.MonthScore, "plan_done": m.Improvement,
    "register_withdraw": m.RegisterEntry, "register_answer": m.Objection, "reward_sheet": m.RewardSheet,
    "reward_step": m.RewardSheet, "reward_file": m.RewardSheet, "paper": m.Paper, "begin_paper": m.Paper,
    "save_answer": m.Paper, "hand_in": m.Paper, "training_session": m.TrainingSession,
    "plan_training": m.TrainingSession, "hold_training": m.TrainingSession, "cancel_training": m.TrainingSession,
    "correct_attendance": m.TrainingSession, "course": m.Course, "course_step": m.Course, "question": m.Question,
    "retire_question": m.Question, "exam": m.Exam, "edit_exam": m.Exam, "exam_step": m.Exam, "bring_marks": m.Exam,
    "marks_file": m.Exam, "mark_paper": m.Paper, "paper_step": m.Paper,
    **{f"{kind}{page}": Job for kind in ("", "calls_", "chats_")
       for page in ("import_job", "import_progress", "import_stop", "import_refused")},
}  # fmt: skip
IMPORTS = {"import": TABLE.kind, "calls": CALLS.kind, "chats": CHATS.kind}
# Where the first row would not do: the step is of a row in this state.
ROWS: dict[str, dict[str, Any]] = {
    "edit_exam": {"state": "draft"}, "exam_step": {"state": "draft"}, "hint": {"source": "hint:1"},
    "decide_leave": {"state": "asked"},
    **{name: {"state": "handed_in"} for name in ("begin_paper", "save_answer", "hand_in", "mark_paper", "paper_step")},
}  # fmt: skip
# What a step has to say to be one.
SENT = {"reward_step": {"step": "review"}}
# An address of a person: Lin's number.
PERSON = {
    "persons_attendance", "calls_of", "record_of", "file", "file_papers", "file_personal", "file_probation",
    "confirmation", "file_equipment", "file_wages", "file_leaving", "score_of", "score_act", "grade_year",
    "training_archive", "typing_test",
}  # fmt: skip
# An empty table to fill in, for who may bring one; a period of Lin's department.
RIGHT |= {"import_template", "calls_import_template", "chats_import_template"}
SHAPES = {"attendance_report"}
# The bank is one for the whole house: each supervisor writes in it.
OF_THE_HOUSE = {"question", "retire_question"}
REST = {
    "name": "step", "size": "photo", "act": "judge", "number": 1, "form": "csv", "code": "query", "to": "2026-11-20",
}  # fmt: skip
OTHERS: dict[str, dict[str, Any]] = {
    "proposal_step": {"name": "sign"}, "award_step": {"name": "choose"}, "proposal_picture": {"size": "full"},
    "course_step": {"act": "result"}, "paper_step": {"act": "mark"},
}  # fmt: skip


@pytest.fixture
def home(settings):
    """A row of everything about Lin, who works at the query desk; He leads the front desk."""
    settings.KEFU_NOW = NOW
    home = centres.build(now=at("08:00"))
    admin_rows.one_of_each(home, NOW)
    by = home.chen.user
    m.Improvement.objects.create(
        talk=m.Talk.objects.get(), action="报工号", due_on=NOW.date() + timedelta(days=5)
    )
    paid(home)
    m.Proposal.objects.create(
        employee=home.lin, department=home.query_desk, rewards=False, happened_on=NOW.date(), facts="闲聊",
        proposed_by=by, proposed_at=NOW, answer_by=NOW,
    )  # fmt: skip
    asked = m.Candidate.objects.create(
        vacancy=m.Vacancy.objects.get(), sealed={"name": "沈佳", "phone": "13951440016", "about": ""}, masked_name="沈*",
        applied_on=NOW.date(), recorded_by=by, recorded_at=NOW,
    )  # fmt: skip
    decided = {
        "confirmation": "ZZ-1",
        "confirmed_on": NOW.date(),
        "confirmed_by": by,
        "confirmed_at": NOW,
    }
    for state, given in (("passed", {}), ("confirmed", decided)):
        m.Probation.objects.update(state=state, **given)
    waiting(home)
    register.enter(
        employee=home.lin, clause="ES-137.05", rulebook_id=m.Proposal.objects.earliest("pk").measures.get().entry.rulebook_id,
        kind="remark", source="hint:1", happened_on=NOW.date(), reason="客户表扬", actor=None, now=NOW,
    )  # fmt: skip
    of = {
        "number": 1,
        "photo": b"jpeg",
        "thumbnail": b"jpeg",
        "digest": "0" * 64,
        "added_by": by,
        "added_at": NOW,
    }
    m.EvidencePhoto.objects.create(inspection=m.Inspection.objects.get(), **of)
    m.ProposalEvidence.objects.create(proposal=m.Proposal.objects.earliest("pk"), **of)
    m.AnnouncementFile.objects.create(
        announcement=m.Announcement.objects.get(),
        name="a.pdf",
        content=b"%PDF-",
        size=5,
        digest="0" * 64,
    )
    table = {"header": ["工号"], "format": "csv", "rows": 1}
    Job.objects.bulk_create(
        Job(kind=kind, title="a.csv", params={"table": table}, created_by=by, created_at=NOW)
        for kind in IMPORTS.values()
    )
    m.OfferLetter.objects.create(
        candidate=asked,
        number="LQ-1",
        starts_on=NOW.date(),
        base=Decimal(2400),
        issued_by=by,
        issued_at=NOW,
    )
    Employee.objects.filter(pk=home.he.pk).update(department=home.front_desk)
    return home


def waiting(home: centres.Centre) -> None:
    """Leave and a swap that wait for Chen; an examination that is drawn up, one to be sat, one to be marked."""
    m.Swap.objects.update(state="agreed", agreed_at=NOW)
    m.Roster.objects.update(rulebook=m.Swap.objects.get().rulebook_id)
    stretch = {"starts_at": at("2026-12-01 08:00"), "ends_at": at("2026-12-01 17:30")}
    m.Leave.objects.create(
        employee=home.lin,
        kind="personal",
        reason="家中有事",
        asked_by=home.lin.user,
        asked_at=NOW,
        **stretch,
    )
    first = m.Exam.objects.get()
    for title in ("大促口径", "补考"):
        first.pk, first.title, first._state.adding = None, title, True
        first.save()
    m.Paper.objects.create(
        exam=first, employee=home.lin, state="handed_in", started_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(hours=1), handed_in_at=NOW,
    )  # fmt: skip
    m.Exam.objects.exclude(title="大促口径").update(
        state="published", published_by=home.chen.user, published_at=NOW
    )


def paid(home: centres.Centre) -> None:
    """A slip of Lin's in a month that is locked."""
    run = m.PayRun.objects.create(
        month=date(2026, 8, 1), terms=m.PayTerms.objects.get(), state="computing", begun_by=home.chen.user, begun_at=NOW,
        computed_at=NOW, approved_by=home.he.user, approved_at=NOW, locked_by=home.he.user, locked_at=NOW,
    )  # fmt: skip
    slip = {"gross": 3000, "deductions": 0, "net": 3000, "not_deducted": 0}
    m.Payslip.objects.create(run=run, employee=home.lin, **slip)
    for state in ("computed", "approved", "locked"):
        m.PayRun.objects.filter(pk=run.pk).update(state=state)


def door(user: User) -> Client:
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def named() -> dict[str, Any]:
    return {one.name: one.pattern.converters for one in urls.urlpatterns}


def address(name: str, lin: Employee) -> str:
    keys = named()[name]
    given = {key: (REST | OTHERS.get(name, {}))[key] for key in keys if key in REST}
    if name in PERSON:
        given["number"] = lin.number
    elif name in OF:
        narrow = ROWS.get(name, {})
        if OF[name] is Job:
            narrow = {"kind": IMPORTS[name.partition("_")[0]]}
        given["pk"] = OF[name].objects.filter(**narrow).order_by("pk")[0].pk
    if "file" in keys:
        given["file"] = m.AnnouncementFile.objects.get().pk
    if "attendance" in keys:
        given["attendance"] = m.SessionAttendance.objects.get().pk
    return reverse(f"payroll:{name}", kwargs=given)


def opens(client: Client, name: str, lin: Employee) -> bool:
    """Does it answer, to looking or else to sending a form?"""
    url = address(name, lin)
    answer = client.get(url)
    if answer.status_code == 405:
        return client.post(url, SENT.get(name, {})).status_code in (200, 302, 409, 422)
    return answer.status_code == 200


def let_in(client: Client, names: set[str], lin: Employee) -> list[tuple[str, str, int]]:
    """Which of the addresses answer, to looking or to sending a form."""
    found = []
    for name in sorted(names):
        url = address(name, lin)
        for method, sent in (("get", {}), ("post", SENT.get(name, {}))):
            status = getattr(client, method)(url, sent).status_code
            if status not in (403, 404, 405):
                found.append((name, method, status))
    return found


def test_nobody_comes_to_what_is_another_departments(home):
    places = [OWN, RIGHT, EMPTY, set(OF), PERSON, SHAPES]
    assert set().union(*places) == set(named())
    assert sum(map(len, places)) == len(named())

    agent = door(inspector(home, "0840", "钱多", "agent").user)
    boss = door(User.objects.get(pk=home.he.user_id))
    theirs = {*OF, *PERSON, *SHAPES}
    assert let_in(agent, {*RIGHT, *theirs}, home.lin) == []
    assert let_in(boss, theirs - OF_THE_HOUSE, home.lin) == []
    for client, names in ((agent, OWN), (boss, RIGHT - DIRECTORY)):
        pages = {
            name: client.get(address(name, home.lin)).content.decode(errors="ignore")
            for name in names
        }
        assert [name for name, page in pages.items() if home.lin.name in page] == []
    asked = {"employee": home.lin.pk, "clause": "CD-12.18"}
    for client in (agent, boss):
        assert (
            "CD-12.18"
            not in client.get(reverse("payroll:register_clauses"), asked).content.decode()
        )

    # Each of them is there, and somebody may open it: herself, who leads her, who keeps the files and the wages.
    owners = [door(User.objects.get(pk=one.user_id)) for one in (home.chen, home.lin)]
    owners += [
        door(inspector(home, *who).user)
        for who in (("0900", "谭人事", "hr"), ("0800", "罗经理", "manager"))
    ]
    closed = [
        name
        for name in sorted(theirs)
        if not any(opens(client, name, home.lin) for client in owners)
    ]
    assert closed == []

    rung = Event.objects.filter(user_id=home.lin.user_id, case_id=None).first()
    assert rung is not None
    shown = reverse("admin:notifications_event_change", args=[rung.pk])
    assert boss.get(shown).status_code != 200
    assert door(home.lin.user).get(shown).status_code != 200  # an agent is not of the office
