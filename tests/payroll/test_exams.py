"""The question bank and its examinations: drawn, sat, handed in once and in time, marked, and in the score."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.examinations import Part, draw, points_for, spread
from kefu.staff.models import Employee
from payroll.models import Answer, Course, Employment, ExamMark, LockedMonth, Paper
from payroll.selectors import exams as selectors
from payroll.selectors.score_facts import gather
from payroll.selectors.scores import decide
from payroll.selectors.training import archive, exam_marks, team_results
from payroll.services import exams, papers, questions
from payroll.services.exams import DrawPart, Setting
from payroll.services.questions import Words
from tests import centre as centres
from tests.centre import at

NOW = at("2026-11-20 09:00")
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
HOUR = timedelta(hours=1)


@pytest.fixture
def centre(db):
    made = centres.build(now=at("2026-11-20 08:00"))
    Employment.objects.bulk_create(
        Employment(employee=one, hired_on=date(2024, 1, 15)) for one in Employee.objects.all()
    )
    Employee.objects.update(channels=["online"])
    return made


def bank(centre):
    """Four of one right answer, two of several, two of true and false, and one in words."""
    made = []
    for n in range(4):
        words = Words(f"进仓费第 {n} 问", ["甲", "乙", "丙", "丁"], [n], explanation=f"见第 {n} 条")
        made.append(put(centre, "single", "进仓费", words))
    for n in range(2):
        made.append(put(centre, "multiple", "抛重", Words(f"抛重 {n}", ["一", "二", "三"], [0, 2])))
        made.append(put(centre, "true_false", "抛重", Words(f"对错 {n}", correct=[n])))
    words = Words("怎样安抚", answer="先道歉，再说办法")
    return [*made, put(centre, "text", "话术", words)]


def put(centre, kind, category, words):
    return questions.write(
        kind=kind, category=category, words=words, actor=centre.chen.user, now=NOW
    )


PARTS = (
    DrawPart("进仓费", "single", 3, Decimal(20)),
    DrawPart("抛重", "", 2, Decimal(10)),
    DrawPart("话术", "text", 1, Decimal(20)),
)


def exam(centre, *, parts=PARTS, publish=True, **given):
    facts = {
        "title": "十一月月考",
        "month": NOVEMBER,
        "opens_at": NOW,
        "closes_at": NOW + 9 * HOUR,
        "minutes": 60,
        "review_on": date(2026, 11, 30),
        "parts": parts,
    }
    made = exams.set_up(
        department=centre.query_desk, setting=Setting(**(facts | given)), actor=centre.chen.user, now=NOW
    )  # fmt: skip
    return exams.publish(exam=made, actor=centre.chen.user, now=NOW) if publish else made


def paper_of(made, who):
    return Paper.objects.get(exam=made, employee=who)


def answer_all(paper, who, *, right=True, now=NOW):
    """Whoever knows everything, or picks one wrong option each time."""
    for item in selectors.items_of(paper, ("对", "错")):
        chosen = [one.place for one in item.options if one.right == right]
        text = "先道歉，再说办法" if item.in_words else ""
        if not right and not item.several:
            chosen = chosen[:1]
        papers.save(paper=paper, place=item.place, chosen=chosen, text=text, actor=who.user, now=now)  # fmt: skip


def sat(made, who, **given):
    paper = papers.begin(paper=paper_of(made, who), actor=who.user, now=NOW)
    answer_all(paper, who, **given)
    papers.hand_in(paper=paper, actor=who.user, now=NOW + HOUR / 2)
    paper.refresh_from_db()
    return paper


# Drawing.


def test_the_same_seed_and_person_give_the_same_paper():
    parts = [Part(3, Decimal(10), range(10, 20), [4] * 10), Part(2, Decimal(5), range(10, 20), [0] * 10)]  # fmt: skip

    mine, again, other = (
        draw("s", "0826", parts),
        draw("s", "0826", parts),
        draw("s", "0831", parts),
    )

    assert mine == again != other
    assert [one.question for one in mine] == [12, 17, 11, 13, 14]  # on any machine, in any year
    assert len({one.question for one in mine}) == 5
    assert sorted(mine[0].order) == [0, 1, 2, 3]
    assert len({draw("s", str(n), parts)[0].order for n in range(40)}) > 5
    assert len(draw("s", "0826", [Part(5, Decimal(20), [1, 2], [2, 2])])) == 2  # it ran dry


def test_several_right_options_count_together_or_not_at_all():
    points = [points_for([0, 2], chosen, Decimal(4)) for chosen in ([0, 2], [2, 0], [0], [0, 1, 2], [])]  # fmt: skip
    assert points == [4, 4, 0, 0, 0]
    bounds = [Decimal(n) for n in range(0, 100, 10)]
    assert spread([Decimal(n) for n in ("0", "59.99", "60", "100", "90")], bounds) == [
        1, 0, 0, 0, 0, 1, 1, 0, 0, 2,
    ]  # fmt: skip


# The bank.


def test_a_question_is_never_rewritten_only_said_anew(centre):
    first = bank(centre)[0]
    made = exam(centre)
    paper = papers.begin(paper=paper_of(made, centre.lin), actor=centre.lin.user, now=NOW)
    before = [item.text for item in selectors.items_of(paper, ("对", "错"))]

    words = Words("进仓费怎样收", ["甲", "乙"], [1])
    version = questions.rewrite(question=first, category="进仓费", words=words, actor=centre.chen.user, now=NOW)  # fmt: skip
    again = questions.rewrite(question=first, category="进仓费", words=words, actor=centre.chen.user, now=NOW)  # fmt: skip
    questions.retire(question=first, back=False, actor=centre.chen.user, now=NOW)

    assert (version.number, again.number) == (2, 2)
    assert [item.text for item in selectors.items_of(paper, ("对", "错"))] == before
    assert first.pk not in [row.question_id for row in selectors.questions()]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE payroll_questionversion SET text = 'x'")
    with pytest.raises(NotAllowed):
        questions.write(kind="single", category="x", words=words, actor=centre.lin.user, now=NOW)


@pytest.mark.parametrize(
    ("kind", "words", "field"),
    [
        ("single", Words("问", ["甲"], [0]), "options"),
        ("single", Words("问", ["甲", "甲"], [0]), "options"),
        ("single", Words("问", ["甲", "", "丙"], [0]), "options"),
        ("single", Words("问", ["甲", "乙"], [0, 1]), "correct"),
        ("single", Words("问", ["甲", "乙"], [2]), "correct"),
        ("multiple", Words("问", ["甲", "乙"], [0]), "correct"),
        ("true_false", Words("问"), "correct"),
        ("text", Words("问"), "answer"),
        ("essay", Words("问"), "kind"),
        ("text", Words("", answer="答"), "text"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_by_its_field(kind, words, field):
    with pytest.raises(KefuError) as refused:
        questions.checked(kind, words)
    assert refused.value.field == field


# Setting up.


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"closes_at": NOW}, "closes_at"),
        ({"minutes": 0}, "minutes"),
        ({"pass_mark": Decimal(101)}, "pass_mark"),
        ({"parts": [DrawPart("", "", 0, Decimal(1))]}, "parts"),
        ({"parts": [DrawPart("", "single", 4, Decimal(20))]}, "parts"),  # 80 points
        ({"parts": [DrawPart("", "single", 5, Decimal(20))]}, "parts"),  # the bank has four
    ],
)
def test_an_examination_that_does_not_come_out_is_refused(centre, given, field):
    bank(centre)
    with pytest.raises(KefuError) as refused:
        exam(centre, **given)
    assert refused.value.field == field
    assert not Paper.objects.exists()


# Sitting and marking.


@pytest.mark.rule("CD-12.53", "CD-12.55", "CD-12.56", "ES-604.01")
def test_a_paper_is_sat_marked_by_two_and_counts_in_the_score(centre, django_assert_num_queries):
    bank(centre)
    made = exam(centre)
    assert {one.employee.number for one in made.papers.all()} == {"0826", "0831", "0803"}
    lin, zhou = sat(made, centre.lin), sat(made, centre.zhou, right=False)
    assert (lin.state, lin.by_itself) == ("handed_in", False)
    assert exam_marks(NOVEMBER) == {}  # a text waits for a person

    def judge(paper, by, points):
        papers.judge_text(paper=paper, place=5, points=Decimal(points), note="缺一步", actor=by.user, now=NOW)  # fmt: skip

    judge(lin, centre.wang, "18")
    with pytest.raises(Conflict, match="换一个人"):
        judge(lin, centre.wang, "20")
    for points in ("21", "-1", "NaN"):
        with pytest.raises(KefuError) as refused:
            judge(lin, centre.chen, points)
        assert refused.value.field == "points"
    judge(lin, centre.chen, "15")
    judge(zhou, centre.wang, "4")
    judge(zhou, centre.chen, "5")

    assert exam_marks(NOVEMBER) == {centre.lin.pk: Decimal(95), centre.zhou.pk: Decimal(5)}
    other = exam(centre, publish=False)  # however many stand on the list
    with django_assert_num_queries(2):
        results = selectors.all_results([made, other])[made.pk]
    assert (results.mean, results.unmarked, results.columns[9].number) == (50, 1, 1)
    [team] = team_results([centre.query_desk], NOVEMBER)
    assert (team.clause, team.mean, team.topics) == ("CD-12.56", 50, ["进仓费", "抛重", "话术"])
    assert [(line.content, line.result) for line in archive(centre.lin)] == [
        ("十一月月考", "95 分")
    ]

    points = {}
    for one in gather([centre.lin, centre.zhou, centre.wang], NOVEMBER):
        scored = decide(one)
        steps = [step for step in scored.steps if step.clause == "CD-12.55"]
        points[one.employee.number] = [step.inputs.get("change_points") for step in steps]
    assert points == {"0826": ["0"], "0831": ["-5"], "0803": [None]}  # no mark costs nothing

    papers.enter_mark(paper=zhou, mark=Decimal(60), reason="第二题判错", actor=centre.chen.user, now=NOW)  # fmt: skip
    assert exam_marks(NOVEMBER, [centre.zhou.pk]) == {centre.zhou.pk: Decimal(60)}
    with pytest.raises(KefuError) as refused:
        papers.enter_mark(paper=zhou, mark=Decimal(61), actor=centre.chen.user, now=NOW)
    assert refused.value.field == "reason"


def test_a_paper_is_sat_once_by_its_own_person(centre):
    bank(centre)
    made = exam(centre)
    mine = paper_of(made, centre.lin)
    with pytest.raises(NotAllowed):
        papers.begin(paper=mine, actor=centre.zhou.user, now=NOW)
    with pytest.raises(Conflict) as early:
        papers.begin(paper=mine, actor=centre.lin.user, now=NOW - HOUR)
    assert early.value.code == "not_open"

    begun = papers.begin(paper=mine, actor=centre.lin.user, now=NOW)
    again = papers.begin(paper=mine, actor=centre.lin.user, now=NOW + HOUR / 2)
    assert (again.ends_at, again.questions) == (begun.ends_at, begun.questions)
    assert begun.ends_at == NOW + HOUR
    papers.hand_in(paper=mine, actor=centre.lin.user, now=NOW + HOUR / 2)
    for again in (papers.hand_in, papers.begin):
        with pytest.raises(Conflict) as refused:
            again(paper=mine, actor=centre.lin.user, now=NOW + HOUR / 2)
        assert refused.value.code == "handed_in"
    with pytest.raises(IntegrityError), transaction.atomic():
        Paper.objects.create(exam=made, employee=centre.lin)


def test_what_was_saved_counts_and_what_comes_late_does_not(centre):
    """The last second is in time; after it the paper is handed in as it was saved, by whoever notices first."""
    bank(centre)
    made = exam(centre)
    mine, other = (paper_of(made, who) for who in (centre.lin, centre.zhou))
    for paper, who in ((mine, centre.lin), (other, centre.zhou)):
        papers.begin(paper=paper, actor=who.user, now=NOW)
    mine.refresh_from_db()

    papers.save(paper=mine, place=0, chosen=[1], text="", actor=centre.lin.user, now=mine.ends_at)
    with pytest.raises(Conflict) as late:
        papers.save(
            paper=mine, place=0, chosen=[2], text="", actor=centre.lin.user,
            now=mine.ends_at + timedelta(seconds=1),
        )  # fmt: skip
    assert late.value.code == "time_over"
    mine.refresh_from_db()
    assert (mine.by_itself, mine.handed_in_at) == (True, mine.ends_at)
    assert Answer.objects.get(paper=mine, place=0).chosen == [1]
    for bad in ([9], [0, 1]):
        with pytest.raises(KefuError, match="没有这个选项"):
            papers.save(paper=other, place=0, chosen=bad, text="", actor=centre.zhou.user, now=NOW)

    course = Course.objects.create(
        employee=centre.wang, kind="pre_job", clause="ES-602.02", rulebook=made.rulebook,
        starts_on=NOW.date(), ends_on=date(2026, 11, 26), opened_at=NOW,
    )  # fmt: skip
    early = exam(centre, minutes=30, course=course, part="theory")
    papers.begin(paper=paper_of(early, centre.wang), actor=centre.wang.user, now=NOW)
    # The job, for whom nobody asked; one that cannot be handed in, here days before its time, does not stop the others.
    assert papers.close_run_out(now=NOW + 2 * HOUR) == 1
    assert papers.close_run_out(now=NOW + 2 * HOUR) == 0
    assert paper_of(made, centre.zhou).state == "marked"  # no text was answered: nothing to judge
    papers.close_run_out(now=NOW + 10 * HOUR)
    assert paper_of(made, centre.wang).state == "missed"
    assert exams.close_over(now=NOW + 10 * HOUR) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.filter(paper=mine).update(chosen=[0])
    later = papers.let_sit_later(
        paper=paper_of(made, centre.wang), until=NOW + 30 * HOUR, actor=centre.chen.user, now=NOW + 10 * HOUR,
    )  # fmt: skip
    begun = papers.begin(paper=later, actor=centre.wang.user, now=NOW + 29.5 * HOUR)
    assert begun.ends_at == NOW + 30 * HOUR
    longer = papers.more_time(
        paper=begun, minutes=15, actor=centre.chen.user, now=NOW + 29.6 * HOUR
    )
    assert longer.ends_at == NOW + 30.25 * HOUR


@pytest.mark.parametrize("mark", ["100.01", "-0.01", "NaN", "Infinity", "59.995"])
def test_a_mark_that_is_none_is_refused_by_its_field_and_by_the_database(centre, mark):
    made = exam(centre, parts=(), on_paper=True)
    with pytest.raises(KefuError) as refused:
        papers.enter_mark(paper=paper_of(made, centre.lin), mark=Decimal(mark), actor=centre.chen.user, now=NOW)  # fmt: skip
    assert refused.value.field == "mark"
    assert not ExamMark.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payroll_exammark (paper_id, number, month, mark, source, inputs, reason, recorded_at)"
            " SELECT id, 1, '2026-11-01', %s::numeric(6,2), 'entered', '{}', '', now() FROM payroll_paper LIMIT 1",
            ["100.01" if mark == "59.995" else mark.replace("Infinity", "NaN")],
        )


def test_a_paper_marked_after_the_lock_closes_the_examination_and_leaves_the_month_as_it_was(
    centre,
):
    bank(centre)
    made = exam(centre)
    mine, other = sat(made, centre.lin), sat(made, centre.zhou)
    first, second = (centre.wang, centre.chen)
    judged = {"place": 5, "points": Decimal(15), "note": "", "now": NOW}
    for paper, by in ((other, first), (other, second), (mine, first)):
        papers.judge_text(paper=paper, actor=by.user, **judged)
    assert exams.close_over(now=NOW + 10 * HOUR) == 0
    papers.close_run_out(now=NOW + 10 * HOUR)  # one never came
    LockedMonth.objects.create(month=NOVEMBER, locked_by=second.user, locked_at=NOW)

    papers.judge_text(paper=mine, actor=second.user, **judged)
    papers.enter_mark(paper=other, mark=Decimal(60), reason="误", actor=second.user, now=NOW)

    marks = list(ExamMark.objects.order_by("pk").values_list("mark", "month"))
    assert marks == [(95, NOVEMBER), (95, DECEMBER), (60, DECEMBER)]
    assert exam_marks(NOVEMBER) == {centre.zhou.pk: Decimal(95)} and exam_marks(DECEMBER) == {}
    assert exams.close_over(now=NOW + 10 * HOUR) == 1
    with pytest.raises(Conflict, match="锁定"), transaction.atomic():
        ExamMark.objects.create(paper=mine, number=2, month=NOVEMBER, mark=1, source="entered", reason="x", recorded_at=NOW)  # fmt: skip
