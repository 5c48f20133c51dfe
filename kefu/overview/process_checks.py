"""What must hold for processes: name, how many rows are looked at, and the violations (``verify``)."""

from datetime import datetime, timedelta

from kefu.overview.checks import SHOWN, Result
from kefu.policy.rulebook import RulebookError
from kefu.processes.models import RefundCheckReminder
from kefu.processes.services import untold
from kefu.rulebooks.models import RulebookVersion

TOLD = timedelta(minutes=20)  # what was missed is told of every ten
PROCESS_CHECKS = [
    (
        "no_step_of_a_process_is_gone",
        "SELECT count(*) FROM processes_stepdone",
        """SELECT c.number || ' has ' || count(*) || ' steps and the last is the ' || max(s.number) || 'th' AS what
           FROM processes_stepdone s
           JOIN cases_case c ON c.id = s.run_id
           GROUP BY c.number HAVING count(*) <> max(s.number)
           UNION ALL
           SELECT c.number || ' tells of a step that is not on record'
           FROM cases_interaction l
           JOIN cases_case c ON c.id = l.case_id AND c.kind = 'process'
           WHERE l.action = 'process_step'
             AND NOT EXISTS (SELECT FROM processes_stepdone s WHERE s.line_id = l.id)""",
    ),
    (
        "process_ends_with_its_case",
        "SELECT count(*) FROM processes_processrun",
        """SELECT c.number || ' is ' || c.state || ' and its process ' || coalesce(nullif(r.ending, ''), 'runs') AS what
           FROM processes_processrun r
           JOIN cases_case c ON c.id = r.case_id
           WHERE (r.ended_at IS NULL) <> (c.state <> 'closed')""",
    ),
    (
        "step_done_is_waited_for_no_more",
        "SELECT count(*) FROM deadlines_deadline WHERE action = 'process_step'",
        """SELECT 'deadline ' || d.id || ' still waits for a step that is done' AS what
           FROM deadlines_deadline d
           JOIN cases_interaction l ON l.id = d.started_by_id
           JOIN processes_stepdone s
             ON s.run_id = d.case_id AND s.step = l.data ->> 'step' AND s.line_id > l.id
           WHERE d.action = 'process_step' AND d.answered_at IS NULL AND d.released_at IS NULL
             AND d.state <> 'cancelled'""",
    ),
    (
        "refund_check_is_of_its_day",
        "SELECT count(*) FROM processes_refundcheck",
        """SELECT 'refund check ' || k.id || ' of ' || k.due_on || CASE
               WHEN r.id IS NULL THEN ' was made at ' || k.checked_at
               ELSE ' was made, and told as missed' END AS what
           FROM processes_refundcheck k
           LEFT JOIN processes_refundcheckreminder r
             ON r.department_id = k.department_id AND r.due_on = k.due_on AND r.late
           WHERE (k.checked_at AT TIME ZONE 'Asia/Shanghai')::date > k.due_on OR r.id IS NOT NULL""",
    ),
]


def refund_checks(now: datetime) -> Result:
    """Whoever missed the day's check of orders in refund or dispute was told so."""
    try:
        missed = [one.duty for one in untold(at=now - TOLD) if one.late]
    except (RulebookVersion.DoesNotExist, RulebookError):
        missed = []  # no edition, or none that can be read: other checks tell of that
    words = [f"department {one.department_id} was not told of {one.due.on}" for one in missed]
    return Result(
        "missed_refund_check_is_told",
        RefundCheckReminder.objects.count(),
        len(words),
        words[:SHOWN],
    )
