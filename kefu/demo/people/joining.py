"""A post that was filled from outside, one that is still to be filled, and what a newcomer is told and given."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kefu.demo.people import HR, MANAGER, SUPERVISOR, People, moment, rosters
from kefu.staff.models import Department, Employee, Position, User
from payroll.models import Article, Candidate, Course, CourseResult, TrainingSession, Vacancy
from payroll.services import courses, equipment, joining, training, vacancies

NEWCOMER, NAME, MENTOR = "0898", "顾晓雯", "0895"
CRITERIA = ("job_knowledge", "attitude", "skills", "potential", "experience")
DOCUMENTS = (("id_card", 1), ("photos", 3), ("credentials", 1))
ARTICLES = (  # name, English, category, yuan, how many a newcomer gets
    ("夏季工作服", "Summer uniform", Article.Category.UNIFORM, 68, 2),
    ("冬季工作服", "Winter uniform", Article.Category.UNIFORM, 158, 1),
    ("胸牌", "Name badge", Article.Category.UNIFORM, 8, 1),
    ("头戴耳机", "Headset", Article.Category.PROTECTIVE, 120, 0),
    ("护腕鼠标垫", "Mouse pad", Article.Category.STATIONERY, 15, 0),
)
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)


def plan(people: People) -> None:
    people.at(moment(people.paid, "11:00"), articles, people)
    people.at(moment(people.last + A_DAY, "10:00"), fill_a_post, people)
    ask = min(moment(people.this + 4 * A_DAY, "10:00"), people.now - timedelta(hours=9))
    people.at(ask, look_for_more, people)
    people.at(
        moment(people.paid + 20 * A_DAY, "14:00"), replace, people, "0896", "胸牌", "lost", True
    )
    people.at(
        moment(people.last + 15 * A_DAY, "15:20"),
        replace,
        people,
        "0831",
        "护腕鼠标垫",
        "damaged",
        False,
    )
    people.at(people.now - timedelta(hours=5), replace, people, "0828", "头戴耳机", "damaged", None)


def articles(people: People, *, now: datetime) -> None:
    """The list of what is handed out; those who work here got their set long ago."""
    Article.objects.bulk_create(
        Article(name=name, name_en=english, category=category, price=Decimal(price), in_set=number)
        for name, english, category, price, number in ARTICLES
    )
    hr, manager = people.user(HR), people.user(MANAGER)
    for one in people.seeder.staff:
        actor = manager if one.number == HR else hr
        equipment.hand_out_set(employee=one, size="M", actor=actor, now=now)
    for name in ("头戴耳机", "护腕鼠标垫"):
        for one in people.seeder.agents:
            article = Article.objects.get(name=name)
            equipment.hand_out(employee=one, article=article, actor=hr, now=now)


WORDS = {
    "胸牌": ("搬座位时弄丢，找过两遍", "按价赔偿后补发"),
    "护腕鼠标垫": ("边角起毛，想换新的", "还能用，明年统一换"),
    "头戴耳机": ("左耳没有声音，换过接口也一样", ""),
}


def replace(
    people: People, who: str, article: str, what: str, agreed: bool | None, *, now: datetime
) -> None:
    """The holder asks for a new piece, and pays its price where the rulebook says so; None: nobody has answered."""
    one, (text, answer) = people.one(who), WORDS[article]
    held = equipment.in_hand(one).filter(article__name=article).first()
    asked = equipment.ask(issue=held, what=what, text=text, actor=one.user, now=now)
    by: dict[str, Any] = {"answer": answer, "actor": people.user(HR), "now": now + 4 * AN_HOUR}
    if agreed:
        equipment.replace(asked=asked, natural=False, **by)
    elif agreed is not None:
        equipment.refuse(asked=asked, **by)


# A post, from the search to the first day.


def _open(people: People, code: str, position: str, asks: str, *, now: datetime) -> Vacancy:
    hr = people.user(HR)
    vacancy = vacancies.open_vacancy(
        department=Department.objects.get(code=code),
        position=Position.objects.get(name=position),
        asks=asks,
        actor=hr,
        now=now,
    )
    if vacancy.outside_at is None:
        vacancies.look_outside(
            vacancy=vacancy,
            reasons=["demand_exceeds_internal"],
            note="两个组都缺人",
            actor=hr,
            now=now,
        )
        vacancy.refresh_from_db()
    return vacancy


def _applies(people: People, vacancy: Vacancy, name: str, tail: str, about: str, *, now: datetime) -> Candidate:  # fmt: skip
    return vacancies.apply(
        vacancy=vacancy,
        name=name,
        phone=f"1380000{tail}",
        about=about,
        actor=people.user(HR),
        now=now,
    )


def _judged(people: People, candidate: Candidate, best: int, *, now: datetime) -> None:
    vacancies.evaluate(
        candidate=candidate,
        marks={name: {"mark": max(1, best - n % 2)} for n, name in enumerate(CRITERIA)},
        result="pass" if best > 3 else "fail",
        remark="试听两通录音后的回话得体" if best > 3 else "打字和普通话都还要练",
        actor=people.user(MANAGER),
        now=now,
    )


def fill_a_post(people: People, *, now: datetime) -> None:
    vacancy = _open(people, "complaint", "投诉专员", "两年以上投诉处理经验，能轮班", now=now)
    taken = _applies(people, vacancy, NAME, "7301", "做过三年快递投诉专员", now=now + A_DAY)
    other = _applies(people, vacancy, "梁文", "7302", "应届，做过客服兼职", now=now + A_DAY)
    _judged(people, taken, 5, now=now + 2 * A_DAY)
    _judged(people, other, 3, now=now + 2 * A_DAY)
    starts = people.last + 14 * A_DAY
    vacancies.offer(
        candidate=taken, starts_on=starts, base=None, actor=people.user(HR), now=now + 3 * A_DAY
    )
    people.at(moment(starts, "08:30"), first_day, people, taken)


def first_day(people: People, candidate: Candidate, *, now: datetime) -> None:
    """In the middle of the month: account, papers, what he has to know, uniform, the week before the job."""
    hr = people.user(HR)
    stay, _password = joining.report(
        candidate=candidate,
        number=NEWCOMER,
        role=User.Role.AGENT,
        channels=["phone"],
        hired_on=now.date(),
        coach=people.one(MENTOR),
        actor=hr,
        now=now,
    )
    for kind, count in DOCUMENTS:
        document = joining.receive(employment=stay, kind=kind, count=count, actor=hr, now=now)
        if kind != "credentials":  # its original is still awaited
            joining.verify(document=document, actor=hr, now=now + timedelta(minutes=20))
    told = ["rules_told", "benefits_told", "work_told"]
    induction = joining.brief(
        employment=stay, told=told, supervisor=people.one(MANAGER), actor=hr, now=now
    )
    newcomer = Employee.objects.select_related("user", "department").get(number=NEWCOMER)
    User.objects.filter(pk=newcomer.user_id).update(password=people.one(MENTOR).user.password)
    people.seeder.by_number[NEWCOMER] = newcomer
    joining.sign(induction=induction, actor=newcomer.user, now=now + timedelta(minutes=40))
    equipment.hand_out_set(employee=newcomer, size="S", actor=hr, now=now + timedelta(hours=1))
    vacancies.close(
        vacancy=candidate.vacancy, text="已招到人", actor=hr, now=now + timedelta(hours=2)
    )
    courses.open_for_new(now=now + timedelta(hours=3))
    for course in newcomer.courses.all():
        courses.choose_mentor(
            course=course,
            mentor=people.one(MENTOR),
            actor=people.user(MANAGER),
            now=now + timedelta(hours=4),
        )
        for session in course.sessions.order_by("on"):
            people.at(moment(session.on, "17:00"), taught, people, session)
        people.at(moment(course.ends_on, "17:20"), examined, people, course)
        people.at(moment(course.ends_on, "17:50"), rosters.join, people, NEWCOMER, MENTOR)


def taught(people: People, session: TrainingSession, *, now: datetime) -> None:
    training.hold(
        session=session,
        came={people.one(NEWCOMER).pk: training.Came("present")},
        minutes=360,
        result="当天内容都能复述，录单两次无误",
        trainer=people.one(MENTOR),
        actor=people.user(MANAGER),
        now=now,
    )


def examined(people: People, course: Course, *, now: datetime) -> None:
    """Both parts passed: from tomorrow on he may work."""
    for part, mark in ((CourseResult.Part.THEORY, 86), (CourseResult.Part.PRACTICE, 91)):
        courses.record_result(
            course=course, part=part, mark=Decimal(mark), actor=people.user(MANAGER), now=now
        )


def look_for_more(people: People, *, now: datetime) -> None:
    """One post is open: somebody waits for the interview, somebody for a letter, one has it, one thought better of it."""
    vacancy = _open(people, "query", "查询员", "普通话标准，打字每分钟五十字以上", now=now)
    vacancies.put_forward(
        vacancy=vacancy, employee=people.one("0881"), actor=people.user(HR), now=now
    )
    passed = _applies(people, vacancy, "韩雪", "7311", "电商客服两年", now=now)
    _applies(people, vacancy, "杜强", "7312", "超市收银，想转客服", now=now + timedelta(hours=2))
    offered = _applies(people, vacancy, "沈佳", "7313", "快递网点前台一年", now=now + AN_HOUR)
    left = _applies(people, vacancy, "吕明", "7314", "快递员，想转内勤", now=now + AN_HOUR)
    for candidate, remark in ((passed, "反应快，态度好"), (offered, "熟悉网点操作，打字六十字")):
        vacancies.evaluate(
            candidate=candidate,
            marks={name: {"mark": 4} for name in CRITERIA},
            result="pass",
            remark=remark,
            actor=people.user(SUPERVISOR),
            now=now + 3 * AN_HOUR,
        )
    people.at(now + 4 * AN_HOUR, offer, people, offered)
    people.at(now + 5 * AN_HOUR, withdraw, people, left)


def offer(people: People, candidate: Candidate, *, now: datetime) -> None:
    """He begins next week."""
    starts = people.today + 7 * A_DAY
    vacancies.offer(
        candidate=candidate, starts_on=starts, base=None, actor=people.user(HR), now=now
    )


def withdraw(people: People, candidate: Candidate, *, now: datetime) -> None:
    vacancies.withdraw(candidate=candidate, actor=people.user(HR), now=now)
