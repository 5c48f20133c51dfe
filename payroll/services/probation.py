"""The time on trial: until when, with whom, what the supervisor decides, what the manager signs (ES-124.01 to ES-125.01)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.due import due_since
from kefu.policy.processes import Done
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_saying
from kefu.staff.models import Employee, User
from payroll.models import Employment, Probation, ProbationReview
from payroll.selectors import joining as selectors
from payroll.selectors.reach import heads_of
from payroll.services.employment import may_keep, today_of

CLOCK, PROCESS = "probation", "probation"
CONFIRM = "payroll.confirm_probation"
State, Outcome = Probation.State, ProbationReview.Outcome
NEXT = {Outcome.CONFIRM: State.PASSED, Outcome.DISMISS: State.ENDED}


@transaction.atomic
def begin(
    *, employment: Employment, coach: Employee | None, actor: Any, now: datetime
) -> Probation | None:
    """Somebody begins on trial, for as long as the rulebook of his department says; None where it says nothing.

    Raises NotAllowed, KefuError (own_coach) for a newcomer who would guide himself.
    """
    employee = employment.employee
    may_keep(actor, employee)
    if coach is not None and coach.pk == employee.pk:
        raise KefuError(_("不能自己带自己"), code="own_coach", field="coach")
    start = datetime.combine(employment.hired_on, time.min, SHANGHAI)

    def says(rules: Rulebook) -> bool:
        return due_since(CLOCK, start, rules) is not None

    using = edition_saying(says, department_id=employee.department_id, at=now)
    if using is None:
        return None
    found = due_since(CLOCK, start, using.rules)
    assert found is not None  # ``says`` asked
    ends_on = _last_day(found.due_at)
    return Probation.objects.create(
        employment=employment,
        coach=coach,
        clause=found.clause,
        rulebook_id=using.version_id,
        steps=[step.to_json() for step in found.steps],
        first_ends_on=ends_on,
        ends_on=ends_on,
    )


def _last_day(end: datetime) -> date:
    return (end - timedelta(microseconds=1)).astimezone(SHANGHAI).date()


@transaction.atomic
def name_coach(*, probation: Probation, coach: Employee, actor: Any, now: datetime) -> None:
    """Who guides the newcomer (ES-124.02). Raises NotAllowed, Conflict, KefuError naming ``coach``."""
    row = _lock(probation)
    employee = row.employment.employee
    if not selectors.judges(actor, employee.department_id):
        may_keep(actor, employee)
    if row.state != State.RUNNING:
        raise Conflict(_("试用期已经结束"), code="probation_over")
    if coach.pk == employee.pk:
        raise KefuError(_("不能自己带自己"), code="own_coach", field="coach")
    row.coach = coach
    row.save(update_fields=["coach"])


@transaction.atomic
def review(
    *,
    probation: Probation,
    outcome: str,
    evaluation: str,
    ends_on: date | None = None,
    actor: Any,
    now: datetime,
) -> ProbationReview:
    """The supervisor evaluates: passed, longer, shorter, or not kept. The end moves with a reason only (ES-124.03).

    ``ends_on``: the new end of a longer or shorter probation. Raises NotAllowed, Conflict, KefuError naming the field.
    """
    row = _lock(probation)
    employee = row.employment.employee
    if employee.user_id == actor.pk or not selectors.judges(actor, employee.department_id):
        raise NotAllowed(_("由本部门的主管评估"))
    if row.state != State.RUNNING:
        raise Conflict(_("试用期已经评估过了，请刷新"), code="probation_over")
    text = redact.redact(
        redact.clean(evaluation, max_length=1_000, field="evaluation", required=True)
    )
    offered = _offered(row)
    if outcome not in offered:
        raise KefuError(_("规章没有这个结论"), code="no_such_outcome", field="outcome")
    moved = outcome in (Outcome.EXTEND, Outcome.SHORTEN)
    if moved:
        _check_new_end(row, outcome, ends_on)
    made = ProbationReview.objects.create(
        probation=row,
        outcome=outcome,
        evaluation=text,
        ended_on=row.ends_on,
        ends_on=ends_on if moved else None,
        made_by=actor,
        made_at=now,
    )
    if moved:
        assert ends_on is not None  # checked
        row.ends_on = ends_on
    else:
        row.state = NEXT[Outcome(outcome)]
    row.save(update_fields=["ends_on", "state"])
    _tell_of(made, employee, now)
    return made


def _offered(row: Probation) -> tuple[str, ...]:
    rules = edition(row.rulebook_id).rules
    return selectors.standing(rules, PROCESS, (), ["evaluation"]).outcomes


def _check_new_end(row: Probation, outcome: str, ends_on: date | None) -> None:
    if ends_on is None:
        raise KefuError(_("请填写试用期改到哪一天"), code="required", field="ends_on")
    if outcome == Outcome.EXTEND and ends_on <= row.ends_on:
        raise KefuError(_("延长后的日期要晚于原定日期"), code="not_longer", field="ends_on")
    if outcome == Outcome.SHORTEN and not row.employment.hired_on <= ends_on < row.ends_on:
        raise KefuError(
            _("缩短后的日期要在入职之后、原定日期之前"), code="not_shorter", field="ends_on"
        )


def _tell_of(made: ProbationReview, employee: Employee, now: datetime) -> None:
    """Who acts next hears of it: the manager confirms, human resources parts with somebody."""
    roles = {Outcome.CONFIRM: User.Role.MANAGER, Outcome.DISMISS: User.Role.HR}
    role = roles.get(Outcome(made.outcome))
    if role is None:
        return
    told = User.objects.filter(role=role, is_active=True).exclude(pk=employee.user_id)
    notifications.ring(
        kind=Event.Kind.PERSON_DUE,
        at=now,
        user_ids=list(told.values_list("pk", flat=True)),
        data={
            "who": str(employee),
            "what": "confirm" if made.outcome == Outcome.CONFIRM else "probation_ended",
            "on": f"{made.ended_on:%m-%d}",
        },
    )


@transaction.atomic
def confirm(*, probation: Probation, confirmed_on: date, actor: Any, now: datetime) -> Probation:
    """The manager takes somebody on for good, in writing: the paper gets its number (ES-125.01).

    Raises NotAllowed, Conflict (not_evaluated), KefuError (probation_not_over) for a day within the probation.
    """
    row = _lock(probation)
    employee = row.employment.employee
    if not actor.has_perm(CONFIRM) or employee.user_id == actor.pk:
        raise NotAllowed(_("由经理书面转正"))
    rules = edition(row.rulebook_id).rules
    if row.state == State.PASSED:
        done = [Done("evaluate", Outcome.CONFIRM, told={"evaluation": Outcome.CONFIRM.value})]
        step = selectors.standing(rules, PROCESS, done, ["confirmation_document"])
        ready = step.finished or not step.missing
    if row.state != State.PASSED or not ready:  # rule: ES-125.01
        raise Conflict(_("主管评估通过后才能转正"), code="not_evaluated")
    if confirmed_on <= row.ends_on:  # rule: ES-124.01
        raise KefuError(
            _("试用期到 %(day)s，转正日期要在这之后；提前要先由主管缩短试用期")
            % {"day": row.ends_on},
            code="probation_not_over",
            field="confirmed_on",
        )
    row.state, row.confirmed_on = State.CONFIRMED, confirmed_on
    row.confirmed_by, row.confirmed_at = actor, now
    row.confirmation = f"ZZ-{today_of(now).year}-{row.pk:04}"
    row.save(
        update_fields=["state", "confirmed_on", "confirmed_by", "confirmed_at", "confirmation"]
    )
    return row


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Tell supervisors and coaches of probations that end soon, and of those that ended unjudged; each once for an end.

    Returns how many bells were rung (ES-124.01, ES-124.03).
    """
    today, told = today_of(now), 0
    running = Probation.objects.select_for_update(of=["self"], no_key=True, skip_locked=True)
    rows = running.filter(state=State.RUNNING, employment__left_on=None)
    for row in rows.select_related("employment__employee", "coach").order_by("pk"):
        if row.ends_on < today:
            if row.told_over_for != row.ends_on:
                row.told_over_for = row.ends_on
                row.save(update_fields=["told_over_for"])
                told += _ring(row, "probation_over", now)
        elif row.told_soon_for != row.ends_on and now >= _warn_at(row):
            row.told_soon_for = row.ends_on
            row.save(update_fields=["told_soon_for"])
            told += _ring(row, "probation", now)
    return told


def _warn_at(row: Probation) -> datetime:
    """As long before the end as the house has set for the clause."""
    start = datetime.combine(row.employment.hired_on, time.min, SHANGHAI)
    found = due_since(CLOCK, start, edition(row.rulebook_id).rules)
    assert found is not None  # the row was made by it
    ahead = found.due_at - (found.warn_at or found.due_at)
    end = datetime.combine(row.ends_on + timedelta(days=1), time.min, SHANGHAI)
    return end - ahead


def _ring(row: Probation, what: str, now: datetime) -> int:
    employee = row.employment.employee
    people = dict.fromkeys(heads_of(employee.department_id))
    if row.coach is not None:
        people[row.coach.user_id] = None
    people.pop(employee.user_id, None)
    notifications.ring(
        kind=Event.Kind.PERSON_DUE,
        at=now,
        user_ids=list(people),
        data={"who": str(employee), "what": what, "on": f"{row.ends_on:%m-%d}"},
    )
    return len(people)


def _lock(probation: Probation) -> Probation:
    rows = Probation.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("employment__employee__user").get(pk=probation.pk)
