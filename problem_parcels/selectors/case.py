"""A problem parcel as its case page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from kefu.cases.models import Case
from kefu.network.models import Party
from problem_parcels.models import (
    ContactAttempt,
    Disposal,
    Message,
    ProblemParcel,
    ProblemRecord,
    Stay,
)


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """All that belongs to one case, newest last; ``decided``: what is to become of it and is not done yet."""

    parcel: ProblemParcel
    records: Sequence[ProblemRecord]
    attempts: Sequence[ContactAttempt]
    messages: Sequence[Message]
    disposals: Sequence[Disposal]
    stay: Stay | None

    @property
    def record(self) -> ProblemRecord | None:
        return self.records[-1] if self.records else None

    @property
    def decided(self) -> Disposal | None:
        return next(
            (one for one in self.disposals if not (one.carried_out_at or one.withdrawn_at)), None
        )

    @property
    def waiting(self) -> list[Message]:
        """Messages nobody has answered."""
        return [
            one
            for one in self.messages
            if not (one.reply_to_id or one.answered_at or one.withdrawn_at)
        ]

    @property
    def given_up(self) -> bool:
        """Whoever has not answered was silent for five days: nobody is waited for any more."""
        waits = [message.wait for message in self.waiting]
        return all(
            wait and wait.state == wait.State.BREACHED and not wait.released_at for wait in waits
        )

    @property
    def asked_of_us(self) -> Message | None:
        return next((m for m in self.waiting if m.receiver.kind == Party.Kind.COMPANY), None)

    @property
    def asked_of_outlets(self) -> list[Message]:
        return [m for m in self.waiting if m.receiver.kind != Party.Kind.COMPANY]

    @property
    def unread(self) -> int:
        return sum(1 for m in self.messages if m.reply_to_id and m.opened_at is None)


def parcel_facts(case: Case) -> ParcelFacts:
    """Read them in six questions, however many there are."""
    return ParcelFacts(
        parcel=ProblemParcel.objects.get(pk=case.pk),
        records=list(case.problem_records.select_related("liable").defer("sealed", "inputs")),
        attempts=list(case.contact_attempts.defer("sealed")),
        messages=list(
            case.parcel_messages.select_related("sender", "receiver", "wait")
            .defer("sealed")
            .order_by("id")
        ),
        disposals=list(case.disposals.select_related("deadline").defer("sealed")),
        stay=Stay.objects.filter(waybill_number=case.waybill_number, left_at=None)
        .select_related("keeper")
        .first(),
    )
