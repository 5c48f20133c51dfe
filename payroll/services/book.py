"""The hand-over book: written by who goes, read and signed by who comes; what is checked at both ends of a shift."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.access import Actor, may
from kefu.policy.refusals import NotInRulebook
from kefu.policy.steps import Step
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.rulebooks.services import require
from kefu.staff.models import Employee
from payroll.models import BookEntry, RosteredShift, SafetyReport, ShiftCheck
from payroll.selectors import book as selectors
from payroll.selectors.meetings import leads, staff_of
from payroll.selectors.reach import heads_of

TEXT = 1_000  # characters of one field
Edge = ShiftCheck.Edge


@transaction.atomic
def write(
    *,
    giver: Employee,
    content: Mapping[str, str],
    addressee: Employee | None = None,
    ticked: Collection[str] = (),
    actor: Any,
    now: datetime,
) -> BookEntry:
    """Write one's page as the shift ends; that is the giver's signature. The cases he has handed over one by one
    belong to it (OS-04.09, OS-04.10, SD-233.53).

    ``content`` by the rulebook's fields, ``ticked`` the lines checked before leaving. Open tasks of the day are noted
    with it and keep nobody back. Raises NotAllowed, KefuError naming the field, Conflict: written_already, cases_left.
    """
    _own_hand(giver, actor)
    using = edition_in_force(department_id=giver.department_id, at=now)
    rules = using.rules
    written = _written(selectors.fields_of(rules), content)
    if addressee is not None:
        _check_addressee(addressee, giver)
    left = selectors.cases_left(giver).count()
    if left and _wants_nothing_left(rules):
        raise Conflict(  # rule: SD-233.53
            _("还有 %(n)d 件工单在你名下，先逐件交接") % {"n": left}, code="cases_left", count=left
        )
    shift = selectors.shift_ending(giver, now)
    handed = list(selectors.case_hand_overs(giver, now))
    try:
        with transaction.atomic():
            entry = BookEntry.objects.create(
                department=giver.department,
                on=shift.day if shift else now.astimezone(SHANGHAI).date(),
                shift=shift,
                giver=giver,
                giver_signed_at=now,
                content=written,
                addressee=addressee,
                rulebook_id=using.version_id,
            )
    except IntegrityError as error:
        if "book_entry_once_a_shift" not in str(error):
            raise
        raise Conflict(_("这一班的交接本已经写过"), code="written_already") from error
    entry.cases.set(handed)
    check(employee=giver, edge=Edge.END, ticked=ticked, shift=shift, actor=actor, now=now)
    told = [addressee] if addressee else list(staff_of(giver.department_id).exclude(pk=giver.pk))
    _tell(entry, [one.user_id for one in told], "to_sign", now)
    return entry


def _own_hand(who: Employee, actor: Any) -> None:
    if who.user_id != actor.pk:
        raise NotAllowed(_("只能由本人签名"))


def _written(asked: Collection[selectors.Asked], content: Mapping[str, str]) -> dict[str, str]:
    written = {}
    for one in asked:
        text = redact.clean(content.get(one.name, ""), max_length=TEXT, field=one.name)
        if not text:
            raise KefuError(
                _("“%(what)s”要写，没有就写“无”") % {"what": one.label},
                code="field_required",
                field=one.name,
            )
        written[one.name] = redact.redact(text)
    return written


def _check_addressee(addressee: Employee, giver: Employee) -> None:
    if addressee.pk == giver.pk:
        raise KefuError(_("不能交给自己"), code="same_person", field="addressee")
    if not staff_of(giver.department_id).filter(pk=addressee.pk).exists():
        raise KefuError(_("要交给本部门在岗的人"), code="other_department", field="addressee")


def _wants_nothing_left(rules: Any) -> bool:
    try:
        require(rules, "shift_end")
    except KefuError:
        return True
    return False


@transaction.atomic
def take_back(*, entry: BookEntry, actor: Any, now: datetime) -> BookEntry:
    """Whoever wrote it takes it back before anybody signed, to write it anew."""
    row = _lock(entry)
    _own_hand(row.giver, actor)
    _check_waiting(row)
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    return row


@transaction.atomic
def sign(
    *, entry: BookEntry, taker: Employee, ticked: Collection[str] = (), actor: Any, now: datetime
) -> BookEntry:
    """Whoever takes over has read the page and signs it, by his own hand (OS-04.09, SD-321.03).

    Raises NotAllowed for another's name or another department, Conflict: same_person, signed_already, withdrawn.
    """
    _own_hand(taker, actor)
    row = _lock(entry)
    _check_waiting(row)
    if row.giver_id == taker.pk:  # rule: SD-321.03
        raise Conflict(_("交班和接班要两个人签，不能自己接自己的班"), code="same_person")
    if taker.department_id != row.department_id:
        raise NotAllowed(_("这不是你们部门的交接本"))
    if row.addressee_id not in (None, taker.pk):
        raise NotAllowed(_("这一页是交给 %(who)s 的") % {"who": row.addressee})
    rules = edition(row.rulebook_id).rules
    require(rules, "handover_log", read=True, signature=taker)
    row.taker, row.taker_signed_at = taker, now
    row.save(update_fields=["taker", "taker_signed_at"])
    check(employee=taker, edge=Edge.START, ticked=ticked, actor=actor, now=now)
    return row


def _lock(entry: BookEntry) -> BookEntry:
    rows = BookEntry.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("giver", "taker", "addressee", "department").get(pk=entry.pk)


def _check_waiting(row: BookEntry) -> None:
    if row.withdrawn_at is not None:
        raise Conflict(_("交班人已撤回，请他重新写"), code="withdrawn")
    if row.taker is not None:
        raise Conflict(_("%(who)s 已经签字接班") % {"who": row.taker}, code="signed_already")


@transaction.atomic
def redirect_to(
    *, entry: BookEntry, addressee: Employee | None, actor: Any, now: datetime
) -> BookEntry:
    """Whoever leads gives a page to somebody else to sign, where the one it was for does not come."""
    row = _lock(entry)
    _check_waiting(row)
    if not leads(actor, row.department_id):
        raise NotAllowed(_("只有本部门的组长和主管可以改交给谁"))
    if addressee is not None:
        _check_addressee(addressee, row.giver)
    row.addressee = addressee
    row.save(update_fields=["addressee"])
    if addressee is not None:
        _tell(row, [addressee.user_id], "to_sign", now)
    return row


@transaction.atomic
def check(
    *,
    employee: Employee,
    edge: str,
    ticked: Collection[str],
    shift: RosteredShift | None = None,
    actor: Any,
    now: datetime,
) -> ShiftCheck:
    """Keep what was checked at one end of a shift; the first time of it stands.

    Raises KefuError naming the line that has to be ticked.
    """
    _own_hand(employee, actor)
    using = edition_in_force(department_id=employee.department_id, at=now)
    rules = using.rules
    shift = shift or selectors.shift_ending(employee, now)
    on = shift.day if shift else now.astimezone(SHANGHAI).date()
    known = ShiftCheck.objects.filter(employee=employee, shift=shift, edge=edge, on=on).first()
    if known is not None:
        return known
    asked = selectors.ticks_at_start if edge == Edge.START else selectors.ticks_at_end
    lines = asked(rules)
    missing = [one for one in lines if one.wanted and one.name not in ticked]
    if missing:  # rule: SD-321.02, SD-341.03
        raise KefuError(
            _("还没有勾：%(what)s") % {"what": "、".join(one.label for one in missing)},
            code="not_checked",
            field="ticked",
        )
    left = list(selectors.tasks_left(employee, now)) if edge == Edge.END else []
    undone = left if selectors.done_before_leaving(rules) else []
    return ShiftCheck.objects.create(
        employee=employee,
        on=on,
        shift=shift,
        edge=edge,
        ticked=[one.name for one in lines if one.name in ticked],
        open_tasks=[{"item": one.pk, "text": one.text} for one in undone],
        rulebook_id=using.version_id,
        checked_at=now,
    )


@transaction.atomic
def consent(*, check: ShiftCheck, actor: Any, now: datetime) -> ShiftCheck:
    """A supervisor agrees that somebody left with work of the day undone (SD-331.11)."""
    row = (
        ShiftCheck.objects.select_for_update(of=["self"], no_key=True)
        .select_related("employee")
        .get(pk=check.pk)
    )
    if row.employee.user_id == actor.pk or not leads(actor, row.employee.department_id):
        raise NotAllowed(_("要本部门的主管同意"))
    if row.consented_by is not None or not row.open_tasks:
        raise Conflict(_("不用再同意"), code="consented")
    row.consented_by, row.consented_at = actor, now
    row.save(update_fields=["consented_by", "consented_at"])
    return row


def leaving(
    employee: Employee, *, now: datetime, consents: Collection[str] = ()
) -> tuple[bool, tuple[Step, ...]]:
    """Is the day's work done, so that he may go by the rulebook? It warns, and keeps nobody back (SD-331.11)."""
    rules = edition_in_force(department_id=employee.department_id, at=now).rules
    left = selectors.tasks_left(employee, now).exists()
    actor = Actor(
        employee.user.role, recorded=() if left else ("day_tasks_done",), consents=consents
    )
    try:
        found = may(rules, "leave_for_the_day", actor)
    except NotInRulebook:
        return True, ()
    return found.allowed, found.steps


# Safety.


@transaction.atomic
def report_danger(
    *, reported_by: Employee, place: str, text: str, actor: Any, now: datetime
) -> SafetyReport:
    """Something suspicious is written down, and whoever leads hears of it at once, to tell security (SD-341.06)."""
    _own_hand(reported_by, actor)
    row = SafetyReport.objects.create(
        department=reported_by.department,
        place=redact.clean(place, max_length=100, field="place", required=True, multiline=False),
        text=redact.redact(redact.clean(text, max_length=500, field="text", required=True)),
        reported_by=reported_by,
        reported_at=now,
    )
    leading = staff_of(reported_by.department_id).filter(user__role="shift_lead")
    people = {*heads_of(reported_by.department_id), *(one.user_id for one in leading)}
    notifications.ring(
        kind=Event.Kind.SAFETY,
        at=now,
        user_ids=sorted(people - {actor.pk}),
        data={
            "report": row.pk,
            "url": reverse("payroll:today"),
            "place": row.place,
            "who": reported_by.name,
        },
    )
    return row


@transaction.atomic
def tell_security(
    *, report: SafetyReport, security: str, actor: Any, now: datetime
) -> SafetyReport:
    """Whom of security was told, by whom, when: by whoever saw it or leads."""
    row = (
        SafetyReport.objects.select_for_update(of=["self"], no_key=True)
        .select_related("reported_by")
        .get(pk=report.pk)
    )
    if row.reported_by.user_id != actor.pk and not leads(actor, row.department_id):
        raise NotAllowed(_("由报告人或本部门的组长、主管登记"))
    if row.told_at is not None:
        raise Conflict(_("已经告知保安"), code="told_already")
    row.security = redact.clean(
        security, max_length=60, field="security", required=True, multiline=False
    )
    row.told_by, row.told_at = actor, now
    row.save(update_fields=["security", "told_by", "told_at"])
    return row


def _tell(entry: BookEntry, user_ids: list[int], what: str, now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.BOOK,
        at=now,
        user_ids=user_ids,
        data={
            "entry": entry.pk,
            "url": reverse("payroll:book"),
            "what": what,
            "who": entry.giver.name,
            "on": f"{entry.on:%m-%d}",
        },
    )
