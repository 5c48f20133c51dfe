"""Whether what must hold does hold, on live data, without changing anything.

Each check is one set-based statement: its violations (a column ``what``, a sentence with the row's number)
and how many rows it looked at. docs: guarantees 9–25, 43, 52.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.db import connection, transaction

from claims.models import Document
from claims.selectors import registers
from claims.services.documents import digest as digest_of
from inquiries.services.intake import TIMED
from kefu import clock, pdf
from kefu.audit import selectors as audit
from kefu.cases.models import Attachment
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.overview.claim_checks import CLAIM_CHECKS
from kefu.overview.claim_money_checks import CLAIM_MONEY_CHECKS
from kefu.overview.complaint_checks import COMPLAINT_CHECKS
from kefu.overview.incident_checks import INCIDENT_CHECKS
from kefu.overview.parcel_checks import PARCEL_CHECKS
from kefu.overview.process_checks import PROCESS_CHECKS
from kefu.overview.report_checks import REPORT_CHECKS
from kefu.overview.services import month_after
from kefu.policy.clocks import ReplyFacts, ReplyRules, reply_due
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.processes.models import RefundCheckReminder
from kefu.processes.services import untold
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.rulebooks.selectors import edition
from kefu.rulebooks.services import digest
from problem_parcels.models import MisroutingReport

SHOWN = 5  # violations told of each check; the number is told in full
LAG = 60  # seconds a promise may be overdue before somebody fires it
UNSEALED = 300  # seconds an audit row may stand outside the chain; sealed within a minute in health
TOLD = timedelta(minutes=20)  # what was missed is told of every ten
LONGEST = "120s"  # for one check
FILES = 100  # of a sort, opened to see whether they are what they were
PAPERS = 20  # drawn again, half a second or less each

# Journal, audit and other rows that nobody ever changes.
FOR_EVER = (
    "ledger_entry",
    "ledger_posting",
    "audit_row",
    "audit_auditseal",
    "penalties_penaltyevent",
    "notifications_event",
    "parcels_scan",
    "cases_caselink",
    "cases_handover",
    "problem_parcels_reportline",
    "problem_parcels_returncharge",
    "problem_parcels_entryfeequote",
    "problem_parcels_forwardingstep",
    "staff_avatar",
    "rulebooks_amendment",
    "rulebooks_acknowledgement",
    "staff_seatalarm",
    "problem_parcels_receiptentry",
    "problem_parcels_receiptcover",
    "problem_parcels_receipthandover",
    "problem_parcels_staykeeping",
    "problem_parcels_storeround",
    "problem_parcels_missingoutscans",
    "problem_parcels_missingoutscan",
    "problem_parcels_keymove",
    "problem_parcels_lockuptick",
    "problem_parcels_replycheck",
    "inquiries_complaintgrading",
    "inquiries_finding",
    "inquiries_linecheck",
    "claims_liability",
    "claims_approval",
    "claims_reportnotice",
    "claims_reportbonus",
    "claims_registerstep",
    "claims_payment",
    "claims_document",
    "claims_insurercontact",
    "claims_reminder",
    "inquiries_incidentnotice",
    "inquiries_statement",
    "inquiries_publication",
    "inquiries_broadcast",
    "inquiries_exemption",
    "processes_stepdone",
    "processes_refundcheck",
    "processes_refundcheckreminder",
)
PARTITIONED = ("audit_row", "notifications_event", "parcels_scan")
# Triggers of plain SQL; those of the models are asked of pgtrigger.
GUARDS = (
    ("ledger_entry", "entry_is_sound"),
    ("ledger_posting", "posting_is_sound"),
    ("ledger_posting", "move_balances"),
    ("rulebooks_rulebookversion", "version_stays"),
    ("rulebooks_assignment", "line_stays"),
)


@dataclass(frozen=True, slots=True)
class Result:
    check: str
    n: int  # rows looked at
    found: int  # violations
    violations: list[str]  # the first few

    @property
    def ok(self) -> bool:
        return self.found == 0

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "ok": self.ok,
            "n": self.n,
            "found": self.found,
            "violations": self.violations,
        }


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    counted: str  # SELECT of one number
    violations: str  # SELECT of ``what``
    given: Callable[[datetime], dict[str, Any]] = lambda _now: {}

    def run(self, now: datetime) -> Result:
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH bad AS MATERIALIZED ({self.violations})"  # noqa: S608 our own text
                f" SELECT ({self.counted}), (SELECT count(*) FROM bad),"
                f" ARRAY(SELECT what FROM bad LIMIT {SHOWN})",
                {"now": now, "lag": LAG, "unsealed": UNSEALED, **self.given(now)},
            )
            n, found, few = cursor.fetchone()
        return Result(self.name, n, found, few)


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
        ]
        return [*found, *contents, *privileges(now)]


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


CHECKS = [
    Check(
        "inquiry_has_clock",
        """SELECT count(*) FROM inquiries_inquiry i JOIN cases_case c ON c.id = i.case_id
           WHERE c.state <> 'closed' AND i.kind = ANY (%(kinds)s)""",
        """SELECT c.number || ' has neither a reply clock nor an answer' AS what
           FROM inquiries_inquiry i JOIN cases_case c ON c.id = i.case_id
           WHERE c.state <> 'closed' AND i.kind = ANY (%(kinds)s)
             AND NOT EXISTS (SELECT FROM deadlines_deadline d WHERE d.case_id = c.id AND d.action = 'reply')
             AND NOT EXISTS (SELECT FROM cases_interaction x
                             WHERE x.case_id = c.id AND x.direction = 'out' AND x.substantive)
             -- The edition of the desk it is with; after a transfer only if that makes no difference.
             AND (%(all_timed)s OR NOT EXISTS (
                 SELECT FROM cases_interaction x WHERE x.case_id = c.id AND x.action = 'transferred'))
             AND (SELECT a.version_id FROM rulebooks_assignment a
                  WHERE a.outlet_id IS NULL AND a.effective_on <= (i.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
                    AND (a.department_id = c.department_id OR a.department_id IS NULL)
                  ORDER BY a.department_id NULLS LAST, a.effective_on DESC, a.id DESC LIMIT 1) = ANY (%(timed)s)""",
        _reply_times,
    ),
    Check(
        "no_promise_overdue",
        "SELECT count(*) FROM deadlines_deadline WHERE state = 'running'",
        """SELECT 'deadline ' || id || ' was due at ' || due_at || ' and still runs' AS what
            FROM deadlines_deadline
            WHERE state = 'running' AND due_at < %(now)s::timestamptz - %(lag)s * interval '1 second'
            ORDER BY due_at""",
    ),
    Check(
        "nothing_set_aside",
        "SELECT count(*) FROM deadlines_deadline WHERE state IN ('running', 'set_aside')",
        """SELECT 'deadline ' || id || ' is set aside: ' || set_aside_reason AS what
           FROM deadlines_deadline WHERE state = 'set_aside' ORDER BY id""",
    ),
    Check(
        "breach_has_its_penalties",
        """SELECT count(*) FROM deadlines_deadline d JOIN deadlines_consequence c ON c.deadline_id = d.id
           WHERE d.state = 'breached'""",
        """SELECT 'deadline ' || d.id || ' has no penalty ' || c.clause || ' for party ' || c.party_id AS what
           FROM deadlines_deadline d JOIN deadlines_consequence c ON c.deadline_id = d.id
           WHERE d.state = 'breached' AND NOT EXISTS (
               SELECT FROM penalties_penalty p
               WHERE p.deadline_id = d.id AND p.clause = c.clause AND p.party_id = c.party_id)""",
    ),
    Check(
        "penalty_follows_a_breach",
        "SELECT count(*) FROM penalties_penalty WHERE deadline_id IS NOT NULL",
        """SELECT 'penalty ' || p.id || CASE
               WHEN c.id IS NULL THEN ' follows from no consequence of deadline ' || d.id
               ELSE ' stands, but deadline ' || d.id || ' is ' || d.state END AS what
           FROM penalties_penalty p JOIN deadlines_deadline d ON d.id = p.deadline_id
           LEFT JOIN deadlines_consequence c
               ON c.deadline_id = d.id AND c.clause = p.clause AND c.party_id = p.party_id
           WHERE c.id IS NULL OR NOT (d.state = 'breached' OR (d.state = 'met' AND p.state IN ('reversed', 'lapsed')))""",
    ),
    Check(
        "penalty_once",
        "SELECT count(*) FROM penalties_penalty WHERE deadline_id IS NOT NULL",
        """SELECT 'deadline ' || deadline_id || ' has ' || count(*) || ' penalties ' || clause || ' for party '
                  || party_id AS what
           FROM penalties_penalty WHERE deadline_id IS NOT NULL
           GROUP BY deadline_id, clause, party_id HAVING count(*) > 1""",
    ),
    Check(
        "penalty_as_promised",
        "SELECT count(*) FROM penalties_penalty WHERE deadline_id IS NOT NULL",
        """SELECT 'penalty ' || p.id || ' is ' || p.kind || ' ' || p.value || ', its consequence says ' || c.kind
                  || ' ' || c.value AS what
           FROM penalties_penalty p JOIN deadlines_deadline d ON d.id = p.deadline_id
           JOIN deadlines_consequence c
               ON c.deadline_id = d.id AND c.clause = p.clause AND c.party_id = p.party_id
           WHERE (p.kind, p.value, p.condition, p.rulebook_id, p.case_id)
                 IS DISTINCT FROM (c.kind, c.value, c.condition, d.rulebook_id, d.case_id)
              OR p.incurred_at <> d.due_at""",
    ),
    Check(
        "penalty_state_has_its_reason",
        "SELECT count(*) FROM penalties_penalty",
        """WITH e AS (
               SELECT penalty_id, bool_or(kind = 'confirmed') AS confirmed, bool_or(kind = 'reversed') AS reversed,
                      bool_or(kind = 'lapsed') AS lapsed, bool_or(kind = 'settled') AS settled
               FROM penalties_penaltyevent GROUP BY penalty_id
           )
           SELECT 'penalty ' || p.id || ' is ' || p.state || ' against its events' AS what
           FROM penalties_penalty p LEFT JOIN e ON e.penalty_id = p.id
           WHERE coalesce(e.reversed, false) <> (p.state = 'reversed')
              OR coalesce(e.lapsed, false) <> (p.state = 'lapsed')
              OR (p.state = 'settled' AND NOT coalesce(e.settled, false))
              OR (p.state IN ('payable', 'settled') AND p.condition <> 'at_once' AND NOT coalesce(e.confirmed, false))
              OR (p.state = 'provisional' AND (p.condition = 'at_once' OR coalesce(e.confirmed, false)))""",
    ),
    Check(
        "penalty_is_posted_once",
        "SELECT count(*) FROM penalties_penalty WHERE kind = 'fine'",
        """WITH e AS (
               SELECT substr(source, 9)::bigint AS penalty_id, count(*) FILTER (WHERE reverses_id IS NULL) AS posted,
                      count(*) FILTER (WHERE reverses_id IS NOT NULL) AS reversed
               FROM ledger_entry WHERE source ~ '^penalty:[0-9]{1,18}$' GROUP BY 1
           ), stand AS (
               SELECT coalesce(p.id, e.penalty_id) AS id, coalesce(p.state, 'gone') AS state,
                      coalesce(e.posted, 0) AS posted, coalesce(e.reversed, 0) AS reversed
               FROM (SELECT id, state FROM penalties_penalty WHERE kind = 'fine') p
               FULL JOIN e ON e.penalty_id = p.id
           )
           SELECT 'penalty ' || id || ' is ' || state || ', posted ' || posted || ' times, reversed ' || reversed AS what
           FROM stand WHERE NOT CASE
               WHEN state IN ('payable', 'settled') THEN posted = 1 AND reversed = 0
               WHEN state = 'reversed' THEN posted = reversed AND posted <= 1
               ELSE posted = 0 AND reversed = 0 END""",
    ),
    Check(
        "posting_equals_its_penalty",
        "SELECT count(*) FROM ledger_entry WHERE kind = 'penalty' AND reverses_id IS NULL",
        """SELECT 'entry ' || e.id || ' does not book penalty ' || p.id || ' of ' || p.value AS what
           FROM ledger_entry e JOIN penalties_penalty p ON e.source = 'penalty:' || p.id
           WHERE e.reverses_id IS NULL AND NOT EXISTS (
               SELECT FROM ledger_posting l JOIN ledger_account a ON a.id = l.account_id
               WHERE l.entry_id = e.id AND a.party_id = p.party_id AND a.book = 'fines' AND l.amount = p.value)""",
    ),
    Check(
        "debits_equal_credits",
        "SELECT count(*) FROM ledger_entry",
        """SELECT 'entry ' || e.id || ' has ' || count(l.id) || ' sides, in sum ' || coalesce(sum(l.amount), 0) AS what
           FROM ledger_entry e LEFT JOIN ledger_posting l ON l.entry_id = e.id
           GROUP BY e.id HAVING count(l.id) < 2 OR sum(l.amount) <> 0
           UNION ALL
           SELECT 'all postings sum to ' || sum(amount) FROM ledger_posting HAVING sum(amount) <> 0""",
    ),
    Check(
        "reversal_mirrors_its_entry",
        "SELECT count(*) FROM ledger_entry WHERE reverses_id IS NOT NULL",
        """SELECT 'entry ' || o.id || ' is taken back beyond what it posted' AS what
           FROM (SELECT DISTINCT reverses_id AS id FROM ledger_entry WHERE reverses_id IS NOT NULL) o
           WHERE EXISTS (
               SELECT FROM (
                   SELECT coalesce(sum(l.amount) FILTER (WHERE e.id = o.id), 0) AS posted,
                          coalesce(sum(l.amount) FILTER (WHERE e.id <> o.id), 0) AS back
                   FROM ledger_entry e JOIN ledger_posting l ON l.entry_id = e.id
                   WHERE e.id = o.id OR e.reverses_id = o.id GROUP BY l.account_id
               ) a WHERE sign(posted) * sign(back) > 0 OR abs(back) > abs(posted))""",
    ),
    Check(
        "balance_is_its_postings",
        "SELECT count(*) FROM ledger_account",
        """SELECT 'account ' || a.id || ' shows ' || a.balance || ', its postings ' || coalesce(s.total, 0) AS what
           FROM ledger_account a
           LEFT JOIN (SELECT account_id, sum(amount) AS total FROM ledger_posting GROUP BY account_id) s
               ON s.account_id = a.id
           WHERE a.balance <> coalesce(s.total, 0)""",
    ),
    Check(
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
    Check(
        "receipt_is_kept_its_time",
        "SELECT count(*) FROM problem_parcels_receipt WHERE destroyed_on IS NOT NULL",
        """SELECT 'receipt ' || r.id || ' was destroyed on ' || r.destroyed_on || CASE
                  WHEN r.keep_until IS NULL OR r.destroyed_on <= r.keep_until THEN ' before its time was over'
                  ELSE ' without the word of two people' END AS what
           FROM problem_parcels_receipt r
           LEFT JOIN problem_parcels_receiptdestruction d ON d.id = r.destruction_id
           WHERE r.destroyed_on IS NOT NULL
             AND (r.keep_until IS NULL OR r.destroyed_on <= r.keep_until OR d.approved IS NOT TRUE
                  OR d.decided_by_id IS NULL OR d.decided_by_id = d.proposed_by_id)""",
    ),
    Check(
        "receipt_stands_on_its_entry",
        "SELECT count(*) FROM problem_parcels_receipt",
        """SELECT 'receipt ' || r.id || ' is ' || r.state || CASE WHEN e.n IS NULL THEN ' without an entry'
                  ELSE ', entered in time: ' || coalesce(r.in_time::text, 'unknown') || ', against its entry' END AS what
           FROM problem_parcels_receipt r
           LEFT JOIN (SELECT receipt_id, count(*) AS n, min(entered_at) AS entered_at
                      FROM problem_parcels_receiptentry GROUP BY receipt_id) e ON e.receipt_id = r.id
           JOIN problem_parcels_receiptbatch b ON b.case_id = r.batch_id
           LEFT JOIN deadlines_deadline d ON d.id = b.deadline_id
           WHERE (r.state = 'entered') <> (e.n IS NOT NULL)
              OR r.entered_at IS DISTINCT FROM e.entered_at
              OR r.state = 'entered' AND r.in_time <> coalesce(e.entered_at <= d.due_at, true)""",
    ),
    Check(
        "two_people_decide",
        """SELECT (SELECT count(*) FROM penalties_waiver WHERE approved IS NOT NULL)
                + (SELECT count(*) FROM deadlines_lateentry WHERE approved IS NOT NULL)
                + (SELECT count(*) FROM rulebooks_rulebookversion WHERE published_by_id IS NOT NULL)""",
        """SELECT 'waiver ' || w.id || CASE WHEN w.decided_by_id = w.proposed_by_id OR w.decided_by_id IS NULL
                  THEN ' was not decided by another person' ELSE ' is approved, but its penalty stands' END AS what
           FROM penalties_waiver w JOIN penalties_penalty p ON p.id = w.penalty_id
           WHERE w.approved IS NOT NULL AND (w.decided_by_id IS NOT DISTINCT FROM w.proposed_by_id
                 OR w.decided_by_id IS NULL OR (w.approved AND p.state <> 'reversed'))
           UNION ALL
           SELECT 'late entry ' || id || ' was not decided by another person' FROM deadlines_lateentry
           WHERE approved IS NOT NULL AND (decided_by_id IS NULL OR decided_by_id = proposed_by_id)
           UNION ALL
           SELECT 'rulebook version ' || v.id || ' was published by somebody who drafted or changed it'
           FROM rulebooks_rulebookversion v
           WHERE v.published_by_id = v.drafted_by_id OR EXISTS (
               SELECT FROM rulebooks_amendment a WHERE a.version_id = v.id AND a.amended_by_id = v.published_by_id)
           UNION ALL
           SELECT 'rulebook version ' || id || ' was published by nobody' FROM rulebooks_rulebookversion
           WHERE state IN ('published', 'superseded') AND published_by_id IS NULL
             AND (drafted_by_id IS NOT NULL OR base_id IS NOT NULL)""",
    ),
    Check(
        "rules_hold_from_their_day",
        "SELECT count(*) FROM rulebooks_assignment",
        """SELECT 'assignment ' || a.id || ' holds from ' || a.effective_on || ', before '
                  || CASE WHEN a.effective_on < v.effective_on THEN 'its version' ELSE 'it was made' END AS what
           FROM rulebooks_assignment a JOIN rulebooks_rulebookversion v ON v.id = a.version_id
           WHERE a.effective_on < v.effective_on
              OR a.effective_on < (a.assigned_at AT TIME ZONE 'Asia/Shanghai')::date""",
    ),
    Check(
        "only_published_rules_hold",
        """SELECT (SELECT count(*) FROM rulebooks_assignment) + (SELECT count(*) FROM rulebooks_acknowledgement)
                + (SELECT count(*) FROM deadlines_deadline) + (SELECT count(*) FROM penalties_penalty)""",
        """WITH v AS (SELECT id FROM rulebooks_rulebookversion WHERE state IN ('draft', 'discarded'))
           SELECT 'assignment ' || a.id || ' names version ' || v.id || ', which is not published' AS what
           FROM rulebooks_assignment a JOIN v ON v.id = a.version_id
           UNION ALL
           SELECT 'acknowledgement ' || a.id || ' is of version ' || v.id || ', which is not published'
           FROM rulebooks_acknowledgement a JOIN v ON v.id = a.version_id
           UNION ALL
           SELECT 'deadline ' || d.id || ' runs under version ' || v.id || ', which is not published'
           FROM deadlines_deadline d JOIN v ON v.id = d.rulebook_id
           UNION ALL
           SELECT 'penalty ' || p.id || ' stands on version ' || v.id || ', which is not published'
           FROM penalties_penalty p JOIN v ON v.id = p.rulebook_id""",
    ),
    Check(
        "read_after_it_was_published",
        "SELECT count(*) FROM rulebooks_acknowledgement",
        """SELECT 'acknowledgement ' || a.id || ' of ' || a.at || ' is older than version ' || v.id AS what
           FROM rulebooks_acknowledgement a JOIN rulebooks_rulebookversion v ON v.id = a.version_id
           WHERE a.at < v.published_at""",
    ),
    Check(
        "stored_parcel_has_its_keeper",
        "SELECT count(*) FROM problem_parcels_stay",
        """SELECT 'stay ' || s.id || ' is not kept by whom its record says' AS what
           FROM problem_parcels_stay s
           LEFT JOIN LATERAL (
               SELECT min(k.since) AS first, (array_agg(k.keeper_id ORDER BY k.since DESC, k.id DESC))[1] AS last
               FROM problem_parcels_staykeeping k WHERE k.stay_id = s.id
           ) kept ON true
           WHERE kept.first IS DISTINCT FROM s.entered_at OR kept.last IS DISTINCT FROM s.keeper_id
           ORDER BY s.id""",
    ),
    Check(
        "collected_parcel_has_left",
        "SELECT count(*) FROM problem_parcels_collectionline",
        """SELECT 'stay ' || s.id || ' was ticked as collected and is in store' AS what
           FROM problem_parcels_collectionline l JOIN problem_parcels_stay s ON s.id = l.stay_id
           WHERE l.ticked_at IS NOT NULL AND s.left_at IS DISTINCT FROM l.ticked_at
           ORDER BY s.id""",
    ),
    Check(
        "locked_report_is_its_lines",
        "SELECT count(*) FROM problem_parcels_misroutingreport WHERE state <> 'collecting'",
        """SELECT 'report ' || r.id || ' was locked with ' || r.lines_locked || ' lines, there are '
                  || count(l.id) || ', ' || count(l.id) FILTER (WHERE m.id IS NOT NULL) || ' of them as recorded' AS what
           FROM problem_parcels_misroutingreport r
           LEFT JOIN problem_parcels_reportline l ON l.report_id = r.id
           LEFT JOIN problem_parcels_misrouting m ON m.id = l.misrouting_id AND m.report_id = r.id
               AND m.withdrawn_at IS NULL
               AND (m.waybill_number, m.province, m.routing_text, m.written_destination, m.correct_destination)
                 = (l.waybill_number, l.province, l.routing_text, l.written_destination, l.correct_destination)
           WHERE r.state <> 'collecting'
           GROUP BY r.id
           HAVING count(l.id) <> r.lines_locked OR count(m.id) <> r.lines_locked OR max(l.number) > r.lines_locked""",
    ),
    Check(
        "nothing_forwarded_before_it_is_paid",
        "SELECT count(*) FROM problem_parcels_forwarding WHERE state = 'packed'",
        """SELECT 'forwarding ' || f.id || ' is packed, ' || f.shortfall - coalesce(s.paid, 0) || ' is missing' AS what
           FROM problem_parcels_forwarding f
           LEFT JOIN (SELECT forwarding_id, sum(amount) AS paid FROM problem_parcels_forwardingstep
                      WHERE code = 'top_up' GROUP BY forwarding_id) s ON s.forwarding_id = f.id
           WHERE f.state = 'packed' AND f.inputs ->> 'hold' = 'true' AND f.shortfall <> coalesce(s.paid, 0)""",
    ),
    Check(
        "audit_chain",
        "SELECT coalesce(sum(rows), 0)::bigint FROM audit_auditseal",
        f"""SELECT 'seal ' || to_char(month, 'YYYY-MM') || '/' || number || ' does not fit its '
                   || CASE WHEN place <> number THEN 'place in the chain' WHEN found <> rows
                      THEN rows || ' rows: there are ' || found ELSE 'rows or the seal before it' END AS what
            FROM ({audit.BROKEN}) broken""",  # noqa: S608 our own text
    ),
    Check(
        "audit_is_sealed",
        """SELECT count(*) FROM audit_row
           WHERE txid > (SELECT coalesce(max(last_txid), 0) FROM audit_auditseal)""",
        f"""SELECT 'audit row ' || a.id || ' of ' || a.at || ' is in no seal' AS what FROM audit_row a
            WHERE a.txid > (SELECT coalesce(max(last_txid), 0) FROM audit_auditseal)
              AND a.at < %(now)s::timestamptz - %(unsealed)s * interval '1 second'
            UNION ALL
            SELECT 'audit of ' || to_char(month, 'YYYY-MM') || ' has ' || found || ' rows up to its last seal, '
                   || sealed || ' are sealed' FROM ({audit.BESIDE}) beside""",  # noqa: S608 our own text
    ),
    *(Check(*check) for check in PARCEL_CHECKS),
    *(Check(*check) for check in COMPLAINT_CHECKS),
    *(Check(*check) for check in REPORT_CHECKS),
    *(Check(*check) for check in CLAIM_CHECKS),
    *(Check(*check) for check in CLAIM_MONEY_CHECKS),
    *(Check(*check) for check in INCIDENT_CHECKS),
    *(Check(*check) for check in PROCESS_CHECKS),
]


def rulebook_contents() -> Iterable[Result]:
    """Every version still has the content its digest was taken of, and the schema reads it."""
    altered, unread, n = [], [], 0
    for version in RulebookVersion.objects.select_related("rulebook").order_by("pk").iterator(10):
        n += 1
        if digest(version.content) != version.digest:
            altered.append(f"rulebook {version} is not what its digest says")
        try:
            Rulebook.from_json(version.content)
        except RulebookError as error:
            unread.append(f"rulebook {version} cannot be read: {error.clause} {error.reason}")
    yield Result("rulebook_is_as_published", n, len(altered), altered[:SHOWN])
    yield Result("rulebook_can_be_read", n, len(unread), unread[:SHOWN])


def file_contents() -> Iterable[Result]:
    """The latest photos and reports are still those that were added and sent: of a row only the seals may change,
    not what they hold.
    """
    photos = Attachment.objects.order_by("-pk").values_list("pk", "photo", "digest")
    yield _as_digested("photos_are_as_added", "photo", photos)
    reports = MisroutingReport.objects.filter(issued__isnull=False).order_by("-pk")
    yield _as_digested(
        "reports_are_as_sent", "report", reports.values_list("pk", "issued", "digest")
    )


def _as_digested(name: str, what: str, rows: Any) -> Result:
    altered, n = [], 0
    for pk, file, digested in rows[:FILES].iterator(10):
        n += 1
        try:
            same = hashlib.sha256(file.open()).hexdigest() == digested
        except KefuError:
            same = False
        if not same:
            altered.append(f"{what} {pk} is not what its digest says")
    return Result(name, n, len(altered), altered[:SHOWN])


def register_contents() -> Result:
    """Every report is still what was issued."""
    n, altered = registers.altered()
    return Result("register_is_as_issued", n, len(altered), altered[:SHOWN])


def paper_contents() -> Result:
    """The latest papers are still what was issued; those drawn with another font or library cannot be compared."""
    altered, n = [], 0
    try:
        drawn_with = pdf.drawn_with()
    except pdf.NoFont:
        return Result("papers_are_as_issued", 0, 0, [])
    for paper in Document.objects.filter(drawn_with=drawn_with).order_by("-pk")[:PAPERS]:
        n += 1
        try:
            drawn = (digest_of(paper), digest_of(paper, plain=True))
        except (KefuError, KeyError, ArithmeticError):  # a fact is gone, or is none
            drawn = ("", "")
        if drawn != (paper.digest, paper.plain_digest):
            altered.append(f"paper {paper.pk} is not what its digest says")
    return Result("papers_are_as_issued", n, len(altered), altered[:SHOWN])


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


def privileges(now: datetime) -> Iterable[Result]:
    """What the application's role may not do, which guards stand, which partitions are ready."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname || ': ' || p.privilege
               FROM pg_class c CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p (privilege)
               CROSS JOIN (SELECT current_user AS name UNION
                           SELECT rolname FROM pg_roles WHERE rolname = 'kefu_app') r
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                 AND (p.privilege = 'TRUNCATE' OR c.relname = ANY (%(kept)s)
                      OR c.relispartition AND EXISTS (SELECT FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhparent
                                                      WHERE i.inhrelid = c.oid AND k.relname = ANY (%(kept)s)))
                 AND has_table_privilege(r.name, c.oid, p.privilege)
               ORDER BY 1""",
            {"kept": list(FOR_EVER)},
        )
        may = [f"the application may {row[0]}" for row in cursor.fetchall()]
        yield Result("journal_and_audit_are_append_only", len(FOR_EVER), len(may), may[:SHOWN])

        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
        )
        standing = set(cursor.fetchall())
        wanted = {
            (model._meta.db_table, trigger.get_pgid(model))
            for model, trigger in pgtrigger.registered()
        } | set(GUARDS)
        missing = sorted(f"{table} lacks its trigger {name}" for table, name in wanted - standing)
        yield Result("guards_stand", len(wanted), len(missing), missing[:SHOWN])

        today = now.astimezone(SHANGHAI).date()
        names = [
            f"{table}_{month_after(today, ahead):%Y%m}" for table in PARTITIONED for ahead in (0, 1)
        ]
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) name WHERE to_regclass(name) IS NULL", [names]
        )
        absent = [f"partition {row[0]} is missing" for row in cursor.fetchall()]
        yield Result("partitions_are_ready", len(names), len(absent), absent[:SHOWN])
