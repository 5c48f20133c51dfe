"""What the database itself holds against whoever might change what stays: privileges, triggers, partitions."""

from collections.abc import Iterable
from datetime import datetime

import pgtrigger
from django.db import connection

from kefu.clock import SHANGHAI
from kefu.overview.checks import SHOWN, Result
from kefu.overview.services import month_after
from payroll.models.months import APPENDED, FACTS

# Journal, audit and other rows that nobody ever changes.
FOR_EVER = (
    "ledger_entry",
    "ledger_posting",
    "audit_row",
    "audit_auditseal",
    "audit_auditanchor",
    "retention_destruction",
    "retention_destroyed",
    "penalties_penaltyevent",
    "appeals_decision",
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
    "reports_registerstep",
    "deadlines_escalation",
    "customers_contract",
    "customers_grading",
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
    "payroll_entrydecision",
    "payroll_judgedpart",
    "payroll_target",
    "payroll_talk",
    "payroll_yearsheet",
    "payroll_courseresult",
    "payroll_exammark",
    "payroll_questionversion",
    "payroll_suspension",
    "payroll_textmark",
    "payroll_typingtest",
    "payroll_leaveapproval",
    "payroll_rosterreminder",
    "payroll_fundentry",
    "payroll_lockedmonth",
    "payroll_payacknowledgement",
    "payroll_payadjustment",
    "payroll_payexport",
    "payroll_payfailure",
    "payroll_payslipline",
    "payroll_poolpayment",
    "payroll_call",
    "payroll_callscomplete",
    "payroll_chat",
    "payroll_sampledraw",
    "payroll_inspection",
    "payroll_inspectionmark",
    "payroll_findingreply",
    "payroll_findingdecision",
    "payroll_punch",
    "payroll_punchexemption",
    "payroll_rating",
    "payroll_falsepunch",
    "payroll_attendancereport",
    "payroll_itemstep",
    "payroll_minutes",
    "payroll_minutessignature",
    "payroll_minutesreview",
    "statements_line",
    "knowledge_edition",
)
PARTITIONED = ("audit_row", "notifications_event", "parcels_scan", "payroll_call")
# Triggers of plain SQL; those of the models are asked of pgtrigger.
GUARDS = (
    ("notifications_event", "only_when_active"),
    ("ledger_entry", "entry_is_sound"),
    ("ledger_posting", "posting_is_sound"),
    ("ledger_posting", "move_balances"),
    ("rulebooks_rulebookversion", "version_stays"),
    ("rulebooks_assignment", "line_stays"),
    *((table, f"month_stays_{op}") for table in FACTS for op in ("insert", "update", "delete")),
    *((table, "month_stays_insert") for table in APPENDED),
    ("claims_reportbonus", "bonus_waits"),
    ("statements_statement", "follows"),
    ("statements_statement", "adds_up"),
    ("statements_line", "lines_are_postings"),
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
