"""Minutes: written down part by part, circulated, signed by all who were there, reviewed, kept (SD-322.07 … SD-322.10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.vocabulary import word
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from payroll.models import Meeting, MeetingItem, Minutes, MinutesReview, MinutesSignature
from payroll.selectors import meetings as selectors
from payroll.services.meetings import check_lead, lock, starts_in_words

State = Meeting.State
TEXT = 4_000  # characters under one part of the agenda


def _check_writer(meeting: Meeting, actor: Any) -> None:
    """The minute taker writes; whoever leads may."""
    if meeting.minute_taker is None or meeting.minute_taker.user_id != actor.pk:
        check_lead(meeting, actor)


@transaction.atomic
def save_draft(*, meeting: Meeting, texts: Mapping[str, str], actor: Any, now: datetime) -> Meeting:
    """Keep what is written so far, by the codes of the agenda's parts. A plan may be noted before the meeting."""
    row = lock(meeting, State.PLANNED, State.HELD)
    _check_writer(row, actor)
    known = {part.code for part in selectors.agenda(edition(row.rulebook_id).rules, row.subject)}
    row.draft = {
        code: redact.redact(redact.clean(text, max_length=TEXT, field=code))
        for code, text in texts.items()
        if code in known
    }
    row.save(update_fields=["draft"])
    return row


@transaction.atomic
def circulate(*, meeting: Meeting, actor: Any, now: datetime) -> Minutes:
    """Write the minutes as they stand, once every part of the agenda has what it needs; all who came are to sign.

    Raises NotAllowed, KefuError (agenda_lacks) naming the part, Conflict where the meeting was not held or the
    minutes circulate already.
    """
    row = lock(meeting, State.HELD)
    _check_writer(row, actor)
    rules = edition(row.rulebook_id).rules
    items = list(selectors.raised_for(row))
    if (found := selectors.lacking(row, items)) is not None:
        code, names = found
        parts = {part.code: part.name for part in selectors.agenda(rules, row.subject)}
        raise KefuError(
            _("“%(part)s”还缺：%(what)s")
            % {"part": parts[code], "what": "、".join(_in_words(name) for name in names)},
            code="agenda_lacks",
            field=code,
        )
    agenda = selectors.agenda(rules, row.subject, row.draft)
    if not items and not any(part.text for part in agenda):
        raise KefuError(_("纪要还是空的"), code="nothing_written", field=agenda[0].code)
    minutes = Minutes.objects.create(
        meeting=row,
        number=row.minutes.count() + 1,
        content={
            "agenda": [
                {
                    "clause": one.clause,
                    "code": one.code,
                    "zh": one.zh,
                    "en": one.en,
                    "text": one.text,
                }
                for one in agenda
            ],
            "items": [_as_it_stands(one) for one in items],
            "carried": [_as_it_stands(one) for one in selectors.carried(row)],
            **_attendance(row),
        },
        written_by=actor,
        circulated_at=now,
    )
    row.state = State.CIRCULATED
    row.save(update_fields=["state"])
    _tell(row, [one.user_id for one in selectors.unsigned(minutes)], "to_sign", now)
    return minutes


def _in_words(name: str) -> str:
    return word(name, "zh-hans")


def _as_it_stands(item: MeetingItem) -> dict[str, Any]:
    return {
        "item": item.pk,
        "kind": item.kind,
        "text": item.text,
        "measure": item.measure,
        "owner": item.owner.name if item.owner else "",
        "due_on": item.due_on.isoformat() if item.due_on else "",
        "state": item.state,
    }


def _attendance(meeting: Meeting) -> dict[str, Any]:
    rows = list(meeting.attendances.select_related("employee"))
    return {
        "came": [one.employee.name for one in rows if one.came],
        "absent": [
            {"name": one.employee.name, "written": bool(one.written_at)}
            for one in rows
            if not one.came
        ],
    }


@transaction.atomic
def sign(*, minutes: Minutes, employee: Employee, actor: Any, now: datetime) -> MinutesSignature:
    """Somebody who was there has read them and signs; with the last signature they are reviewed or kept.

    Raises NotAllowed for another's name and for who was not there, Conflict: signed_already, minutes_replaced.
    """
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能由本人签字"))
    row = lock(minutes.meeting, State.CIRCULATED)
    if _latest(row) != minutes:
        raise Conflict(_("纪要已改过，请看最新一稿"), code="minutes_replaced")
    if not row.attendances.filter(employee=employee, came=True).exists():
        raise NotAllowed(_("到会的人才签字"))
    try:
        with transaction.atomic():
            made = MinutesSignature.objects.create(
                minutes=minutes, employee=employee, signed_at=now
            )
    except IntegrityError as error:
        raise Conflict(_("你已经签过字"), code="signed_already") from error
    if not selectors.unsigned(minutes):
        _all_signed(row, now)
    return made


def _latest(meeting: Meeting) -> Minutes | None:
    return meeting.minutes.order_by("-number").first()


def _all_signed(row: Meeting, now: datetime) -> None:
    if not selectors.reviewed_by(edition(row.rulebook_id).rules, row.subject):
        _archive(row)
        return
    manager = selectors.the_manager()
    _tell(row, [manager.user_id] if manager else [], "to_review", now)


def _archive(row: Meeting) -> None:
    row.state = State.ARCHIVED
    row.save(update_fields=["state"])


@transaction.atomic
def review(
    *, minutes: Minutes, accepted: bool, note: str = "", actor: Any, now: datetime
) -> MinutesReview:
    """The manager reads what everybody signed: it stands and is kept, or is written anew (SD-322.09, SD-322.10).

    Raises NotAllowed, KefuError for a return without a reason, Conflict: not_all_signed, no_review.
    """
    row = lock(minutes.meeting, State.CIRCULATED)
    rules = edition(row.rulebook_id).rules
    if not selectors.reviewed_by(rules, row.subject):
        raise Conflict(_("这种会议的纪要签齐就存档，不用审阅"), code="no_review")
    if not actor.has_perm(selectors.REVIEW):
        raise NotAllowed(_("纪要由经理审阅"))
    if _latest(row) != minutes:
        raise Conflict(_("纪要已改过，请看最新一稿"), code="minutes_replaced")
    if missing := selectors.unsigned(minutes):
        raise Conflict(
            _("还有人没签字：%(who)s") % {"who": selectors.by_name(missing)}, code="not_all_signed"
        )
    note = redact.clean(note, max_length=500, field="note", required=not accepted, multiline=False)
    made = MinutesReview.objects.create(
        minutes=minutes,
        accepted=accepted,
        note=redact.redact(note),
        reviewed_by=actor,
        reviewed_at=now,
    )
    if accepted:
        _archive(row)
    else:
        row.state = State.HELD
        row.save(update_fields=["state"])
        taker = row.minute_taker
        _tell(row, [taker.user_id] if taker else [], "sent_back", now)
    return made


def _tell(row: Meeting, user_ids: list[int], what: str, now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.MEETING,
        at=now,
        user_ids=user_ids,
        data={
            "meeting": row.pk,
            "url": reverse("payroll:meeting", args=[row.pk]),
            "subject": row.subject,
            "what": what,
            "on": starts_in_words(row),
            "who": "",
        },
    )
