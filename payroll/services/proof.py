"""What proves a proposal: few pieces, known by their content, sealed; each look at one in full is recorded."""

from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.cases.files import taken_in
from kefu.errors import Conflict, NotAllowed
from kefu.privacy import redact
from payroll.models import Proposal, ProposalEvidence
from payroll.models.discipline import PHOTOS
from payroll.selectors.discipline import visible_to

OPEN = {Proposal.State.PROPOSED, Proposal.State.VERIFIED}


def add(
    *, proposal: Proposal, picture: IO[bytes], caption: str = "", actor: Any, now: datetime
) -> ProposalEvidence:
    """Add a picture, a recording or a paper while nothing is decided; the person concerned may too.

    Raises NotAllowed, KefuError naming ``picture``, Conflict (decided, too_many_photos, photo_already_there).
    """
    kept = taken_in(picture, field="picture")  # takes seconds, so before anything is locked
    with transaction.atomic():
        row = Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
        if not visible_to(actor).filter(pk=row.pk).exists():
            raise NotAllowed(_("看不到这份提议"))
        if row.state not in OPEN:
            raise Conflict(_("已经有决定，不能再补证据"), code="decided", field="picture")
        there = dict(row.pictures.values_list("digest", "number"))
        if kept.digest in there:
            raise Conflict(_("这份证据已经有了"), code="photo_already_there", field="picture")
        if len(there) >= PHOTOS:
            raise Conflict(
                _("最多 {n} 份证据，已经满了").format(n=PHOTOS),
                code="too_many_photos",
                field="picture",
            )
        words = redact.clean(caption, max_length=200, field="caption", multiline=False)
        return ProposalEvidence.objects.create(
            proposal=row,
            number=len(there) + 1,
            caption=redact.redact(words),
            added_by=actor,
            added_at=now,
            **kept.columns(),
        )


def record_look(*, picture: ProposalEvidence, actor: Any, now: datetime) -> None:
    """Before it leaves."""
    audit.record(
        action="evidence_seen",
        table=ProposalEvidence._meta.db_table,
        object_id=picture.pk,
        after={"proposal": picture.proposal_id, "number": picture.number},
        actor=actor,
        at=now,
    )
