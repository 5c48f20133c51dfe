"""Show what is masked: only with a right and a reason, and only once the look itself is on record."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.audit.models import AuditRow
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import ContactNumber
from kefu.privacy import redact
from kefu.staff.models import User

PERMISSION = "cases.reveal_personal_data"
REASON_LIMIT = 300
SHORTEST_REASON = 4  # characters; "查件" alone says nothing
HOUR = timedelta(hours=1)
# What belongs to a case, by the way to its row; some tables are those of apps above.
PARTS = {"waybill": "waybill", "pickup": "pickup", "payment": "claim.payment"}
PHOTOS = "photos"  # all of a case's: whoever compares them gives his reason once
PHOTOS_STAY = timedelta(minutes=15)  # open after a look
LINES = {
    "interaction": "interactions",
    "consultation": "consultations",
    "network_query": "network_queries",
    "receipt_entry": "receipt_entries",
    "claim_document": "claim_documents",
    "step": "process_run.done",
}
# Whose work goes on after a case is closed; everybody else reopens it first.
REVIEWERS = {User.Role.SHIFT_LEAD, User.Role.SUPERVISOR, User.Role.MANAGER, User.Role.INSPECTOR}


class TooManyReveals(KefuError):
    code = "too_many_reveals"
    status = 429


class AuditUnavailable(KefuError):
    code = "audit_unavailable"
    status = 503


class UseRestricted(KefuError):
    """The person it is about asked for its deletion; kept because it has to be, and shown to nobody."""

    code = "use_restricted"
    status = 403


class NothingThere(KefuError):
    """``what`` names nothing of this case."""

    code = "nothing_to_reveal"
    status = 404


# What is kept without being shown any more, told by an app above: of a row, by its table, key and the part that is
# asked for, the beginnings of the names whose values are withheld. "" is the beginning of all.
Withholds = Callable[[str, int, str], Collection[str]]
_withholding: list[Withholds] = []


def withhold(rule: Withholds) -> None:
    """Have ``rule`` asked before anything is shown."""
    if rule not in _withholding:
        _withholding.append(rule)


def withheld(row: Any, what: str) -> tuple[str, ...]:
    """The beginnings of the names that are not shown of this row."""
    return tuple(start for rule in _withholding for start in rule(row._meta.db_table, row.pk, what))


def reveal(
    *,
    case: Case,
    what: str,
    reason: str,
    actor: Any,
    address: str = "",
    request_id: str = "",
    now: datetime,
) -> dict[str, str]:
    """Return the plain values behind one masked part of ``case``, after recording the look (``record_look``)."""
    row = record_look(
        case=case,
        what=what,
        reason=reason,
        actor=actor,
        address=address,
        request_id=request_id,
        now=now,
    )
    hidden = withheld(row, what)
    return {
        name: value
        for name, value in row.sealed.items()
        if value and not (hidden and name.startswith(hidden))
    }


def record_look(
    *,
    case: Case,
    what: str,
    reason: str,
    actor: Any,
    address: str = "",
    request_id: str = "",
    now: datetime,
) -> Any:
    """Record that ``actor`` looks at one masked part of ``case``; return the row that holds it.

    ``what`` is "customer", "waybill", "pickup", "payment", "photos", "interaction:<id>", "consultation:<id>",
    "network_query:<id>", "receipt_entry:<id>", "claim_document:<id>", "step:<id>" or "contact:<id>" (a number of an outlet on the
    case). The audit row
    is committed before anything is decrypted, so this must not run inside a transaction (``durable``); if it
    cannot be written, nothing is shown.

    Raises NotAllowed (no right), Conflict ``case_not_in_hand``, KefuError ``reason_required``,
    NothingThere, UseRestricted, TooManyReveals, AuditUnavailable.
    """
    if not actor.has_perm(PERMISSION):  # rule: CD-02.09
        raise NotAllowed(_("你的角色不能查看客户的明文资料"))
    if not Case.objects.visible_to(actor).filter(pk=case.pk).exists():
        raise NothingThere(_("没有这张工单"))
    if case.state == Case.State.CLOSED and actor.role not in REVIEWERS:
        raise Conflict(_("工单已结案，要查看明文请先重新打开"), code="case_not_in_hand")
    reason = redact.clean(reason, max_length=REASON_LIMIT, field="reason", multiline=False)
    if len(reason) < SHORTEST_REASON:
        raise KefuError(
            _("请写明为什么要看，例如“回电核对收件人”"), code="reason_required", field="reason"
        )
    row = _row(case, what)
    if "" in withheld(row, what):
        raise UseRestricted(_("本人要求删除，法规要求留存：这份资料只保存，不再查看和使用"))
    _refuse_above(settings.KEFU_REVEALS_PER_HOUR - 1, actor, now)
    try:  # rule: CD-02.09
        audit.record_reveal(
            table=row._meta.db_table,
            object_id=row.pk,
            fields=[what.partition(":")[0], case.number],
            reason=redact.redact(reason)[:REASON_LIMIT],
            actor=actor,
            at=now,
            address=address,
            request_id=request_id,
        )
    except DatabaseError as error:
        raise AuditUnavailable(_("现在记不下这次查看，明文先不显示；请稍后再试")) from error
    # Counted again with this look on record: of many at the same moment no more than the limit get through.
    _refuse_above(settings.KEFU_REVEALS_PER_HOUR, actor, now)
    return row


def sees_photos(*, case: Case, actor: Any, now: datetime) -> bool:
    """Whether ``actor`` has given a reason for looking at the case's photos lately, and may still look."""
    return (
        actor.has_perm(PERMISSION)
        and "" not in withheld(case, PHOTOS)
        and AuditRow.objects.filter(
            actor_id=actor.pk,
            action="reveal",
            at__gt=now - PHOTOS_STAY,
            table=case._meta.db_table,
            object_id=str(case.pk),
            after__fields__0=PHOTOS,
        ).exists()
    )


def _refuse_above(limit: int, actor: Any, now: datetime) -> None:
    looks = AuditRow.objects.filter(actor_id=actor.pk, action="reveal", at__gt=now - HOUR)[
        : limit + 1
    ].count()
    if looks > limit:
        raise TooManyReveals(
            _("一小时内最多查看 %(n)d 次明文，请稍后再看；确有需要请找主管")
            % {"n": settings.KEFU_REVEALS_PER_HOUR}
        )


def _row(case: Case, what: str) -> Any:
    """Return the row that holds the sealed values; never one of another case."""
    name, _colon, key = what.partition(":")
    row: Any = None
    if not key:
        if name == "customer" or (name == PHOTOS and case.attachments.exists()):
            row = case
        elif name in PARTS:
            row = case
            for step in PARTS[name].split("."):
                row = getattr(row, step, None)
    elif key.isdecimal() and len(key) <= 18:
        if name == "contact":
            row = ContactNumber.objects.filter(pk=int(key), party_id__in=_outlets(case)).first()
        elif name in LINES:
            row = _lines(case, LINES[name]).filter(pk=int(key)).first()
    if row is None:
        raise NothingThere(_("这张工单里没有要查看的内容"))
    return row


def _lines(case: Case, relation: str) -> Any:
    """The rows behind a relation of the case, or of what extends it."""
    try:
        return attrgetter(relation)(case)
    except ObjectDoesNotExist:
        raise NothingThere(_("这张工单里没有要查看的内容")) from None


def _outlets(case: Case) -> set[int]:
    """Whom one may have to call about this case."""
    found = {case.outlet_id}
    if case.waybill is not None:
        found |= {case.waybill.origin_id, case.waybill.destination_id}
    found.update(getattr(case, LINES["network_query"]).values_list("asked_id", flat=True))
    return {pk for pk in found if pk is not None}
