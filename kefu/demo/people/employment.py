"""Since when everybody is here, where, for which wage; who came, who moved, who goes; by which rules a desk is paid."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kefu.demo.people import HR, MANAGER, SUPERVISOR, People, moment, rosters
from kefu.desk.services import HandOverItem
from kefu.policy.calendars import Calendar
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from kefu.staff.models import Employee
from payroll.models import Holiday, Issue, Leaving
from payroll.selectors.leaving import open_cases, open_issues
from payroll.services import employment, equipment, terms
from payroll.services import leaving as leavings

# Months of service, one after the other by staff number: some for years, some in probation.
SERVICE = (62, 38, 26, 19, 14, 30, 11, 7, 16, 5, 2, 23)
# What a post is paid where the rulebook leaves it to the house, in yuan.
POSTS = {"claims_adjuster": "4200.00", "complaint_specialist": "4000.00"}
AGREED = {"0841": 2400, "0842": 2300, "0897": 2400}  # where the rules of the desk name no wage
ALLOWANCES = ("0803", "0804")
MOVES, LEAVES = "0842", "0832"
FIXED = {  # state holidays on the same day each year; the others are announced year by year
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}
BRIDGES = {(5, 3): "劳动节", (10, 4): "国庆节", (10, 5): "国庆节", (10, 6): "国庆节"}


def plan(people: People) -> None:
    began = moment(people.paid - timedelta(days=9), "09:00")
    people.at(began, holidays, people)
    for n, one in enumerate(sorted(people.seeder.staff, key=lambda one: one.number)):
        people.at(began + timedelta(minutes=n), hire, people, one, SERVICE[n % len(SERVICE)])
    people.at(began + timedelta(hours=2), terms_of_the_place, people)
    people.at(began + timedelta(hours=3), posts, people)
    people.at(moment(people.last + timedelta(days=8), "10:00"), move, people)
    for day in (people.last + timedelta(days=10), people.this):
        people.at(moment(day, "00:20"), overnight, people)
    people.at(moment(people.last + timedelta(days=12), "15:00"), another_rulebook, people)
    resigns = min(moment(people.this + timedelta(days=9), "16:00"), people.now - timedelta(hours=5))
    people.at(resigns, resign, people)
    people.at(people.now - timedelta(hours=2), begin_to_hand_over, people)


def holidays(people: People, *, now: datetime) -> None:
    years = {people.paid.year, people.coming.year, people.coming.year + 1}
    for kind, days in ((Holiday.Kind.STATUTORY, FIXED), (Holiday.Kind.DAY_OFF, BRIDGES)):
        Holiday.objects.bulk_create(
            Holiday(day=date(year, *day), kind=kind, name=name)
            for year in sorted(years)
            for day, name in days.items()
        )


def hire(people: People, one: Employee, months: int, *, now: datetime) -> None:
    by = people.user(MANAGER if one.number == HR else HR)
    if one.number == MANAGER:
        months = SERVICE[0]
    hired_on = (people.this - timedelta(days=30 * months)).replace(day=1 + 7 * months % 27)
    given = {"employee": one, "actor": by, "now": now}
    employment.hire(
        hired_on=min(hired_on, now.date()),
        department=one.department,
        position=one.position,
        **given,
    )
    if one.number in AGREED:
        base = Decimal(AGREED[one.number])
        employment.agree_wage(from_on=people.paid, base=base, reason="劳动合同约定", **given)
    elif one.number in ALLOWANCES:
        employment.agree_wage(
            from_on=people.paid, base=None, post_allowance=True, reason="任组长", **given
        )


def terms_of_the_place(people: People, *, now: datetime) -> None:
    written = terms.write(
        edition=f"扬州 {people.paid:%Y-%m}",
        from_month=people.paid,
        share=Decimal("0.20"),
        minimum_wage=Decimal(900),
        keeps_minimum=True,
        deductions=True,
        payday=10,
        calendar=_calendar(people),
        leave_shares={"sick": "0.80", "marriage": "1", "maternity": "1"},
        actor=people.user(HR),
        now=now,
    )
    terms.confirm(terms=written, actor=people.user(MANAGER), now=now + timedelta(hours=1))


def _calendar(people: People) -> Any:
    """Six days a week, for the kind of day that overtime fell on."""
    years = tuple(sorted({people.paid.year, people.coming.year}))
    week: dict[int, tuple[tuple[str, str], ...]]
    week = dict.fromkeys(range(1, 7), (("08:00", "12:00"), ("13:30", "17:30")))
    days = tuple(date(year, *day) for year in years for day in FIXED)
    return Calendar.plain(week, years=years, statutory_holidays=days).model_dump(mode="json")


def posts(people: People, *, now: datetime) -> None:
    """The house fills in what the rulebook leaves to it: the wages of the posts (ES-116.01)."""
    shipped = RulebookVersion.objects.get(rulebook__code="ES", number=1)
    supervisor, manager = people.user(SUPERVISOR), people.user(MANAGER)
    draft = rulebooks.start_draft(version=shipped, actor=supervisor, now=now)
    rulebooks.amend_clause(
        version=draft,
        clause="ES-116.01",
        settings={"posts": POSTS},
        seen=rulebooks.clause_digest(draft.content, "ES-116.01"),
        actor=supervisor,
        now=now,
    )
    draft.refresh_from_db()
    given = {"effective_on": people.paid, "actor": manager, "now": now}
    rulebooks.publish(version=draft, seen=draft.digest, **given)
    for code in ("complaint", "claims"):
        department = people.seeder.departments[code]
        rulebooks.assign(version=draft, department=department, **given)


def move(people: People, *, now: datetime) -> None:
    """From one desk to another in the middle of a month."""
    one = people.one(MOVES)
    employment.place(
        employee=one,
        department=people.seeder.departments["business"],
        position=one.position,
        from_on=people.last + timedelta(days=10),
        reason="业务部缺人，内部调动",
        actor=people.user(HR),
        now=now,
    )


def overnight(people: People, *, now: datetime) -> None:
    """What was dated ahead holds from today."""
    if employment.carry_out(now=now):
        people.one(MOVES).refresh_from_db()
        rosters.transfer(people, MOVES, "front", "business", now=now)


def another_rulebook(people: People, *, now: datetime) -> None:
    """The business desk works by another book from the middle of a month on."""
    rulebooks.assign(
        version=RulebookVersion.objects.get(rulebook__code="SD-2", number=1),
        department=people.seeder.departments["business"],
        effective_on=people.last + timedelta(days=15),
        actor=people.user(MANAGER),
        now=now,
    )


def resign(people: People, *, now: datetime) -> None:
    employment.leave(
        employee=people.one(LEAVES),
        last_day=people.coming - timedelta(days=1),
        reason="回老家照顾老人",
        actor=people.user(HR),
        now=now,
    )


def begin_to_hand_over(people: People, *, now: datetime) -> None:
    """A case has a new owner, a piece is back; the rest is still to be done."""
    leaving = Leaving.objects.select_related("employment__employee").get(
        employment__employee__number=LEAVES, withdrawn_at=None
    )
    hr, one = people.user(HR), leaving.employment.employee
    held = open_issues(one).filter(article__name="护腕鼠标垫").first()
    if held is not None:
        equipment.settle(issue=held, outcome=Issue.Outcome.RETURNED, actor=hr, now=now)
    note = "客户等网点回底单，明天上午要回电"
    items = [HandOverItem(case, people.one("0827"), note) for case in open_cases(one)[1:2]]
    if items:
        leavings.hand_over(leaving=leaving, items=items, actor=hr, now=now)
