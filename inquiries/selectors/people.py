"""Complaints about people of ours, for their sheets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from inquiries.models import Complaint, ComplaintStep


@dataclass(frozen=True, slots=True)
class ComplaintAbout:
    """``concluded_at``: None while nobody has found whether it is true."""

    party_id: int
    case_id: int
    number: str
    category: str
    received_at: datetime
    conclusion: str
    concluded_at: datetime | None

    @property
    def verified(self) -> bool:
        return self.conclusion == Complaint.Conclusion.VERIFIED


def complaints_about(
    party_ids: Collection[int], *, since: datetime, until: datetime
) -> Sequence[ComplaintAbout]:
    """Return the complaints about these people that were received or concluded from ``since`` to before ``until``,
    in one question however many they are.
    """
    concluded = ComplaintStep.objects.filter(
        case=OuterRef("case"), code=ComplaintStep.Code.CONCLUDE
    ).order_by("-pk")
    rows = (
        Complaint.objects.filter(against__in=party_ids)
        .annotate(
            came_at=Coalesce("received_at", "case__opened_at"),
            concluded_at=Subquery(concluded.values("happened_at")[:1]),
        )
        .filter(
            Q(came_at__gte=since, came_at__lt=until)
            | Q(concluded_at__gte=since, concluded_at__lt=until)
        )
        .order_by("case_id")
    )
    return [
        ComplaintAbout(*row)
        for row in rows.values_list(
            "against_id",
            "case_id",
            "case__number",
            "category",
            "came_at",
            "conclusion",
            "concluded_at",
        )
    ]
