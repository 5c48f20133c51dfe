"""The pages of training, as an agent and her supervisor use them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inquiries import services as inquiries
from kefu.staff.models import Department, Employee
from payroll.models import (
    Answer,
    Course,
    Exam,
    ExamMark,
    LockedMonth,
    Paper,
    Question,
    TrainingSession,
)
from payroll.selectors import exams as selectors
from payroll.selectors.training import exam_marks
from payroll.services import papers, training
from payroll.services.training import Plan
from tests.payroll.test_exams import NOVEMBER, NOW, PARTS, bank, centre, exam, paper_of

__all__ = ["centre"]


def signed_in(employee) -> Client:
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(autouse=True)
def at_nine(settings):
    settings.KEFU_NOW = NOW


def to(name, *args):
    return reverse(f"payroll:{name}", args=args)


def test_an_agent_sits_her_paper_in_the_browser_and_reads_it_after_the_review(centre, settings):
    bank(centre)
    made = exam(centre)
    lin, mine = signed_in(centre.lin), paper_of(made, centre.lin)
    assert "去考试" in lin.get(to("my_training")).content.decode()
    assert "60 分钟" in lin.get(to("paper", mine.pk)).content.decode()
    assert signed_in(centre.zhou).get(to("paper", mine.pk)).status_code == 404

    lin.post(to("begin_paper", mine.pk))
    with CaptureQueriesContext(connection) as queries:
        page = lin.get(to("paper", mine.pk))
    assert len(queries) <= 18
    text = page.content.decode()
    mine.refresh_from_db()
    assert mine.ends_at.isoformat() in text
    assert "见第" not in text  # nothing that gives an answer away
    assert "先道歉" not in text

    saved = lin.post(to("save_answer", mine.pk), {"place": 0, "chosen": ["2"]})
    assert saved.json() == {"saved": "09:00:00"}
    lin.post(to("save_answer", mine.pk), {"place": 5, "text": "先道歉，再查单"})
    again = lin.get(to("paper", mine.pk)).content.decode()  # a reload
    assert 'value="2" checked' in again
    assert "先道歉，再查单" in again
    for bad in ({"place": 99, "chosen": ["0"]}, {"place": 0, "chosen": ["7"]}):
        assert lin.post(to("save_answer", mine.pk), bad).status_code == 409
    assert lin.post(to("save_answer", mine.pk), {"place": "x"}).status_code == 422

    right = next(one for one in selectors.items_of(mine, ("对", "错"))[0].options if one.right)
    sent = {"shown-0": "1", "q-0": str(right.place)}
    assert lin.post(to("hand_in", mine.pk), sent).status_code == 302
    assert lin.post(to("hand_in", mine.pk), {"shown-0": "1", "q-0": "3"}).status_code == 409
    assert Answer.objects.get(paper=mine, place=0).chosen == [right.place]
    assert "等评卷" in lin.get(to("paper", mine.pk)).content.decode()

    for who, points in ((centre.wang, "12"), (centre.chen, "15")):
        page = signed_in(who).get(to("mark_paper", mine.pk))
        assert "先道歉，再说办法" in page.content.decode()
        answer = signed_in(who).post(
            to("paper_step", mine.pk, "judge"), {"place": 5, "points": points}
        )
        assert answer.status_code == 302
    mine.refresh_from_db()
    assert (mine.state, selectors.latest_mark(mine).mark) == ("marked", 35)
    before = lin.get(to("paper", mine.pk)).content.decode()
    assert "35" in before
    assert "见第" not in before
    assert "11-30 评讲起" in before
    settings.KEFU_NOW = NOW + timedelta(days=10)
    assert "见第" in lin.get(to("paper", mine.pk)).content.decode()


def test_a_page_that_comes_late_shows_what_was_kept(centre, settings):
    bank(centre)
    mine = paper_of(exam(centre), centre.lin)
    lin = signed_in(centre.lin)
    lin.post(to("begin_paper", mine.pk))
    lin.post(to("save_answer", mine.pk), {"place": 1, "chosen": ["0"]})
    settings.KEFU_NOW = NOW + timedelta(minutes=61)

    late = lin.post(to("hand_in", mine.pk), {"shown-1": "1", "q-1": "2"})

    assert late.status_code == 409
    assert "已按保存的答案自动交卷" in late.content.decode()
    assert Answer.objects.get(paper=mine).chosen == [0]
    assert (
        lin.post(to("save_answer", mine.pk), {"place": 1, "chosen": ["2"]}).json()["code"]
        == "time_over"
    )


def test_a_supervisor_writes_questions_and_sets_a_paper(centre):
    chen = signed_in(centre.chen)
    sent = {"kind": "single", "category": "进仓费", "text": "几点截单？", "option-0": "17:00", "option-1": "17:30", "right": "1"}  # fmt: skip
    assert chen.post(to("new_question"), sent | {"right": ""}).status_code == 422
    assert chen.post(to("new_question"), sent).status_code == 302
    question = Question.objects.get()
    assert chen.post(to("question", question.pk), sent | {"option-1": "17:45"}).status_code == 302
    page = chen.get(to("question", question.pk)).content.decode()
    assert "第 2 版" in page
    assert "17:45" in page
    bank(centre)
    assert "几点截单" in chen.get(to("questions"), {"q": "截单"}).content.decode()
    assert "几点截单" not in chen.get(to("questions"), {"kind": "text"}).content.decode()

    form = {
        "department": centre.query_desk.pk, "title": "月考", "month": "2026-11", "counts": "on", "opens_at": "2026-11-20T09:00",
        "closes_at": "2026-11-20T18:00", "minutes": "60", "review_on": "2026-11-30", "pass_mark": "60",
        "category-0": "进仓费", "kind-0": "single", "count-0": "4", "points-0": "20",
    }  # fmt: skip
    answer = chen.post(to("new_exam"), form | {"points-0": ""})
    assert answer.status_code == 422
    assert "第 1 行" in answer.content.decode()
    assert chen.post(to("new_exam"), form).status_code == 302
    made = Exam.objects.get()
    refused = chen.post(to("exam_step", made.pk), {"step": "publish"})
    assert refused.status_code == 422
    assert "现在是 80" in refused.content.decode()
    chen.post(to("edit_exam", made.pk), form | {"points-0": "25"})
    assert chen.post(to("exam_step", made.pk), {"step": "publish"}).status_code == 302
    assert chen.get(to("edit_exam", made.pk)).status_code == 404
    mine = paper_of(made, centre.lin)
    mine = papers.begin(paper=mine, actor=centre.lin.user, now=NOW)
    for item in selectors.items_of(mine, ("对", "错"))[:3]:
        right = [one.place for one in item.options if one.right]
        papers.save(paper=mine, place=item.place, chosen=right, text="", actor=centre.lin.user, now=NOW)  # fmt: skip
    papers.hand_in(paper=mine, actor=centre.lin.user, now=NOW)
    page = chen.get(to("exam", made.pk)).content.decode()
    assert "平均 75.0" in page
    assert "1 人达到 60 分" in page
    with CaptureQueriesContext(connection) as queries:
        chen.get(to("exam", made.pk))
    assert len(queries) <= 20


def upload(client, name, *args, rows, take=True, encoding="utf-8"):
    content = "\n".join(",".join(row) for row in rows).encode(encoding)
    sent = {"file": SimpleUploadedFile("表.csv", content)} | ({"take": "on"} if take else {})
    return client.post(to(name, *args), sent)


def test_the_bank_comes_from_a_table_and_goes_back_into_one(centre):
    chen = signed_in(centre.chen)
    head = ["题型", "分类", "题目", "选项A", "选项B", "选项C", "答案", "解析"]
    rows = [
        head,
        ["单选", "抛重", "抛重除以几", "5000", "6000", "", "B", "按体积"],
        ["多选", "抛重", "哪些要量", "长", "宽", "重", "AB", ""],
        ["判断", "抛重", "越大越贵", "", "", "", "对", ""],
        ["单选题", "抛重", "抛重除以几", "5000", "6000", "", "B", ""],  # the same once more
    ]
    wrong = [
        *rows,
        ["单选", "抛重", "没有答案的", "甲", "乙", "", "D", ""],
        ["作文", "", "写", "", "", "", "", ""],
    ]
    refused = upload(chen, "bring_questions", rows=wrong)
    assert refused.status_code == 422
    told = [(fault.row, fault.column) for fault in refused.context["read"].faults]
    assert told == [(6, "答案"), (7, "题型")]
    assert not Question.objects.exists()

    looked = upload(chen, "bring_questions", rows=rows, take=False, encoding="gb18030")
    assert (len(looked.context["read"].changes), looked.context["read"].same) == (3, 1)
    assert not Question.objects.exists()
    assert upload(chen, "bring_questions", rows=rows, encoding="gb18030").status_code == 302
    assert Question.objects.count() == 3
    assert upload(chen, "bring_questions", rows=rows).context["read"].same == 4

    file = chen.get(to("questions_file")).content
    again = chen.post(to("bring_questions"), {"file": SimpleUploadedFile("题库.xlsx", file)})
    assert (again.context["read"].same, again.context["read"].changes) == (3, [])
    first = Question.objects.get(kind="single")
    change = [
        ["编号", *head],
        [str(first.pk), "单选", "抛重", "抛重除以几", "5000", "8000", "", "B", ""],
    ]
    assert upload(chen, "bring_questions", rows=change).status_code == 302
    assert first.versions.count() == 2
    assert signed_in(centre.wang).get(to("questions")).status_code == 403


def test_marks_of_a_paper_examination_come_from_a_table(centre):
    """GB18030 as offices send it; a row twice counts once; anything wrong is told by row and column, and nothing is kept."""
    chen, made = signed_in(centre.chen), exam(centre, parts=(), on_paper=True)
    head = ["工号", "姓名", "成绩"]
    bad = [
        head, ["0826", "林小月", "101"], ["0831", "周明", "-1"], ["0803", "王芳", "八十"], ["9999", "", "80"],
        ["0826", "王芳", "80"],
    ]  # fmt: skip
    refused = upload(chen, "bring_marks", made.pk, rows=bad)
    assert refused.status_code == 422
    told = [(one.row, one.column) for one in refused.context["read"].faults]
    assert told == [(2, "成绩"), (3, "成绩"), (4, "成绩"), (5, "工号"), (6, "姓名")]
    twice = [head, ["0826", "林小月", "90"], ["0826", "林小月", "80"]]
    assert upload(chen, "bring_marks", made.pk, rows=twice).context["read"].faults[0].row == 3
    assert not ExamMark.objects.exists()

    good = [head, ["826", "林小月", "90.5"], ["826", "林小月", "90.50"], ["0831", "", "缺考"], ["0803", "王芳", "５９分"]]  # fmt: skip
    assert upload(chen, "bring_marks", made.pk, rows=good, encoding="gb18030").status_code == 302
    assert exam_marks(NOVEMBER) == {centre.lin.pk: Decimal("90.5"), centre.wang.pk: Decimal(59)}
    upload(chen, "bring_marks", made.pk, rows=good)
    assert ExamMark.objects.count() == 2
    answer = chen.post(to("paper_step", paper_of(made, centre.zhou).pk, "mark"), {"mark": "100.5"})
    assert answer.status_code == 422
    LockedMonth.objects.create(month=NOVEMBER, locked_by=centre.chen.user, locked_at=NOW)
    late = paper_of(made, centre.zhou).pk
    page = chen.post(to("paper_step", late, "mark"), {"mark": "70"}, follow=True)
    assert "这个月的工资已锁定" in page.content.decode()
    assert ExamMark.objects.get(paper=late).month > NOVEMBER and len(exam_marks(NOVEMBER)) == 2
    assert "不能超过 100" in answer.content.decode()
    assert chen.get(to("marks_file", made.pk)).status_code == 200


@pytest.mark.rule("ES-602.01", "ES-604.01", "ES-604.02")
def test_a_supervisor_keeps_the_calendar_and_a_course(centre):
    centre.work_by("ES")
    chen = signed_in(centre.chen)
    training.plan_ahead(now=NOW)
    page = chen.get(to("training")).content.decode()
    assert "定期培训" in page
    row = TrainingSession.objects.get(due_on=date(2026, 11, 30))
    answer = chen.post(
        to("plan_training", row.pk), {"on": "2026-11-20", "topic": "话术", "mode": "online"}
    )
    assert answer.status_code == 302
    sent = {"minutes": "120", "topic": "话术", "result": "好"}
    sent |= {f"came-{one.pk}": "present" for one in (centre.lin, centre.zhou, centre.wang)}
    missing = chen.post(to("hold_training", row.pk), {**sent, f"came-{centre.lin.pk}": ""})
    assert missing.status_code == 422
    assert "还没有登记：林小月" in missing.content.decode()
    assert chen.post(to("hold_training", row.pk), sent).status_code == 302
    assert "120 分钟" in chen.get(to("training_session", row.pk)).content.decode()

    sent = {
        "course-employee": centre.zhou.pk,
        "course-starts_on": "2026-11-16",
        "course-mentor": centre.wang.pk,
    }
    assert chen.post(to("open_course"), sent).status_code == 302
    course = Course.objects.get()
    wrong = chen.post(to("course_step", course.pk, "result"), {"part": "theory", "mark": "abc"})
    assert wrong.status_code == 422
    assert "禁运品" in chen.get(to("course", course.pk)).content.decode()
    assert "岗前培训" in signed_in(centre.zhou).get(to("my_training")).content.decode()
    typed = {"tested_on": "2026-11-20", "characters": "120", "seconds": "120", "errors_made": "0"}
    assert chen.post(to("typing_test", "0826"), typed).status_code == 302
    archive = chen.get(to("training_archive", "0826")).content.decode()
    assert "打字测试" in archive
    years = chen.get(to("years"), {"year": "2026"}).content.decode()
    assert to("training_archive", "0826") in years  # printed beside the annual sheet
    assert "话术" in archive


@pytest.mark.rule("ES-602.12")
def test_closed_cases_are_picked_as_examples_and_shared_without_their_customers(centre):
    case = centre.inquiry(now=NOW, text="陈晓梅 13800004545 问件在哪里")
    step = reverse("workbench:step", args=[case.number, "example"])
    page = reverse("workbench:case", args=[case.number])
    by = {"case": case, "actor": centre.lin.user, "now": NOW}
    inquiries.answer_customer(text="在派送", channel="phone", substantive=True, **by)
    wang, lin = signed_in(centre.wang), signed_in(centre.lin)
    given = {"sort": "case_sharing_bad", "lesson": "先报时间再解释，陈晓梅 13800004545 等了两天"}
    centre.work_by("ES")
    open_yet = wang.post(step, given)
    assert open_yet.status_code == 409 and "结案之后" in open_yet.content.decode()
    inquiries.close(note="已签收", further_needs_asked=True, **by)
    assert "选为案例" in wang.get(page).content.decode()
    assert "选为案例" not in lin.get(page).content.decode()
    assert lin.post(step, given).status_code == 422  # it is for whoever leads
    assert wang.post(step, {**given, "lesson": ""}).status_code == 422
    assert "还没有案例" in lin.get(to("examples")).content.decode()

    assert wang.post(step, given).status_code == 200

    assert "选案例：反面案例" in wang.get(page).content.decode()
    shown = lin.get(to("examples")).content.decode()
    assert "先报时间再解释" in shown and "反面案例" in shown
    for own in ("陈晓梅", "13800004545", case.number):
        assert own not in shown
    assert case.number in wang.get(to("examples")).content.decode()
    good = to("examples") + "?sort=case_sharing_good"
    assert "先报时间" not in lin.get(good).content.decode()
    assert "先报时间" in lin.get(to("examples") + "?sort=%00").content.decode()
    # The training that is about such cases has them beside it.
    plan = Plan(date(2026, 11, 27), category="case_sharing_bad")
    given_on = {"department": centre.query_desk, "kind": "regular_training", "plan": plan}
    row = training.add(**given_on, actor=centre.chen.user, now=NOW)
    beside = signed_in(centre.chen).get(to("training_session", row.pk)).content.decode()
    assert "先报时间再解释" in beside and "13800004545" not in beside
    front = Department.objects.get(code="front")
    Employee.objects.filter(pk=centre.zhou.pk).update(department=front)
    assert "先报时间" not in signed_in(centre.zhou).get(to("examples")).content.decode()
    # The latest word counts.
    assert wang.post(step, {"sort": "none"}).status_code == 200
    assert "还没有案例" in lin.get(to("examples")).content.decode()


def test_only_those_who_may_come_to_anothers_training(centre):
    bank(centre)
    made = exam(centre)
    front = Department.objects.get(code="front")
    Employee.objects.filter(pk=centre.he.pk).update(department=front)
    own = paper_of(made, centre.wang)
    training.plan_ahead(now=NOW)
    session = TrainingSession.objects.filter(department=centre.query_desk).first()
    assert exam(centre, publish=False).session == session  # the twentieth's
    pages = {
        to("training"): {"lin": 403, "wang": 200, "chen": 200, "he": 200},
        to("training_session", session.pk): {"lin": 403, "wang": 200, "chen": 200, "he": 404},
        to("training_archive", "0826"): {"lin": 403, "wang": 200, "chen": 200, "he": 404},
        to("exam", made.pk): {"lin": 403, "wang": 200, "chen": 200, "he": 404},
        to("mark_paper", own.pk): {"lin": 403, "wang": 404, "chen": 200, "he": 404},
        to("new_exam"): {"lin": 403, "wang": 403, "chen": 200, "he": 200},
        to("questions"): {"lin": 403, "wang": 403, "chen": 200, "he": 200},
    }
    for address, statuses in pages.items():
        found = {
            name: signed_in(getattr(centre, name)).get(address).status_code for name in statuses
        }
        assert (address, found) == (address, statuses)
    sent = {"mark": "100", "reason": "x"}
    assert signed_in(centre.wang).post(to("paper_step", own.pk, "mark"), sent).status_code == 404
    assert not ExamMark.objects.exists()
    assert Paper.objects.filter(exam=made).count() == len(PARTS)
