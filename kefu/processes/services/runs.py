"""A process from its start to its end, on cases and deadlines like any other work.

Each step in turn goes to the queue of whose it is; what belongs to it is asked for by the rulebook the run began
under and by the plan it began with.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.policy.clauses import NotSet, Quota
from kefu.policy.fees import GoodsReturn, goods_return
from kefu.policy.moments import day_of
from kefu.policy.phrases import banned_words
from kefu.policy.plans import (
    UNTYPED,
    WHY_NOT,
    Judged,
    Plan,
    PlanStep,
    choices,
    judge_step,
    limit_of,
    plan_position,
    step_due,
)
from kefu.policy.processes import Done, OutOfOrder, Position
from kefu.policy.refusals import Refused
from kefu.policy.requirements import composed
from kefu.privacy import redact
from kefu.processes.models import ProcessRun, StepDone
from kefu.processes.roles import owner_of
from kefu.processes.selectors import (
    Standing,
    done_of,
    held_up_by,
    language,
    offered,
    owner_word,
    standing,
)
from kefu.processes.services.fields import Value, read, untyped
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff import barred
from kefu.staff.models import Department, Employee


@transaction.atomic
def start(
    *,
    code: str,
    department: Department,
    owner: Employee | None = None,
    about: Case | None = None,
    waybill_number: str = "",
    summary: str = "",
    facts: Mapping[str, str] | None = None,
    follows: Case | None = None,
    round_on: Any = None,
    actor: Any,
    now: datetime,
) -> ProcessRun:
    """Begin a process that is offered to a department; its case lies with ``owner`` until a step is another's.

    ``about``: the case whose closing waits for it. ``follows``: the case of the process it grew out of; what that one
    was about waits for this one as well. Refused where what it starts with is not chosen, where it is not for such a case or runs on it already.
    """
    if actor is not None and not actor.has_perm("processes.start_process"):
        raise NotAllowed(_("您的角色不能发起流程"))
    using = edition_in_force(department_id=department.pk, at=now)
    found = offered(using).get(code)
    if found is None:
        raise KefuError(_("没有这个流程，或已停用"), code="no_process", field="process")
    plan = found.plan
    if follows is not None:
        about = _still_about(plan, follows)
    if about is not None:
        about = _fit_for(plan, about)
    barred.refuse(owner, now, "process")
    case = cases.open_case(
        kind=Case.Kind.PROCESS,
        department=department,
        owner=owner,
        priority=Case.Priority.URGENT if plan.urgent else Case.Priority.NORMAL,
        summary=redact.clean(summary, max_length=500, field="summary") or plan.zh,
        actor=actor,
        now=now,
        **_of_whom(about, waybill_number),
    )
    run = ProcessRun.objects.create(
        case=case,
        about=about,
        code=code,
        template=found.template,
        rulebook_id=using.version_id,
        plan=plan.to_json(),
        facts=_chosen(plan, using, facts or {}),
        round_on=round_on,
        started_by=actor,
        started_at=now,
        touched_at=now,
    )
    names = {"zh": plan.zh, "en": plan.en}
    cases.step(case=case, action="process_started", actor=actor, now=now, **names)
    for origin in filter(None, (about, follows)):
        if actor is not None:
            CaseLink.objects.create(
                case=case, origin=origin, cause="process", linked_by=actor, linked_at=now
            )
    if about is not None:
        cases.step(
            case=about, action="process_begun", actor=actor, now=now, number=case.number, **names
        )
    _go_on(run, (), actor=actor, now=now)
    return run


def _still_about(plan: Plan, follows: Case) -> Case | None:
    """What the process before was about, where this one is for such a case too and does not run on it already."""
    about = follows.process_run.about
    if about is None or about.kind not in plan.kinds or about.state == Case.State.CLOSED:
        return None
    return None if about.processes.running().filter(code=plan.code).exists() else about


def _fit_for(plan: Plan, about: Case) -> Case:
    about = cases.lock(case=about)
    if about.kind not in plan.kinds:
        raise KefuError(
            _("“%(process)s”不用在%(kind)s单上")
            % {"process": plan.zh, "kind": about.get_kind_display()},
            code="other_kind",
            field="process",
        )
    if about.state == Case.State.CLOSED and plan.after is None:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    if about.processes.running().filter(code=plan.code).exists():
        raise Conflict(_("这一单正在走这个流程"), code="already_running")
    return about


def _of_whom(about: Case | None, waybill_number: str) -> dict[str, Any]:
    """The parcel and the customer: those of the case it is about, else the waybill that was given."""
    if about is not None:
        return {
            "waybill": about.waybill,
            "waybill_number": about.waybill_number,
            "customer_name": about.sealed.get("customer_name", ""),
            "customer_phone": about.sealed.get("customer_phone", ""),
        }
    if not waybill_number.strip():
        return {}
    number = redact.clean_waybill(waybill_number, field="waybill_number")
    return {"waybill": Waybill.objects.filter(number=number).first(), "waybill_number": number}


def _chosen(plan: Plan, using: Edition, given: Mapping[str, str]) -> dict[str, str]:
    facts = {}
    for name in plan.starts_with:
        known = [one for one, _zh, _en in choices(plan, name, using.rules)]
        if given.get(name) not in known:
            words = _("请选：%(what)s") % {"what": plan.word(name, language())}
            raise KefuError(words, code="field_required", field=name)
        facts[name] = given[name]
    if strange := sorted(set(given) - set(plan.starts_with)):
        raise KefuError(_("没有这一栏"), code="unknown_field", field=strange[0])
    return facts


@transaction.atomic
def do_step(
    *,
    run: ProcessRun,
    step: str,
    outcome: str = "",
    given: Mapping[str, Any] | None = None,
    anyway: bool = False,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> StepDone:
    """Do a step that is due, with what it asks for; the next goes to whose it is, and its clock starts.

    Refused: another step is due, it is somebody else's, one's own work would be checked, a field is missing or
    wrong (named), a clause of the rulebook refuses it. ``anyway``: words that had better not be said are said.
    """
    case = cases.lock(case=run.case, version=version)
    run = ProcessRun.objects.get(pk=run.pk)
    if run.ended_at is not None:
        raise Conflict(_("这个流程已经结束"), code="process_ended")
    at = standing(run)
    doing = _due(at, step, outcome, actor)
    values = _filled(at, doing, case, given or {}, outcome, anyway=anyway, actor=actor, now=now)
    told = _told(at, doing, outcome, values)
    judged = _judged(at, doing, case, values, told, outcome, actor=actor)
    shown = {name: value.open for name, value in values.items()}
    kept = {name: value.kept for name, value in values.items()}
    if doing.words and (text := _words(at, doing, kept)):
        shown[doing.words] = text
    line = cases.step(
        case=case,
        action="process_step",
        actor=actor,
        now=now,
        step=doing.code,
        zh=doing.zh,
        en=doing.en,
        outcome=_both(at.plan, outcome) if outcome else {},
    )
    row = StepDone.objects.create(
        run=run,
        number=len(at.rows) + 1,
        step=doing.code,
        outcome=outcome,
        done_by=actor,
        done_at=now,
        sealed=kept,
        shown=shown,
        recorded=sorted(values),
        facts=told,
        inputs=_freight(at, doing, kept, told, judged),
        line=line,
    )
    ProcessRun.objects.filter(pk=run.pk).update(touched_at=now)
    for matter in doing.tells:
        _tell(at, matter, case, actor=actor, now=now)
    _keep_clock(case, doing, line, actor=actor, now=now)
    run = ProcessRun.objects.select_related("case").get(pk=run.pk)
    if (following := doing.then.get(outcome)) is not None:
        start(
            code=following,
            department=case.department,
            owner=barred.who_may(case.owner, now),
            waybill_number=case.waybill_number,
            summary=case.sealed.get("summary", ""),
            follows=case,
            actor=actor,
            now=now,
        )
    _go_on(run, at.position.open, actor=actor, now=now)
    return row


def _due(at: Standing, code: str, outcome: str, actor: Any) -> PlanStep:
    """The step, if it is due and this person's."""
    try:
        again = [*done_of(at.rows), Done(code, outcome, str(actor.pk))]
        plan_position(at.plan, again, {**at.plan.facts, **at.run.facts})
    except OutOfOrder as error:
        why = error.faults["done"]
        if why.key == "done_by_other":
            words = _("这一步要由另一个人办，不能是办“%(step)s”的人")
            other = at.step(at.step(code).other_than or code).name(language())
            raise KefuError(words % {"step": other}, code="four_eyes") from error
        if why.key == "no_such_outcome":
            raise KefuError(
                _("请选这一步的结果"), code="field_required", field="outcome"
            ) from error
        due = punctuation.listed(*(at.step(one).name(language()) for one in at.position.open))
        raise Conflict(_("现在轮到：%(step)s") % {"step": due}, code="other_step_due") from error
    except Refused:
        pass  # what only the step itself will tell
    step = at.step(code)
    owner = at.owner(step)
    if not owner.allows(actor):
        who = owner_word(at.plan, owner.name) or _("办单的人")
        raise NotAllowed(_("这一步归%(who)s办") % {"who": who}, code="not_yours", owner=owner.name)
    return step


def _filled(
    at: Standing,
    step: PlanStep,
    case: Case,
    given: Mapping[str, Any],
    outcome: str,
    *,
    anyway: bool,
    actor: Any,
    now: datetime,
) -> dict[str, Value]:
    values = {}
    wanted = [*at.wanted(step), WHY_NOT] if step.wanted_for else at.wanted(step)
    if strange := sorted(set(given) - set(wanted)):
        raise KefuError(_("这一步没有这一栏"), code="unknown_field", field=strange[0])
    for name in wanted:
        field, label = at.plan.field(name), at.plan.word(name, language())
        if field.type in UNTYPED:
            value = untyped(name, field, case=case, actor=actor, sent=_goes_on(at, step), now=now)
        else:
            value = read(
                name, given.get(name), field=field, label=label, case=case, standing=at, now=now
            )
        if value is None:
            continue
        if field.banned and not anyway and (bad := banned_words(value.kept, at.rules)):
            raise KefuError(
                _("有不宜说的话：%(words)s。改一改，或勾选“照样发”")
                % {"words": punctuation.listed(*bad)},
                code="banned_words",
                field=name,
            )
        values[name] = value
    return values


def _goes_on(at: Standing, step: PlanStep) -> bool:
    """Does the next step lie in a queue, where whoever it concerns finds it?"""
    return at.plan.steps[-1].code != step.code


def _told(
    at: Standing, step: PlanStep, outcome: str, values: Mapping[str, Value]
) -> dict[str, str]:
    told = {
        name: value.kept for name, value in values.items() if at.plan.field(name).type == "choice"
    }
    return told | ({step.fact: outcome} if step.fact and outcome else {})


def _judged(
    at: Standing,
    step: PlanStep,
    case: Case,
    values: Mapping[str, Value],
    told: Mapping[str, str],
    outcome: str,
    *,
    actor: Any,
) -> Judged:
    judged = judge_step(
        at.plan,
        step,
        at.rules,
        facts={**at.facts, **told},
        recorded=at.recorded.difference(step.asks) | set(values),
        role=actor.role,
        consents=at.consents,
        values={name: value.kept for name, value in values.items()},
        outcome=outcome,
    )
    if judged.lacks:
        first = judged.lacks[0]
        raise KefuError(
            _missing(at, judged),
            code="field_required",
            field=first,
            clause=judged.clause,
            missing=list(judged.lacks),
        )
    if judged.refused_by:
        titles = [f"{c} {at.rules[c].label(language())}" for c in judged.refused_by]
        raise KefuError(
            _("规章不允许：%(clauses)s") % {"clauses": punctuation.listed(*titles)},
            code="refused_by_clause",
            clauses=list(judged.refused_by),
        )
    return judged


def _missing(at: Standing, judged: Judged) -> str:
    what = punctuation.listed(*(_wish(at, name) for name in judged.lacks))
    if judged.clause in at.rules:
        return _("按 %(clause)s 还要有：%(what)s") % {"clause": judged.clause, "what": what}
    return _("还要有：%(what)s") % {"what": what}


def _wish(at: Standing, name: str) -> str:
    """What is missing, with where to get it if nobody types it."""
    word = at.plan.word(name, language())
    match at.plan.field(name).type:
        case "photo":
            return _("%(what)s（先在这一单上加照片）") % {"what": word}
        case "on_duty":
            return _("%(what)s（先上岗）") % {"what": word}
    return word


def _words(at: Standing, step: PlanStep, kept: Mapping[str, str]) -> str:
    assert step.words is not None
    return composed(at.rules, step.words, at.facts, values=kept).text or ""


def _freight(
    at: Standing, step: PlanStep, kept: Mapping[str, str], told: Mapping[str, str], judged: Judged
) -> dict[str, Any]:
    """Who bears the freight of goods sent back, kept with what it was decided on (SD-223.13 to SD-223.16)."""
    if not step.freight:
        return {}
    facts = {
        "case": {**at.facts, **told}["defect"],
        "outbound": kept["outbound_freight_yuan"],
        "back": kept["return_freight_yuan"],
        "established": sorted(at.recorded | set(kept)),
    }
    try:
        share = goods_return(at.rules, GoodsReturn.model_validate(facts))
    except NotSet as error:
        words = _("规章没有说谁付这笔运费，请主管先定")
        raise KefuError(words, code="not_set", clause=error.clause) from error
    return {
        "facts": facts,
        "steps": [step.to_json() for step in share.steps],
        "shares": {
            "bears": _sums(share.bears),
            "advances": _sums(share.advances),
            "pays_back": _sums(share.pays_back),
        },
    }


def _sums(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {who: str(amount) for who, amount in amounts.items()}


def _keep_clock(
    case: Case, step: PlanStep, line: Interaction, *, actor: Any, now: datetime
) -> None:
    waiting = [one for one in deadlines.settle(case=case, now=now) if _is_for(one, step.code)]
    deadlines.keep(deadlines=waiting, answer=line, actor=actor, now=now)


def _is_for(deadline: Deadline, code: str) -> bool:
    line = deadline.started_by
    return (
        deadline.action == Deadline.Action.PROCESS_STEP
        and line is not None
        and line.data.get("step") == code
    )


# What comes next.


def _go_on(run: ProcessRun, before: Iterable[str], *, actor: Any, now: datetime) -> None:
    """Open what is due now and was not before, or end what is finished."""
    at, case = standing(run), cases.lock(case=run.case)
    _let_go(case, at.position, now=now)
    if at.position.finished:
        _end(run, case, ProcessRun.Ending.DONE, actor=actor, now=now)
        return
    for code in at.position.open:
        if code not in before:
            _wait_for(at, case, at.step(code), actor=actor, now=now)
    _pass_on(at, case, at.step(at.position.step), actor=actor, now=now)


def _let_go(case: Case, position: Position, *, now: datetime) -> None:
    """Nobody waits any more for a step that was passed over or sent back."""
    for deadline in case.deadlines.unanswered().select_related("started_by", "case"):
        if not any(_is_for(deadline, code) for code in position.open):
            deadlines.cancel(deadline=deadline, now=now)


def _wait_for(at: Standing, case: Case, step: PlanStep, *, actor: Any, now: datetime) -> None:
    limit = limit_of(at.plan, step, at.facts, at.moments)
    owner = at.owner(step)
    data: dict[str, Any] = {"step": step.code, "zh": step.zh, "en": step.en, "by": owner.name}
    if limit is not None:
        data["limit"] = limit.model_dump(mode="json", exclude_none=True)
    line = cases.step(case=case, action="process_waits", actor=actor, now=now, **data)
    _tell(at, step.matter, case, actor=actor, now=now)
    if step.matter is None and (owner.roles or owner.department is not None):
        _ring(owner.people(), case, actor=actor, now=now)
    using = edition(at.run.rulebook_id)
    due = step_due(limit, now, using.rules) if limit else None
    if due is not None:
        deadlines.start(
            case=case,
            action=Deadline.Action.PROCESS_STEP,
            due=due,
            using=using,
            party=owner_party(case.owner, our_company()),
            door=Consequence.Door.PAGES,
            started_by=line,
        )


def _pass_on(at: Standing, case: Case, step: PlanStep, *, actor: Any, now: datetime) -> None:
    """Lay the case into the queue of whose step it is; it stays where it is if whoever has it may do it."""
    owner = at.owner(step)
    if owner.department is not None and owner.department.pk != case.department_id:
        desk.give(case=case, owner=None, department=owner.department, actor=actor, now=now)
        return
    if step.by in ("agent", None) and step.matter is None:
        _back_to_the_starter(at.run, case, step, actor=actor, now=now)
    elif case.owner is not None and not owner.allows(case.owner.user):
        desk.give(case=case, owner=None, department=case.department, actor=actor, now=now)


def _back_to_the_starter(
    run: ProcessRun, case: Case, step: PlanStep, *, actor: Any, now: datetime
) -> None:
    """A step of the agent is the one's who began it, unless somebody of his desk has it."""
    found = Employee.objects.assignable().filter(user=run.started_by_id).first()
    starter = barred.who_may(found, now)
    if starter is None or starter.department_id == case.department_id or step.by is None:
        return
    desk.give(case=case, owner=starter, department=starter.department, actor=actor, now=now)


def _tell(at: Standing, matter: str | None, case: Case, *, actor: Any, now: datetime) -> None:
    """Ring the bells of those who are to know; whose step it is finds it in his queue besides."""
    for _how, names in at.targets(matter):
        for name in names:
            if name == "requesting_agent":
                people = [at.run.started_by_id] if at.run.started_by_id else []
            elif name == "colleague":
                people = _colleagues(at.run)
            else:
                people = list(owner_of(name).people())
            _ring(people, case, actor=actor, now=now)


def _colleagues(run: ProcessRun) -> list[int]:
    return list(
        Employee.objects.assignable()
        .filter(department__employees__user=run.started_by_id)
        .values_list("user_id", flat=True)
    )


def _ring(people: Iterable[int], case: Case, *, actor: Any, now: datetime) -> None:
    for user_id in people:
        if actor is None or user_id != actor.pk:
            notifications.publish(
                kind=Event.Kind.PROCESS_TOLD, at=now, user_id=user_id, case_id=case.pk
            )


# How it ends.


def _end(run: ProcessRun, case: Case, ending: str, *, actor: Any, now: datetime) -> None:
    ProcessRun.objects.filter(pk=run.pk).update(ended_at=now, ending=ending, touched_at=now)
    cases.move(case=case, to=Case.State.ANSWERED)
    cases.move(case=case, to=Case.State.CLOSED, closed_at=now, handed_over=False, escalated_at=None)
    cases.step(case=case, action=f"process_{ending}", actor=actor, now=now)
    if run.about is not None:
        about = cases.lock(case=run.about)
        names = {"zh": run.plan["zh"], "en": run.plan["en"]}
        action = f"process_{ending}_here"
        cases.step(case=about, action=action, actor=actor, now=now, number=case.number, **names)


@transaction.atomic
def abandon(
    *, case: Case, reason: str, version: int | None = None, actor: Any, now: datetime
) -> ProcessRun:
    """End a process that nobody needs any more; the case it is about no longer waits for it."""
    if not actor.has_perm("processes.abandon_process"):
        raise NotAllowed(_("只有组长和主管可以中止流程"))
    reason = redact.clean(reason, max_length=500, field="reason")
    if not reason:
        raise KefuError(_("请写明为什么中止"), code="note_required", field="reason")
    case = cases.lock(case=case, version=version)
    run = ProcessRun.objects.select_related("about").get(case=case)
    if run.ended_at is not None:
        raise Conflict(_("这个流程已经结束"), code="process_ended")
    for deadline in deadlines.settle(case=case, now=now):
        deadlines.cancel(deadline=deadline, now=now)
    cases.step(case=case, action="process_given_up", text=reason, actor=actor, now=now)
    _end(run, case, ProcessRun.Ending.ABANDONED, actor=actor, now=now)
    run.refresh_from_db()
    return run


def before_closing(case: Case, now: datetime) -> None:
    """Refuse to close a case with a step open that blocks; after a complaint the follow-up begins (OS-30.08)."""
    at = held_up_by(case)
    if at is not None:
        step, number = at.step(at.position.step).name(language()), at.run.case.number
        raise Conflict(
            _("流程“%(process)s”还在走（%(number)s：%(step)s），办完才能结案")
            % {"process": at.run.name, "number": number, "step": step},
            code="process_open",
            process=number,
        )
    if case.kind == Case.Kind.COMPLAINT:
        _follow_up(case, now=now)


def _follow_up(case: Case, *, now: datetime) -> None:
    using = edition_in_force(department_id=case.department_id, at=now)
    if not any(quota.per == "closed_complaint" for quota in using.rules.in_force(Quota)):
        return
    for code, found in offered(using, kind=case.kind).items():
        if found.plan.after == "closed_complaint" and not _has_run(case, code, since=now):
            start(
                code=code,
                department=case.department,
                owner=barred.who_may(case.owner, now),
                about=case,
                actor=None,
                now=now,
            )


def _has_run(case: Case, code: str, *, since: datetime) -> bool:
    """A closing is followed up once: a complaint that was reopened and is closed anew, anew."""
    runs = case.processes.filter(code=code)
    return runs.filter(Q(ended_at=None) | Q(started_at__gte=since)).exists()


def open_rounds(*, now: datetime) -> int:
    """Begin the rounds of today that begin by themselves, each once; return how many."""
    today, begun = day_of(now), 0
    for department in Department.objects.filter(active=True):
        try:
            using = edition_in_force(department_id=department.pk, at=now)
        except KefuError:
            continue  # no rulebook holds here
        for code, found in offered(using).items():
            if found.plan.every == "day" and _its_desk(found.plan, department):
                begun += _round(code, department, today, now=now)
    return begun


def _its_desk(plan: Plan, department: Department) -> bool:
    """Does the first step lie with this department? Of a role's step there is one round in the first that has it."""
    owner = owner_of(plan.steps[0].by)
    if owner.department is not None:
        return owner.department.pk == department.pk
    people = department.employees.filter(user__role__in=owner.roles) if owner.roles else None
    return people is not None and people.exists()


def _round(code: str, department: Department, today: Any, *, now: datetime) -> int:
    if ProcessRun.objects.filter(code=code, round_on=today).exists():
        return 0
    try:
        with transaction.atomic():
            start(code=code, department=department, round_on=today, actor=None, now=now)
    except IntegrityError as error:
        if "process_one_round" not in str(error):
            raise
        return 0
    return 1


def _both(plan: Plan, name: str) -> dict[str, str]:
    return {"zh": plan.word(name, "zh"), "en": plan.word(name, "en")}
