"""What stands in a roster: who could work which shift, who does, and what is wrong with it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.policy.clauses import Staffing
from kefu.policy.lunches import batches
from kefu.policy.measures import counted
from kefu.policy.moments import DAY, end_of, wall
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.seats import Missing, missing_seats
from kefu.policy.shift_plans import Flaw, Pattern, Worked, flaws, patterns, post_of
from kefu.policy.vocabulary import word
from kefu.rulebooks import wording
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department, Employee
from kefu.staff.selectors import desks, seats_of
from payroll.models import Employment, Holiday, Leave, Overtime, Roster, RosteredShift
from payroll.selectors.courses import barred_on, bars
from payroll.selectors.holidays import statutory_days

HORIZON = 30  # days, where the rulebook does not say how far a roster reaches
LOOK_BACK = 31  # days of the rosters before that a draft goes on from
PUBLIC_HOLIDAY = "public_holiday"
CLEANING = "cleaning"


# What can be given.


def edition_of(department_id: int, *, at: datetime) -> Edition:
    """The rulebook that a department's roster is drawn up by. Raises KefuError where none holds."""
    return edition_in_force(department_id=department_id, at=at)


def horizon(rules: Rulebook) -> int:
    """How many days a roster covers (SD-311.04)."""
    try:
        verdict = counted(rules, "roster_days_ahead", {"any": Decimal(0)})
    except NotInRulebook:
        return HORIZON
    return max((int(count.short) for count in verdict.counts), default=HORIZON)


def people_of(department_id: int) -> list[Employee]:
    """Those who can be planned for, by their number."""
    people = Employee.objects.filter(department=department_id, status=Employee.Status.ACTIVE)
    return list(people.select_related("user").order_by("number"))


# Where the general word of a name is not what the shift is called.
SHIFTS = {
    "day": pgettext_lazy("shift", "日班"),
    "early": pgettext_lazy("shift", "早班"),
    "late": pgettext_lazy("shift", "晚班"),
    "night": pgettext_lazy("shift", "夜班"),
    "evening": pgettext_lazy("shift", "晚间班"),
    "evening_duty": pgettext_lazy("shift", "值班"),
    "all_day": pgettext_lazy("shift", "全天班"),
    "first": pgettext_lazy("shift", "一班"),
    "second": pgettext_lazy("shift", "二班"),
    "third": pgettext_lazy("shift", "三班"),
    "cleaning": pgettext_lazy("shift", "值日"),
}


# Above a column there is room for one sign.
WEEKDAYS = (
    pgettext_lazy("Monday", "一"),
    pgettext_lazy("Tuesday", "二"),
    pgettext_lazy("Wednesday", "三"),
    pgettext_lazy("Thursday", "四"),
    pgettext_lazy("Friday", "五"),
    pgettext_lazy("Saturday", "六"),
    pgettext_lazy("Sunday", "日"),
)


def shift_name(name: str) -> str:
    """What people call a shift: 早班, evening duty."""
    return str(SHIFTS.get(name) or word(name, get_language() or "zh-hans").replace("_", " "))


def short_name(name: str) -> str:
    """The same in a cell: 早, E."""
    return shift_name(name)[:1]


@dataclass(frozen=True, slots=True)
class Times:
    """A shift on a day, as instants."""

    starts_at: datetime
    ends_at: datetime
    windows: tuple[tuple[datetime, datetime], ...]


def times_of(pattern: Pattern, day: date) -> Times:
    windows = tuple((_wall(day, one.opens), _wall(day, one.closes)) for one in pattern.windows)
    return Times(windows[0][0], windows[-1][1], windows)


def _wall(day: date, clock_time: str) -> datetime:
    return end_of(day) if clock_time == "24:00" else wall(day, time.fromisoformat(clock_time))


def patterns_on(department: Department, day: date, rules: Rulebook) -> tuple[Pattern, ...]:
    return patterns(post_of(department.desk), day.isoweekday(), rules)


def sorts_of(name: str, day: date, holidays: Collection[date]) -> list[str]:
    """What the wishes of a rulebook ask of a shift: its name, and whether its day is a holiday (SD-215.06)."""
    return [name, PUBLIC_HOLIDAY] if day in holidays else [name]


# What is planned.


def planned(roster: Roster) -> list[RosteredShift]:
    """What counts in the days of a roster: a draft's own shifts after those already worked, else what is in force."""
    shifts = RosteredShift.objects.select_related("employee", "roster")
    if roster.state == Roster.State.DRAFT:
        worked = Q(pk__in=_worked_before(roster).values("pk"))
        return list(shifts.filter(Q(roster=roster) | worked))
    if roster.state == Roster.State.PUBLISHED:
        return list(shifts.in_force().filter(of_family(roster)))
    return list(shifts.filter(roster=roster))


def of_family(roster: Roster) -> Q:
    """Shifts of a roster and of the versions it took the place of."""
    return Q(
        roster__department=roster.department_id,
        roster__kind=roster.kind,
        roster__starts_on=roster.starts_on,
        day__gte=roster.starts_on,
        day__lte=roster.ends_on,
    )


def _worked_before(roster: Roster) -> Any:
    """Shifts that had begun when the draft of a next version was made: they stay as they are."""
    begun = RosteredShift.objects.in_force().filter(starts_at__lte=roster.made_at)
    if roster.replaces_id is None:
        return begun.none()
    return begun.filter(of_family(roster))


def on_leave(employees: Iterable[int], since: date, until: date) -> set[tuple[int, date]]:
    """Who is on approved leave on which day."""
    rows = Leave.objects.filter(
        employee__in=employees,
        state=Leave.State.APPROVED,
        starts_at__lt=end_of(until),
        ends_at__gt=wall(since, time.min),
    ).values_list("employee_id", "starts_at", "ends_at")
    away = set()
    for employee, starts_at, ends_at in rows:
        day = max(since, starts_at.astimezone(SHANGHAI).date())
        while day <= until and wall(day, time.min) < ends_at:
            away.add((employee, day))
            day += DAY
    return away


def not_employed(employees: Iterable[int], since: date, until: date) -> set[tuple[int, date]]:
    """The days on which nobody of these works here yet, or any more. Of whom no stay is recorded nothing is told."""
    stays: dict[int, list[tuple[date, date | None]]] = {}
    rows = Employment.objects.filter(employee__in=employees)
    for employee, hired_on, left_on in rows.values_list("employee_id", "hired_on", "left_on"):
        stays.setdefault(employee, []).append((hired_on, left_on))
    days = [since + n * DAY for n in range((until - since).days + 1)]
    return {
        (employee, day)
        for employee, own in stays.items()
        for day in days
        if not any(first <= day and (last is None or day <= last) for first, last in own)
    }


# Lunch.


def eats(shift: RosteredShift, roster: Roster) -> bool:
    """Are the batches of a roster within the shift, so that he has lunch with one of them? Who has a break of his own
    then eats in that.
    """
    if not roster.lunches:
        return False
    first, last = (
        wall(shift.day, time.fromisoformat(at))
        for at in (roster.lunches[0][0], roster.lunches[-1][1])
    )
    return any(
        _instant(opens) <= first and last <= _instant(closes) for opens, closes in shift.windows
    )


def lunch_of(shift: RosteredShift) -> tuple[datetime, datetime] | None:
    """When he has lunch, by the batches of his roster."""
    if shift.lunch is None or shift.lunch > len(shift.roster.lunches):
        return None
    opens, closes = (
        datetime.combine(shift.day, time.fromisoformat(at), SHANGHAI)
        for at in shift.roster.lunches[shift.lunch - 1]
    )
    return opens, closes


def lunch_hours(shift: RosteredShift) -> str:
    """11:30–12:00, "" for none."""
    found = lunch_of(shift)
    return f"{found[0]:%H:%M}–{found[1]:%H:%M}" if found else ""


# What is wrong with it.


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at. ``blocks``: it cannot be published like that. ``employee_id`` 0: of nobody in person."""

    what: str
    on: date
    text: str
    clause: str = ""
    employee_id: int = 0
    blocks: bool = False


def remarks(
    roster: Roster, shifts: Sequence[RosteredShift], rules: Rulebook, *, now: datetime
) -> list[Remark]:
    """What is wrong with a roster, what blocks it first: overlaps, leave, people who may not be planned for, rest and
    hours, turns, and what nobody covers. Only the first sort stops it from being published.
    """
    people = {shift.employee_id: shift.employee for shift in shifts}
    found: list[Remark] = []
    if roster.kind == Roster.Kind.DUTY:  # whose turn it is to clean does so within his shift
        plan = [_worked(one) for one in (*shifts, *_around(roster, list(people)))]
        found += [
            _of_flaw(flaw, people)
            for flaw in flaws(plan, rules)
            if roster.starts_on - 6 * DAY <= flaw.on <= roster.ends_on
        ]
    found += _on_leave(shifts, people, roster)
    found += _not_to_be_planned(shifts, people, rules)
    if roster.kind == Roster.Kind.DUTY:
        found += uncovered(roster, shifts, rules)
        found += _all_at_lunch(roster, shifts, rules)
    found += _too_short(roster, rules, now=now)
    return sorted(found, key=lambda one: (not one.blocks, one.on, one.what))


def _around(roster: Roster, employees: Sequence[int]) -> list[RosteredShift]:
    """Shifts in force of the same people besides this roster, in the weeks that it touches."""
    monday = roster.starts_on - (roster.starts_on.isoweekday() - 1) * DAY
    sunday = roster.ends_on + (7 - roster.ends_on.isoweekday()) * DAY
    rows = RosteredShift.objects.in_force().filter(
        employee__in=employees, day__gte=monday, day__lte=sunday
    )
    return list(rows.exclude(of_family(roster)).exclude(roster__kind=Roster.Kind.CLEANING))


def _worked(shift: RosteredShift) -> Worked:
    minutes = sum(
        (datetime.fromisoformat(closes) - datetime.fromisoformat(opens)).total_seconds()
        for opens, closes in shift.windows
    )
    return Worked(
        str(shift.employee_id),
        shift.day,
        shift.name,
        shift.starts_at,
        shift.ends_at,
        int(minutes // 60),
    )


def _of_flaw(flaw: Flaw, people: Mapping[int, Employee]) -> Remark:
    who = people.get(int(flaw.who))
    words = {
        "overlap": _("{who} {on} 的班重叠"),
        "day_hours": _("{who} {on} 排了 {number} 小时，一天最多 {bound} 小时"),
        "week_hours": _("{who} {on} 起的一周排了 {number} 小时，一周最多 {bound} 小时"),
        "no_rest": _("{who} {on} 起的一周只休 {number} 天，至少要休 {bound} 天"),
        "free_turn": _("{who} {on} 该轮休，却排了班"),
        "no_change": _("{who} {on} 该换班次了：同一班次最多连排 {bound} 天"),
    }
    text = words[flaw.what].format(
        who=who.name if who else "",
        on=f"{flaw.on:%m-%d}",
        number=f"{flaw.number:.1f}".removesuffix(".0"),
        bound=f"{flaw.bound:.0f}",
    )
    return Remark(flaw.what, flaw.on, text, flaw.clause, int(flaw.who), flaw.what == "overlap")


def _on_leave(
    shifts: Sequence[RosteredShift], people: Mapping[int, Employee], roster: Roster
) -> list[Remark]:
    away = on_leave(people, roster.starts_on, roster.ends_on)
    return [
        Remark(
            "on_leave",
            shift.day,
            _("{who} {on} 已批准请假").format(who=shift.employee.name, on=f"{shift.day:%m-%d}"),
            employee_id=shift.employee_id,
        )
        for shift in shifts
        if (shift.employee_id, shift.day) in away and shift.origin == RosteredShift.Origin.PLANNED
    ]


def _not_to_be_planned(
    shifts: Sequence[RosteredShift], people: Mapping[int, Employee], rules: Rulebook
) -> list[Remark]:
    """Those who left, are suspended, or have not passed the examination before the job (ES-602.07, ES-603.23)."""
    barred = bars(people, rules)
    found = []
    for shift in shifts:
        who = shift.employee
        if who.status != Employee.Status.ACTIVE:
            text = _("{who} 现在{status}，不能排班").format(
                who=who.name, status=who.get_status_display()
            )
            found.append(Remark("not_here", shift.day, text, "", who.pk, blocks=True))
        elif (bar := barred_on(barred, who.pk, shift.day)) is not None:
            text = bar.in_words(who.name, shift.day)
            found.append(Remark(bar.what, shift.day, text, bar.clause, who.pk, blocks=True))
    return found


def _too_short(roster: Roster, rules: Rulebook, *, now: datetime) -> list[Remark]:
    """A roster that does not reach as far ahead as it has to (SD-311.04)."""
    if roster.state != Roster.State.DRAFT or roster.kind != Roster.Kind.DUTY:
        return []
    days = (roster.ends_on - max(roster.starts_on, now.astimezone(SHANGHAI).date())).days + 1
    try:
        verdict = counted(rules, "roster_days_ahead", {"any": Decimal(max(days, 0))})
    except NotInRulebook:
        return []
    return [
        Remark(
            "too_short",
            roster.ends_on,
            _("只排到 {on}，还差 {n} 天").format(on=f"{roster.ends_on:%m-%d}", n=count.short),
            count.clause,
        )
        for count in verdict.counts
        if count.short and roster.replaces_id is None
    ]


# What nobody covers.


def uncovered(roster: Roster, shifts: Sequence[RosteredShift], rules: Rulebook) -> list[Remark]:
    """The seats that have to be kept and that nobody is planned for, day by day: those of the centre's lines in the
    evening, of those who stay on, of lunch (CD-03.09, CD-03.10, CD-12.42, SD-331.05). Whoever is on leave keeps none.
    """
    others = RosteredShift.objects.in_force().filter(
        day__gte=roster.starts_on, day__lte=roster.ends_on, roster__kind=Roster.Kind.DUTY
    )
    here = [*shifts, *others.exclude(of_family(roster)).select_related("employee")]
    away = on_leave({one.employee_id for one in here}, roster.starts_on, roster.ends_on)
    by_day: dict[date, list[RosteredShift]] = {}
    for one in here:
        if (one.employee_id, one.day) not in away:
            by_day.setdefault(one.day, []).append(one)
    departments = desks()
    own = {one.day for one in shifts}
    found = []
    day = roster.starts_on
    while day <= roster.ends_on:
        if patterns_on(roster.department, day, rules) and (day in own or day in by_day):
            found += [
                Remark(f"seat_{lack.name}", day, _lack_in_words(lack, day), lack.clause)
                for lack in missing_on(by_day.get(day, []), rules, departments)
            ]
        day += DAY
    return found


def _all_at_lunch(roster: Roster, shifts: Sequence[RosteredShift], rules: Rulebook) -> list[Remark]:
    """The days on which lunch is in fewer batches than it has to be, so that nobody stays at the lines (CD-12.23)."""
    if not batches(rules)[0]:
        return []
    away = on_leave({one.employee_id for one in shifts}, roster.starts_on, roster.ends_on)
    by_day: dict[date, set[str]] = {}
    for one in shifts:
        if hours := lunch_hours(one) if (one.employee_id, one.day) not in away else "":
            by_day.setdefault(one.day, set()).add(hours)
    return [
        Remark(
            "seat_lunch",
            day,
            _("{on} 午餐要分 {wanted} 批，只排了 {there} 批：{at} 没有人留在线上").format(
                on=f"{day:%m-%d}", wanted=lack.wanted, there=lack.there, at=min(hours)
            ),
            lack.clause,
        )
        for day, hours in sorted(by_day.items())
        for lack in missing_seats(rules, {"lunch_batches": len(hours)}, time(12))
    ]


def missing_on(
    shifts: Sequence[RosteredShift], rules: Rulebook, departments: Sequence[Department]
) -> list[Missing]:
    """What is missing at some moment between the first that comes and the last that leaves, each once, where it is
    worst.
    """
    windows = [
        (_instant(opens), _instant(closes), shift)
        for shift in shifts
        for opens, closes in shift.windows
    ]
    worst: dict[tuple[str, str], Missing] = {}
    for at in _moments(windows, rules):
        people = [shift.employee for opens, closes, shift in windows if opens <= at <= closes]
        for lack in missing_seats(rules, _seats(people, rules, departments), at.time()):
            known = worst.get((lack.clause, lack.name))
            if known is None or lack.there < known.there:
                worst[lack.clause, lack.name] = lack
    return list(worst.values())


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(SHANGHAI)


def _moments(windows: Sequence[Any], rules: Rulebook) -> list[datetime]:
    """When the number of people or what is asked for changes: a minute after each such moment, and the moment."""
    if not windows:
        return []
    first = min(opens for opens, _closes, _shift in windows)
    ends = {closes for _opens, closes, _shift in windows}
    begins = {clause.applies_from for clause in rules.in_force(Staffing) if clause.applies_from}
    asked = {datetime.combine(first.date(), at, SHANGHAI) for at in begins}
    after = {at + timedelta(minutes=1) for at in (*ends, *asked)}
    last = max(ends | {max(asked, default=first) + timedelta(minutes=1)})
    return sorted(
        at for at in {first, *asked, *after} if first <= at <= last and at.date() == first.date()
    )


def _seats(
    people: Sequence[Employee], rules: Rulebook, departments: Sequence[Department]
) -> dict[str, int]:
    """The people of a moment by the names of the staffing clauses; somebody counts once in each clause."""
    present = {one.pk: one.department_id for one in people}
    by_desk = Counter(present.values())
    counts = seats_of(rules, by_desk, departments)
    business = [
        one.pk for one in departments if one.desk == Department.Desk.BUSINESS and one.active
    ]
    query = [one.pk for one in departments if one.works_inquiries and one.active]
    crew = sum(by_desk.values())
    counts["query_line"] = sum(by_desk[pk] for pk in query)
    if business:
        counts["business_line"] = sum(by_desk[pk] for pk in business)
    # Who fetches dinner is one of those who need not answer a line just then.
    wanted = {"query_line": 0, "business_line": 0}
    for clause in rules.in_force(Staffing):
        for name in wanted:
            wanted[name] = max(wanted[name], clause.at_least.get(name, 0))
    at_lines = sum(min(counts.get(name, 0), number) for name, number in wanted.items())
    counts["dinner_run"] = max(0, crew - at_lines)
    counts["lunch_duty"] = crew
    return counts


def _lack_in_words(lack: Missing, day: date) -> str:
    return _("{on} {since} 起缺{what}：要 {wanted} 个，排了 {there} 个").format(
        on=f"{day:%m-%d}",
        since=f"{lack.since:%H:%M}",
        what=wording.value_in_words("at_least", lack.name),
        wanted=lack.wanted,
        there=lack.there,
    )


# The page of a roster.


@dataclass(frozen=True, slots=True)
class Cell:
    day: date
    value: str  # names joined by "+"
    text: str
    title: str
    fixed: bool  # begun already, or not of this version
    marked: bool
    swapped: bool
    lunch: int  # which batch he eats with; 0: none
    lunch_ahead: bool


@dataclass(frozen=True, slots=True)
class Row:
    employee: Employee
    cells: Sequence[Cell]
    shifts: int
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Grid:
    days: Sequence[tuple[date, str]]  # with the sign of its weekday
    rows: Sequence[Row]
    counts: Sequence[tuple[str, Sequence[int]]]  # shift, how many on each day
    choices: Sequence[tuple[str, str, str]]  # value, short, name with hours
    remarks: Sequence[Remark]
    holidays: Collection[date]
    short_days: Collection[date]  # with seats that nobody covers


def days_of(roster: Roster) -> list[date]:
    return [roster.starts_on + n * DAY for n in range((roster.ends_on - roster.starts_on).days + 1)]


def choices_of(roster: Roster, rules: Rulebook) -> list[tuple[str, str, str]]:
    """What a cell can hold, each with the digit that sets it: value, as a cell shows it, as people say it."""
    if roster.kind == Roster.Kind.CLEANING:
        return [(CLEANING, short_name(CLEANING), shift_name(CLEANING))]
    found: dict[str, Pattern] = {}
    for weekday in range(7):
        for one in patterns_on(roster.department, roster.starts_on + weekday * DAY, rules):
            found.setdefault(one.name, one)
    single = [
        (name, short_name(name), f"{shift_name(name)} {_hours(one)}") for name, one in found.items()
    ]
    main = [one for one in found.values() if not one.after_hours]
    both = [
        (
            f"{one.name}+{duty.name}",
            short_name(one.name) + short_name(duty.name),
            f"{shift_name(one.name)} + {shift_name(duty.name)}",
        )
        for one in main
        for duty in found.values()
        if duty.after_hours
    ]
    return [*single, *both]


def _hours(pattern: Pattern) -> str:
    return f"{pattern.windows[0].opens}–{pattern.windows[-1].closes}"


def grid(roster: Roster, rules: Rulebook, *, judged: bool, now: datetime) -> Grid:
    """The roster as people × days, in as many questions however many there are. ``judged``: with what is wrong with
    it, which is for those who plan: it tells of people's leave.
    """
    shifts, days = planned(roster), days_of(roster)
    judged = judged and roster.state != Roster.State.WITHDRAWN
    found = remarks(roster, shifts, rules, now=now) if judged else []
    marked = {(one.employee_id, one.on) for one in found if one.employee_id}
    holidays = statutory_days(roster.starts_on, roster.ends_on)
    by_cell: dict[tuple[int, date], list[RosteredShift]] = {}
    for shift in sorted(shifts, key=lambda one: one.starts_at):
        by_cell.setdefault((shift.employee_id, shift.day), []).append(shift)
    people = {one.pk: one for one in people_of(roster.department_id)}
    people |= {shift.employee_id: shift.employee for shift in shifts}
    draft = roster.state == Roster.State.DRAFT
    rows = [
        Row(
            who,
            [
                _cell(by_cell.get((who.pk, day), []), who, day, marked, roster, draft, now)
                for day in days
            ],
            sum(len(by_cell.get((who.pk, day), [])) for day in days),
            Decimal(
                sum(_worked(one).minutes for day in days for one in by_cell.get((who.pk, day), []))
            )
            / 60,
        )
        for who in sorted(people.values(), key=lambda one: one.number)
    ]
    names = dict.fromkeys(
        shift.name for shift in sorted(shifts, key=lambda one: one.starts_at.time())
    )
    tally = Counter((shift.name, shift.day) for shift in shifts)
    counts = [(shift_name(name), [tally[name, day] for day in days]) for name in names]
    eaters = Counter((shift.lunch, shift.day) for shift in shifts)
    counts += [
        (_("午餐 {at}").format(at="–".join(hours)), [eaters[number, day] for day in days])
        for number, hours in enumerate(roster.lunches, start=1)
    ]
    short = {one.on for one in found if one.what.startswith("seat_")}
    headed = [(day, str(WEEKDAYS[day.isoweekday() - 1])) for day in days]
    return Grid(headed, rows, counts, choices_of(roster, rules), found, holidays, short)


def _cell(
    shifts: Sequence[RosteredShift],
    who: Employee,
    day: date,
    marked: Collection[tuple[int, date]],
    roster: Roster,
    draft: bool,
    now: datetime,
) -> Cell:
    hours = [
        f"{shift_name(one.name)} {one.starts_at.astimezone(SHANGHAI):%H:%M}–{_end(one)}"
        for one in shifts
    ]
    eating = next((one for one in shifts if one.lunch), None)
    lunch = lunch_of(eating) if eating else None
    if eating and lunch:
        hours.append(_("午餐 {at}").format(at=lunch_hours(eating)))
    begun = day < now.astimezone(SHANGHAI).date() or any(one.starts_at <= now for one in shifts)
    return Cell(
        day,
        "+".join(one.name for one in shifts),
        "".join(short_name(one.name) for one in shifts),
        " ".join((who.name, f"{day:%m-%d}", *hours)) if hours else f"{who.name} {day:%m-%d}",
        fixed=draft and begun,
        marked=(who.pk, day) in marked,
        swapped=any(one.origin != RosteredShift.Origin.PLANNED for one in shifts),
        lunch=(eating.lunch or 0) if eating else 0,
        lunch_ahead=lunch is not None and lunch[0] > now,
    )


def _end(shift: RosteredShift) -> str:
    local = shift.ends_at.astimezone(SHANGHAI)
    return (
        "24:00"
        if local.date() > shift.day and local.hour == local.minute == 0
        else f"{local:%H:%M}"
    )


# One person's month.


def shift_in_words(shift: RosteredShift) -> str:
    """11-23 周一 早班 09:00–18:30."""
    local = shift.starts_at.astimezone(SHANGHAI)
    weekday = date_format(shift.day, "D")
    return f"{shift.day:%m-%d} {weekday} {shift_name(shift.name)} {local:%H:%M}–{_end(shift)}"


@dataclass(frozen=True, slots=True)
class PictureShift:
    name: str
    short: str
    hours: str
    origin: str  # "" where it is as planned
    cleaning: bool
    lunch: str  # 11:30–12:00


@dataclass(frozen=True, slots=True)
class PictureDay:
    day: date
    inside: bool  # of this month
    shifts: Sequence[PictureShift]
    leave: str  # what he is away for
    holiday: str


def month_picture(employee: Employee, first: date, last: date) -> list[list[PictureDay]]:
    """The weeks of a month, Monday first: each day's shifts, approved overtime, leave and holiday; in four questions."""
    since = first - (first.isoweekday() - 1) * DAY
    until = last + (7 - last.isoweekday()) * DAY
    shifts: dict[date, list[PictureShift]] = {}
    rows = RosteredShift.objects.of(employee, since=since, until=until).order_by("starts_at")
    for one in rows.select_related("roster"):
        origin = RosteredShift.Origin(one.origin)
        planned_ = origin == RosteredShift.Origin.PLANNED
        cleaning = one.name == CLEANING
        hours = "" if cleaning else f"{one.starts_at.astimezone(SHANGHAI):%H:%M}–{_end(one)}"
        shown = PictureShift(
            shift_name(one.name),
            short_name(one.name),
            hours,
            "" if planned_ else str(origin.label),
            cleaning,
            lunch_hours(one),
        )
        shifts.setdefault(one.day, []).append(shown)
    staying = Overtime.objects.filter(
        employee=employee,
        state=Overtime.State.APPROVED,
        starts_at__gte=wall(since, time.min),
        starts_at__lt=end_of(until),
    )
    for more in staying.order_by("starts_at"):
        begins, ends = (at.astimezone(SHANGHAI) for at in (more.starts_at, more.ends_at))
        word_ = _("加班")
        picture = PictureShift(word_, word_[:1], f"{begins:%H:%M}–{ends:%H:%M}", "", False, "")
        shifts.setdefault(begins.date(), []).append(picture)
    away = {}
    leaves = Leave.objects.filter(
        employee=employee,
        state__in=[Leave.State.APPROVED, Leave.State.ASKED],
        starts_at__lt=end_of(until),
        ends_at__gt=wall(since, time.min),
    )
    for leave in leaves:
        day = leave.starts_at.astimezone(SHANGHAI).date()
        word_ = leave.get_kind_display()
        if leave.state == Leave.State.ASKED:
            word_ = _("{kind}（待批）").format(kind=word_)
        while wall(day, time.min) < leave.ends_at:
            away[day] = word_
            day += DAY
    named = dict(Holiday.objects.filter(day__gte=since, day__lte=until).values_list("day", "name"))
    days = [
        PictureDay(
            day, first <= day <= last, shifts.get(day, []), away.get(day, ""), named.get(day, "")
        )
        for day in (since + n * DAY for n in range((until - since).days + 1))
    ]
    return [days[n : n + 7] for n in range(0, len(days), 7)]


def tally_of(weeks: Sequence[Sequence[PictureDay]]) -> list[tuple[str, int]]:
    """How many shifts of each name the month has."""
    names = Counter(
        shift.name for week in weeks for day in week if day.inside for shift in day.shifts
    )
    return list(names.items())
