"""A month's scores: judged, published, corrected, talked about; what follows from them is proposed, never done."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy import sheets
from kefu.policy.access import Actor, may
from kefu.policy.money import points as to_points
from kefu.policy.months import last_day, month_of
from kefu.policy.refusals import NotInRulebook, Refused
from kefu.policy.requirements import requirements
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff.models import Employee
from kefu.staff.selectors import head_of
from payroll.models import Improvement, JudgedPart, MonthScore, Talk, Target
from payroll.selectors import scores as selectors
from payroll.selectors.people import leads
from payroll.selectors.score_facts import Gathered, gather, indicators
from payroll.selectors.scores import Scored
from payroll.services import courses, months, register
from payroll.services.register import enterable

LEAD = "payroll.lead_scores"
SUPERVISOR = "supervisor"  # as the rulebooks call whoever has this right


def check_lead(actor: Any, employee: Employee) -> None:
    """Raises NotAllowed without the right or for other departments' people, KefuError for oneself."""
    if not actor.has_perm(LEAD):
        raise NotAllowed(_("由主管评分和公布"))
    if employee.user_id == actor.pk:
        raise KefuError(_("不能给自己评分"), code="own_score", field="employee")
    if not leads(actor, employee):
        raise NotAllowed(_("只能评自己部门的人"), field="employee")


def written(text: str, field: str, most: int) -> str:
    """What somebody wrote, masked. Raises KefuError naming the field for more than ``most`` characters, or none."""
    return redact.redact(redact.clean(text, max_length=most, field=field, required=True))


def _open_sheet(employee: Employee, month: date) -> Gathered:
    """What is known of a month that is scored and not published yet. Raises KefuError, Conflict."""
    if MonthScore.objects.filter(employee=employee, month=month).exists():
        raise Conflict(_("这个月的得分已公布，要改请出更正版"), code="score_published")
    months.check_open(month)
    found = gather([employee], month)
    if not found or not found[0].mechanism:
        raise KefuError(_("这个部门的规章不评分"), code="not_scored", field="employee")
    return found[0]


@transaction.atomic
def judge(
    *,
    employee: Employee,
    month: date,
    part: str,
    points: Decimal,
    note: str,
    actor: Any,
    now: datetime,
) -> JudgedPart:
    """A supervisor gives the part of an assessment that a person judges, of 0 to 100, with what she observed; never
    to herself. The latest counts until the month is published (ES-603.11, ES-603.12).
    """
    check_lead(actor, employee)
    sheet = _open_sheet(employee, month)
    wanted = {rating.name: rating for rating in sheets.ratings(sheet.using.rules)}
    if part not in wanted:
        raise KefuError(_("规章里没有这一项评分"), code="no_such_part", field="part")
    if not points.is_finite() or not 0 <= points <= 100:
        raise KefuError(_("评分在 0 到 100 之间"), code="out_of_range", field="points")
    return JudgedPart.objects.create(
        employee=employee,
        month=month,
        part=part,
        points=to_points(points),
        note=written(note, "note", 500),
        given_by=actor,
        given_as=SUPERVISOR,
        given_at=now,
    )


@transaction.atomic
def set_target(
    *,
    employee: Employee,
    month: date,
    metric: str = "",
    number: Decimal | None = None,
    text: str = "",
    actor: Any,
    now: datetime,
) -> Target:
    """Say what somebody is to do or to reach this month; the latest of a metric holds (CD-12.03)."""
    check_lead(actor, employee)
    using = edition_in_force(department_id=employee.department_id, at=now)
    try:
        permission = may(using.rules, "set_targets", Actor(role=SUPERVISOR))
    except NotInRulebook:
        pass  # the rulebook leaves it to the permissions
    else:
        if not permission.allowed:
            raise NotAllowed(_("由主管制定目标"))
    if bool(metric) == bool(text.strip()):
        raise KefuError(_("写工作，或选指标填数，二选一"), code="one_of_both", field="text")
    if metric:
        known = {one.metric for one in sheets.wanted(using.rules, month.month)}
        if metric not in known | set(indicators(using)):
            raise KefuError(_("规章里没有这个指标"), code="no_such_metric", field="metric")
        if number is None or not number.is_finite() or not 0 < number <= 999_999:
            raise KefuError(_("目标要大于 0"), code="out_of_range", field="number")
    return Target.objects.create(
        employee=employee,
        month=month,
        metric=metric,
        number=number if metric else None,
        text="" if metric else written(text, "text", 300),
        set_by=actor,
        set_at=now,
    )


@dataclass(frozen=True, slots=True)
class Published:
    """``left``: those whose month cannot be published yet, each with the reason in words."""

    done: Sequence[MonthScore]
    left: Sequence[tuple[Employee, str]]


@transaction.atomic
def publish(*, employees: Iterable[Employee], month: date, actor: Any, now: datetime) -> Published:
    """Publish a month for those whose sheet is whole; the others are left, each with the reason.

    One with a judged part missing is not published (ES-603.02). What the rulebook says of a low score is proposed
    in the register. Raises NotAllowed, KefuError.
    """
    people = list(employees)
    for one in people:
        check_lead(actor, one)
    months.check_open(month)
    there = set(
        MonthScore.objects.filter(employee__in=people, month=month).values_list(
            "employee_id", flat=True
        )
    )
    rest = [one for one in people if one.pk not in there]
    done, left = [], []
    for gathered in gather(rest, month):
        if not gathered.mechanism:
            continue
        why = _not_yet(gathered, now)
        scored = selectors.decide(gathered)
        why = why or _refused(scored)
        if why:
            left.append((gathered.employee, why))
        else:
            done.append(_store(gathered, scored, actor=actor, now=now))
    _propose(done, actor=actor, now=now)
    return Published(done, left)


def _not_yet(gathered: Gathered, now: datetime) -> str:
    today = now.astimezone(SHANGHAI).date()
    closes = selectors.closes_on(gathered)
    if today < closes:
        return _("{day} 起可以公布").format(day=f"{closes:%Y-%m-%d}")
    if gathered.missing:  # rule: ES-603.02
        return _("还没有评：{parts}").format(
            parts=punctuation.alike(
                *(selectors.part_in_words(part) for _id, part in gathered.missing)
            )
        )
    return ""


def _refused(scored: Scored) -> str:
    return punctuation.in_turn(*selectors.refusals_in_words(scored))


def _store(
    gathered: Gathered,
    scored: Scored,
    *,
    actor: Any,
    now: datetime,
    number: int = 1,
    reason: str = "",
) -> MonthScore:
    return MonthScore.objects.create(
        employee=gathered.employee,
        month=gathered.month,
        number=number,
        department=gathered.department,
        first_on=gathered.first_on,
        last_on=gathered.last_on,
        mechanism=gathered.mechanism,
        facts=scored.facts,
        clause=scored.clause,
        rulebook_id=scored.rulebook_id,
        points=scored.points,
        grade=scored.grade,
        reason=reason,
        published_by=actor,
        published_at=now,
    )


@transaction.atomic
def correct(*, score: MonthScore, reason: str, actor: Any, now: datetime) -> MonthScore:
    """Publish a month anew, as the books stand now, while its pay is open. Raises NotAllowed, Conflict."""
    check_lead(actor, score.employee)
    months.check_open(score.month)
    reason = written(reason, "reason", 300)
    rows = MonthScore.objects.filter(employee=score.employee, month=score.month)
    last = rows.aggregate(last=Max("number"))["last"]
    [gathered] = gather([score.employee], score.month)
    scored = selectors.decide(gathered)
    if why := _refused(scored):
        raise KefuError(why, code="not_whole")
    try:
        with transaction.atomic():
            row = _store(gathered, scored, actor=actor, now=now, number=last + 1, reason=reason)
    except IntegrityError as error:
        raise Conflict(_("有人刚出了更正版，请刷新")) from error
    _propose([row], actor=actor, now=now)
    return row


def _propose(rows: Sequence[MonthScore], *, actor: Any, now: datetime) -> None:
    """Enter what the rulebook says of low scores, for a person to decide (SD-233.12, SD-233.17, ES-603.24)."""
    by_department: defaultdict[tuple[int, int], list[MonthScore]] = defaultdict(list)
    for row in rows:
        rules = edition(row.rulebook_id).rules
        if row.points is not None:
            by_department[row.department_id, row.rulebook_id].append(row)
            numbers = {"score": row.points}
            for clause in sheets.proposals(rules, numbers, {"agent", "employee"}):
                _enter(row.employee, clause, row, actor, now)
        again = sheets.failed_again(rules, _grades(row))
        if again is not None:
            _enter(row.employee, again, row, actor, now)
        courses.retrain(score=row, actor=actor, now=now)
    for (department_id, version_id), group in by_department.items():
        lowest = {"lowest_score": min(row.points for row in group if row.points is not None)}
        for clause in sheets.proposals(edition(version_id).rules, lowest, {"supervisor"}):
            if (head := head_of(department_id)) is not None:
                _enter(head, clause, group[0], actor, now)


def _grades(row: MonthScore) -> list[tuple[date, str]]:
    """The published grades up to a month, each with its last day."""
    earlier = MonthScore.objects.filter(employee=row.employee_id, month__lte=row.month)
    latest = earlier.order_by("month", "number").values_list("month", "grade")
    return [(last_day(month_of(month)), grade) for month, grade in dict(latest).items()]


def _enter(employee: Employee, clause: str, row: MonthScore, actor: Any, now: datetime) -> None:
    line = enterable(edition(row.rulebook_id).rules, clause)
    register.enter(
        employee=employee,
        clause=clause,
        rulebook_id=row.rulebook_id,
        kind=line.kind,
        happened_on=min(row.last_on, now.astimezone(SHANGHAI).date()),
        reason=_("{month} 月度得分").format(month=f"{row.month:%Y-%m}"),
        source=f"score:{row.month:%Y-%m}",
        inputs={"score": row.pk},
        actor=actor,
        now=now,
    )


@transaction.atomic
def see(*, score: MonthScore, actor: Any, now: datetime) -> None:
    """The person has looked at the result: the receipt of the feedback (ES-604.03)."""
    # rule: ES-604.03
    if score.employee.user_id == actor.pk and score.seen_at is None:
        MonthScore.objects.filter(pk=score.pk, seen_at=None).update(seen_at=now)


@dataclass(frozen=True, slots=True)
class Plan:
    action: str
    due_on: date


@transaction.atomic
def record_talk(
    *,
    employee: Employee,
    month: date,
    talked_on: date,
    strengths: str,
    weaknesses: str,
    plans: Sequence[Plan] = (),
    actor: Any,
    now: datetime,
) -> Talk:
    """Record a talk about a published result, and what is to be done until when (ES-604.04, ES-604.05).

    Raises KefuError naming the field that the rulebook asks for, Conflict for a month that has its talk.
    """
    check_lead(actor, employee)
    score = MonthScore.objects.filter(employee=employee, month=month).first()
    if score is None:
        raise Conflict(_("得分公布后再沟通"), code="not_published")
    if talked_on > now.astimezone(SHANGHAI).date():
        raise KefuError(_("沟通日期不能晚于今天"), code="in_the_future", field="talked_on")
    using = edition(score.rulebook_id)
    _check_fields(
        using, "one_to_one_talk",
        {"talked_on": str(talked_on), "strengths": strengths, "weaknesses": weaknesses},
    )  # fmt: skip
    for plan in plans:
        _check_fields(
            using, "improvement_plan", {"action": plan.action, "due_on": str(plan.due_on or "")}
        )
        if plan.due_on < talked_on:
            raise KefuError(_("完成日期不能早于沟通日期"), code="due_before", field="due_on")
    try:
        with transaction.atomic():
            talk = Talk.objects.create(
                employee=employee,
                month=month,
                talked_on=talked_on,
                strengths=written(strengths, "strengths", 1_000),
                weaknesses=written(weaknesses, "weaknesses", 1_000),
                held_by=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("这个月已经沟通过了"), code="talked_before") from error
    Improvement.objects.bulk_create(
        Improvement(talk=talk, action=written(plan.action, "action", 300), due_on=plan.due_on)
        for plan in plans
    )
    return talk


def _check_fields(using: Edition, form: str, said: dict[str, str]) -> None:
    try:
        lacking = requirements(using.rules, form, [n for n, text in said.items() if text.strip()])
    except Refused:
        return
    for name in lacking.missing:
        raise KefuError(_("请填写此项"), code="field_required", field=name)


@transaction.atomic
def improvement_done(*, improvement: Improvement, actor: Any, now: datetime) -> None:
    """A supervisor says that what was agreed is done."""
    row = (
        Improvement.objects.select_for_update(of=["self"])
        .select_related("talk__employee")
        .get(pk=improvement.pk)
    )
    check_lead(actor, row.talk.employee)
    if row.done_on is not None:
        raise Conflict(_("这条已经确认完成了"))
    row.done_on, row.done_by = now.astimezone(SHANGHAI).date(), actor
    row.save(update_fields=["done_on", "done_by"])
