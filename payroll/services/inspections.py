"""Go through a check sheet: the marks of each line, the evidence, and what was found (CD-12.14 to CD-12.51, ES-138.02)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.cases.files import Kept, taken_in
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import NotSet
from kefu.policy.inspections import (
    CALL,
    CLEANING,
    OF_A_PLACE,
    CheckItem,
    charged,
    check_items,
    cleaning_limit,
    reply_due,
)
from kefu.policy.rosters import within_limit
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import EvidencePhoto, Finding, Inspection, InspectionMark, Sample
from payroll.models.inspections import PHOTOS
from payroll.selectors.inspected import departments_of, inspected_by, samples_of

Mark = InspectionMark.Mark
BACK = timedelta(days=31)  # how long ago a check may have been


@dataclass(frozen=True, slots=True)
class Given:
    """What was marked at a line; ``about``: whom a line of a place concerns."""

    mark: str
    comment: str = ""
    about: Employee | None = None


@transaction.atomic
def record(
    *,
    occasion: str,
    department: Department,
    marks: Mapping[str, Given],
    employee: Employee | None = None,
    sample: Sample | None = None,
    happened_at: datetime | None = None,
    minutes: int | None = None,
    recording: str = "",
    note: str = "",
    pictures: Sequence[IO[bytes]] = (),
    reply_by: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Inspection:
    """Keep a sheet with a mark for each of its lines, by the keys of ``check_items``; each breach is a finding that
    waits for an answer and costs nothing yet. ``reply_by``: until when, where whoever inspects chooses otherwise than
    the rulebook.

    Raises NotAllowed, KefuError naming the field (a line by its key), Conflict (heard).
    """
    happened_at = happened_at or now
    using = edition_in_force(department_id=department.pk, at=happened_at)
    items = check_items(using.rules, occasion)
    if not items:
        raise KefuError(_("规章没有这张检查表"), code="no_sheet", field="occasion")
    _check(occasion, department, employee, sample, actor)
    reply_by = _reply_by(using.rules, reply_by, now)
    _check_time(happened_at, now)
    marks = _complete(items, marks)
    _check_minutes(using.rules, occasion, minutes, marks)
    _check_people(using.rules, occasion, items, marks, actor)
    proofs = _taken_in(pictures)  # takes seconds, so before anything is written
    try:
        with transaction.atomic():
            row = Inspection.objects.create(
                occasion=occasion,
                department=department,
                employee=employee,
                sample=sample,
                happened_at=happened_at,
                minutes=minutes,
                recording=_said(recording, "recording", 60),
                note=_said(note, "note", 1_000),
                rulebook_id=using.version_id,
                inspector=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        if "sample" not in str(error):
            raise
        raise Conflict(_("这条已经评过分了"), code="heard") from error
    kept = [
        InspectionMark.objects.create(
            inspection=row,
            number=n,
            clause=item.clause,
            line=item.line,
            mark=marks[item.key].mark,
            comment=_said(marks[item.key].comment, item.key, 500),
        )
        for n, item in enumerate(items, 1)
    ]
    for n, proof in enumerate(proofs, 1):
        EvidencePhoto.objects.create(
            inspection=row, number=n, added_by=actor, added_at=now, **proof.columns()
        )
    for mark, item in zip(kept, items, strict=True):
        if mark.mark == Mark.BREACH:
            about = employee or marks[item.key].about
            _found(row, mark, about, reply_by, actor, now)
    return row


def _check(
    occasion: str,
    department: Department,
    employee: Employee | None,
    sample: Sample | None,
    actor: Any,
) -> None:
    if not departments_of(actor).filter(pk=department.pk).exists():
        raise NotAllowed(_("不是你检查的部门"), field="department")
    if (employee is None) != (occasion in OF_A_PLACE):
        said = _("请选被检查的人") if employee is None else _("这张表检查的是场所，不选人")
        raise KefuError(said, code="whom", field="employee")
    if employee is not None:
        if employee.user_id == actor.pk:
            raise KefuError(_("不能检查自己"), code="oneself", field="employee")
        if not inspected_by(actor).filter(pk=employee.pk, department=department).exists():
            raise NotAllowed(_("不是你检查的人"), field="employee")
    if sample is None:
        return
    if occasion != CALL or employee is None or sample.employee_id != employee.pk:
        raise KefuError(_("抽中的不是这个人的记录"), code="other_sample", field="sample")
    if not samples_of(actor).filter(pk=sample.pk).exists():
        raise NotAllowed(_("不是你监听的记录"), field="sample")
    if Sample.objects.select_for_update(no_key=True).get(pk=sample.pk).unheard:
        raise Conflict(_("已经登记过无法监听"), code="set_aside")


def _reply_by(rules: Rulebook, chosen: datetime | None, now: datetime) -> datetime:
    """Until when it may be answered: the moment that whoever inspects has chosen, else the rulebook's."""
    if chosen is not None:
        if chosen <= now:
            raise KefuError(_("答复期限要晚于现在"), code="in_the_past", field="reply_by")
        return chosen
    try:
        return reply_due(rules, now)
    except NotSet as error:
        raise KefuError(
            _("规则手册没有定答复期限，请填写"), code="reply_by_wanted", field="reply_by"
        ) from error


def _check_time(happened_at: datetime, now: datetime) -> None:
    if happened_at > now:
        raise KefuError(_("时间不能晚于现在"), code="in_the_future", field="happened_at")
    if now - happened_at > BACK:
        raise KefuError(
            _("只能补记 {n} 天以内的检查").format(n=BACK.days), code="too_late", field="happened_at"
        )


def _complete(items: Sequence[CheckItem], marks: Mapping[str, Given]) -> Mapping[str, Given]:
    for item in items:
        given = marks.get(item.key)
        if given is None or given.mark not in Mark.values:
            raise KefuError(_("每一项都要评"), code="unmarked", field=item.key)
        if given.mark == Mark.BREACH and not given.comment.strip():
            raise KefuError(_("不合格要写依据"), code="no_evidence", field=item.key)
    return marks


def _check_minutes(
    rules: Rulebook, occasion: str, minutes: int | None, marks: Mapping[str, Given]
) -> None:
    """What a turn of cleaning took says by itself whether it took too long (CD-12.46)."""
    limit = cleaning_limit(rules) if occasion == CLEANING else None
    if limit is None:
        if minutes is not None:
            raise KefuError(_("这张表不记用时"), code="no_minutes", field="minutes")
        return
    mark = marks[limit.id].mark
    if minutes is None:
        if mark != Mark.NOT_APPLICABLE:
            raise KefuError(
                _("填打扫用了几分钟，没有看到就标“不适用”"), code="minutes_wanted", field="minutes"
            )
        return
    wanted = Mark.KEPT if within_limit(minutes, limit).within else Mark.BREACH
    if mark != wanted:
        raise KefuError(
            _("用时 {n} 分钟，限 {most} 分钟，和所评的不符").format(n=minutes, most=limit.at_most),
            code="minutes_say_otherwise",
            field=limit.id,
        )


def _check_people(
    rules: Rulebook,
    occasion: str,
    items: Sequence[CheckItem],
    marks: Mapping[str, Given],
    actor: Any,
) -> None:
    """A line of a place that costs somebody something names him; nobody names himself."""
    if occasion not in OF_A_PLACE:
        return
    named = {one.about.pk for one in marks.values() if one.about is not None}
    known = set(inspected_by(actor).filter(pk__in=named).values_list("pk", flat=True))
    for item in items:
        given = marks[item.key]
        if given.mark != Mark.BREACH:
            continue
        if given.about is None:
            if any(kind != "remark" for _clause, kind in charged(rules, item.clause)):
                raise KefuError(_("要扣分的项目，写明是谁"), code="nobody_named", field=item.key)
        elif given.about.pk not in known:
            raise NotAllowed(_("不是你检查的人"), field=item.key)


def _said(text: str, field: str, most: int) -> str:
    return redact.redact(redact.clean(text, max_length=most, field=field, multiline=False))


def _taken_in(pictures: Sequence[IO[bytes]]) -> Iterable[Kept]:
    """The same thing twice is one."""
    if len(pictures) > PHOTOS:
        raise KefuError(
            _("一次检查最多 {n} 份证据").format(n=PHOTOS), code="too_many_photos", field="pictures"
        )
    kept = [taken_in(one, field="pictures") for one in pictures]
    return {one.digest: one for one in kept}.values()


def _found(
    row: Inspection,
    mark: InspectionMark,
    about: Employee | None,
    reply_by: datetime,
    actor: Any,
    now: datetime,
) -> None:
    finding = Finding.objects.create(
        mark=mark,
        inspection=row,
        employee=about,
        department=about.department if about else row.department,
        happened_on=row.happened_at.astimezone(SHANGHAI).date(),
        text=mark.comment,
        reply_by=reply_by,
        found_by=actor,
        found_at=now,
    )
    if about is not None:
        ring(finding, "found", [about.user_id], now)


def ring(finding: Finding, what: str, users: Sequence[int], now: datetime) -> None:
    """Tell of a finding; its words are on its page only."""
    notifications.ring(
        kind=Event.Kind.INSPECTION,
        at=now,
        user_ids=sorted(set(users)),
        data={
            "what": what,
            "finding": finding.pk,
            "clause": finding.mark.clause,
            "who": finding.employee.name if finding.employee else str(finding.department),
        },
    )
