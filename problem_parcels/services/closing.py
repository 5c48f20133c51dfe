"""Close a case when the parcel has left and nobody waits any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.network.selectors import our_company
from kefu.parcels.models import Scan
from kefu.policy.requirements import Lack, requirements
from kefu.privacy import redact
from kefu.processes.selectors import held_up_by
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from problem_parcels.models import Disposal, ProblemParcel, Stay
from problem_parcels.services import stays
from problem_parcels.services.checks import open_replies
from problem_parcels.wording import names_in_words

AT_ONCE = 1_000  # rows of a bulk close


@transaction.atomic
def close(*, case: Case, version: int | None = None, actor: Any, now: datetime) -> Case:
    """Close it. Refused while the out scan is missing (CD-04.06), while a message that its type wants was not
    sent (CD-07.14), and while somebody is still asked and his five days are not over.
    """
    case = cases.lock(case=case, version=version)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("这一单已经结案"), code="already_closed")
    if lacks := _lacks(case, now=now):
        raise Conflict(
            _("%(clause)s：还缺%(what)s，不能结案")
            % {
                "clause": lacks[0].clause,
                "what": names_in_words(name for lack in lacks for name in lack.names),
            },
            code="closing_incomplete",
            field=lacks[0].names[0],
        )
    if case.parcel_messages.waited_for().exists():
        raise Conflict(_("还有留言没回复，先回复或撤回"), code="message_unanswered")
    case.parcel_messages.unanswered().update(withdrawn_at=now)
    open_replies(case=case, actor=actor, now=now)
    _close(case, actor=actor, now=now)
    return case


@transaction.atomic
def reopen(*, case: Case, reason: str, actor: Any, now: datetime) -> Case:
    """Take up a closed case again; refused where the parcel has another open one by now."""
    reason = redact.clean(reason, max_length=500, field="reason", required=True)
    case = cases.lock(case=case)
    if case.state != Case.State.CLOSED:
        raise Conflict(_("这一单没有结案"), code="not_closed")
    try:
        with transaction.atomic():
            cases.move(case=case, to=Case.State.OPEN, closed_at=None)
    except IntegrityError as error:
        if "case_one_open_problem" not in str(error):
            raise
        raise Conflict(_("这一票又登记过，请到新的一单办理"), code="registered_again") from error
    cases.step(case=case, action="reopened", text=reason, actor=actor, now=now)
    return case


def close_if_done(*, case: Case, actor: Any, now: datetime) -> bool:
    """Close a case that nothing is left of; what is still asked of an outlet is taken back with it.

    One that goes through a process stays open until its steps are done.
    """
    if _lacks(case, now=now) or held_up_by(case) is not None:
        return False
    us = our_company().pk
    for message in case.parcel_messages.unanswered():
        if message.receiver_id != us:
            message.withdrawn_at = now
            message.save(update_fields=["withdrawn_at"])
    if case.parcel_messages.unanswered().exists():
        return False
    _close(case, actor=actor, now=now)
    return True


def _close(case: Case, *, actor: Any, now: datetime) -> None:
    waiting = deadlines.settle(case=case, now=now)
    for disposal in case.disposals.filter(carried_out_at=None, withdrawn_at=None):
        _done_with_the_scan(case, disposal, waiting, actor=actor, now=now)
    for deadline in case.deadlines.unanswered():
        deadlines.cancel(deadline=deadline, now=now)
    if case.state != Case.State.ANSWERED:
        cases.move(case=case, to=Case.State.ANSWERED)
    cases.move(case=case, to=Case.State.CLOSED, closed_at=now, handed_over=False)
    cases.step(case=case, action="closed", actor=actor, now=now)


def _done_with_the_scan(
    case: Case, disposal: Disposal, waiting: Iterable[Deadline], *, actor: Any, now: datetime
) -> None:
    """What was decided is done: the store scanned the parcel out, and that counts."""
    left_at = stays.left_since(case.waybill_number, disposal.decided_at) or now
    line = cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="disposal_done",
        data={"kind": disposal.kind, "mark": disposal.mark},
        happened_at=left_at,
        actor=actor,
        now=now,
    )
    own = [one for one in waiting if one.pk == disposal.deadline_id]
    deadlines.keep(deadlines=own, answer=line, actor=actor, now=now)
    disposal.carried_out_at, disposal.carried_out_by = left_at, actor
    disposal.save(update_fields=["carried_out_at", "carried_out_by"])


def _lacks(case: Case, *, now: datetime) -> list[Lack]:
    rules = edition_in_force(department_id=case.department_id, at=now).rules
    recorded = set()
    if _scanned_out(case):  # rule: CD-04.06
        recorded.add("out_scan")
    if case.parcel_messages.filter(withdrawn_at=None).exists():
        recorded |= {"message", "message_sent"}
    forms = ["problem_parcel_closing"]
    if case.problem_parcel.problem == ProblemParcel.Problem.DAMAGED_INSIDE:
        forms.append("damaged_inside_closing")
    return [lack for form in forms for lack in requirements(rules, form, recorded).lacks]


def _scanned_out(case: Case) -> bool:
    stays = Stay.objects.filter(waybill_number=case.waybill_number)
    if stays.filter(left_at=None).exists():
        return False
    if stays.filter(left_at__gte=case.opened_at).exists():
        return True
    out = (Scan.Kind.DEPARTED, Scan.Kind.SIGNED)
    return Scan.objects.filter(
        waybill_number=case.waybill_number, kind__in=out, at__gte=case.opened_at
    ).exists()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row of a batch; ``error`` "" where it went through."""

    number: str
    case_number: str = ""
    error: str = ""
    code: str = ""
    field: str = ""


def refuse_too_many(numbers: Iterable[str]) -> list[str]:
    """The rows of a batch. Raises KefuError for more than AT_ONCE."""
    rows = list(numbers)
    if len(rows) > AT_ONCE:
        raise KefuError(
            _("一次最多 %(most)d 票") % {"most": AT_ONCE}, code="too_many_rows", field="numbers"
        )
    return rows


def close_many(*, numbers: Iterable[str], by: Employee, actor: Any, now: datetime) -> list[Result]:
    """Close the open problem parcels of these waybills, a transaction a row; a result for each, in their order.

    One twice in the batch, one that is closed already, one in another's hands: refused with the reason at its
    row, the rest goes through. Raises KefuError for more than AT_ONCE rows.
    """
    numbers = refuse_too_many(numbers)
    seen: set[str] = set()
    results = []
    for text in numbers:
        try:
            number = redact.clean_waybill(text, field="waybill_number")
            if number in seen:
                raise KefuError(_("这一批里重复了"), code="twice_in_batch", field="waybill_number")
            seen.add(number)
            case = _of(number, by)
            close(case=case, actor=actor, now=now)
            results.append(Result(number, case.number))
        except KefuError as error:
            results.append(Result(text, "", str(error), error.code, error.field or ""))
    return results


def _of(number: str, by: Employee) -> Case:
    found = (
        Case.objects.filter(waybill_number=number, kind=Case.Kind.PROBLEM_PARCEL)
        .select_related("owner")
        .order_by("-pk")
        .first()
    )
    if found is None:
        raise KefuError(_("这一票没有登记过问题件"), code="not_registered", field="waybill_number")
    if found.state == Case.State.CLOSED:
        raise Conflict(_("这一票已经结案"), code="already_closed", field="waybill_number")
    if found.owner_id not in (by.pk, None):
        raise Conflict(
            _("在%(who)s手上") % {"who": found.owner},
            code="in_anothers_hands",
            field="waybill_number",
        )
    return found
