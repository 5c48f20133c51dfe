"""The recipient comes for the parcel himself: told when and where, collected, or written about on the third day."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.network.selectors import our_company
from kefu.parcels.models import Scan
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from problem_parcels.models import Disposal, ProblemParcel, Stay
from problem_parcels.services import closing, disposals, stays

PLACE_LIMIT, WHEN_LIMIT = 60, 60  # characters
FETCHED = "自取"  # stored: in the house's language, whoever hands it out


@transaction.atomic
def notify_pickup(
    *, case: Case, place: str, when: str, version: int | None = None, actor: Any, now: datetime
) -> Disposal:
    """The recipient was told when and where to collect; from that day the third day counts.

    In the warehouse the day of the notice is the first, at a storefront three full days have to pass
    (CD-04.25, CD-07.11).
    """
    case = cases.lock(case=case, version=version)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    place = redact.clean(
        place, max_length=PLACE_LIMIT, field="place", multiline=False, required=True
    )
    when = redact.clean(when, max_length=WHEN_LIMIT, field="when", multiline=False, required=True)
    extension = ProblemParcel.objects.get(pk=case.pk)
    using = edition_in_force(department_id=case.department_id, at=now)
    disposals.withdraw(case=case, now=now)
    for deadline in case.deadlines.unanswered().filter(action=Deadline.Action.SELF_PICKUP_MESSAGE):
        deadlines.cancel(deadline=deadline, now=now)  # told anew, the days count anew
    line = cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="pickup_noticed",
        text=f"{when} {place}",
        data={"sort": extension.place},
        actor=actor,
        now=now,
    )
    disposal = Disposal.objects.create(
        case=case,
        kind=Disposal.Kind.PICKUP,
        asked_by=Disposal.AskedBy.RECIPIENT,
        sealed={"reason": f"{when} {place}", "person": ""},
        reason=line.text[: disposals.REASON_LIMIT],
        deadline=deadlines.start_clock(
            case=case,
            action=Deadline.Action.SELF_PICKUP_MESSAGE,
            using=using,
            party=our_company(),
            started_by=line,
        ),
        decided_at=now,
        decided_by=actor,
    )
    if case.state in (Case.State.OPEN, Case.State.WAITING):
        cases.move(case=case, to=Case.State.ANSWERED)
    return disposal


@transaction.atomic
def collected(
    *, case: Case, signer: str, by: Employee, version: int | None = None, actor: Any, now: datetime
) -> Case:
    """He came and signed: scanned out, the third day counts no more, the case is closed."""
    case = cases.lock(case=case, version=version)
    open_ = case.disposals.filter(carried_out_at=None, withdrawn_at=None).first()
    if open_ is None or open_.kind != Disposal.Kind.PICKUP:
        raise Conflict(_("这一票没有在等人来取"), code="no_pickup")
    signer = redact.clean(signer, max_length=60, field="signer", multiline=False)
    if not signer:
        raise KefuError(_("请写签收人"), code="signer_required", field="signer")
    waiting = deadlines.settle(case=case, now=now)
    if (stay := stays.open_stay(case.waybill_number)) is not None:
        stays.leave(stay=stay, left_as=Stay.LeftAs.PICKUP, by=by, actor=actor, now=now)
    Scan.objects.create(
        waybill_number=case.waybill_number,
        kind=Scan.Kind.SIGNED,
        at=now,
        place=case.department.name[:60],
        text=FETCHED,
    )
    line = cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="collected",
        text=signer,
        names=[signer],
        actor=actor,
        now=now,
    )
    deadlines.keep(
        deadlines=[d for d in waiting if d.pk == open_.deadline_id],
        answer=line,
        actor=actor,
        now=now,
    )
    open_.carried_out_at, open_.carried_out_by = now, actor
    open_.save(update_fields=["carried_out_at", "carried_out_by"])
    closing.close_if_done(case=case, actor=actor, now=now)
    return case
