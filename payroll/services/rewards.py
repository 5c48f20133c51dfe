"""The month's rewards and penalties: prepared, reviewed by another, issued (SD-221.11, SD-221.12, SD-233.03)."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, User
from payroll.models import RewardSheet
from payroll.selectors import rewards as selectors
from payroll.services.scores import LEAD


def _check(department: Department, actor: Any) -> None:
    if not actor.has_perm(LEAD):
        raise NotAllowed(_("由主管编制、审核和发出"))
    if actor.role != User.Role.MANAGER and actor.employee.department_id != department.pk:
        raise NotAllowed(_("只能办自己部门的"))


@transaction.atomic
def prepare(*, department: Department, month: date, actor: Any, now: datetime) -> RewardSheet:
    """Put the month together as the books stand now; anew as the next number. Raises NotAllowed, KefuError."""
    _check(department, actor)
    today = now.astimezone(SHANGHAI).date()
    if month > today:
        raise KefuError(_("这个月还没有开始"), code="in_the_future", field="month")
    using = edition_in_force(department_id=department.pk, at=now)
    rows = RewardSheet.objects.filter(department=department, month=month)
    last = rows.aggregate(last=Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            return RewardSheet.objects.create(
                department=department,
                month=month,
                number=last + 1,
                content=selectors.statistics(department, month, today=today),
                rulebook_id=using.version_id,
                prepared_by=actor,
                prepared_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("有人刚编制了一版，请刷新")) from error


def _lock(sheet: RewardSheet, actor: Any) -> RewardSheet:
    row = RewardSheet.objects.select_for_update(of=["self"], no_key=True).get(pk=sheet.pk)
    _check(row.department, actor)
    later = RewardSheet.objects.filter(
        department=row.department_id, month=row.month, number__gt=row.number
    )
    if later.exists():
        raise Conflict(_("已有新的一版，请办新的"), code="newer_sheet")
    return row


@transaction.atomic
def review(*, sheet: RewardSheet, actor: Any, now: datetime) -> None:
    """Another person has looked at it. Raises NotAllowed, Conflict."""
    row = _lock(sheet, actor)
    if row.reviewed_at is not None:
        raise Conflict(_("已经审核过了"))
    if row.prepared_by_id == actor.pk:
        raise Conflict(_("自己编制的要由另一个人审核"), code="own_sheet")
    row.reviewed_by, row.reviewed_at = actor, now
    row.save(update_fields=["reviewed_by", "reviewed_at"])


@transaction.atomic
def issue(*, sheet: RewardSheet, actor: Any, now: datetime) -> None:
    """Give it out; it never changes after. Raises NotAllowed, Conflict."""
    row = _lock(sheet, actor)
    if row.reviewed_at is None:
        raise Conflict(_("审核后才能发出"), code="not_reviewed")
    if row.issued_at is not None:
        raise Conflict(_("已经发出了"))
    row.issued_by, row.issued_at = actor, now
    row.save(update_fields=["issued_by", "issued_at"])
