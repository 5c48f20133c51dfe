"""To whom an announcement goes, what somebody has not confirmed yet, and who has not."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from kefu.clock import SHANGHAI
from kefu.policy.access import Actor, may
from kefu.policy.refusals import NotInRulebook
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Employee, Position, User
from payroll.models import Announcement, AnnouncementRecipient, RosteredShift
from payroll.selectors.meetings import departments_of, led_by
from payroll.selectors.reach import EVERYWHERE

ANNOUNCE = "payroll.announce"
# Signs of a browser on a phone or a tablet, as they name themselves.
PHONES, TABLETS = ("iphone", "android", "mobile"), ("ipad", "tablet")


def audience(
    *,
    everyone: bool,
    departments: Collection[Department],
    positions: Collection[Position],
) -> QuerySet[Employee]:
    """Everybody at work in the departments, in the positions if any are named; nobody where nothing is chosen."""
    people = Employee.objects.assignable().filter(user__is_active=True)
    if not everyone:
        people = people.filter(department__in=[one.pk for one in departments])
    if positions:
        people = people.filter(position__in=[one.pk for one in positions])
    return people.select_related("department", "position", "user").order_by(
        "department__order", "number"
    )


def audience_of(announcement: Announcement) -> QuerySet[Employee]:
    return audience(
        everyone=announcement.everyone,
        departments=list(announcement.departments.all()),
        positions=list(announcement.positions.all()),
    )


def may_address(user: Any) -> QuerySet[Department]:
    """The departments somebody may write to: HR and the manager all, others those they lead."""
    if not user.has_perm(ANNOUNCE):
        return Department.objects.none()
    return Department.objects.filter(active=True) if user.role in EVERYWHERE else led_by(user)


def may_address_everyone(user: Any) -> bool:
    return bool(user.has_perm(ANNOUNCE) and user.role in EVERYWHERE)


def visible_to(user: Any) -> QuerySet[Announcement]:
    """What somebody got, what he wrote, and, for who answers for people, what they got."""
    got = AnnouncementRecipient.objects.filter(announcement=OuterRef("pk"), employee__user=user.pk)
    seen = Q(Exists(got)) | Q(published_by=user.pk)
    if user.has_perm(ANNOUNCE):
        theirs = AnnouncementRecipient.objects.filter(
            announcement=OuterRef("pk"), employee__department__in=departments_of(user)
        )
        seen |= Q(Exists(theirs))
    return Announcement.objects.filter(seen)


def with_counts(found: QuerySet[Announcement]) -> QuerySet[Any]:
    """``told``: to how many it went; ``confirmed``: how many have read it."""
    return found.annotate(
        told=Count("recipients"),
        confirmed=Count("recipients", filter=Q(recipients__confirmed_at__isnull=False)),
    ).order_by("-published_at", "-pk")


def unconfirmed(employee_id: int | None) -> QuerySet[AnnouncementRecipient]:
    """What somebody has not confirmed: what is to be known soonest first, then the oldest."""
    waiting = AnnouncementRecipient.objects.waiting().filter(employee=employee_id)
    return waiting.select_related("announcement__published_by").order_by(
        F("announcement__launch_at").asc(nulls_last=True), "told_at", "pk"
    )


def unconfirmed_at_desk(desk: Any, now: datetime) -> QuerySet[Any]:
    return AnnouncementRecipient.objects.waiting().filter(employee=desk.employee_id)


def first_unconfirmed(desk: Any, now: datetime) -> AnnouncementRecipient | None:
    """What the top of every page points to."""
    return unconfirmed(desk.employee_id).first()


def missing(announcement: Announcement, user: Any) -> list[AnnouncementRecipient]:
    """Who has not confirmed, of those somebody answers for; the author sees all."""
    rows = announcement.recipients.filter(confirmed_at=None).select_related(
        "employee__department", "employee__position"
    )
    if announcement.published_by_id != user.pk and user.role not in EVERYWHERE:
        rows = rows.filter(employee__department__in=departments_of(user))
    return list(rows.order_by("employee__department__order", "employee__number"))


def unknown_in_time(announcement: Announcement, now: datetime) -> int:
    """How many do not know a product though it was to come on sale by now (OS-05.06)."""
    if announcement.launch_at is None or now < announcement.launch_at:
        return 0
    if announcement.launched_at is not None or announcement.withdrawn_at is not None:
        return 0
    return announcement.recipients.filter(confirmed_at=None).count()


def device_of(agent: str) -> str:
    """What somebody sits at, by what his browser calls itself: "pc", "tablet" or "phone"."""
    said = agent.lower()
    if any(name in said for name in TABLETS) or ("android" in said and "mobile" not in said):
        return "tablet"
    return "phone" if any(name in said for name in PHONES) else "pc"


def device_refused(user: Any, device: str, now: datetime) -> str:
    """The clause that has nobody work at such a device while his shift runs; "" where he may (OS-04.17)."""
    if user.role == User.Role.OUTLET:
        return ""
    employee = Employee.objects.filter(user=user.pk).first()
    if employee is None or device == "pc":
        return ""
    day = now.astimezone(SHANGHAI).date()
    shifts = RosteredShift.objects.on_duty().of(employee, since=day, until=day)
    if not shifts.filter(starts_at__lte=now, ends_at__gt=now).exists():
        return ""
    rules = edition_in_force(department_id=employee.department_id, at=now).rules
    try:
        permission = may(rules, "work_in_shift", Actor(user.role), {"device": device})
    except NotInRulebook:
        return ""
    return "" if permission.allowed else permission.refused_by[0]
