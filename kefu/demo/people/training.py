"""The month's training, examination and review; a question bank, papers that were sat, one that waits for an answer."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from kefu.demo.people import LEAD, MANAGER, SUPERVISOR, People, moment, next_month
from payroll.models import Exam, Paper, TrainingSession
from payroll.selectors import exams as selectors
from payroll.services import exams, papers, questions, training
from payroll.services.exams import DrawPart, Setting
from payroll.services.questions import Words

CODE = "query"
SINGLE = (
    ("外省加急查件，几点前答复客户？", ["30 分钟内", "1 小时内", "当天下班前", "次日"], 0),
    ("客户在电话里骂人，先做什么？", ["挂断", "致歉并记录诉求", "转给主管", "解释规定"], 1),
    ("收件地址要改，第一步是？", ["改面单", "问派件员", "核实客户身份", "先收费"], 2),
    ("网点两小时没有反馈，该怎么做？", ["再等等", "催办并记录", "结案", "让客户自己打"], 1),
    ("显示签收而客户没收到，先要什么？", ["底单", "身份证", "运费发票", "照片"], 0),
    ("易碎品理赔要哪样凭证？", ["购货发票", "户口本", "派件员口述", "不用"], 0),
    ("通话中要和同事说话，应当？", ["捂住话筒", "按静音", "小声说", "挂断再拨"], 1),
    ("下班前没办完的单怎么办？", ["留到明天", "口头说一声", "逐件交接", "结案"], 2),
)
TRUE_FALSE = (("示忙超过五分钟要先告知主管", 0), ("客户没有再来电就可以直接结案", 1))
IN_WORDS = (  # question, how the bank answers it, what people write
    ("客户的生日蛋糕晚到一天，请写出你的回话", "先致歉，说明原因，给出补救和时间", "先向客户致歉，说明班车晚点，今天优先派送并补偿运费"),
    ("客户要求马上退运费，你无权决定，怎么说", "不推诿，说明谁决定、几点前回复", "这件事要主管核定，我现在转过去，今天四点前给您回电"),
    ("同一位客户第三次来电，怎么开头", "表明知道前情，不让客户重复", "您好，前两次的记录我看到了，网点刚回了底单，我念给您听"),
)  # fmt: skip
ABSENT = "0830"  # from the examination of last month
A_DAY = timedelta(days=1)


def plan(people: People) -> None:
    people.at(moment(people.paid + A_DAY, "09:10"), bank, people)
    for month in people.months:
        people.at(moment(month, "08:40"), plan_ahead, people)
        people.at(moment(month + 9 * A_DAY, "17:45"), hold, people, month)
        people.at(moment(month + 14 * A_DAY, "10:00"), monthly, people, month)
    people.at(moment(people.today - 3 * A_DAY, "15:30"), quiz, people)


def plan_ahead(people: People, *, now: datetime) -> None:
    """The month's rounds of every desk; that of one desk nobody has written down yet."""
    training.plan_ahead(now=now)
    planned = TrainingSession.objects.filter(
        state="planned", course=None, on__gte=now.date(), on__lt=next_month(now.date())
    )
    for session in planned.select_related("department").order_by("on", "pk"):
        if (session.department.code, session.on.replace(day=1)) != ("report", people.this):
            people.at(moment(session.on, "17:55"), take_place, people, session.pk)


def take_place(people: People, pk: int, *, now: datetime) -> None:
    session = TrainingSession.objects.select_related("department").get(pk=pk)
    here = training.expected(session)
    if session.state != "planned" or not here:
        return
    head = {CODE: SUPERVISOR, "processing": "0802"}.get(session.department.code, MANAGER)
    training.hold(
        session=session,
        came={one.pk: training.Came("present") for one in here},
        minutes=60,
        result="当场抽问，都答得上",
        trainer=people.one(head),
        actor=people.user(head),
        now=now,
    )


def bank(people: People, *, now: datetime) -> None:
    actor = people.user(SUPERVISOR)
    for text, options, right in SINGLE:
        words = Words(text, options, [right])
        questions.write(kind="single", category="查询业务", words=words, actor=actor, now=now)
    for text, right in TRUE_FALSE:
        words = Words(text, correct=[right])
        questions.write(kind="true_false", category="查询业务", words=words, actor=actor, now=now)
    for text, answer, _written in IN_WORDS:
        words = Words(text, answer=answer)
        questions.write(kind="text", category="话术", words=words, actor=actor, now=now)


def hold(people: People, month: date, *, now: datetime) -> None:
    session = TrainingSession.objects.filter(
        department__code=CODE, kind="training", due_on__month=month.month, due_on__year=month.year
    ).first()
    if session is None:
        return
    came = {one.pk: training.Came("present") for one in training.expected(session)}
    away = people.one("0830").pk
    if away in came:
        came[away] = training.Came("excused", "当天病假")
    training.hold(
        session=session,
        came=came,
        minutes=125,
        result="复盘三例超时件，当场抽问都答得上",
        topic="超时件的跟进和安抚话术",
        trainer=people.one(LEAD),
        actor=people.user(SUPERVISOR),
        now=now,
    )


def monthly(people: People, month: date, *, now: datetime) -> None:
    """The examination of the twentieth, drawn from the bank for each; marked the day after."""
    day = month + 19 * A_DAY
    setting = Setting(
        title=f"{month:%m} 月业务考试",
        month=month,
        opens_at=moment(day, "08:00"),
        closes_at=moment(day, "20:00"),
        minutes=40,
        review_on=next_month(month) - A_DAY,
        parts=(
            DrawPart("查询业务", "single", 6, Decimal(10)),
            DrawPart("查询业务", "true_false", 2, Decimal(10)),
            DrawPart("话术", "text", 1, Decimal(20)),
        ),
    )
    exam = set_up(people, setting, day, now)
    people.at(moment(day + A_DAY, "09:20"), mark, people, exam, SUPERVISOR)
    people.at(moment(day + A_DAY, "14:40"), mark, people, exam, LEAD)
    people.at(moment(day + A_DAY, "16:10"), mark, people, exam, MANAGER)
    if month == people.last:
        people.at(moment(day + 2 * A_DAY, "09:00"), sit_later, people, exam)


def quiz(people: People, *, now: datetime) -> None:
    """A short one in words alone; its papers wait for whoever marks them."""
    day = people.today - 2 * A_DAY
    setting = Setting(
        title="话术小测",
        month=day.replace(day=1),
        opens_at=moment(day, "08:00"),
        closes_at=moment(people.today - A_DAY, "20:00"),
        minutes=30,
        review_on=people.today + 3 * A_DAY,
        counts=False,
        parts=(DrawPart("话术", "text", 2, Decimal(50)),),
    )
    exam = set_up(people, setting, day, now)
    people.at(people.now - timedelta(hours=2), mark, people, exam, LEAD, 3)


def set_up(people: People, setting: Setting, day: date, now: datetime) -> Exam:
    """Write it, publish it and let everybody sit it on ``day``."""
    actor = people.user(SUPERVISOR)
    exam = exams.set_up(
        department=people.seeder.departments[CODE], setting=setting, actor=actor, now=now
    )
    exams.publish(exam=exam, actor=actor, now=now + timedelta(minutes=10))
    papers_ = Paper.objects.filter(exam=exam).select_related("employee__user")
    for n, paper in enumerate(papers_.order_by("employee__number")):
        if setting.month != people.last or paper.employee.number != ABSENT:
            people.at(moment(day, "12:10") + timedelta(minutes=9 * n), sit, people, paper)
    people.at(setting.closes_at + timedelta(minutes=5), close)
    return exam


def sit(people: People, paper: Paper, *, now: datetime) -> None:
    who = paper.employee.user
    paper = papers.begin(paper=paper, actor=who, now=now)
    written = {question: said for question, _answer, said in IN_WORDS}
    answers = {}
    for item in selectors.items_of(paper, ("对", "错")):
        knows = people.chance.random() < 0.88
        right = [one.place for one in item.options if one.right]
        chosen = right if knows or item.in_words else [item.options[-1].place]
        answers[item.place] = (chosen, written.get(item.text, ""))
    papers.hand_in(paper=paper, answers=answers, actor=who, now=now + timedelta(minutes=22))


def sit_later(people: People, exam: Exam, *, now: datetime) -> None:
    """Whoever was ill that day sits it two days later, and is marked at once."""
    paper = Paper.objects.select_related("employee__user").get(exam=exam, employee__number=ABSENT)
    until = now + 9 * timedelta(hours=1)
    papers.let_sit_later(paper=paper, until=until, actor=people.user(SUPERVISOR), now=now)
    people.at(now + timedelta(hours=4), sit, people, paper)
    people.at(now + timedelta(hours=6), mark, people, exam, SUPERVISOR)
    people.at(now + timedelta(hours=7), mark, people, exam, LEAD)


def close(*, now: datetime) -> None:
    papers.close_run_out(now=now)
    exams.close_over(now=now)


def mark(people: People, exam: Exam, by: str, most: int = 99, *, now: datetime) -> None:
    """The answers in words are read by one person and then by another; nobody reads his own."""
    actor = people.user(by)
    rows = Paper.objects.filter(exam=exam, state=Paper.State.HANDED_IN)
    for paper in rows.exclude(employee__number=by).order_by("employee__number")[:most]:
        marks = selectors.text_marks(paper)
        for item in selectors.items_of(paper, ("对", "错")):
            before = marks.get(item.place)
            if item.in_words and (before is None or before.marked_by_id != actor.pk):
                papers.judge_text(
                    paper=paper,
                    place=item.place,
                    points=(item.points * people.chance.randrange(65, 96) / 100).quantize(
                        Decimal(1)
                    ),
                    note="有致歉有补救",
                    actor=actor,
                    now=now,
                )
