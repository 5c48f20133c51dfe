"""A partner's program on the typed client: answer what our outlet was asked, soonest due first.

make client && pip install ./dist/kefu-client
KEY=kf… SERVER=http://127.0.0.1:8000 python docs/examples/answer_queries.py "At the hub, out for delivery tonight"
"""

import os
import sys
from collections.abc import Iterator

from kefu_client import AuthenticatedClient
from kefu_client.api.network_queries import answer_network_query, list_network_queries
from kefu_client.models import Feedback, Problem, QueryPage, QueryShown
from kefu_client.types import UNSET


class Refused(Exception):
    """The server said no; ``problem`` says why, and what to do is in docs/api.md."""

    def __init__(self, problem: Problem | None) -> None:
        super().__init__(problem.detail if problem else "an answer that the document does not know")
        self.problem = problem


def open_queries(client: AuthenticatedClient, *, page_size: int = 50) -> Iterator[QueryShown]:
    """Yield what waits for our answer. Raises Refused."""
    cursor: str | None = None
    while True:
        page = list_network_queries.sync(
            client=client,
            state="open",
            direction="received",
            order="due_at",
            limit=page_size,
            cursor=cursor or UNSET,
        )
        if not isinstance(page, QueryPage):
            raise Refused(page)
        yield from page.results
        cursor = page.next_cursor
        if cursor is None:
            return


def answer(client: AuthenticatedClient, query: QueryShown, text: str) -> QueryShown:
    """Answer one. Calling it again after a lost connection answers it once. Raises Refused."""
    given = answer_network_query.sync(
        query.id,
        client=client,
        body=Feedback(answer=text),
        idempotency_key=f"answer-{query.id}",  # one value for one thing to do, also when repeated
    )
    if not isinstance(given, QueryShown):
        raise Refused(given)
    return given


def main() -> int:
    client = AuthenticatedClient(base_url=os.environ["SERVER"], token=os.environ["KEY"])
    for query in open_queries(client):
        done = answer(client, query, sys.argv[1])
        print(done.waybill_number, done.state, done.answered_at)
    return 0


if __name__ == "__main__":
    sys.exit(main())
