"""Several people at once, each over a connection of his own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread, all let go together; return what they returned or raised."""
    done: list[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(n: int) -> None:
        try:
            barrier.wait(timeout=30)
            done[n] = works[n]()
        except Exception as error:
            done[n] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return done
