"""The questions to and from outlets on a case, as its page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from inquiries.models import NetworkQuery
from kefu.cases.models import Case
from kefu.network.models import Party


@dataclass(frozen=True, slots=True)
class Queries:
    """``all`` of a case in the order they were asked; ``open`` those without an answer."""

    all: Sequence[NetworkQuery]
    open: Sequence[NetworkQuery]
    asked_of_us: NetworkQuery | None
    askable: Sequence[
        Party
    ]  # outlets of the parcel that have no open question, the delivering one first

    @property
    def asked_of_outlets(self) -> list[NetworkQuery]:
        return [query for query in self.open if query.asked.kind != Party.Kind.COMPANY]


def queries_of(case: Case) -> Queries:
    queries = list(case.network_queries.select_related("asked", "asking").order_by("pk"))
    waiting = [query for query in queries if query.state == NetworkQuery.State.OPEN]
    ours = next((one for one in waiting if one.asked.kind == Party.Kind.COMPANY), None)
    return Queries(queries, waiting, ours, _askable(case, waiting))


def _askable(case: Case, waiting: Sequence[NetworkQuery]) -> list[Party]:
    if case.waybill is None:
        return []
    busy = {query.asked_id for query in waiting}
    parties = {party.pk: party for party in (case.waybill.destination, case.waybill.origin)}
    return [
        party
        for pk, party in parties.items()
        if pk not in busy and party.kind != Party.Kind.COMPANY
    ]
