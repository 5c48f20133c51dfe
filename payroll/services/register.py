"""The register of rewards and penalties: enter, verify, take back, object (SD-233.02, ES-118.01, ES-138.02)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy import entries as policy
from kefu.policy.entries import Enterable
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition
from kefu.staff.models import Employee
from payroll.models import EntryDecision, Objection, ProposedMeasure, RegisterEntry
from payroll.selectors.people import leads
from payroll.selectors.reach import heads_of
from payroll.selectors.score_facts import sheet_month
from payroll.services import months, takebacks

ENTER, VERIFY = "payroll.enter_register", "payroll.verify_register"
REVIEW = "payroll.review_measure"
State, Kind = RegisterEntry.State, RegisterEntry.Kind
# What moves somebody's score or wage: of one incident it does so once.
COUNTED_ONCE = {Kind.POINTS, Kind.FINE}


@transaction.atomic
def enter(
    *,
    employee: Employee,
    clause: str,
    rulebook_id: int,
    kind: str,
    happened_on: date,
    reason: str,
    source: str = "",
    value: Decimal | None = None,
    incident: str = "",
    inputs: dict[str, Any] | None = None,
    verified: bool = False,
    actor: Any,
    now: datetime,
) -> RegisterEntry:
    """Write a line: by hand (no ``source``) a leader does for her own people, with ``verified`` a supervisor who
    has verified it already. With a ``source`` it follows from a fact; the same fact again returns the same line.

    ``value``: points or yuan, positive, only where the clause leaves them to a person or they were computed.
    ``incident``: lines of one share its name. The line counts in the month it happened in, of a locked one in the
    next that is open. Raises NotAllowed, KefuError naming the field, Conflict (incident_counted).
    """
    if source:
        known = RegisterEntry.objects.filter(employee=employee, clause=clause, source=source)
        if (there := known.first()) is not None:
            return there
    using = edition(rulebook_id)
    rules = using.rules
    line = enterable(rules, clause)
    if not source:
        _check_right(ENTER, employee, actor)
        _check_by_hand(line)
    if verified and not source:
        _check_right(VERIFY, employee, actor)
    if verified and line.second_person:
        raise Conflict(_("这一条要另一个人来核实，请先登记"), code="second_person")
    value = _value(line, kind, value)
    reason = said(reason)
    incident = redact.clean(incident, max_length=60, field="incident", multiline=False)
    if happened_on > now.astimezone(SHANGHAI).date():
        raise KefuError(_("发生日期不能晚于今天"), code="in_the_future", field="happened_on")
    if incident:
        _check_incident(employee, clause, kind, incident, rules)
    own = _own_month(using, kind, happened_on)
    month = months.open_month(own)
    given = {**(inputs or {}), **_original(own, month)}
    try:
        with transaction.atomic():
            entry = RegisterEntry.objects.create(
                employee=employee,
                clause=clause,
                rulebook_id=rulebook_id,
                kind=kind,
                value=value,
                happened_on=happened_on,
                month=month,
                incident=incident,
                source=source,
                reason=reason,
                inputs=given,
                state=State.COUNTED if verified else State.REPORTED,
                reported_by=actor,
                reported_at=now,
            )
    except IntegrityError as error:
        if "register_once_per_source" not in str(error):
            raise
        return RegisterEntry.objects.get(employee=employee, clause=clause, source=source)
    if verified:
        _decided(entry, State.COUNTED, "", actor, now)
    return entry


@dataclass(frozen=True, slots=True)
class Fact:
    """What makes a line by itself, verified as the program counted it; as in ``enter``."""

    employee: Employee
    clause: str
    using: Edition
    kind: str
    happened_on: date
    reason: str
    source: str
    inputs: dict[str, Any]


@transaction.atomic
def enter_counted(facts: Sequence[Fact], *, now: datetime) -> int:
    """Write the lines of facts that have none yet, in as many questions however many they are; return how many.

    Twice is harmless, and so are two at once: the people stay locked until both are done.
    """
    if not facts:
        return 0
    people = sorted({fact.employee.pk for fact in facts})
    list(Employee.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    known = set(
        RegisterEntry.objects.filter(
            employee__in=people, source__in={fact.source for fact in facts}
        ).values_list("employee_id", "clause", "source")
    )
    months_of: dict[tuple[int, str, date], tuple[date, date]] = {}
    entries = []
    for fact in facts:
        if (fact.employee.pk, fact.clause, fact.source) in known:
            continue
        _value(enterable(fact.using.rules, fact.clause), fact.kind, None)
        of = (fact.using.version_id, fact.kind, fact.happened_on)
        if of not in months_of:
            own = _own_month(fact.using, fact.kind, fact.happened_on)
            months_of[of] = own, months.open_month(own)
        own, month = months_of[of]
        entries.append(
            RegisterEntry(
                employee=fact.employee,
                clause=fact.clause,
                rulebook_id=fact.using.version_id,
                kind=fact.kind,
                happened_on=fact.happened_on,
                month=month,
                source=fact.source,
                reason=said(fact.reason),
                inputs=fact.inputs | _original(own, month),
                state=State.COUNTED,
                reported_at=now,
            )
        )
    RegisterEntry.objects.bulk_create(entries)
    EntryDecision.objects.bulk_create(
        EntryDecision(entry=entry, state=State.COUNTED, decided_at=now) for entry in entries
    )
    return len(entries)


def _own_month(using: Edition, kind: str, happened_on: date) -> date:
    return sheet_month(using, happened_on) if kind == Kind.POINTS else happened_on.replace(day=1)


def _original(own: date, month: date) -> dict[str, str]:
    return {"original_month": f"{own:%Y-%m}"} if month != own else {}


def enterable(rules: Rulebook, clause: str) -> Enterable:
    """Return what the rulebook lets somebody enter under a clause. Raises KefuError (no_such_line)."""
    try:
        return policy.enterable(rules)[clause]
    except KeyError:
        raise KefuError(
            _("%(code)s 里没有可以登记的条款 %(clause)s") % {"code": rules.code, "clause": clause},
            code="no_such_line",
            field="clause",
        ) from None


def _check_right(permission: str, employee: Employee, actor: Any) -> None:
    if actor is None or not actor.has_perm(permission):
        raise NotAllowed(_("只有主管可以登记和核实奖惩"))
    if employee.user_id == actor.pk:
        raise KefuError(_("不能登记或核实自己的奖惩"), code="own_entry", field="employee")
    if not leads(actor, employee):
        raise NotAllowed(_("只能登记和核实自己部门的人"), field="employee")


def _check_by_hand(line: Enterable) -> None:
    if line.levels:
        raise KefuError(
            _("表扬、记功和处分要先提议，听过本人、查实再决定"),
            code="to_be_proposed",
            field="clause",
        )
    if not line.by_hand:
        raise KefuError(
            _("这一条由系统按事实自动记录，不用手工登记"), code="not_by_hand", field="clause"
        )


def _value(line: Enterable, kind: str, value: Decimal | None) -> Decimal | None:
    """Return what the line keeps: nothing where the clause says it. Raises KefuError."""
    if kind == Kind.FINE and "fine" in line.levels:  # of an amount that whoever decides names
        line = replace(line, kind="fine", chosen=True)
    if kind != line.kind and {kind, line.kind} != {Kind.FINE, Kind.CHARGE}:
        raise KefuError(
            _("条款 %(clause)s 不是这个种类") % {"clause": line.clause},
            code="other_kind",
            field="kind",
        )
    if not line.chosen:
        if value is not None and value != line.value:
            raise KefuError(_("数额由条款规定，不用填"), code="value_given", field="value")
        return None
    if value is None:
        raise KefuError(_("请填写数额"), code="value_wanted", field="value")
    if not line.allows(value):
        if line.least is None:
            raise KefuError(_("数额要大于 0"), code="out_of_range", field="value")
        raise KefuError(
            _("数额要在 %(least)s 到 %(most)s 之间") % {"least": line.least, "most": line.most},
            code="out_of_range",
            field="value",
        )
    return value


def _check_incident(
    employee: Employee, clause: str, kind: str, incident: str, rules: Rulebook
) -> None:
    """Of one incident one clause counts: a second line stands only where one of both is the more specific."""
    if kind not in COUNTED_ONCE:
        return
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)  # one at a time
    there = RegisterEntry.objects.filter(
        employee=employee, kind=kind, incident=incident, state__in=[State.REPORTED, State.COUNTED]
    )
    for other in there.values_list("clause", flat=True):
        try:
            related = other != clause and policy.one_incident(rules, clause, other)
        except NotInRulebook:
            related = False
        if not related:
            raise Conflict(
                _("同一事件已按 %(clause)s 登记，一件事只计一次") % {"clause": other},
                code="incident_counted",
                field="incident",
            )


def lock(entry: RegisterEntry) -> RegisterEntry:
    """The line as it stands, held until this transaction ends."""
    return (
        RegisterEntry.objects.select_for_update(of=["self"], no_key=True)
        .select_related("employee")
        .get(pk=entry.pk)
    )


def _decided(entry: RegisterEntry, state: str, reason: str, actor: Any, now: datetime) -> None:
    EntryDecision.objects.create(
        entry=entry, state=state, reason=reason, decided_by=actor, decided_at=now
    )


def _move(entry: RegisterEntry, state: str, reason: str, actor: Any, now: datetime) -> None:
    """Move the line on. One of a month that is locked stays as it was paid, and the decision is on record: the
    difference is an adjustment of a later month.
    """
    if not months.is_locked(entry.month):
        entry.state = state
        entry.save(update_fields=["state"])
    _decided(entry, state, reason, actor, now)


def said(text: str, field: str = "reason", most: int = 500) -> str:
    """What somebody wrote, cleaned and redacted. Raises KefuError naming the field."""
    cleaned = redact.clean(text, max_length=most, field=field, required=True, multiline=False)
    return redact.redact(cleaned)


@transaction.atomic
def verify(*, entry: RegisterEntry, actor: Any, now: datetime) -> RegisterEntry:
    """A supervisor has looked at it and it is so: the line counts from now on. Returns the line that counts.

    Where its month was locked meanwhile, that is a new line of the open month which names the old one. Raises
    NotAllowed, KefuError (own_entry), Conflict for a line that is decided or that another person has to verify.
    """
    entry = lock(entry)
    _check_right(VERIFY, entry.employee, actor)
    _check_undecided(entry)
    line = enterable(edition(entry.rulebook_id).rules, entry.clause)
    if line.levels:
        # rule: ES-138.02
        raise Conflict(
            _("这一条要先提议，听过本人、查实再决定，不在这里核实"), code="to_be_proposed"
        )
    if line.second_person and entry.reported_by_id == actor.pk:
        # rule: SD-233.62
        raise Conflict(_("发出指令并登记的人不能自己核实，请另一位主管核实"), code="second_person")
    return count(entry=entry, actor=actor, now=now)


def count(*, entry: RegisterEntry, actor: Any, now: datetime) -> RegisterEntry:
    """Let a locked, undecided line count; return the one that does. For proceedings that have decided on it."""
    month = months.open_month(entry.month)
    if month == entry.month:
        _move(entry, State.COUNTED, "", actor, now)
        return entry
    moved = _moved_on(entry, month, actor, now)
    _move(entry, State.NOT_UPHELD, _("并入 %(month)s") % {"month": f"{month:%Y-%m}"}, actor, now)
    return moved


def drop(*, entry: RegisterEntry, reason: str, actor: Any, now: datetime) -> None:
    """Let a line never count, or no more. For proceedings that have decided on it."""
    entry = lock(entry)
    if entry.state == State.REPORTED and not entry.decisions.exists():
        _move(entry, State.NOT_UPHELD, reason, actor, now)
    else:
        _withdraw(entry, reason, actor, now)


def _moved_on(entry: RegisterEntry, month: date, actor: Any, now: datetime) -> RegisterEntry:
    kept = (
        "employee_id", "clause", "rulebook_id", "kind", "value", "happened_on", "incident", "reason",
        "reported_by_id",
    )  # fmt: skip
    moved = RegisterEntry.objects.create(
        **{name: getattr(entry, name) for name in kept},
        month=month,
        source=f"entry:{entry.pk}",
        inputs={**entry.inputs, "original_month": f"{entry.month:%Y-%m}", "entry": entry.pk},
        state=State.COUNTED,
        reported_at=now,
    )
    _decided(moved, State.COUNTED, "", actor, now)
    return moved


@transaction.atomic
def not_upheld(*, entry: RegisterEntry, reason: str, actor: Any, now: datetime) -> None:
    """It was looked at and is not so: the line never counts. Raises what ``verify`` raises."""
    entry = lock(entry)
    _check_right(VERIFY, entry.employee, actor)
    _check_undecided(entry)
    _check_no_proposal(entry)
    _move(entry, State.NOT_UPHELD, said(reason), actor, now)


def _check_undecided(entry: RegisterEntry) -> None:
    if entry.state != State.REPORTED or entry.decisions.exists():
        raise Conflict(_("这条已经核实过了，请刷新"), code="entry_decided")


@transaction.atomic
def withdraw(*, entry: RegisterEntry, reason: str, actor: Any, now: datetime) -> None:
    """A line that counts turns out to be wrong: it stops counting, and stays to be seen.

    Raises NotAllowed, Conflict for a line that does not count.
    """
    entry = lock(entry)
    _check_right(VERIFY, entry.employee, actor)
    _check_no_proposal(entry)
    _withdraw(entry, said(reason), actor, now)


def _check_no_proposal(entry: RegisterEntry) -> None:
    if ProposedMeasure.objects.filter(entry=entry).exists():
        raise Conflict(_("这一条有提议在办，请到提议里处理"), code="has_proposal")


def _withdraw(entry: RegisterEntry, reason: str, actor: Any, now: datetime) -> None:
    if not _counts(entry):
        raise Conflict(_("这条没有计入，不用撤销"), code="entry_not_counted")
    if months.is_locked(entry.month):
        takebacks.take_back(entry=entry, actor=actor, now=now)
    _move(entry, State.WITHDRAWN, reason, actor, now)
    for other in RegisterEntry.objects.filter(
        employee=entry.employee_id, source=f"with:{entry.pk}"
    ):
        if _counts(other):
            _withdraw(other, reason, actor, now)


def _counts(entry: RegisterEntry) -> bool:
    withdrawn = entry.decisions.filter(state=State.WITHDRAWN)  # of a locked month
    return entry.state == State.COUNTED and not withdrawn.exists()


@transaction.atomic
def retract(*, entry: RegisterEntry, reason: str, now: datetime) -> None:
    """The fact that a line followed from by itself is no longer so: it stops counting, and nobody decided that.

    One that counts no more stays as it is. Raises ValueError for a line that somebody wrote down.
    """
    if not entry.source:
        raise ValueError(f"{entry.pk} follows from no fact")
    entry = lock(entry)
    if _counts(entry):
        _withdraw(entry, said(reason), None, now)


@transaction.atomic
def object_to(*, entry: RegisterEntry, text: str, actor: Any, now: datetime) -> Objection:
    """The person concerned says that a line is wrong; it counts until somebody has decided.

    Raises NotAllowed for another's line, Conflict for a line that costs nothing any more or an open objection.
    """
    entry = lock(entry)
    if entry.employee.user_id != actor.pk:
        raise NotAllowed(_("只能对自己的记录提异议"))
    if entry.state not in (State.REPORTED, State.COUNTED):
        raise Conflict(_("这条已经不计入，不用提异议"), code="entry_not_counted")
    if entry.state == State.REPORTED:
        _check_no_proposal(entry)
    if entry.objections.filter(outcome="").exists():
        raise Conflict(_("这条已有一份异议在等答复"), code="objection_open")
    made = Objection.objects.create(
        entry=entry, text=said(text, "text", 1_000), made_by=actor, made_at=now
    )
    heads = set(heads_of(entry.employee.department_id))
    _tell(entry, "made", heads - {entry.reported_by_id} or heads, now)
    return made


def _tell(entry: RegisterEntry, state: str, user_ids: Collection[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.OBJECTION,
        at=now,
        user_ids=sorted(user_ids),
        data={
            "state": state,
            "who": entry.employee.name,
            "clause": entry.clause,
            "on": f"{entry.happened_on:%m-%d}",
        },
    )


@transaction.atomic
def decide_objection(
    *, objection: Objection, upheld: bool, answer: str, actor: Any, now: datetime
) -> None:
    """A supervisor who did not write the line answers; upheld, it counts no more.

    Raises NotAllowed, KefuError (own_entry), Conflict for one that is decided, or by whoever wrote the line.
    """
    entry = lock(objection.entry)
    objection = Objection.objects.select_for_update(no_key=True).get(pk=objection.pk)
    measure = ProposedMeasure.objects.filter(entry=entry).select_related("proposal").first()
    _check_right(REVIEW if measure else VERIFY, entry.employee, actor)
    if objection.outcome:
        raise Conflict(_("这份异议已经答复过了"), code="objection_decided")
    part = {objection.made_by_id, entry.reported_by_id}
    if measure is not None:
        part |= {measure.proposal.proposed_by_id, measure.proposal.decided_by_id}
    if actor.pk in part:
        said_so = _("登记这条的人不能决定异议，请另一位主管决定")
        if measure is not None:
            said_so = _("提议或决定的人不能答复异议，请没有参与的人答复")
        raise Conflict(said_so, code="second_person")
    objection.outcome = Objection.Outcome.UPHELD if upheld else Objection.Outcome.REJECTED
    objection.answer = said(answer, "answer", 1_000)
    objection.decided_by, objection.decided_at = actor, now
    objection.save(update_fields=["outcome", "answer", "decided_by", "decided_at"])
    _tell(entry, objection.outcome, [objection.made_by_id], now)
    if not upheld:
        return
    reason = _("异议成立：%(answer)s") % {"answer": objection.answer}
    if _counts(entry):
        _withdraw(entry, reason[:500], actor, now)
    elif entry.state == State.REPORTED:
        _move(entry, State.NOT_UPHELD, reason[:500], actor, now)
