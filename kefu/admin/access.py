"""Who may look at what in the admin, and who may change it: one table, by role.

Looking is by role; changing is by the permissions of ``kefu.staff.permissions``, the same that the
services check. A model that is not in the table cannot be registered.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from kefu.staff.models import User
from kefu.staff.permissions import LEADS, OFFICE, SUPERVISORS

Role = User.Role

_WORK = {*LEADS, Role.INSPECTOR}
_PEOPLE = {*LEADS, Role.INSPECTOR, Role.HR}
_MONEY = {*SUPERVISORS, Role.FINANCE}
_CLAIMS = {*_WORK, Role.FINANCE}
_PAY = {Role.MANAGER, Role.HR, Role.FINANCE}
_WATCH = {*SUPERVISORS, Role.INSPECTOR}
_EVERYBODY = {Role.MANAGER, Role.HR}


@dataclass(frozen=True, slots=True)
class Access:
    """Roles that may look, and the permission it takes to change (none: nobody changes it here)."""

    view: frozenset[str]
    edit: str = ""


def _seen_by(roles: set[Role], edit: str = "") -> Access:
    return Access(frozenset(roles), edit)


ACCESS = {
    "network.region": _seen_by(OFFICE, "network.edit_network"),
    "network.party": _seen_by(OFFICE, "network.edit_network"),
    "network.contactnumber": _seen_by(_PEOPLE, "network.edit_network"),
    "staff.department": _seen_by(OFFICE, "staff.edit_staff"),
    "staff.position": _seen_by(OFFICE, "staff.edit_staff"),
    "staff.employee": _seen_by(OFFICE, "staff.edit_staff"),
    "staff.avatar": _seen_by(OFFICE, "staff.edit_staff"),
    "staff.user": _seen_by({*SUPERVISORS, Role.HR}),
    "staff.duty": _seen_by(_PEOPLE),
    "parcels.waybill": _seen_by({*_WORK, Role.FINANCE}),
    "parcels.scan": _seen_by(_WORK),
    "rulebooks.rulebook": _seen_by(OFFICE),
    "rulebooks.rulebookversion": _seen_by(OFFICE),
    "rulebooks.amendment": _seen_by(OFFICE),
    "rulebooks.assignment": _seen_by(OFFICE, "rulebooks.assign_version"),
    "rulebooks.acknowledgement": _seen_by(_PEOPLE),
    "cases.case": _seen_by(_WORK),
    "cases.interaction": _seen_by(_WORK),
    "cases.caselink": _seen_by(_WORK),
    "cases.handover": _seen_by(_WORK),
    "cases.consultation": _seen_by(_WORK),
    "inquiries.inquiry": _seen_by(_WORK),
    "inquiries.pickup": _seen_by(_WORK),
    "inquiries.complaint": _seen_by(_WORK),
    "inquiries.networkquery": _seen_by(_WORK),
    "inquiries.complaintgrading": _seen_by(_WORK),
    "inquiries.complaintstep": _seen_by(_WORK),
    "inquiries.finding": _seen_by({*_WORK, Role.FINANCE}),
    "inquiries.rectification": _seen_by(_WORK),
    "inquiries.customerflag": _seen_by(_WORK),
    "inquiries.linecheck": _seen_by(_WORK),
    "inquiries.incident": _seen_by(_WORK),
    "inquiries.forcemajeure": _seen_by(_WORK),
    "inquiries.counteracceptance": _seen_by(_WORK),
    "problem_parcels.stay": _seen_by(_WORK),
    "problem_parcels.storeincident": _seen_by(_WORK),
    "problem_parcels.collection": _seen_by(_WORK),
    "problem_parcels.warehouserequest": _seen_by(_WORK),
    "problem_parcels.shifthandover": _seen_by(_WORK),
    "problem_parcels.keymove": _seen_by(_WORK),
    "problem_parcels.problemparcel": _seen_by(_WORK),
    "problem_parcels.problemrecord": _seen_by(_WORK),
    "problem_parcels.contactattempt": _seen_by(_WORK),
    "problem_parcels.message": _seen_by(_WORK),
    "problem_parcels.disposal": _seen_by(_WORK),
    "problem_parcels.volume": _seen_by({*_WORK, Role.HR}),
    "problem_parcels.receipt": _seen_by(_WORK),
    "problem_parcels.receiptbatch": _seen_by(_WORK),
    "problem_parcels.receiptcover": _seen_by(_WORK),
    "problem_parcels.receiptdestruction": _seen_by(_WORK),
    "problem_parcels.receiptentry": _seen_by(_WORK),
    "problem_parcels.receipthandover": _seen_by(_WORK),
    "problem_parcels.receiptrequest": _seen_by(_WORK),
    "problem_parcels.misrouting": _seen_by(_WORK),
    "problem_parcels.misroutingreport": _seen_by(_WORK),
    "problem_parcels.returncharge": _seen_by({*_WORK, Role.FINANCE}),
    "problem_parcels.forwarding": _seen_by({*_WORK, Role.FINANCE}),
    "problem_parcels.slipbatch": _seen_by({*_WORK, Role.FINANCE}),
    "problem_parcels.entryfeequote": _seen_by({*_WORK, Role.FINANCE}),
    "claims.faultreport": _seen_by(_WORK),
    "claims.reportbonus": _seen_by({*_WORK, Role.HR, Role.FINANCE}),
    "claims.forgottenreport": _seen_by({*_WORK, Role.HR, Role.FINANCE}),
    "customers.customer": _seen_by(_WORK),
    "customers.visit": _seen_by(_WORK),
    "customers.survey": _seen_by(_WORK),
    "reports.register": _seen_by({*_WORK, Role.FINANCE}),
    "reports.builtreport": _seen_by({Role.MANAGER}),
    # Of everybody: supervisors see their own people on the pages.
    "payroll.employment": _seen_by(_EVERYBODY),
    "payroll.placement": _seen_by(_EVERYBODY),
    "payroll.leaving": _seen_by(_EVERYBODY),
    "payroll.vacancy": _seen_by(_EVERYBODY),
    "payroll.probation": _seen_by(_EVERYBODY),
    "payroll.issue": _seen_by(_EVERYBODY),
    "payroll.article": _seen_by(_EVERYBODY, "payroll.keep_people"),
    "payroll.registerentry": _seen_by(_EVERYBODY),
    "payroll.entrydecision": _seen_by(_EVERYBODY),
    "payroll.objection": _seen_by(_EVERYBODY),
    "payroll.monthscore": _seen_by(_EVERYBODY),
    "payroll.judgedpart": _seen_by(_EVERYBODY),
    "payroll.target": _seen_by(_EVERYBODY),
    "payroll.talk": _seen_by(_EVERYBODY),
    "payroll.rewardsheet": _seen_by(_EVERYBODY),
    "payroll.yearsheet": _seen_by(_EVERYBODY),
    "claims.claim": _seen_by(_CLAIMS),
    "claims.evidence": _seen_by(_CLAIMS),
    "claims.finding": _seen_by(_CLAIMS),
    "claims.liability": _seen_by(_CLAIMS),
    "claims.offer": _seen_by(_CLAIMS),
    "claims.settlement": _seen_by(_CLAIMS),
    "claims.approval": _seen_by(_CLAIMS),
    "claims.approvallimit": _seen_by(_CLAIMS, "claims.set_limits"),
    "claims.payment": _seen_by(_CLAIMS),
    "claims.recovery": _seen_by(_CLAIMS),
    "claims.insurancepolicy": _seen_by(_CLAIMS),
    "claims.insurancecase": _seen_by(_CLAIMS),
    "claims.insurercontact": _seen_by(_CLAIMS),
    "claims.document": _seen_by(_CLAIMS),
    "claims.selfsettledcase": _seen_by(_CLAIMS),
    "payroll.sampledraw": _seen_by(_EVERYBODY),
    "payroll.sample": _seen_by(_EVERYBODY),
    "payroll.inspection": _seen_by(_EVERYBODY),
    "payroll.finding": _seen_by(_EVERYBODY),
    "payroll.rectification": _seen_by(_EVERYBODY),
    "payroll.attendanceclerk": _seen_by(_EVERYBODY),
    "payroll.attendanceday": _seen_by(_EVERYBODY),
    "payroll.attendancereport": _seen_by(_EVERYBODY),
    "payroll.away": _seen_by(_EVERYBODY),
    "payroll.call": _seen_by(_EVERYBODY),
    "payroll.callscomplete": _seen_by(_EVERYBODY),
    "payroll.chat": _seen_by(_EVERYBODY),
    "payroll.rating": _seen_by(_EVERYBODY),
    "payroll.correction": _seen_by(_EVERYBODY),
    "payroll.falsepunch": _seen_by(_EVERYBODY),
    "payroll.overtime": _seen_by(_EVERYBODY),
    "payroll.overtimecall": _seen_by(_EVERYBODY),
    "payroll.punch": _seen_by(_EVERYBODY),
    "payroll.punchexemption": _seen_by(_EVERYBODY),
    "payroll.holiday": _seen_by(OFFICE, "payroll.set_holidays"),
    "payroll.roster": _seen_by(_EVERYBODY),
    "payroll.rosteredshift": _seen_by(_EVERYBODY),
    "payroll.rostercopy": _seen_by(_EVERYBODY),
    "payroll.rosterreminder": _seen_by(_EVERYBODY),
    "payroll.swap": _seen_by(_EVERYBODY),
    "payroll.leave": _seen_by(_EVERYBODY),
    "payroll.outing": _seen_by(_EVERYBODY),
    "payroll.announcement": _seen_by(_EVERYBODY),
    "payroll.bookentry": _seen_by(_EVERYBODY),
    "payroll.meeting": _seen_by(_EVERYBODY),
    "payroll.meetingitem": _seen_by(_EVERYBODY),
    "payroll.minutes": _seen_by(_EVERYBODY),
    "payroll.safetyreport": _seen_by(_EVERYBODY),
    "payroll.shiftcheck": _seen_by(_EVERYBODY),
    "payroll.weeklyreport": _seen_by(_EVERYBODY),
    "payroll.trainingsession": _seen_by(_EVERYBODY),
    "payroll.sessionattendance": _seen_by(_EVERYBODY),
    "payroll.course": _seen_by(_EVERYBODY),
    "payroll.courseresult": _seen_by(_EVERYBODY),
    "payroll.suspension": _seen_by(_EVERYBODY),
    "payroll.typingtest": _seen_by(_EVERYBODY),
    "payroll.exam": _seen_by(_EVERYBODY),
    "payroll.paper": _seen_by(_EVERYBODY),
    "payroll.exammark": _seen_by(_EVERYBODY),
    "payroll.question": _seen_by({*SUPERVISORS, Role.HR}),
    "payroll.questionversion": _seen_by({*SUPERVISORS, Role.HR}),
    "payroll.payterms": _seen_by(_PAY),
    "payroll.payrun": _seen_by(_PAY),
    "payroll.lockedmonth": _seen_by(OFFICE),
    "payroll.payexport": _seen_by(_PAY),
    "payroll.fundentry": _seen_by(_PAY),
    "payroll.proposal": _seen_by(_EVERYBODY),
    "payroll.proposedmeasure": _seen_by(_EVERYBODY),
    "payroll.idea": _seen_by(_EVERYBODY),
    "payroll.awardround": _seen_by(_EVERYBODY),
    "payroll.nominee": _seen_by(_EVERYBODY),
    "payroll.optin": _seen_by(_EVERYBODY),
    "processes.processtemplate": _seen_by(OFFICE),
    "processes.processrun": _seen_by(_WORK),
    "processes.refundcheck": _seen_by(_WORK),
    "deadlines.deadline": _seen_by(_WORK),
    "deadlines.consequence": _seen_by(_WORK),
    "deadlines.pause": _seen_by(_WORK),
    "deadlines.lateentry": _seen_by(_WORK),
    "deadlines.heartbeat": _seen_by(LEADS),
    "deadlines.interruption": _seen_by(_WORK),
    "deadlines.escalation": _seen_by(_WORK),
    "appeals.appeal": _seen_by(OFFICE),
    "penalties.penalty": _seen_by(OFFICE),
    "penalties.penaltyevent": _seen_by(OFFICE),
    "penalties.waiver": _seen_by(OFFICE),
    "statements.statement": _seen_by(_MONEY),
    "statements.payment": _seen_by(_MONEY),
    "ledger.account": _seen_by(_MONEY),
    "ledger.entry": _seen_by(_MONEY),
    "ledger.posting": _seen_by(_MONEY),
    "replay.run": _seen_by(SUPERVISORS, "replay.what_if"),
    "replay.line": _seen_by(SUPERVISORS),
    "replay.gap": _seen_by(SUPERVISORS),
    "jobs.job": _seen_by(LEADS),
    "jobs.refusal": _seen_by(LEADS),
    "notifications.event": _seen_by(SUPERVISORS),
    "notifications.delivery": _seen_by(SUPERVISORS),
    "audit.auditrow": _seen_by(_WATCH),
    "audit.auditseal": _seen_by(_WATCH),
    "knowledge.place": _seen_by(OFFICE),
    "knowledge.edition": _seen_by(OFFICE),
    "knowledge.coverage": _seen_by(OFFICE),
    "knowledge.rate": _seen_by(OFFICE),
    "knowledge.wording": _seen_by(OFFICE, "knowledge.draft_wording"),
    "knowledge.wordingversion": _seen_by(OFFICE),
    "knowledge.openinghours": _seen_by(OFFICE),
    "knowledge.numberreport": _seen_by(_PEOPLE),
    "partners.outletaccount": _seen_by(SUPERVISORS, "partners.manage_account"),
    "api.apikey": _seen_by(SUPERVISORS, "api.issue_key"),
    "api.idempotentanswer": _seen_by(SUPERVISORS),
    "overview.wallboardlink": _seen_by(LEADS, "overview.share_wallboard"),
    "overview.verification": _seen_by(_WATCH),
    "retention.sealcount": _seen_by(_WATCH),
    "retention.destruction": _seen_by(_WATCH),
    "retention.hold": _seen_by(_WATCH, "retention.hold_case"),
    "retention.personalrequest": _seen_by(LEADS, "retention.take_request"),
    "audit.auditanchor": _seen_by(_WATCH),
    "webhooks.endpoint": _seen_by(SUPERVISORS, "api.issue_key"),
    "webhooks.delivery": _seen_by(SUPERVISORS),
    "webhooks.attempt": _seen_by(SUPERVISORS),
}

# Not shown: the photos of a case (looked at on its page, where each look is recorded), when a desk looked through its
# replies (it stands on the page of the replies), the sealed upload of a job (its
# name stands on the job), what of a try-out did not come out as stored (it stands on the try-out's page), how far a
# bell has been read, of which missing seats the leads were told (their bells say so), which forms of the workbench were
# sent, and the counters that slow down guessing of keys.
HIDDEN = {
    # Where the data live: written by manage.py alone, told by the banner of a copy.
    "continuity.installation",
    # The spellings that a place is found by; it shows them itself.
    "knowledge.placename",
    # On the page of their appeal; each look at a file is recorded.
    "appeals.decision",
    "appeals.evidence",
    "cases.attachment",
    "retention.destroyed",  # of what a batch was made up: its record tells how many
    "jobs.jobfile",
    # Told by the front page, each number with its rows.
    "deadlines.clausehour",
    "deadlines.clausemonth",
    "deadlines.countmove",
    "deadlines.partyday",
    "deadlines.partymonth",
    "replay.mismatch",
    "notifications.bellmark",
    # On everybody's own page of settings; what was tried is told with the deliveries.
    "notifications.channel",
    "notifications.preference",
    "notifications.message",
    "notifications.planning",  # how far the outbox has been read for the ways out
    "problem_parcels.replycheck",
    "staff.seatalarm",
    # Hashes, for nobody's eyes.
    "staff.usedpassword",
    "workbench.sentform",
    # Looked at on the page of its proposal, where each look is recorded.
    "payroll.proposalevidence",
    # Told on the pages of the incident or the declaration they belong to.
    "inquiries.groupedcomplaint",
    "inquiries.incidentnotice",
    "inquiries.incidentmember",
    "inquiries.statement",
    "inquiries.incidentfinding",
    "inquiries.publication",
    "inquiries.broadcast",
    "inquiries.broadcastreceipt",
    "inquiries.waitingcustomer",
    "inquiries.affectedcase",
    "inquiries.drillreminder",
    "inquiries.exemption",
    # Told on the page of the report, the forwarding or the waybill they belong to; settings on their own page.
    "problem_parcels.reportline",
    "problem_parcels.forwardingstep",
    "problem_parcels.destinationstep",
    "problem_parcels.houseword",
    # Told on the page of the stay or the sheet they belong to, or on the store's own pages.
    "problem_parcels.staykeeping",
    "problem_parcels.collectionline",
    "problem_parcels.storeround",
    "problem_parcels.missingoutscans",
    "problem_parcels.missingoutscan",
    "problem_parcels.storekey",
    "problem_parcels.lockupline",
    "problem_parcels.lockuptick",
    # Told with the leave they decide, with the talk it was agreed in.
    "payroll.leaveapproval",
    # Told with the sheet it is a line of, on the page of the finding.
    "payroll.inspectionmark",
    "payroll.evidencephoto",
    "payroll.findingreply",
    "payroll.findingdecision",
    # Told on the page of the paper they belong to.
    "payroll.answer",
    "payroll.textmark",
    "payroll.improvement",
    # Told on the page of the person, the vacancy or the piece they belong to, where a look at personal data is recorded.
    "payroll.candidate",
    "payroll.evaluation",
    "payroll.joiningdocument",
    "payroll.induction",
    "payroll.personalfact",
    "payroll.probationreview",
    "payroll.replacement",
    # Told on the page of the meeting or the announcement they belong to.
    "payroll.announcementfile",
    "payroll.announcementrecipient",
    "payroll.itemstep",
    "payroll.meetingattendance",
    "payroll.minutesreview",
    "payroll.minutessignature",
    # Told on the page of the report they belong to.
    "claims.reportnotice",
    "reports.registerstep",
    # Told on the page of the customer.
    "customers.contract",
    "customers.grading",
    "reports.builtfile",
    "claims.reminder",  # of what the adjusters were told: their bells say so
    "api.failedattempts",
    "api.callcount",
    "api.nonce",
    "api.signingsecret",
    "webhooks.endpointsecret",
    "webhooks.reading",  # how far the outbox has been read for an address
    # Told on the page of the statement they are lines of; the job tells how far a month is drawn up.
    "statements.line",
    "statements.drawing",
    # What anybody earns: looked at on pages of its own, where each look is recorded.
    "payroll.wage",
    "payroll.offerletter",
    "payroll.payslip",
    "payroll.payslippart",
    "payroll.payslipline",
    "payroll.payfailure",
    "payroll.payacknowledgement",
    "payroll.payadjustment",
    "payroll.poolpayment",
    "payroll.bankaccount",
    # Told on the page of its case.
    "processes.stepdone",
    "processes.refundcheckreminder",  # of what the supervisors were told: their bells say so
}


def may_view(user: Any, model: type[Model]) -> bool:
    if not (user.is_active and user.is_staff):
        return False
    return bool(user.is_superuser or user.role in ACCESS[model._meta.label_lower].view)


def may_edit(user: Any, model: type[Model]) -> bool:
    permission = ACCESS[model._meta.label_lower].edit
    return bool(permission) and may_view(user, model) and bool(user.has_perm(permission))
