"""What is filled in with a step: read by its sort, as it is kept and as it may stand open."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.cases.services import callable_phone, shown
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.moments import day_of
from kefu.policy.money import yuan
from kefu.policy.plans import Asked, choices
from kefu.privacy import masks, redact
from kefu.processes.selectors import Standing
from kefu.staff.models import Duty, Employee

MOST_MONEY = Decimal(1_000_000)  # yuan
TEXT = 500  # characters of a field


@dataclass(frozen=True, slots=True)
class Value:
    """``kept`` goes under seal, ``open`` may be seen by whoever may see the case; both plain JSON."""

    kept: str
    open: str


def read(
    name: str,
    value: Any,
    *,
    field: Asked,
    label: str,
    case: Case,
    standing: Standing,
    now: datetime,
) -> Value | None:
    """Return what stands in a field, None where it is empty. Raises KefuError naming the field."""
    if field.type == "sheet":  # rule: SD-222.02
        return _sheet(name, value or (), standing)
    if value in (None, "", False):
        return None
    match field.type:
        case "tick":
            return Value("1", "1")
        case "choice":
            return _choice(name, str(value), standing)
        case "date":
            return _day(name, value, field, label, now)
        case "moment":
            return _moment(name, value, field, label, now)
        case "money":
            return _money(name, value, label)
        case "waybill":
            number = redact.clean_waybill(str(value), field=name)
            return Value(number, number)
        case "phone":
            phone = callable_phone(str(value), field=name)
            return Value(phone, masks.mask_phone(phone))
        case "person":
            text = redact.clean(str(value), max_length=60, field=name, multiline=False)
            return Value(text, masks.mask_name(text)) if text else None
    text = redact.clean(str(value), max_length=TEXT, field=name)
    return Value(text, shown(case=case, text=text, field=name, limit=TEXT)) if text else None


def _choice(name: str, value: str, standing: Standing) -> Value:
    _known(name, value, standing)
    return Value(value, value)


def _sheet(name: str, ticked: Collection[str], standing: Standing) -> Value:
    """What was ticked, in the order of the sheet; that nothing was is kept, too."""
    for value in ticked:
        _known(name, value, standing)
    lines = choices(standing.plan, name, standing.rules)
    kept = "\n".join(line for line, _zh, _en in lines if line in ticked)
    return Value(kept, kept)


def _known(name: str, value: str, standing: Standing) -> None:
    if value not in [one for one, _zh, _en in choices(standing.plan, name, standing.rules)]:
        raise KefuError(
            _("没有“%(value)s”这一项") % {"value": value}, code="unknown_choice", field=name
        )


def _day(name: str, value: Any, field: Asked, label: str, now: datetime) -> Value:
    try:
        on = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise KefuError(
            _("%(what)s：要写成年-月-日") % {"what": label}, code="no_date", field=name
        ) from None
    _in_its_time(name, on < day_of(now), on > day_of(now), field, label)
    return Value(on.isoformat(), on.isoformat())


def _moment(name: str, value: Any, field: Asked, label: str, now: datetime) -> Value:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise KefuError(
            _("%(what)s：时间看不懂") % {"what": label}, code="no_moment", field=name
        ) from None
    at = at.replace(tzinfo=SHANGHAI) if at.tzinfo is None else at
    _in_its_time(name, at < now, at > now, field, label)
    return Value(at.isoformat(), at.isoformat())


def _in_its_time(name: str, past: bool, ahead: bool, field: Asked, label: str) -> None:
    if field.ahead and past:
        raise KefuError(_("%(what)s不能是过去") % {"what": label}, code="in_past", field=name)
    if not field.ahead and ahead:
        raise KefuError(_("%(what)s不能晚于现在") % {"what": label}, code="in_future", field=name)


def _money(name: str, value: Any, label: str) -> Value:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount <= MOST_MONEY or amount != yuan(amount):
        words = _("%(what)s：要在 0.01 到 1,000,000 元之间，到分为止") % {"what": label}
        raise KefuError(words, code="bad_amount", field=name)
    return Value(str(yuan(amount)), str(yuan(amount)))


def untyped(
    name: str, field: Asked, *, case: Case, actor: Any, sent: bool, now: datetime
) -> Value | None:
    """What nobody types, as it is now; None where it is not there."""
    match field.type:
        case "me":
            return Value(
                str(getattr(actor, "employee", actor)), str(getattr(actor, "employee", actor))
            )
        case "now":
            local = now.astimezone(SHANGHAI)
            on_day = name.endswith("_on") or name == "date"
            stamp = local.date().isoformat() if on_day else local.isoformat(timespec="seconds")
            return Value(stamp, stamp)
        case "photo":
            number = case.attachments.count()
            return Value(str(number), str(number)) if number else None
        case "on_duty":
            at_desk = Duty.objects.filter(
                employee__in=Employee.objects.filter(user=actor.pk), ended_at=None
            )
            return Value("1", "✓") if at_desk.exists() else None
        case "sent":
            return Value("1", "✓") if sent else None
    return None
