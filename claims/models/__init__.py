"""What the customer is owed, who bears it, and what comes back."""

from claims.models.claims import Claim, ClaimQuerySet, Evidence, Finding, Liability
from claims.models.documents import Document
from claims.models.insurers import InsurerContact, Reminder
from claims.models.recoveries import InsuranceCase, InsurancePolicy, Recovery
from claims.models.reports import Fault, FaultReport, ForgottenReport, ReportBonus, ReportNotice
from claims.models.self_settled import SelfSettledCase
from claims.models.settlements import Approval, ApprovalLimit, Offer, Payment, Settlement

__all__ = [
    "Approval",
    "ApprovalLimit",
    "Claim",
    "ClaimQuerySet",
    "Document",
    "Evidence",
    "Fault",
    "FaultReport",
    "Finding",
    "ForgottenReport",
    "InsuranceCase",
    "InsurancePolicy",
    "InsurerContact",
    "Liability",
    "Offer",
    "Payment",
    "Recovery",
    "Reminder",
    "ReportBonus",
    "ReportNotice",
    "SelfSettledCase",
    "Settlement",
]
