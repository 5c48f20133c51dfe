"""Fill a post: look inside first, outside for a reason, let the department judge, offer, appoint (ES-121.01 to ES-123.01)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.access import Actor, may
from kefu.policy.processes import Done
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import requirements
from kefu.privacy import masks, phones, redact
from kefu.rulebooks.wording import value_in_words
from kefu.staff.models import Department, Employee, Position
from payroll.models import Candidate, Evaluation, OfferLetter, Placement, Vacancy
from payroll.selectors import joining as selectors
from payroll.services.employment import may_keep, place, today_of

State = Candidate.State
BEST_MARK = 5


@transaction.atomic
def open_vacancy(
    *,
    department: Department,
    position: Position,
    wanted: int = 1,
    asks: str = "",
    actor: Any,
    now: datetime,
) -> Vacancy:
    """A post is to be filled; it is looked for inside first where the rulebook wants that (ES-121.01)."""
    may_keep(actor)
    if not 1 <= wanted <= 200:
        raise KefuError(_("人数要在 1 到 200 之间"), code="out_of_range", field="wanted")
    using = selectors.edition_of_process("vacancy", department.pk, now)
    return Vacancy.objects.create(
        department=department,
        position=position,
        wanted=wanted,
        asks=_plain(asks, 500, "asks"),
        rulebook_id=using.version_id if using else None,
        opened_by=actor,
        opened_at=now,
        # Without a rule that says otherwise anybody may apply from the first day.
        outside_at=None if using else now,
        outside_by=None if using else actor,
    )


@transaction.atomic
def look_outside(
    *, vacancy: Vacancy, reasons: Sequence[str], note: str = "", actor: Any, now: datetime
) -> None:
    """Nobody inside takes it: from now on people from outside may apply, for the reasons named (ES-121.02).

    Raises NotAllowed, Conflict, KefuError (external_reason) without a reason of the rulebook's list.
    """
    may_keep(actor)
    vacancy = _open(vacancy)
    if vacancy.outside_at is not None:
        raise Conflict(_("已经在对外招募"), code="outside_already")
    rules = selectors.rules_of(vacancy)
    known = dict(selectors.reasons(vacancy))
    if rules is not None:
        said = ["external_reason"] if reasons else []
        selectors.standing(rules, "vacancy", [Done("search_inside")], said)
        lacks = requirements(rules, "external_reason", said).lacks
        if lacks or not set(reasons) <= set(known):  # rule: ES-121.02
            clause = lacks[0].clause if lacks else ""
            raise KefuError(
                _("按 %(clause)s 至少选一条对外招募的理由") % {"clause": clause},
                code="external_reason",
                field="reasons",
            )
    vacancy.external_reasons = [one for one in known if one in set(reasons)]
    vacancy.external_note = _plain(note, 300, "note")
    vacancy.outside_by, vacancy.outside_at = actor, now
    vacancy.save(update_fields=["external_reasons", "external_note", "outside_by", "outside_at"])


@transaction.atomic
def close(*, vacancy: Vacancy, text: str, actor: Any, now: datetime) -> None:
    """It is filled, or nobody is wanted any more. Raises NotAllowed, Conflict (offers_open)."""
    may_keep(actor)
    vacancy = _open(vacancy)
    if vacancy.candidates.filter(state=State.OFFERED).exists():
        raise Conflict(_("还有发出录取通知、没有报到的候选人，先办报到或退出"), code="offers_open")
    vacancy.closed_by, vacancy.closed_at = actor, now
    vacancy.closing = _plain(text, 300, "text", required=True)
    vacancy.save(update_fields=["closed_by", "closed_at", "closing"])


@transaction.atomic
def put_forward(*, vacancy: Vacancy, employee: Employee, actor: Any, now: datetime) -> Candidate:
    """One of ours is a candidate. Raises NotAllowed, Conflict (candidate_known), KefuError naming ``employee``."""
    may_keep(actor)
    vacancy = _open(vacancy)
    if employee.status == Employee.Status.LEFT:
        raise KefuError(_("%(who)s 已离职") % {"who": employee}, code="left", field="employee")
    if (
        employee.position_id == vacancy.position_id
        and employee.department_id == vacancy.department_id
    ):
        raise KefuError(
            _("%(who)s 已经在这个岗位") % {"who": employee}, code="placed_already", field="employee"
        )
    try:
        with transaction.atomic():
            return Candidate.objects.create(
                vacancy=vacancy,
                employee=employee,
                sealed=None,
                applied_on=today_of(now),
                recorded_by=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        raise Conflict(
            _("%(who)s 已是这个岗位的候选人") % {"who": employee},
            code="candidate_known",
            field="employee",
        ) from error


@transaction.atomic
def apply(
    *,
    vacancy: Vacancy,
    name: str,
    phone: str,
    about: str = "",
    applied_on: date | None = None,
    actor: Any,
    now: datetime,
) -> Candidate:
    """Somebody from outside applies. Raises NotAllowed, Conflict (inside_first) while nobody looks outside yet."""
    may_keep(actor)
    vacancy = _open(vacancy)
    if vacancy.outside_at is None:  # rule: ES-121.01
        raise Conflict(
            _("这个岗位还在内部选拔，写明理由转对外招募后才能登记外部候选人"), code="inside_first"
        )
    name = redact.clean(name, max_length=60, field="name", required=True, multiline=False)
    phone = phones.normalise(phone, field="phone")
    about = redact.clean(about, max_length=2_000, field="about")
    day = applied_on or today_of(now)
    if day > today_of(now):
        raise KefuError(_("应聘日期不能晚于今天"), code="in_the_future", field="applied_on")
    return Candidate.objects.create(
        vacancy=vacancy,
        masked_name=masks.mask_name(name),
        masked_phone=masks.mask_phone(phone),
        sealed={"name": name, "phone": phone, "about": about},
        applied_on=day,
        recorded_by=actor,
        recorded_at=now,
    )


@transaction.atomic
def evaluate(
    *,
    candidate: Candidate,
    marks: Mapping[str, Mapping[str, Any]],
    result: str,
    remark: str = "",
    actor: Any,
    now: datetime,
) -> Evaluation:
    """The department says what it found, criterion by criterion, and whether it takes the candidate.

    ``marks``: {criterion: {"mark": 1…5, "remark": …}}. Raises NotAllowed for another department's people, Conflict,
    KefuError naming the criterion that is missing (ES-122.02).
    """
    candidate = _lock(candidate)
    if not selectors.judges(actor, candidate.vacancy.department_id):
        raise NotAllowed(_("由用人部门的主管考核"))
    if candidate.employee is not None and candidate.employee.user_id == actor.pk:
        raise NotAllowed(_("不能考核自己"))
    if candidate.state not in (State.APPLIED, State.PASSED, State.FAILED):
        raise Conflict(_("这位候选人已经办到下一步，不能再考核"), code="candidate_moved_on")
    kept: dict[str, Any] = {}
    for name, given in marks.items():
        if not 1 <= int(given["mark"]) <= BEST_MARK:
            raise KefuError(_("评分要在 1 到 5 之间"), code="out_of_range", field=name)
        said = _plain(str(given.get("remark", "")), 200, name)
        kept[name] = {"mark": int(given["mark"]), "remark": said}
    rules = selectors.rules_of(candidate.vacancy)
    if rules is not None:
        lacking = requirements(rules, "candidate_evaluation", kept).missing
        if lacking:
            what = value_in_words("fields", lacking[0])
            raise KefuError(
                _("还没有评：%(what)s") % {"what": what}, code="field_required", field=lacking[0]
            )
    row = Evaluation.objects.create(
        candidate=candidate,
        marks=kept,
        result=Evaluation.Result(result),
        remark=_plain(remark, 500, "remark"),
        made_by=actor,
        made_at=now,
    )
    state = State.PASSED if result == Evaluation.Result.PASS else State.FAILED
    if candidate.state != state:
        _move(candidate, state)
    return row


def check_passed(candidate: Candidate) -> None:
    """Raises Conflict (not_passed) for whom the department has not passed, where the rulebook asks for it."""
    rules = selectors.rules_of(candidate.vacancy)
    passed = candidate.state in (State.PASSED, State.OFFERED)
    recorded = ("department_pass",) if passed else ()
    try:
        refused = may(rules, "appoint", Actor(recorded=recorded)).refused_by if rules else ()
    except NotInRulebook:
        refused = ()
    if refused or not passed:  # rule: ES-122.01
        raise Conflict(
            _("用人部门考核通过后才能录用 %(clause)s") % {"clause": "".join(refused[:1])},
            code="not_passed",
        )


@transaction.atomic
def offer(
    *, candidate: Candidate, starts_on: date, base: Decimal | None, actor: Any, now: datetime
) -> OfferLetter:
    """The office writes to a candidate from outside that he is taken (ES-123.01).

    Raises NotAllowed, Conflict (not_passed, offered_already), KefuError naming the field.
    """
    may_keep(actor)
    candidate = _lock(candidate)
    if candidate.employee_id:
        raise Conflict(_("内部员工不用录取通知，直接办理到岗"), code="one_of_ours")
    if candidate.state == State.OFFERED:
        raise Conflict(_("已经发过录取通知"), code="offered_already")
    check_passed(candidate)
    if starts_on < today_of(now):
        raise KefuError(_("报到日期不能早于今天"), code="in_the_past", field="starts_on")
    if base is not None and not 0 < base <= 999_999:
        raise KefuError(_("约定工资要在 0 到 999,999 元之间"), code="out_of_range", field="base")
    letter = OfferLetter.objects.create(
        candidate=candidate,
        number=_number("LQ", now),
        starts_on=starts_on,
        base=base,
        issued_by=actor,
        issued_at=now,
    )
    _move(candidate, State.OFFERED)
    return letter


def _number(prefix: str, now: datetime) -> str:
    """The next number of the year, LQ-2026-0001; of two at once the second waits."""
    year = f"{prefix}-{today_of(now).year}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('payroll.offer_letter'))")
    last = OfferLetter.objects.filter(number__startswith=year).order_by("-number").first()
    return f"{year}{int(last.number[-4:]) + 1 if last else 1:04}"


@transaction.atomic
def appoint(
    *, candidate: Candidate, from_on: date, reason: str = "", actor: Any, now: datetime
) -> Placement:
    """One of ours takes the post from a day on. Raises NotAllowed, Conflict (not_passed) and what ``place`` raises."""
    may_keep(actor)
    candidate = _lock(candidate)
    if candidate.employee is None:
        raise Conflict(_("外部候选人要先发录取通知，报到时办理入职"), code="from_outside")
    check_passed(candidate)
    vacancy = candidate.vacancy
    row = place(
        employee=candidate.employee,
        department=vacancy.department,
        position=vacancy.position,
        from_on=from_on,
        reason=reason or _("内部选拔"),
        actor=actor,
        now=now,
    )
    _move(candidate, State.JOINED)
    return row


@transaction.atomic
def withdraw(*, candidate: Candidate, actor: Any, now: datetime) -> None:
    """A candidate is out of it, whoever decided so. Raises NotAllowed, Conflict."""
    may_keep(actor)
    candidate = _lock(candidate)
    if candidate.state in (State.JOINED, State.WITHDRAWN):
        raise Conflict(_("这位候选人已到岗或已退出"), code="candidate_moved_on")
    _move(candidate, State.WITHDRAWN)


def _move(candidate: Candidate, state: str) -> None:
    candidate.state = state
    candidate.save(update_fields=["state"])


def _lock(candidate: Candidate) -> Candidate:
    rows = Candidate.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("vacancy__department", "vacancy__position", "employee").get(
        pk=candidate.pk
    )


def _open(vacancy: Vacancy) -> Vacancy:
    row = Vacancy.objects.select_for_update(of=["self"], no_key=True).get(pk=vacancy.pk)
    if row.closed_at is not None:
        raise Conflict(_("这个空缺已经结束"), code="vacancy_closed")
    return row


def _plain(text: str, most: int, field: str, *, required: bool = False) -> str:
    cleaned = redact.clean(text, max_length=most, field=field, required=required, multiline=False)
    return redact.redact(cleaned)
