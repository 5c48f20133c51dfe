"""What scenarios share: promises that fall due, the people who work meanwhile, and the count in the database."""

import socket
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from benchmarks import crowd
from inquiries import services as inquiries
from kefu import clock
from kefu.audit import services as audit
from kefu.cases.models import Interaction
from kefu.deadlines.models import Deadline
from kefu.overview.verify import verify
from kefu.parcels.models import Waybill
from kefu.rulebooks.selectors import edition
from tests import centre as world

TAKEOVER = 30.0  # seconds; guarantees 13 and 14
TWO_HOURS = timedelta(hours=2)  # that an outlet has to answer
# Each effect of a breach, for the promises from one key on: how many promises have none, how many too much.
EFFECTS = """
WITH promised AS (SELECT id FROM deadlines_deadline WHERE id > %(after)s AND id <= %(last)s),
fired AS (
    SELECT p.id,
           (SELECT count(*) FROM deadlines_deadline d WHERE d.id = p.id AND d.state = 'breached') AS state,
           coalesce(fines.n, 0) AS fines, coalesce(lines.n, 0) AS lines, coalesce(events.n, 0) AS events
    FROM promised p
    LEFT JOIN (SELECT deadline_id AS id, count(*) AS n FROM penalties_penalty GROUP BY 1) fines USING (id)
    LEFT JOIN (SELECT (data->>'deadline')::bigint AS id, count(*) AS n FROM cases_interaction
               WHERE kind = 'breach' GROUP BY 1) lines USING (id)
    LEFT JOIN (SELECT (data->>'deadline')::bigint AS id, count(*) AS n FROM notifications_event
               WHERE kind = 'deadline.breach' GROUP BY 1) events USING (id)
)
SELECT count(*), count(*) FILTER (WHERE least(state, fines, lines, events) < 1),
       count(*) FILTER (WHERE greatest(fines, lines, events) > 1)
FROM fired
"""
LATENESS = """
SELECT coalesce(max(extract(epoch FROM detected_at - due_at)), 0)::float8,
       count(*) FILTER (WHERE detected_at < due_at)
FROM deadlines_deadline WHERE state = 'breached' AND id > %(after)s AND id <= %(last)s
"""


class Promises:
    """``n`` questions to an outlet that all fall due: copies of a real one, with every trigger at work."""

    def __init__(self, centre: world.Centre, n: int, *, start: datetime, apart: timedelta) -> None:
        asked_at = start - TWO_HOURS
        case = centre.inquiry(now=asked_at)
        inquiries.answer_customer(
            case=case,
            text="已问成都",
            channel=Interaction.Channel.PHONE,
            substantive=True,
            actor=centre.lin.user,
            now=asked_at,
        )
        query = inquiries.ask_outlet(
            case=case, outlet=centre.chengdu, question="请核实", actor=centre.lin.user, now=asked_at
        )
        assert query.deadline
        pattern: Deadline = query.deadline
        self.n = n
        self.after = max(Deadline.objects.order_by("-pk")[0].pk, 1_000_000)
        self.last = self.after + n
        due = f"'{start.isoformat()}'::timestamptz + n * interval '{apart.total_seconds()} seconds'"
        connection.ensure_connection()
        server: Any = connection.connection
        crowd.copy(
            server,
            "deadlines.Deadline",
            pattern.pk,
            n,
            id=f"{self.after} + n",
            due_at=due,
            starts_at=f"{due} - interval '2 hours'",
            warn_at="NULL",
            lead_warn_at="NULL",
        )
        crowd.copy(
            server,
            "deadlines.Consequence",
            pattern.consequences.get().pk,
            n,
            id=f"{self.after} + n",
            deadline_id=f"{self.after} + n",
        )

    def left(self) -> int:
        """How many have not fired yet."""
        ours = Deadline.objects.filter(pk__gt=self.after, pk__lte=self.last)
        return self.n - ours.filter(state=Deadline.State.BREACHED).count()

    def all_fired(self) -> bool:
        return self.left() == 0

    def count(self) -> dict[str, Any]:
        """Lost, double, early and the longest delay, from the rows. A half effect is a lost one."""
        keys = {"after": self.after, "last": self.last}
        with connection.cursor() as cursor:
            cursor.execute(EFFECTS, keys)
            there, lost, double = cursor.fetchone()
            cursor.execute(LATENESS, keys)
            latest, early = cursor.fetchone()
        return {
            "n": self.n,
            "lost": self.n - there + lost,
            "double": double,
            "early": early,
            "latest_seconds": round(latest, 2),
        }


def centre() -> world.Centre:
    settings.KEFU_NOW = None
    edition.cache_clear()
    return world.build(now=clock.now())


def parcels(centre: world.Centre, n: int) -> list[str]:
    """Waybills nobody has asked about yet."""
    numbers = [str(880_612_060_000 + number) for number in range(n)]
    for number in numbers:
        parcel = Waybill.objects.get(pk=centre.waybill.pk)
        parcel.pk, parcel.number = None, number
        parcel.save()
    return numbers


def outcome(*, n: int, lost: int, double: int, ok: bool = True, **more: Any) -> dict[str, Any]:
    """The result of a scenario: ``ok`` also needs nothing lost or double, and everything in order after it."""
    audit.seal_audit(now=clock.now())
    violated = {one.check: one.violations[:2] for one in verify() if not one.ok}
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM ledger_posting")
        (balance,) = cursor.fetchone()
    balanced = balance == Decimal(0)
    return {
        "n": n,
        "lost": lost,
        "double": double,
        **more,
        "verify": violated or "clean",
        "ledger": "balanced" if balanced else f"off by {balance}",
        "ok": ok and not lost and not double and not violated and balanced,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
