"""The checks are checked: what somebody with all rights takes away, doubles or alters is reported by ``verify``."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import Max

from faults import stage
from faults.house import wait_until
from faults.tamper import tamper
from inquiries import services as inquiries
from kefu import clock
from kefu.audit import services as audit
from kefu.audit.models import AuditRow, AuditSeal
from kefu.cases.models import Interaction
from kefu.deadlines import services as deadlines
from kefu.overview.verify import verify

FINE = "(SELECT min(id) FROM penalties_penalty WHERE kind = 'fine')"
REPLY = "SELECT id FROM deadlines_deadline WHERE action = 'reply' AND state = 'running'"
ANSWERED = "SELECT id FROM deadlines_deadline WHERE action = 'reply' AND answered_at > starts_at"
# What is done, by which check it must be told, how.
HARMS = {
    "an edited audit row": (
        "audit_chain",
        ["UPDATE audit_row SET reason = 'nothing' WHERE id = (SELECT min(id) FROM audit_row)"],
    ),
    "an altered amount": (
        "penalty_as_promised",
        [f"UPDATE penalties_penalty SET value = 2 WHERE id = {FINE}"],
    ),
    "a doubled penalty": (
        "penalty_once",
        [
            "ALTER TABLE penalties_penalty DROP CONSTRAINT penalty_once",
            "INSERT INTO penalties_penalty (deadline_id, case_id, clause, rulebook_id, party_id, kind, value, condition,"
            " state, incurred_at, decided_at, inputs) SELECT deadline_id, case_id, clause, rulebook_id, party_id, kind,"
            f" value, condition, 'provisional', incurred_at, decided_at, inputs FROM penalties_penalty WHERE id = {FINE}",
        ],
    ),
    "a removed deadline that was answered": (
        "inquiry_has_clock",
        [
            f"DELETE FROM deadlines_consequence WHERE deadline_id IN ({ANSWERED})",
            f"DELETE FROM deadlines_deadline WHERE id IN ({ANSWERED})",
        ],
    ),
    "a removed deadline": (
        "inquiry_has_clock",
        [
            f"DELETE FROM deadlines_consequence WHERE deadline_id IN ({REPLY})",
            f"DELETE FROM deadlines_deadline WHERE id IN ({REPLY})",
        ],
    ),
}


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    centre = stage.centre()
    asked_at = clock.now() - timedelta(hours=3)
    case = centre.inquiry(now=asked_at)
    inquiries.answer_customer(
        case=case,
        text="已问成都",
        channel=Interaction.Channel.PHONE,
        substantive=True,
        actor=centre.lin.user,
        now=asked_at,
    )
    inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="请核实", actor=centre.lin.user, now=asked_at
    )
    centre.inquiry(now=clock.now())  # whose customer waits for an answer
    answered = centre.inquiry(now=asked_at)
    inquiries.answer_customer(
        case=answered,
        text="已到扬州",
        channel=Interaction.Channel.PHONE,
        substantive=True,
        actor=centre.lin.user,
        now=asked_at + timedelta(minutes=5),
    )
    deadlines.sweep()
    wait_until(_sealed, what="the audit is sealed", seconds=300)
    sound = _failing()
    unnoticed = []
    for harm, (check, statements) in HARMS.items():
        before = _told(check)
        tamper(*statements)
        if _told(check) <= before:
            unnoticed.append(harm)
    return {  # nothing of verify's own: here it must complain
        "n": len(HARMS),
        "lost": len(unnoticed),
        "double": 0,
        "before": sorted(sound) or "clean",
        "unnoticed": unnoticed,
        "ok": not sound and not unnoticed,
    }


def _sealed() -> bool:
    """Seal what can be; a transaction older than a row, of any database of the server, holds it back."""
    audit.seal_audit(now=clock.now())
    last = AuditRow.objects.aggregate(txid=Max("txid"))["txid"]
    return AuditSeal.objects.filter(last_txid__gte=last).exists()


def _told(check: str) -> int:
    """How many violations of it there are."""
    return next(one.found for one in verify() if one.check == check)


def _failing() -> set[str]:
    return {one.check for one in verify() if not one.ok}
