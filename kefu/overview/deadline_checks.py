"""What must hold for promises: name, how many rows are looked at, and the violations (``verify``)."""

from datetime import datetime
from typing import Any

from inquiries.services.intake import TIMED
from kefu.clock import SHANGHAI
from kefu.deadlines.services.counts import COUNTED, KEYS
from kefu.overview.checks import Check
from kefu.policy.clocks import ReplyFacts, ReplyRules, reply_due
from kefu.policy.rulebook import RulebookError
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.rulebooks.selectors import edition


def _reply_times(_now: datetime) -> dict[str, Any]:
    """Which editions set a time for replies; under the others there is nothing to be late for."""
    versions = set(Assignment.objects.values_list("version_id", flat=True))
    timed = [version for version in versions if _times_replies(version)]
    return {"kinds": sorted(TIMED), "timed": timed, "all_timed": len(timed) == len(versions)}


def _times_replies(version: int) -> bool:
    moment = datetime(2026, 1, 5, 10, tzinfo=SHANGHAI)
    try:
        rules = edition(version).rules
    except (RulebookVersion.DoesNotExist, RulebookError):
        return False  # no edition, or none that can be read: other checks tell of that
    return reply_due(ReplyFacts(received_at=moment), ReplyRules.of(rules)) is not None


REPLY_CLOCK = Check(
    "inquiry_has_clock",
    """SELECT count(*) FROM inquiries_inquiry i JOIN cases_case c ON c.id = i.case_id
           WHERE c.state <> 'closed' AND i.kind = ANY (%(kinds)s)""",
    """SELECT c.number || ' has neither a reply clock nor an answer from the start' AS what
           FROM inquiries_inquiry i JOIN cases_case c ON c.id = i.case_id
           WHERE c.state <> 'closed' AND i.kind = ANY (%(kinds)s)
             AND NOT EXISTS (SELECT FROM deadlines_deadline d WHERE d.case_id = c.id AND d.action = 'reply')
             AND NOT EXISTS (SELECT FROM cases_interaction x
                             WHERE x.case_id = c.id AND x.direction = 'out' AND x.substantive
                               AND x.recorded_at <= i.recorded_at)  -- one later had its clock
             -- The edition of the desk it is with; after a transfer only if that makes no difference.
             AND (%(all_timed)s OR NOT EXISTS (
                 SELECT FROM cases_interaction x WHERE x.case_id = c.id AND x.action = 'transferred'))
             AND (SELECT a.version_id FROM rulebooks_assignment a
                  WHERE a.outlet_id IS NULL AND a.effective_on <= (i.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
                    AND (a.department_id = c.department_id OR a.department_id IS NULL)
                  ORDER BY a.department_id NULLS LAST, a.effective_on DESC, a.id DESC LIMIT 1) = ANY (%(timed)s)""",
    _reply_times,
)
DEADLINE_CHECKS = [
    (
        "no_promise_overdue",
        "SELECT count(*) FROM deadlines_deadline WHERE state = 'running'",
        """SELECT 'deadline ' || id || ' was due at ' || due_at || ' and still runs' AS what
            FROM deadlines_deadline
            WHERE state = 'running' AND due_at < %(now)s::timestamptz - %(lag)s * interval '1 second'
            ORDER BY due_at""",
    ),
    (
        "nothing_set_aside",
        "SELECT count(*) FROM deadlines_deadline WHERE state IN ('running', 'set_aside')",
        """SELECT 'deadline ' || id || ' is set aside: ' || set_aside_reason AS what
           FROM deadlines_deadline WHERE state = 'set_aside' ORDER BY id""",
    ),
    (
        "case_shows_its_next_due_time",
        "SELECT count(*) FROM cases_case",
        """SELECT c.number || ' shows ' || coalesce(c.next_due_at::text, 'none') || ', its clocks say '
                  || coalesce(d.due_at::text, 'none') AS what
           FROM cases_case c
           LEFT JOIN (SELECT case_id, min(due_at) AS due_at FROM deadlines_deadline
                      WHERE state IN ('running', 'breached', 'set_aside') AND answered_at IS NULL AND released_at IS NULL
                      GROUP BY case_id) d ON d.case_id = c.id
           WHERE c.next_due_at IS DISTINCT FROM d.due_at""",
    ),
    *(
        (
            f"{table}_counts_add_up",
            "SELECT count(*) FROM deadlines_deadline",
            f"""SELECT 'promises of ' || concat_ws(', ', {key}) || ' are counted as '
                       || concat_ws('/', sum(open), sum(met), sum(broken)) || ' too many or too few' AS what
                FROM (SELECT {key}, open, met, broken FROM deadlines_{table}
                      UNION ALL SELECT {key}, open, met, broken
                      FROM (SELECT *, date_trunc('month', day)::date AS month FROM deadlines_countmove) moved
                      UNION ALL SELECT {key}, -open, -met, -broken FROM ({COUNTED}) really) c
                GROUP BY {key}
                HAVING sum(open) <> 0 OR sum(met) <> 0 OR sum(broken) <> 0
                ORDER BY {key}""",  # noqa: S608 our own text
        )
        for table, key in KEYS.items()
    ),
]
