"""The use cases of claims, each one transaction, in the order of a claim's life.

``registration`` opens it and ``clock`` counts; ``evidence`` and ``findings`` say what happened and who is liable;
``negotiation`` and ``approvals`` bring the amount; ``endings`` close it. ``attention`` and ``shirking`` are for what
waits meanwhile. All begin with ``doing``: the lock, the right, the stage.
"""

from claims.services.approvals import decide_settlement
from claims.services.attention import guide, mark_major, remind, units_of
from claims.services.endings import close, decline, loose_ends, reopen, withdraw
from claims.services.evidence import add_evidence, set_facts
from claims.services.findings import Share, confirm_finding, send_back, submit_finding
from claims.services.negotiation import agree, contact_claimant, make_offer
from claims.services.registration import Given, link, next_adjuster, register
from claims.services.shirking import Ground, PauseReason, pause_claim, report_refusal

__all__ = [
    "Given",
    "Ground",
    "PauseReason",
    "Share",
    "add_evidence",
    "agree",
    "close",
    "confirm_finding",
    "contact_claimant",
    "decide_settlement",
    "decline",
    "guide",
    "link",
    "loose_ends",
    "make_offer",
    "mark_major",
    "next_adjuster",
    "pause_claim",
    "register",
    "remind",
    "reopen",
    "report_refusal",
    "send_back",
    "set_facts",
    "submit_finding",
    "units_of",
    "withdraw",
]
