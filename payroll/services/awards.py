"""The excellent agents of a month: opened with everybody's figures, chosen by one person, signed by another
(ES-116.03, ES-204.06, ES-204.07).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.months import last_day, month_of
from kefu.policy.requirements import requirements
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import AwardRound, Nominee, RegisterEntry
from payroll.selectors.awards import award_of, candidates, departments_of, figures, staff_of
from payroll.services import register
from payroll.services.register import said


@transaction.atomic
def open_round(*, department: Department, month: date, actor: Any, now: datetime) -> AwardRound:
    """Open the choice of a month that is over or runs out, with whom the figures speak for. ``month``: its first day.

    Raises NotAllowed, KefuError naming ``month``, Conflict for a second one.
    """
    _check(department, actor)
    if month > now.astimezone(SHANGHAI).date():
        raise KefuError(_("这个月还没有开始"), code="in_the_future", field="month")
    using = edition_in_force(department_id=department.pk, at=now)
    try:
        with transaction.atomic():
            row = AwardRound.objects.create(
                department=department,
                month=month,
                rulebook_id=using.version_id,
                opened_by=actor,
                opened_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("这个月已经发起过评优"), code="round_there", field="month") from error
    found = figures(staff_of(department), month, using.rules)
    Nominee.objects.bulk_create(
        Nominee(round=row, employee_id=pk, figures=found[pk].to_json())
        for pk in candidates(using.rules, found)
    )
    return row


def _check(department: Department, actor: Any) -> None:
    if not departments_of(actor).filter(pk=department.pk).exists():
        raise NotAllowed(_("由本部门的主管、经理或人事评选"))


def _lock(row: AwardRound, actor: Any) -> AwardRound:
    found = (
        AwardRound.objects.select_for_update(of=["self"], no_key=True)
        .select_related("department")
        .get(pk=row.pk)
    )
    _check(found.department, actor)
    if found.published_at is not None:
        raise Conflict(_("已经公布了"), code="published")
    return found


@transaction.atomic
def nominate(
    *, row: AwardRound, employee: Employee, evidence: str, actor: Any, now: datetime
) -> Nominee:
    """Put somebody on the list whom the figures do not speak for, and why. Raises NotAllowed, KefuError, Conflict."""
    found = _lock(row, actor)
    if employee.user_id == actor.pk:
        raise KefuError(_("不能提名自己"), code="own_entry", field="employee")
    if employee.department_id != found.department_id:
        raise KefuError(_("只能提名这个部门的人"), code="other_department", field="employee")
    if found.nominees.filter(employee=employee).exists():
        raise Conflict(_("他已经在名单里"), code="nominated", field="employee")
    rules = edition(found.rulebook_id).rules
    return Nominee.objects.create(
        round=found,
        employee=employee,
        figures=figures([employee], found.month, rules)[employee.pk].to_json(),
        nominated_by=actor,
        evidence=said(evidence, "evidence"),
    )


@transaction.atomic
def choose(*, row: AwardRound, evidence: Mapping[int, str], actor: Any, now: datetime) -> None:
    """Choose among the nominees: ``evidence`` of each chosen one, by nominee. Anew until another person has signed.

    Raises NotAllowed, KefuError naming the field, Conflict (published).
    """
    found = _lock(row, actor)
    nominees = list(found.nominees.select_related("employee"))
    chosen = {one.pk: evidence[one.pk] for one in nominees if one.pk in evidence}
    recorded = [
        *(["nominees"] if nominees else []),
        *(["winners"] if chosen else []),
        *(["evidence"] if chosen and all(text.strip() for text in chosen.values()) else []),
    ]
    lacks = requirements(edition(found.rulebook_id).rules, "award_round", recorded).lacks
    if not chosen or lacks or "evidence" not in recorded:
        # rule: ES-116.03
        raise KefuError(
            _("至少选一个人，并写明事迹和证据"), code="evidence_wanted", field="evidence"
        )
    for one in nominees:
        if one.employee.user_id == actor.pk and one.pk in chosen:
            raise KefuError(_("不能选自己"), code="own_entry", field="evidence")
        one.chosen = one.pk in chosen
        one.evidence = said(chosen[one.pk], "evidence") if one.chosen else one.evidence
        one.save(update_fields=["chosen", "evidence"])
    found.chosen_by, found.chosen_at = actor, now
    found.save(update_fields=["chosen_by", "chosen_at"])


@transaction.atomic
def publish(*, row: AwardRound, actor: Any, now: datetime) -> AwardRound:
    """Another person signs: the chosen get what the rulebook gives, and everybody may read it.

    Raises NotAllowed, Conflict (not_chosen, second_person, published).
    """
    found = _lock(row, actor)
    if found.chosen_by_id is None:
        raise Conflict(_("评选好了再签发"), code="not_chosen")
    if found.chosen_by_id == actor.pk:
        raise Conflict(_("自己评选的由另一个人签发"), code="second_person")
    chosen = list(found.nominees.filter(chosen=True).select_related("employee"))
    if any(one.employee.user_id == actor.pk for one in chosen):
        raise Conflict(_("不能签发自己的"), code="second_person")
    for one in chosen:
        one.entry = _reward(found, one, actor, now)
        one.save(update_fields=["entry"])
    found.published_by, found.published_at = actor, now
    found.save(update_fields=["published_by", "published_at"])
    people = Employee.objects.filter(department=found.department, user__is_active=True)
    notifications.ring(
        kind=Event.Kind.AWARD,
        at=now,
        user_ids=[pk for pk in people.values_list("user_id", flat=True) if pk is not None],
        data={
            "state": "published",
            "who": str(found.department.name),
            "on": f"{found.month:%Y-%m}",
            "url": reverse("payroll:award_round", args=[found.pk]),
        },
    )
    return found


def _reward(row: AwardRound, one: Nominee, actor: Any, now: datetime) -> RegisterEntry | None:
    award = award_of(edition(row.rulebook_id).rules)
    if award is None:
        return None
    today = now.astimezone(SHANGHAI).date()
    return register.enter(
        employee=one.employee,
        clause=award.id,
        rulebook_id=row.rulebook_id,
        kind=RegisterEntry.Kind.AWARD,
        happened_on=min(last_day(month_of(row.month)), today),
        reason=_("{month} 优秀客服：{evidence}").format(
            month=f"{row.month:%Y-%m}", evidence=one.evidence
        )[:500],
        source=f"award:{row.pk}",
        verified=True,
        actor=actor,
        now=now,
    )
