"""Whether what must hold does hold, on live data, without changing anything.

Each check is one set-based statement: its violations (a column ``what``, a sentence with the row's number)
and how many rows it looked at. docs: guarantees 9–25, 43, 52.
"""

from django.db import connection, transaction

from kefu import clock
from kefu.overview.appeal_checks import APPEAL_CHECKS
from kefu.overview.attendance_checks import ATTENDANCE_CHECKS
from kefu.overview.audit_checks import AUDIT_CHECKS
from kefu.overview.call_checks import CALL_CHECKS
from kefu.overview.checks import Check, Result
from kefu.overview.claim_checks import CLAIM_CHECKS
from kefu.overview.claim_money_checks import CLAIM_MONEY_CHECKS
from kefu.overview.complaint_checks import COMPLAINT_CHECKS
from kefu.overview.contents import (
    file_contents,
    paper_contents,
    payslip_contents,
    register_contents,
    rulebook_contents,
    takeback_contents,
)
from kefu.overview.deadline_checks import DEADLINE_CHECKS, REPLY_CLOCK
from kefu.overview.discipline_checks import DISCIPLINE_CHECKS
from kefu.overview.incident_checks import INCIDENT_CHECKS
from kefu.overview.inspection_checks import INSPECTION_CHECKS
from kefu.overview.joining_checks import JOINING_CHECKS
from kefu.overview.ledger_checks import LEDGER_CHECKS
from kefu.overview.meeting_checks import MEETING_CHECKS
from kefu.overview.parcel_checks import PARCEL_CHECKS
from kefu.overview.pay_checks import PAY_CHECKS
from kefu.overview.penalty_checks import PENALTY_CHECKS
from kefu.overview.privacy_checks import sealed_contents
from kefu.overview.privileges import privileges
from kefu.overview.process_checks import PROCESS_CHECKS, refund_checks
from kefu.overview.report_checks import REPORT_CHECKS
from kefu.overview.retention_checks import retention
from kefu.overview.roster_checks import ROSTER_CHECKS
from kefu.overview.rulebook_checks import RULEBOOK_CHECKS
from kefu.overview.score_checks import SCORE_CHECKS
from kefu.overview.statement_checks import STATEMENT_CHECKS
from kefu.overview.training_checks import TRAINING_CHECKS

LONGEST = "120s"  # for one check
CHECKS = [
    REPLY_CLOCK,
    *(
        Check(*check)
        for checks in (
            DEADLINE_CHECKS,
            PENALTY_CHECKS,
            LEDGER_CHECKS,
            RULEBOOK_CHECKS,
            AUDIT_CHECKS,
            PARCEL_CHECKS,
            COMPLAINT_CHECKS,
            REPORT_CHECKS,
            CLAIM_CHECKS,
            CLAIM_MONEY_CHECKS,
            INCIDENT_CHECKS,
            PROCESS_CHECKS,
            APPEAL_CHECKS,
            SCORE_CHECKS,
            DISCIPLINE_CHECKS,
            TRAINING_CHECKS,
            ROSTER_CHECKS,
            MEETING_CHECKS,
            ATTENDANCE_CHECKS,
            CALL_CHECKS,
            INSPECTION_CHECKS,
            PAY_CHECKS,
            JOINING_CHECKS,
            STATEMENT_CHECKS,
        )
        for check in checks
    ),
]


def verify() -> list[Result]:
    """Run every check on one snapshot of the database; read only."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The digests of the audit chain were taken in UTC.
            cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST}'; SET LOCAL timezone = 'UTC'")
        now = clock.now()
        found = [check.run(now) for check in CHECKS]
        contents = [
            *rulebook_contents(),
            *file_contents(),
            paper_contents(),
            register_contents(),
            refund_checks(now),
            payslip_contents(),
            takeback_contents(),
            sealed_contents(),
            *retention(now),
        ]
        return [*found, *contents, *privileges(now)]
