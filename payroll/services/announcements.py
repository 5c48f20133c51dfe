"""Announcements: published to an audience, confirmed one by one, reminded of, withdrawn; products launched once known."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.due import ClockFacts, NoClock, due
from kefu.policy.processes import Done, next_step, routed
from kefu.policy.refusals import NotInRulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Department, Employee, Position
from payroll.models import (
    FILE_LIMIT,
    FILES,
    Announcement,
    AnnouncementFile,
    AnnouncementRecipient,
    Meeting,
)
from payroll.selectors import announcements as selectors
from payroll.selectors.reach import heads_of

Kind = Announcement.Kind
# Papers that are safe to hand on as files, by how they begin.
TYPES = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".xlsx": (b"PK\x03\x04",),
    ".docx": (b"PK\x03\x04",),
    ".pptx": (b"PK\x03\x04",),
}
AGAIN = timedelta(days=1)  # between two reminders of the same announcement


@transaction.atomic
def publish(
    *,
    kind: str,
    title: str,
    body: str,
    everyone: bool = False,
    departments: Collection[Department] = (),
    positions: Collection[Position] = (),
    launch_at: datetime | None = None,
    large: bool = False,
    attached: Sequence[tuple[str, bytes]] = (),
    actor: Any,
    now: datetime,
) -> Announcement:
    """Publish to everybody at work in the audience; each confirms that he has read it (OS-04.11, OS-05.06).

    ``launch_at``: of a product, until when it has to be known. Raises NotAllowed for departments one does not lead,
    KefuError naming the field.
    """
    _check_audience(everyone, departments, actor)
    if kind == Kind.PRODUCT and (launch_at is None or launch_at <= now):
        raise KefuError(_("新品要填以后的上架时间"), code="no_launch", field="launch_at")
    using = edition_in_force(department_id=_department_of(departments, actor), at=now)
    row = Announcement.objects.create(
        kind=kind,
        title=_text(title, "title", 100),
        body=_text(body, "body", 4_000, multiline=True),
        everyone=everyone,
        launch_at=launch_at if kind == Kind.PRODUCT else None,
        large=large and kind == Kind.PRODUCT,
        remind_at=_warned(launch_at, using.rules) if kind == Kind.PRODUCT else now + AGAIN,
        rulebook_id=using.version_id,
        published_by=actor,
        published_at=now,
    )
    row.departments.set(departments)
    row.positions.set(positions)
    _attach(row, attached)
    if not _address(row, now):
        raise KefuError(_("这样选一个人也没有"), code="nobody", field="departments")
    audit.record(
        action="publish", actor=actor, at=now, table="payroll_announcement", object_id=row.pk
    )
    return row


def _check_audience(everyone: bool, departments: Collection[Department], actor: Any) -> None:
    if everyone and not selectors.may_address_everyone(actor):
        raise NotAllowed(_("发给所有人要经理或人事"), field="everyone")
    if not everyone and not departments:
        raise KefuError(_("请选发给哪些部门"), code="no_audience", field="departments")
    mine = set(selectors.may_address(actor).values_list("pk", flat=True))
    if any(one.pk not in mine for one in departments) or not mine:
        raise NotAllowed(_("只能发给自己带的部门"), field="departments")


def _department_of(departments: Collection[Department], actor: Any) -> int | None:
    if len(departments) == 1:
        return next(iter(departments)).pk
    own = Employee.objects.filter(user=actor.pk).values_list("department_id", flat=True)
    return own.first()


def _text(text: str, field: str, most: int, *, multiline: bool = False) -> str:
    cleaned = redact.clean(text, max_length=most, field=field, required=True, multiline=multiline)
    return redact.redact(cleaned)


def _warned(launch_at: datetime | None, rules: Any) -> datetime | None:
    """From when those who do not know a product yet are reminded (OS-05.06)."""
    if launch_at is None:
        return None
    try:
        found = due("product_knowledge", ClockFacts({"product_launch": launch_at}), rules)
    except NoClock:
        return launch_at - AGAIN
    return found.starts_at if found else None


def _attach(row: Announcement, files: Sequence[tuple[str, bytes]]) -> None:
    if len(files) > FILES:
        raise KefuError(
            _("附件最多 %(most)d 个") % {"most": FILES}, code="too_many_files", field="attached"
        )
    seen = set()
    for name, content in files:
        name = redact.clean(name, max_length=120, field="attached", required=True, multiline=False)
        if len(content) > FILE_LIMIT:
            raise KefuError(
                _("%(name)s 超过 %(most)d MB") % {"name": name, "most": FILE_LIMIT // 1_000_000},
                code="file_too_large",
                field="attached",
            )
        ending = f".{name.rpartition('.')[2].lower()}"
        if not content.startswith(TYPES.get(ending, ())):
            raise KefuError(
                _("%(name)s 不能作附件，请用 PDF、图片或 Word、Excel、PowerPoint 文件")
                % {"name": name},
                code="file_type",
                field="attached",
            )
        digest = hashlib.sha256(content).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        AnnouncementFile.objects.create(
            announcement=row, name=name, content=content, size=len(content), digest=digest
        )


def _address(row: Announcement, now: datetime) -> int:
    """Give it to everybody of its audience who does not have it; its author has read it. Return how many are new."""
    there = row.recipients.values("employee_id")
    people = list(selectors.audience_of(row).exclude(pk__in=there))
    AnnouncementRecipient.objects.bulk_create(
        AnnouncementRecipient(
            announcement=row,
            employee=one,
            told_at=now,
            confirmed_at=now if one.user_id == row.published_by_id else None,
        )
        for one in people
    )
    _tell(row, [one.user_id for one in people if one.user_id != row.published_by_id], "new", now)
    return len(people)


@transaction.atomic
def confirm(
    *, announcement: Announcement, employee: Employee, actor: Any, now: datetime
) -> AnnouncementRecipient:
    """Somebody has read it and says so, with the moment on record; a second time changes nothing.

    Raises NotAllowed for another's name or who did not get it, Conflict: withdrawn.
    """
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能由本人确认"))
    row = (
        AnnouncementRecipient.objects.select_for_update(of=["self"], no_key=True)
        .select_related("announcement")
        .filter(announcement=announcement, employee=employee)
        .first()
    )
    if row is None:
        raise NotAllowed(_("这份公告不是发给你的"))
    if row.announcement.withdrawn_at is not None:
        raise Conflict(_("这份公告已撤回"), code="withdrawn")
    if row.confirmed_at is None:
        row.confirmed_at = now
        row.save(update_fields=["confirmed_at"])
    return row


@transaction.atomic
def withdraw(*, announcement: Announcement, reason: str, actor: Any, now: datetime) -> Announcement:
    """It holds no more; nobody has to confirm it, and why stays to be read."""
    row = _lock(announcement)
    _check_author(row, actor)
    if row.withdrawn_at is not None:
        raise Conflict(_("这份公告已撤回"), code="withdrawn")
    row.withdrawn_for = _text(reason, "reason", 200)
    row.withdrawn_at, row.withdrawn_by = now, actor
    row.save(update_fields=["withdrawn_for", "withdrawn_at", "withdrawn_by"])
    audit.record(
        action="withdraw", actor=actor, at=now, table="payroll_announcement", object_id=row.pk
    )
    return row


def _lock(announcement: Announcement) -> Announcement:
    return Announcement.objects.select_for_update(of=["self"], no_key=True).get(pk=announcement.pk)


def _check_author(row: Announcement, actor: Any) -> None:
    if row.published_by_id != actor.pk and not selectors.may_address_everyone(actor):
        raise NotAllowed(_("只有发布人、经理和人事可以办"))


@transaction.atomic
def urge(*, announcement: Announcement, actor: Any, now: datetime) -> int:
    """Remind those who have not confirmed, of whom one answers for; return how many."""
    row = _lock(announcement)
    if not actor.has_perm(selectors.ANNOUNCE):
        raise NotAllowed(_("只有组长、主管和人事可以催"))
    waiting = selectors.missing(row, actor)
    return _remind(row, waiting, now)


def _remind(row: Announcement, waiting: Sequence[AnnouncementRecipient], now: datetime) -> int:
    AnnouncementRecipient.objects.filter(pk__in=[one.pk for one in waiting]).update(reminded_at=now)
    _tell(row, [one.employee.user_id for one in waiting], "remind", now)
    return len(waiting)


@transaction.atomic
def sweep(*, now: datetime) -> int:
    """Reach those who have joined an audience since, and remind who has not confirmed: of a product from the day the
    rulebook warns on until it comes on sale, of anything else a day after. Return how many were reminded.
    """
    told = 0
    due_now = Announcement.objects.standing().filter(remind_at__lte=now)
    for row in due_now.select_for_update(of=["self"], skip_locked=True, no_key=True):
        _address(row, now)
        waiting = list(
            row.recipients.filter(confirmed_at=None).select_related("employee").order_by("pk")
        )
        told += _remind(row, waiting, now)
        if waiting and row.launch_at is not None:
            _tell_heads(row, waiting, now)
        row.remind_at = _next_reminder(row, bool(waiting), now)
        row.save(update_fields=["remind_at"])
    return told


def _next_reminder(row: Announcement, waiting: bool, now: datetime) -> datetime | None:
    """Daily, of a product the last time when it comes on sale: by then everybody has to know it (OS-05.06)."""
    if row.launch_at is None:
        return now + AGAIN if waiting else None
    return min(now + AGAIN, row.launch_at) if now < row.launch_at else None


def _tell_heads(row: Announcement, waiting: Sequence[AnnouncementRecipient], now: datetime) -> None:
    """Whoever answers for those who do not know a product, and who brings it on sale."""
    departments = {one.employee.department_id for one in waiting}
    heads = {pk for one in departments for pk in heads_of(one)} | {row.published_by_id}
    late = row.launch_at is not None and now >= row.launch_at
    _tell(row, sorted(heads), "launch_late" if late else "not_known", now, n=len(waiting))


@transaction.atomic
def launch(*, announcement: Announcement, actor: Any, now: datetime) -> Announcement:
    """The product goes on sale: after the team was briefed, and everybody confirmed that he knows it (OS-05.05, OS-05.06).

    Raises Conflict: not_briefed, not_known.
    """
    row = _lock(announcement)
    _check_author(row, actor)
    if row.kind != Kind.PRODUCT or row.withdrawn_at is not None or row.launched_at is not None:
        raise Conflict(_("这份公告没有要上架的新品"), code="no_product")
    briefed = row.briefings.exclude(held_at=None).exists()
    rules = edition(row.rulebook_id).rules
    recorded = {"launch_date"} | ({"briefing"} if briefed else set())
    try:
        first = next_step(rules, "product_launch", recorded=recorded)
    except NotInRulebook:
        first = None
    if first is not None and not first.ready:
        raise Conflict(_("还没有讲解过，先开讲解会再上架"), code="not_briefed")
    if first is not None:
        next_step(rules, "product_launch", [Done(first.step)], recorded=recorded)
    if waiting := row.recipients.filter(confirmed_at=None).count():  # rule: OS-05.06
        raise Conflict(_("还有 %(n)d 人没有确认掌握，先催他们") % {"n": waiting}, code="not_known")
    row.launched_at, row.launched_by = now, actor
    row.save(update_fields=["launched_at", "launched_by"])
    return row


def receipt_wanted(announcement: Announcement) -> bool:
    """Does the rulebook itself ask that whoever got the work says he has read it (OS-04.11)?"""
    try:
        targets, _steps = routed(edition(announcement.rulebook_id).rules, "work_assignment")
    except NotInRulebook:
        return False
    return any(target.receipt for target in targets)


def briefings(announcement: Announcement) -> list[Meeting]:
    return list(announcement.briefings.select_related("department", "chair").order_by("starts_at"))


def _tell(row: Announcement, user_ids: Sequence[int], what: str, now: datetime, n: int = 0) -> None:
    notifications.ring(
        kind=Event.Kind.ANNOUNCEMENT,
        at=now,
        user_ids=user_ids,
        data={
            "announcement": row.pk,
            "url": reverse("payroll:announcement", args=[row.pk]),
            "what": what,
            "title": row.title,
            "n": n,
        },
    )
