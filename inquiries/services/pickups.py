"""Tell the courier and the driver of a pick-up; when they cannot be reached, name the nearest branch."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import Pickup
from inquiries.selectors.pickups import nearest_branches
from kefu.audit import services as audit
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import ContactNumber, Party
from kefu.privacy import redact

# Whom one notifies: the columns of the pick-up, and who that is on the timeline.
NOTIFIED = {
    Party.Kind.COURIER: ("courier", Interaction.Counterpart.COURIER),
    Party.Kind.DRIVER: ("driver", Interaction.Counterpart.DRIVER),
}


def notify_courier(
    *, case: Case, courier: Party, text: str = "", actor: Any, now: datetime
) -> Interaction:
    """The courier of the area knows of the pick-up; when he was told is on record (CD-01.03)."""
    return _notify(
        case=case, party=courier, kind=Party.Kind.COURIER, text=text, actor=actor, now=now
    )


def notify_driver(
    *, case: Case, driver: Party, text: str = "", actor: Any, now: datetime
) -> Interaction:
    """The driver fetches what the courier has collected; when he was told is on record (CD-06.32)."""
    return _notify(case=case, party=driver, kind=Party.Kind.DRIVER, text=text, actor=actor, now=now)


@transaction.atomic
def _notify(
    *, case: Case, party: Party, kind: Party.Kind, text: str, actor: Any, now: datetime
) -> Interaction:
    """Note whom we told, and when. Somebody else may take over later; both notices stay on the timeline."""
    column, counterpart = NOTIFIED[kind]
    case = cases.lock(case=case)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    pickup = Pickup.objects.filter(case=case).first()
    if pickup is None:
        raise Conflict(_("这一单不是取件单"), code="not_a_pickup")
    if party.kind != kind or not party.active:
        raise KefuError(
            _("请选在岗的%(kind)s") % {"kind": kind.label}, code="wrong_party", field="party"
        )
    setattr(pickup, column, party)
    setattr(pickup, f"{column}_notified_at", now)  # rule: CD-01.03, CD-06.32
    pickup.save(update_fields=[column, f"{column}_notified_at"])
    return cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action=f"{column}_notified",
        direction=Interaction.Direction.OUT,
        counterpart=counterpart,
        party=party,
        channel=Interaction.Channel.PHONE,
        text=redact.clean(text, max_length=cases.TEXT_LIMIT, field="text"),
        actor=actor,
        now=now,
    )


def branch_number(
    *,
    case: Case,
    branch: Party,
    actor: Any,
    address: str = "",
    request_id: str = "",
    now: datetime,
) -> str:
    """Return the duty number of a branch near the pick-up, to tell a customer in a hurry (CD-06.30).

    The look is recorded before the number is read, so this must not run inside a transaction.
    """
    if not actor.has_perm("cases.reveal_personal_data"):
        raise NotAllowed(_("你的角色不能查看网点的电话"))
    number = next(
        (
            near.contact
            for near in nearest_branches(case=case, now=now)
            if near.party_id == branch.pk
        ),
        None,
    )
    if number is None:
        raise KefuError(_("没有登记 %(branch)s 的值班电话") % {"branch": branch}, code="no_number")
    audit.record_reveal(
        table=ContactNumber._meta.db_table,
        object_id=number.pk,
        fields=["number", case.number],
        reason=_("业务员联系不上，报就近网点电话"),
        actor=actor,
        at=now,
        address=address,
        request_id=request_id,
    )
    return str(number.sealed["number"])
