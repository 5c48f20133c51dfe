"""What the place and the house set beside the rulebooks: written by one person, confirmed by another."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.calendars import Calendar
from payroll.models import PayTerms
from payroll.services import months

SET = "payroll.set_terms"


@transaction.atomic
def write(*, actor: Any, now: datetime, **given: Any) -> PayTerms:
    """Write an edition; it holds once another person has confirmed it.

    Raises NotAllowed, Conflict (month_locked), KefuError (calendar, edition_exists).
    """
    if not actor.has_perm(SET):
        raise NotAllowed(_("只有人事、财务和经理可以起草薪资口径"))
    given["from_month"] = given["from_month"].replace(day=1)
    months.check_open(given["from_month"], field="from_month")
    if PayTerms.objects.filter(edition=given["edition"]).exists():
        raise KefuError(_("这个版本名已经用过"), code="edition_exists", field="edition")
    if given.get("calendar"):
        try:
            Calendar.model_validate(given["calendar"])
        except ValidationError as error:
            said = _("工作日历读不懂：%(why)s") % {"why": error.errors()[0]["msg"]}
            raise KefuError(said, code="calendar", field="calendar") from error
    return PayTerms.objects.create(written_by=actor, written_at=now, **given)


@transaction.atomic
def confirm(*, terms: PayTerms, actor: Any, now: datetime) -> None:
    """Another person has checked it: it holds from its month on. Raises NotAllowed, Conflict."""
    if not actor.has_perm(SET):
        raise NotAllowed(_("只有人事、财务和经理可以确认薪资口径"))
    terms = PayTerms.objects.select_for_update(of=["self"]).get(pk=terms.pk)
    if terms.confirmed_by_id is not None:
        raise Conflict(_("这一版已经确认过"), code="confirmed")
    if terms.written_by_id == actor.pk:
        raise Conflict(_("自己起草的要由另一个人确认"), code="own_terms")
    months.check_open(terms.from_month)
    same = PayTerms.objects.filter(confirmed_by__isnull=False, from_month=terms.from_month)
    if same.exists():
        raise Conflict(_("这个月份起已有一版确认过的口径，请用下个月份"), code="month_taken")
    terms.confirmed_by, terms.confirmed_at = actor, now
    terms.save(update_fields=["confirmed_by", "confirmed_at"])
