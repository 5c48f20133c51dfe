"""Clocks, days, keeping and incidents to try out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from kefu.policy.both import Both
from kefu.policy.calculation import Calculation, Decided, labelled, unfit
from kefu.policy.calendar_days import MOST_DAYS, calendar_days
from kefu.policy.calendars import Calendar, Date, MakeUpDay, Moment
from kefu.policy.clauses.base import Name, Strict
from kefu.policy.clauses.clocks import (
    CLAIM_SETTLEMENT,
    COMPLAINT_FOLLOW_UP,
    COMPLAINT_REVISIT,
    COMPLAINT_SOLUTION,
    COMPLAINT_VERIFICATION,
    Notice,
)
from kefu.policy.clauses.rosters import Weekday, Window
from kefu.policy.clocks import (
    Due,
    OutletRules,
    Pause,
    ReplyFacts,
    ReplyRules,
    outlet_due,
    reply_due,
)
from kefu.policy.due import ClockFacts, clock_for, due
from kefu.policy.incidents import mass_incident
from kefu.policy.moments import day_of
from kefu.policy.recurring import next_occurrence, recurring
from kefu.policy.refusals import BadFacts
from kefu.policy.retention import retention_ends
from kefu.policy.rosters import usual_week
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.policy.working_hours import unknown_years, working_hours, working_steps

CALENDAR = "calendar"  # stands for a clause where the calendar alone is asked


class PauseFact(Strict):
    starts_at: Annotated[Moment, labelled("挂起自", "Paused from")]
    ends_at: Annotated[Moment, labelled("挂起至", "Paused to")]
    reason: Annotated[Name, labelled("理由", "Reason")] = "paused"


Pauses = Annotated[tuple[PauseFact, ...], Field(max_length=50), labelled("挂起", "Pauses")]


def _stretches(pauses: tuple[PauseFact, ...]) -> tuple[Pause, ...]:
    return tuple(Pause(one.starts_at, one.ends_at, one.reason) for one in pauses)


@contextmanager
def _refused(field: str) -> Iterator[None]:
    """Name the field whose facts make no sense together, where nothing else is named."""
    try:
        yield
    except ValidationError as error:
        raise unfit(error, field) from error
    except BadFacts as error:
        raise BadFacts({name or field: why for name, why in error.faults.items()}) from error


def _shown(found: Due | None) -> Decided:
    if found is None:
        return Decided.of((), due_at=None)
    return Decided.of(
        found.steps,
        clause=found.clause,
        due_at=found.due_at,
        warn_at=found.warn_at,
        lead_warn_at=found.lead_warn_at,
        breaches=found.breaches,
    )


# Replies.


class Reply(Strict):
    received_at: Annotated[Moment, labelled("客户消息收到时间", "The customer's message received")]
    failed_contact_at: Annotated[
        Moment | None, labelled("联系对方无人接的时间", "Counterpart called in vain")
    ] = None
    channel: Annotated[Literal["phone", "chat"], labelled("渠道", "Channel")] = "phone"
    first: Annotated[bool, labelled("这次接触的首条消息", "First message of the contact")] = True


def _reply(rulebook: Rulebook, facts: Reply) -> Decided:
    told = ReplyFacts(facts.received_at, facts.failed_contact_at, facts.channel, facts.first)
    with _refused("received_at"):
        return _shown(reply_due(told, ReplyRules.of(rulebook)))


class OutletReply(Strict):
    asked_at: Annotated[Moment, labelled("向网点发出查询的时间", "The outlet was asked")]


def _outlet(rulebook: Rulebook, facts: OutletReply) -> Decided:
    with _refused("asked_at"):
        return _shown(outlet_due(facts.asked_at, OutletRules.of(rulebook)))


# Complaints and claims.


class ComplaintClocks(Strict):
    received_at: Annotated[Moment, labelled("投诉受理时间", "Complaint received")]
    complaint_class: Annotated[Name, labelled("投诉类别", "Class of the complaint")]
    classed_at: Annotated[
        Moment | None, labelled("改为这一类别的时间", "Got this class later, at")
    ] = None
    resolved_at: Annotated[Moment | None, labelled("解决时间", "Resolved")] = None
    dissatisfied_at: Annotated[
        Moment | None, labelled("回访不满意的时间", "Dissatisfied in the follow-up call")
    ] = None


def _complaint(rulebook: Rulebook, facts: ComplaintClocks) -> Decided:
    happened = {
        "receipt": facts.received_at,
        "resolved": facts.resolved_at,
        "dissatisfied_call": facts.dissatisfied_at,
    }
    told = ClockFacts(
        {event: moment for event, moment in happened.items() if moment},
        case=facts.complaint_class,
        classed_at=facts.classed_at,
    )
    clocks = [("verification_due_at", COMPLAINT_VERIFICATION), ("due_at", COMPLAINT_SOLUTION)]
    if facts.resolved_at:
        clocks.append(("follow_up_due_at", COMPLAINT_FOLLOW_UP))
    if facts.dissatisfied_at:
        clocks.append(("revisit_due_at", COMPLAINT_REVISIT))
    found = {name: due(times, told, rulebook) for name, times in clocks}
    steps = tuple(step for one in found.values() if one for step in one.steps)
    return Decided.of(steps, **{name: one and one.due_at for name, one in found.items()})


class ClaimClock(Strict):
    claimed_at: Annotated[Moment, labelled("提出索赔的时间", "The claim was made")]
    claim_type: Annotated[Literal["loss", "delay", "damage"], labelled("索赔类型", "Type of claim")]
    pauses: Pauses = ()


def _claim(rulebook: Rulebook, facts: ClaimClock) -> Decided:
    told = ClockFacts(
        {"claim": facts.claimed_at}, case=facts.claim_type, pauses=_stretches(facts.pauses)
    )
    with _refused("pauses"):
        return _shown(due(CLAIM_SETTLEMENT, told, rulebook))


class AnyClock(Strict):
    """Any clock of the rulebook by what it measures."""

    times: Annotated[Name, labelled("计时对象", "What is measured")]
    happened_at: Annotated[Moment, labelled("起算的时间", "It counts from, or up to")]
    case: Annotated[Name, labelled("类别", "Case")] = "any"
    channel: Annotated[Literal["phone", "chat"], labelled("渠道", "Channel")] = "phone"
    message: Annotated[Literal["first", "later"], labelled("消息", "Message")] = "first"
    promised_for: Annotated[Moment | None, labelled("承诺的时间", "Promised for")] = None
    pauses: Pauses = ()
    calendar: Annotated[Calendar | None, labelled("工作日历", "Working calendar")] = None


def _any(rulebook: Rulebook, facts: AnyClock) -> Decided:
    told = ClockFacts(
        {},
        case=facts.case,
        channel=facts.channel,
        message=facts.message,
        promised_for=facts.promised_for,
        pauses=_stretches(facts.pauses),
        calendar=facts.calendar,
    )
    clause = clock_for(facts.times, told, rulebook)
    event = clause.before if isinstance(clause, Notice) else clause.since
    told = replace(told, moments={event: facts.happened_at})
    with _refused("happened_at"):
        found = due(facts.times, told, rulebook)
    if found is None:
        return Decided.of((Step.of(clause.id, "no_limit"),), clause=clause.id, due_at=None)
    return _shown(found)


# The calendar.


class CalendarFacts(Strict):
    """The week may be left to a rulebook that gives its hours."""

    weekdays: Annotated[
        tuple[Weekday, ...], labelled("工作日（周一为 1）", "Working weekdays (Monday = 1)")
    ] = (1, 2, 3, 4, 5)
    windows: Annotated[
        tuple[Window, ...],
        Field(max_length=12),
        labelled("每天的工作时段", "Hours of a working day"),
    ] = ()
    holidays: Annotated[
        tuple[Date, ...], Field(max_length=400), labelled("节假日", "Holidays")
    ] = ()
    make_up: Annotated[
        tuple[MakeUpDay, ...], Field(max_length=100), labelled("调休上班日", "Make-up working days")
    ] = ()

    def calendar(self, rulebook: Rulebook) -> Calendar:
        week = tuple(self.windows if day in self.weekdays else () for day in range(1, 8))
        with _refused("windows"):
            return Calendar(
                department="department",
                edition="1",
                week=week if self.windows else usual_week("any", rulebook),
                years=tuple({day.year for day in [*self.holidays, *(m.on for m in self.make_up)]}),
                days_off=self.holidays,
                make_up=self.make_up,
            )


class WorkingHours(CalendarFacts):
    start_at: Annotated[Moment, labelled("起算时间", "Start")]
    minutes: Annotated[int, Field(gt=0, le=600_000), labelled("工作时间", "Working time", "min")]
    pauses: Pauses = ()


def _working(rulebook: Rulebook, facts: WorkingHours) -> Decided:
    calendar, pauses = facts.calendar(rulebook), _stretches(facts.pauses)
    length = timedelta(minutes=facts.minutes)
    with _refused("pauses"):
        due_at = working_hours(facts.start_at, length, calendar, pauses)
        steps = working_steps(CALENDAR, facts.start_at, length, calendar, pauses)
    return Decided.of(steps, due_at=due_at)


class CalendarDays(CalendarFacts):
    start_at: Annotated[Moment, labelled("起算时间", "Start")]
    days: Annotated[int, Field(ge=0, le=MOST_DAYS), labelled("天数", "Days", "d")]
    day_type: Annotated[
        Literal["calendar", "working"], labelled("日历日或工作日", "Kind of days")
    ] = "calendar"
    start_counts: Annotated[bool, labelled("当天算第一天", "The first day counts")] = False
    pauses: Pauses = ()


def _days(rulebook: Rulebook, facts: CalendarDays) -> Decided:
    working = facts.day_type == "working"
    calendar = facts.calendar(rulebook) if working else None
    with _refused("pauses"):
        due_at = calendar_days(
            facts.start_at,
            facts.days,
            _stretches(facts.pauses),
            day_type=facts.day_type,
            calendar=calendar,
            start_counts=facts.start_counts,
        )
    first_on = day_of(facts.start_at)
    key = ("due_working_days" if working else "due_days") + "_with_first" * facts.start_counts
    steps = [Step.of(CALENDAR, key, from_on=first_on, n=facts.days, at=due_at)]
    if calendar:
        steps += unknown_years(CALENDAR, first_on, day_of(due_at), calendar)
    return Decided.of(tuple(steps), due_at=due_at)


# Keeping, coming round, incidents.


class Keeping(Strict):
    what: Annotated[Name, labelled("保存的资料", "What is kept")]
    since: Annotated[Date, labelled("起算日", "From the day")]
    held: Annotated[bool, labelled("还有未结的工单或理赔", "A case or claim is open")] = False


def _keeping(rulebook: Rulebook, facts: Keeping) -> Decided:
    with _refused("since"):
        kept = retention_ends(facts.what, facts.since, rulebook, held=facts.held)
    return Decided.of(
        kept.steps, last_on=kept.last_on, destroy_from=kept.destroy_from, must_destroy=kept.must
    )


class ComingRound(Strict):
    subject: Annotated[Name, labelled("事项", "What comes round")]
    after: Annotated[Moment, labelled("从何时起", "After")]
    calendar: Annotated[Calendar | None, labelled("工作日历", "Working calendar")] = None


def _round(rulebook: Rulebook, facts: ComingRound) -> Decided:
    with _refused("after"):
        found = next_occurrence(recurring(facts.subject, rulebook), facts.after, facts.calendar)
    return Decided.of(
        found.steps,
        due_at=found.due_at,
        on=found.on,
        warn_at=found.warn_at,
        covers=[day.isoformat() for day in found.covers] if found.covers else None,
    )


class MassIncident(Strict):
    received_at: Annotated[
        tuple[Moment, ...],
        Field(max_length=2000),
        labelled("同一问题各投诉的受理时间", "When complaints of one issue were received"),
    ]
    is_open: Annotated[bool, labelled("这个问题已启动预案", "An incident is open already")] = False


def _mass(rulebook: Rulebook, facts: MassIncident) -> Decided:
    found = mass_incident(facts.received_at, rulebook, is_open=facts.is_open)
    if found is None:
        return Decided.of((), starts_at=None)
    started = ClockFacts({"incident_start": found.starts_at})
    clocks = {}
    steps = list(found.steps)
    for name in ("incident_plan", "incident_investigation", "incident_completion"):
        clock = due(name, started, rulebook)
        clocks[f"{name}_due_at"] = clock and clock.due_at
        steps += clock.steps if clock else ()
    return Decided.of(tuple(steps), starts_at=found.starts_at, count=found.count, **clocks)


def _made(
    name: str, zh: str, en: str, facts: type[Strict], decide: Callable[[Rulebook, Any], Decided]
) -> Calculation:
    return Calculation(name, Both(zh, en), facts, decide)


CALCULATIONS: tuple[Calculation, ...] = (
    _made("reply", "回复客户的时限", "When a customer is answered", Reply, _reply),
    _made("outlet_reply", "网点反馈的时限", "When an outlet answers", OutletReply, _outlet),
    _made(
        "complaint_clocks",
        "投诉各环节的时限",
        "The clocks of a complaint",
        ComplaintClocks,
        _complaint,
    ),
    _made("claim_settlement", "理赔的时限", "When a claim is settled", ClaimClock, _claim),
    _made("any_clock", "任一时限", "Any clock of the rulebook", AnyClock, _any),
    _made("working_hours", "工作时间", "Working time", WorkingHours, _working),
    _made("calendar_days", "日历日与工作日", "Calendar and working days", CalendarDays, _days),
    _made("retention", "保存期限", "How long something is kept", Keeping, _keeping),
    _made("recurring", "定期事项的下一次", "When something comes round", ComingRound, _round),
    _made("mass_incident", "集中投诉", "A mass of complaints", MassIncident, _mass),
)
