"""Register what is wrong with a parcel, as its type asks for it; refuse the record otherwise."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Scan
from kefu.policy.conditions import MissingFact
from kefu.policy.moments import day_of
from kefu.policy.problem_records import (
    CONTRACTOR,
    NEED_A_REASON,
    Judged,
    fixed_remark,
    judge_record,
    message_due,
    possible,
)
from kefu.policy.rulebook import Rulebook
from kefu.privacy import masks, phones, redact
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff import barred
from kefu.staff.models import Department, Employee
from problem_parcels.models import ContactAttempt, ProblemParcel, ProblemRecord
from problem_parcels.selectors.parcels import Parcel, look_up
from problem_parcels.services import disposals, stays
from problem_parcels.wording import names_in_words, stored

Problem = ProblemParcel.Problem
Outcome = ContactAttempt.Outcome
REMARK_LIMIT, ADDRESS_LIMIT, NAME_LIMIT, VALUE_LIMIT = 500, 200, 60, 60  # characters
ADDRESS_LEAST = 6  # fewer name no place that a courier finds
# Chosen values that say when: checked against the clock and against each other.
MOMENTS = ("notified_at", "round_ended_at")
# Which list of the rulebook classes a call that reached nobody, by type.
CLASSED_BY = {Problem.NOBODY_HOME: "nobody_home_remark"}
UNREACHABLE = "unreachable_reason"


# What follows from calls, words and scans, and is never taken from whoever says that it is there.
DERIVED = frozenset(
    {
        *("attempt_date", "attempt_hour_and_minute", "contact_attempt", "contact_confirmed"),
        *("contacted_at", "contacted_hour_and_minute", "correct_address", "every_number_called"),
        *(
            "full_new_address",
            "message",
            "message_sent",
            "new_address",
            "new_phone",
            "new_recipient",
        ),
        *("new_value", "notified", "old_value", "problem_scan", "reason", "remark"),
    }
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call: what came of it and when; whose number, if not the recipient's on the waybill."""

    outcome: str
    at: datetime
    whose: str = ContactAttempt.Whose.RECEIVER
    number: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What the clerk says of a parcel. ``chosen``: facts, dates and choices by the names policy has for them;
    times as ISO text. ``courier``: who had it out.
    """

    problem: str
    chosen: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    reason: str = ""
    new_address: str = ""
    new_recipient: str = ""
    new_phone: str = ""
    attempts: Sequence[Attempt] = ()
    courier: Party | None = None
    place: str = ProblemParcel.Place.WAREHOUSE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rulebook makes of facts, whoever's parcel they are about: ``fixed`` is the remark it has for them,
    ``message_allowed`` whether the sending outlet may be written to (CD-09.28, CD-09.29).
    """

    judged: Judged
    fixed: str
    message_allowed: bool


Judge = Callable[[Rulebook, Mapping[str, str], Collection[str], str], Verdict]


def verdict_of(
    rules: Rulebook, facts: Mapping[str, str], recorded: Collection[str], remark: str
) -> Verdict:
    """Judge a record by its facts, what is recorded besides, and the words of its remark."""
    try:
        allowed = possible(rules, "post_message", facts, recorded).allowed
    except MissingFact:  # the record is refused for it
        allowed = False
    judged = judge_record(rules, facts, recorded, remark)
    return Verdict(judged, fixed_remark(rules, facts), allowed)


@dataclass(frozen=True, slots=True)
class Made:
    """A record that the rulebook accepts, not stored yet."""

    given: Given
    direction: str
    using: Edition
    facts: Mapping[str, str]
    recorded: frozenset[str]
    words: Mapping[str, str]  # sealed
    remark: str
    numbers: Sequence[str]  # of the attempts
    verdict: Verdict

    @property
    def judged(self) -> Judged:
        return self.verdict.judged

    @property
    def message_allowed(self) -> bool:
        return self.verdict.message_allowed

    @property
    def reason(self) -> bool:
        """There is one, and it counts."""
        return "reason" in self.recorded

    @property
    def valid(self) -> bool:
        return self.reason and not self.judged.invalid

    @property
    def stays_with_courier(self) -> bool:
        """The reason is none, or is the courier's own: delivery and its delay stay his."""
        return not self.valid or not self.message_allowed

    @property
    def liable(self) -> Party | None:
        return self.given.courier if self.stays_with_courier else None

    @property
    def steps(self) -> list[Any]:
        return [step.to_json() for step in self.judged.steps]


def register(
    *,
    number: str,
    given: Given,
    owner: Employee | None,
    department: Department,
    again: bool = True,
    actor: Any,
    now: datetime,
) -> Case:
    """Register a problem parcel with its first record; return its case.

    A parcel has one open case: scanned again by whoever works it, the record is added to that. The clock
    it starts is that of the day: an outbound parcel is handled on it (CD-04.22), of an inbound one that
    was not delivered the sending outlet is told (CD-07.06), unless it travels within the city (CD-07.09).
    Without a reason that counts it goes out again the next day (CD-09.30).
    ``again``: whether it may be recorded a second time on one day; a scanner that reads twice, or a form sent
    twice, means the first. Raises KefuError naming the field, Conflict where another has it. Source: CD-07.07, CD-09.01 … CD-09.29.
    """
    barred.refuse(owner, now, "waybill_number")
    parcel = look_up(number)
    if parcel.open_case_id is not None:
        return _on_its_case(parcel, given, owner=owner, again=again, actor=actor, now=now)
    refuse_delivered(parcel, given)
    try:
        with transaction.atomic():
            return _open(parcel, given, owner=owner, department=department, actor=actor, now=now)
    except IntegrityError as error:
        if "case_one_open_problem" in str(error):  # of two at once the second is told
            raise _in_hand(look_up(number)) from error
        raise


def _on_its_case(
    parcel: Parcel, given: Given, *, owner: Employee | None, again: bool, actor: Any, now: datetime
) -> Case:
    mine = owner is not None and parcel.open_owner_id in (owner.pk, None)
    if not mine:
        raise _in_hand(parcel)
    case = Case.objects.select_related("owner").get(pk=parcel.open_case_id or 0)
    last = None if again else case.problem_records.last()
    if last is not None and day_of(last.recorded_at) == day_of(now):
        raise Conflict(
            _("今天 %(at)s 已经登记过：%(case)s，%(what)s")
            % {
                "at": f"{last.recorded_at.astimezone(SHANGHAI):%H:%M}",
                "case": case.number,
                "what": last.get_problem_display(),
            },
            code="recorded_today",
            field="waybill_number",
            case=case.number,
        )
    record_again(case=case, given=given, actor=actor, now=now)
    return case


def _in_hand(parcel: Parcel) -> Conflict:
    case = Case.objects.select_related("owner").filter(pk=parcel.open_case_id or 0).first()
    return Conflict(
        _("%(case)s 在%(who)s手上，请找他办理或先转交")
        % {
            "case": case.number if case else parcel.waybill.number,
            "who": (case and case.owner) or _("部门待领"),
        },
        code="in_anothers_hands",
        field="waybill_number",
        case=case.number if case else "",
    )


def refuse_delivered(parcel: Parcel, given: Given) -> None:
    """Refuse what has been signed for, unless damage came to light. Raises Conflict."""
    damaged = (Problem.DAMAGED_INSIDE, Problem.DAMAGED_OUTSIDE)
    if parcel.signed_at is not None and given.problem not in damaged:
        raise Conflict(
            _("这一票已经签收，不能再登记为问题件"), code="parcel_signed", field="waybill_number"
        )


def _open(
    parcel: Parcel,
    given: Given,
    *,
    owner: Employee | None,
    department: Department,
    actor: Any,
    now: datetime,
) -> Case:
    waybill = parcel.waybill
    using = edition_in_force(department_id=department.pk, at=now)
    made = made_of(parcel, given, using, now=now)
    inbound = parcel.direction == ProblemParcel.Direction.INBOUND
    case = Case.objects.create(
        number=cases.next_number(Case.Kind.PROBLEM_PARCEL, now),
        kind=Case.Kind.PROBLEM_PARCEL,
        waybill=waybill,
        waybill_number=waybill.number,
        department=department,
        owner=owner,
        outlet=waybill.origin if inbound else waybill.destination,
        opened_at=now,
        last_at=now,
        last_text=made.remark[: cases.LAST_TEXT],
        last_direction=Interaction.Direction.INTERNAL,
        **cases.customer_fields(
            name=waybill.sealed.get("receiver_name", ""),
            phone=waybill.sealed.get("receiver_phone", ""),
            summary=summary_of(made),
            keep=[waybill.number],
        ),
    )
    extension = ProblemParcel.objects.create(
        case=case,
        direction=parcel.direction,
        place=given.place,
        same_city=parcel.same_city,
        problem=given.problem,
        registered_at=now,
        registered_by=actor,
    )
    line = _store(case, made, sort=sort_of(parcel), opening=True, actor=actor, now=now)
    _start_day_clock(case, extension, made, line)
    _claim_stay(parcel, case, made)
    notifications.publish(
        kind=Event.Kind.CASE_NEW,
        at=now,
        department_id=department.pk,
        case_id=case.pk,
        user_id=owner.user_id if owner and owner.user_id != getattr(actor, "pk", None) else None,
    )
    disposals.send_out_again(case=case, made=made, actor=actor, now=now)
    return case


def _claim_stay(parcel: Parcel, case: Case, made: Made) -> None:
    """What lies in store without a case has one now, if there is a reason for it."""
    if parcel.stay_id is not None:
        stays.attach(
            stay_id=parcel.stay_id, case=case, has_reason=made.reason, rules=made.using.rules
        )


def sort_of(parcel: Parcel) -> str:
    return "same_city" if parcel.same_city else "out_of_town"


def summary_of(made: Made) -> str:
    return made.remark or stored(Problem(made.given.problem).label)


def _start_day_clock(case: Case, extension: ProblemParcel, made: Made, line: Interaction) -> None:
    action = day_clock(made, extension.direction, same_city=extension.same_city)
    if action is not None:
        deadlines.start_clock(
            case=case,
            action=action,
            using=made.using,
            party=party_of(case),
            started_by=line,
        )


def _day_began(case: Case) -> bool:
    """Whether the clock of the day was started, or the other outlet told without one."""
    day = (Deadline.Action.OUTBOUND_PROBLEM, Deadline.Action.UNDELIVERED_MESSAGE)
    told = case.parcel_messages.filter(sender__kind=Party.Kind.COMPANY, withdrawn_at=None)
    return case.deadlines.filter(action__in=day).exists() or told.exists()


def day_clock(made: Made, direction: str, *, same_city: bool) -> Deadline.Action | None:
    """The clock of the day that a first record starts (CD-04.22, CD-07.06, CD-07.09); prohibited goods go back
    without a message (CD-07.16).
    """
    if direction == ProblemParcel.Direction.OUTBOUND:
        return Deadline.Action.OUTBOUND_PROBLEM
    if made.given.problem == Problem.PROHIBITED:
        return None
    if made.message_allowed and message_due(made.using.rules, same_city=same_city):
        return Deadline.Action.UNDELIVERED_MESSAGE
    return None


@transaction.atomic
def record_again(*, case: Case, given: Given, actor: Any, now: datetime) -> ProblemRecord:
    """Add what was found the next time; the case is of that type from then on.

    A parcel with a delivery on record becomes one for self-pickup only with a message sent (CD-07.10).
    """
    case = cases.lock(case=case)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    parcel = look_up(case.waybill_number)
    using = edition_in_force(department_id=case.department_id, at=now)
    made = made_of(parcel, given, using, now=now, case=case)
    extension = ProblemParcel.objects.get(pk=case.pk)
    line = _store(case, made, sort=sort_of(parcel), opening=False, actor=actor, now=now)
    extension.problem, extension.place = given.problem, given.place
    extension.save(update_fields=["problem", "place"])
    if not _day_began(case):
        _start_day_clock(case, extension, made, line)
    _claim_stay(parcel, case, made)
    disposals.send_out_again(case=case, made=made, actor=actor, now=now)
    return ProblemRecord.objects.get(pk=line.data["record"])


def _store(
    case: Case, made: Made, *, sort: str, opening: bool, actor: Any, now: datetime
) -> Interaction:
    """The record, its calls, the problem scan (CD-07.07), and the line that tells of it."""
    given = made.given
    ContactAttempt.objects.bulk_create(
        ContactAttempt(
            case=case,
            whose=attempt.whose,
            sealed={"number": number},
            number_masked=masks.mask_phone(number) if number else "",
            at=attempt.at,
            outcome=attempt.outcome,
            recorded_at=now,
            recorded_by=actor,
        )
        for attempt, number in zip(given.attempts, made.numbers, strict=True)
    )
    record = ProblemRecord.objects.create(
        case=case,
        problem=given.problem,
        chosen=dict(made.facts),
        sealed=dict(made.words),
        remark=made.remark,
        valid=made.valid,
        liable=made.liable,
        scanned_at=now,
        recorded_at=now,
        recorded_by=actor,
        rulebook_id=made.using.version_id,
        inputs={
            "facts": dict(made.facts),
            "recorded": sorted(made.recorded),
            "steps": made.steps,
        },
    )
    Scan.objects.create(
        waybill_number=case.waybill_number,
        kind=Scan.Kind.PROBLEM,
        at=now,
        place=case.department.name[:60],
        text=stored(Problem(given.problem).label),
    )
    return cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="problem_registered",
        text=made.remark,
        data={"record": record.pk, "problem": given.problem, "sort": sort, "valid": made.valid},
        opening=opening,
        actor=actor,
        now=now,
    )


@transaction.atomic
def log_attempt(*, case: Case, attempt: Attempt, actor: Any, now: datetime) -> ContactAttempt:
    """Record one more call about an open case; a row of its own."""
    case = cases.lock(case=case)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    parcel = look_up(case.waybill_number)
    number = _number(attempt, parcel)
    _check_time(attempt.at, parcel, now=now)
    made = ContactAttempt.objects.create(
        case=case,
        whose=attempt.whose,
        sealed={"number": number},
        number_masked=masks.mask_phone(number) if number else "",
        at=attempt.at,
        outcome=attempt.outcome,
        recorded_at=now,
        recorded_by=actor,
    )
    cases.step(
        case=case,
        action="contact_attempted",
        actor=actor,
        now=now,
        outcome=made.outcome,
        number=made.number_masked,
    )
    return made


# What the rulebook makes of it.


def made_of(
    parcel: Parcel,
    given: Given,
    using: Edition,
    *,
    now: datetime,
    case: Case | None = None,
    judge: Judge = verdict_of,
) -> Made:
    """Return the record as it would be stored. Raises KefuError naming the first field at fault; ``details``
    hold all of them: ``lacks`` as [(field, clause)].
    """
    if given.problem not in Problem:
        raise KefuError(_("请选问题类型"), code="problem_unknown", field="problem")
    words = _words(given)
    numbers = [_number(attempt, parcel) for attempt in given.attempts]
    for attempt in given.attempts:
        _check_time(attempt.at, parcel, now=now)
    facts = _facts(parcel, given)
    recorded = _recorded(parcel, given, words, facts, case)
    verdict = judge(using.rules, facts, recorded, words["remark"])
    _refuse(verdict.judged, given)
    _check_notice(given, now=now)
    return Made(
        given=given,
        direction=parcel.direction,
        using=using,
        facts=facts,
        recorded=frozenset(recorded),
        words=words,
        remark=redact.redact(
            words["remark"] or verdict.fixed or words["reason"],
            keep=[parcel.waybill.number],
            names=[name for name in (parcel.waybill.sealed.get("receiver_name"),) if name],
        ),
        numbers=numbers,
        verdict=verdict,
    )


def _words(given: Given) -> dict[str, str]:
    limits = {
        "remark": REMARK_LIMIT,
        "reason": REMARK_LIMIT,
        "new_address": ADDRESS_LIMIT,
        "new_recipient": NAME_LIMIT,
    }
    words = {
        name: redact.clean(getattr(given, name), max_length=limit, field=name)
        for name, limit in limits.items()
    }
    words["new_phone"] = cases.callable_phone(given.new_phone, field="new_phone")
    if words["new_address"] and len(words["new_address"]) < ADDRESS_LEAST:
        raise KefuError(
            _("新地址要写到门牌，让派件员找得到"), code="address_short", field="new_address"
        )
    return words


def _number(attempt: Attempt, parcel: Parcel) -> str:
    if attempt.outcome not in Outcome:
        raise KefuError(_("请选联系结果"), code="outcome_unknown", field="outcome")
    if attempt.number.strip():
        return phones.normalise(attempt.number, field="number")
    side = "sender" if attempt.whose == ContactAttempt.Whose.SENDER else "receiver"
    return str(parcel.waybill.sealed.get(f"{side}_phone", ""))


def _check_time(
    at: datetime, parcel: Parcel, *, now: datetime, field: str = "contacted_at"
) -> None:
    if at > now:
        raise KefuError(_("联系时间不能晚于现在"), code="in_future", field=field)
    if parcel.delivering_at is not None and at < parcel.delivering_at:
        raise KefuError(_("联系时间早于派件扫描，请核对"), code="before_delivery_scan", field=field)


def _facts(parcel: Parcel, given: Given) -> dict[str, str]:
    """What is known of the parcel and what was chosen, as the clauses call it."""
    chosen = {
        name: redact.redact(
            redact.clean(value, max_length=VALUE_LIMIT, field=name, multiline=False),
            keep=[parcel.waybill.number],
            names=[name for name in (parcel.waybill.sealed.get("receiver_name"),) if name],
        )
        for name, value in given.chosen.items()
    }
    facts = {name: value for name, value in chosen.items() if value and name not in DERIVED}
    facts |= {
        "problem": given.problem,
        "taken_out": "yes" if parcel.delivering_at else "no",
        "phone_on_waybill": "yes" if parcel.waybill.sealed.get("receiver_phone") else "no",
        "parcel": "signed_for" if parcel.signed_at else "not_signed_for",
    }
    if given.attempts:
        outcomes = [attempt.outcome for attempt in given.attempts]
        reached = Outcome.REACHED in outcomes
        facts["reached"] = "yes" if reached else "no"
        if not reached:
            facts.setdefault(CLASSED_BY.get(Problem(given.problem), UNREACHABLE), outcomes[-1])
    return facts


def _recorded(
    parcel: Parcel,
    given: Given,
    words: Mapping[str, str],
    facts: Mapping[str, str],
    case: Case | None,
) -> set[str]:
    """The names of what is on record besides the facts themselves."""
    there = {name for name, value in words.items() if value} | {"problem_scan"}
    if given.attempts:
        there |= {"contact_attempt", "contacted_at", "contacted_hour_and_minute"}
        there |= {"attempt_date", "attempt_hour_and_minute"}
        if any(attempt.whose == ContactAttempt.Whose.RECEIVER for attempt in given.attempts):
            there.add("every_number_called")
        if facts["reached"] == "yes":
            there.add("contact_confirmed")
    if words["new_address"]:
        there |= {"full_new_address", "correct_address"}
    if "notified_at" in facts:
        there.add("notified")
    if facts.get("change") or words["new_address"] or words["new_phone"]:
        there |= {"old_value", "new_value"}
    if case is not None and case.parcel_messages.filter(withdrawn_at=None).exists():
        there |= {"message", "message_sent"}
    if _has_reason(given, words, facts):
        there.add("reason")
    else:
        there.discard("reason")
    return there


def _has_reason(given: Given, words: Mapping[str, str], facts: Mapping[str, str]) -> bool:
    said = words["reason"] or facts.get("refusal_reason") or facts.get("detailed_reason")
    return bool(said) or given.problem not in NEED_A_REASON


def _refuse(judged: Judged, given: Given) -> None:
    """Raise what the rulebook has against the record, the first fault first."""
    if judged.owner == CONTRACTOR:
        raise Conflict(
            _("承包区能确定、又有经营场所的，由承包区自己处理，公司不受理"),
            code="contractors_own",
            field="contractor",
        )
    faults = [(name, lack.clause) for lack in judged.strange for name in lack.names]
    if faults:
        raise KefuError(
            _("%(clause)s：“%(what)s”不能这样写，请从列出的里面选，写清楚")
            % {"clause": faults[0][1], "what": names_in_words([faults[0][0]])},
            code="not_on_the_list",
            field=faults[0][0],
            lacks=faults,
        )
    faults = [(name, lack.clause) for lack in judged.lacks for name in lack.names]
    if given.courier is None and judged.invalid:
        faults.append(("courier", judged.invalid[0]))
    if faults:
        first = faults[0]
        raise KefuError(
            _("%(clause)s：还要填%(what)s")
            % {
                "clause": first[1],
                "what": names_in_words(dict.fromkeys(name for name, _c in faults)),
            },
            code="record_incomplete",
            field=first[0],
            lacks=faults,
        )


def _check_notice(given: Given, *, now: datetime) -> None:
    """Opened for inspection: told before the delivery round ended, and both have happened (CD-09.22)."""
    at = {}
    for name in MOMENTS:
        if not (text := given.chosen.get(name)):
            continue
        try:
            at[name] = datetime.fromisoformat(text)
            ahead = at[name] > now
        except (ValueError, TypeError) as error:
            raise KefuError(_("请写到几点几分"), code="time_unreadable", field=name) from error
        if ahead:
            raise KefuError(_("时间在将来"), code="in_future", field=name)
    if len(at) == len(MOMENTS) and at["notified_at"] > at["round_ended_at"]:
        raise KefuError(
            _("要在派送结束之前通知，不能带回来再说"), code="notified_late", field="notified_at"
        )


def party_of(case: Case) -> Party:
    """Who answers for what the desk owes on a case: its owner, or the company while nobody has it."""
    return owner_party(case.owner, our_company()) if case.owner is None else case.owner.party
