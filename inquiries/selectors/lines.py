"""Whether the numbers of outlets answer."""

from collections.abc import Sequence

from inquiries.models import LineCheck
from kefu.knowledge.above import Reached


def last_calls(numbers: Sequence[int]) -> dict[int, Reached]:
    """The last call to each number, by its key, in one question."""
    calls = LineCheck.objects.filter(number__in=numbers)
    return {
        call.number_id: Reached(
            call.outcome == LineCheck.Outcome.ANSWERED,
            str(call.get_outcome_display()),
            call.called_at,
        )
        for call in calls.order_by("number_id", "-called_at", "-pk").distinct("number_id")
    }
