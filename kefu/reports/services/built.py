"""Reports that people build for themselves: keep, share, drop, and make them when their time has come."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import redact
from kefu.reports.files import write_report
from kefu.reports.models import BuiltFile, BuiltReport
from kefu.reports.selectors.built import all_rows, heads
from kefu.reports.shapes import Shape

HOUR = time(7)  # of the morning, before the first shift asks for it
DAY = timedelta(days=1)
KEPT = timedelta(days=90)
AT_ONCE = 20  # reports a round makes
Schedule = BuiltReport.Schedule


def next_time(schedule: str, after: datetime) -> datetime | None:
    """The next morning on which a report is made by itself; None for one that is not."""
    if not schedule:
        return None
    on = after.astimezone(SHANGHAI).date()
    if _at(on) <= after:
        on += DAY
    while not _falls_on(schedule, on):
        on += DAY
    return _at(on)


def _at(on: date) -> datetime:
    return datetime.combine(on, HOUR, SHANGHAI)


def _falls_on(schedule: str, on: date) -> bool:
    match schedule:
        case Schedule.WEEKLY:
            return on.weekday() == 0
        case Schedule.MONTHLY:
            return on.day == 1
    return True


@transaction.atomic
def save(
    *,
    report: BuiltReport | None,
    name: str,
    shape: Shape,
    shared: bool,
    schedule: str,
    actor: Any,
    now: datetime,
) -> BuiltReport:
    """Keep a new report, or change one's own.

    Raises NotAllowed for another's, Conflict for a name that one has used already.
    """
    if not actor.has_perm("reports.build_report"):
        raise NotAllowed(_("你不能建报表"))
    row = report or BuiltReport(owner=actor, made_at=now)
    if row.owner_id != actor.pk:
        raise NotAllowed(_("这是别人的报表，可以复制一份再改"))
    row.name = redact.clean(name, max_length=80, field="name", required=True, multiline=False)
    if row.schedule != schedule or row.next_at is None:
        row.next_at = next_time(schedule, now)
    row.shape, row.shared, row.schedule, row.changed_at = shape.to_json(), shared, schedule, now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "built_report_name_once" not in str(error):
            raise
        raise Conflict(_("你已经有一份同名的报表"), code="name_taken", field="name") from error
    return row


@transaction.atomic
def drop(*, report: BuiltReport, actor: Any, now: datetime) -> None:
    """Remove one's own report with its files; that it was there is on record. Raises NotAllowed for another's."""
    if report.owner_id != actor.pk:
        raise NotAllowed(_("只有所有人可以删除"))
    audit.record(
        action="report_dropped",
        actor=actor,
        at=now,
        table=BuiltReport._meta.db_table,
        object_id=report.pk,
        before={"name": report.name, "shape": report.shape},
    )
    report.delete()


def make_due(*, now: datetime) -> int:
    """Make the reports whose time has come, each in its own transaction; forget old files. Return how many were made."""
    made = 0
    while made < AT_ONCE and _make_one(now):
        made += 1
    BuiltFile.objects.filter(made_at__lt=now - KEPT).delete()
    return made


@transaction.atomic
def _make_one(now: datetime) -> bool:
    """One report. What its owner may no longer build is not made again; a failure is told, and the next time comes all
    the same.
    """
    due = BuiltReport.objects.filter(next_at__lte=now).order_by("next_at")
    report = due.select_for_update(of=["self"], skip_locked=True).select_related("owner").first()
    if report is None:
        return False
    due_at, owner = report.next_at, report.owner
    assert due_at is not None
    if not (owner.is_active and owner.has_perm("reports.build_report")):
        report.schedule, report.next_at = "", None
        report.save(update_fields=["schedule", "next_at"])
        return True
    report.next_at = next_time(report.schedule, now)
    report.save(update_fields=["next_at"])
    shape, today = Shape.from_json(report.shape), due_at.astimezone(SHANGHAI).date()
    span = shape.span(today)
    file = BuiltFile(
        report=report, due_at=due_at, first_on=span.first_on, last_on=span.last_on, made_at=now
    )
    try:
        with transaction.atomic(), override(settings.LANGUAGE_CODE):
            content, file.rows = write_report(
                report.name, heads(shape), all_rows(shape, owner, today), created=now
            )
            with content:
                file.content = content.read()
    except DatabaseError as error:
        file.error = str(error).splitlines()[0][:200]
    file.save()
    notifications.ring(
        kind=Event.Kind.BUILT_REPORT,
        at=now,
        user_ids=[owner.pk],
        data={
            "report": report.name,
            "period": f"{span.first_on:%Y-%m-%d} … {span.last_on:%m-%d}",
            "url": reverse("reports:built", args=[report.pk]),
        },
    )
    return True
