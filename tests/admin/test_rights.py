"""Every role before every page of the admin. A new model without an entry fails here."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from kefu.admin.access import ACCESS, HIDDEN
from kefu.staff.models import User
from tests.admin.conftest import account

pytestmark = pytest.mark.django_db

OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith(
        ("kefu.", "inquiries.", "problem_parcels.", "claims.", "payroll.")
    )
]

# Who may look at what: L shift lead, S supervisor, I inspector, M manager, H HR, F finance.
LOOK = {
    "network.region": "LSIMHF",
    "network.party": "LSIMHF",
    "network.contactnumber": "LSIMH",
    "staff.department": "LSIMHF",
    "staff.position": "LSIMHF",
    "staff.employee": "LSIMHF",
    "staff.avatar": "LSIMHF",
    "staff.user": "SMH",
    "staff.duty": "LSIMH",
    "parcels.waybill": "LSIMF",
    "parcels.scan": "LSIM",
    "rulebooks.rulebook": "LSIMHF",
    "rulebooks.rulebookversion": "LSIMHF",
    "rulebooks.amendment": "LSIMHF",
    "rulebooks.assignment": "LSIMHF",
    "rulebooks.acknowledgement": "LSIMH",
    "claims.claim": "LSIMF",
    "claims.evidence": "LSIMF",
    "claims.finding": "LSIMF",
    "claims.liability": "LSIMF",
    "claims.offer": "LSIMF",
    "claims.settlement": "LSIMF",
    "claims.approval": "LSIMF",
    "claims.payment": "LSIMF",
    "claims.recovery": "LSIMF",
    "claims.insurancepolicy": "LSIMF",
    "claims.insurancecase": "LSIMF",
    "claims.insurercontact": "LSIMF",
    "claims.document": "LSIMF",
    "claims.selfsettledcase": "LSIMF",
    "payroll.payterms": "MHF",
    "payroll.payrun": "MHF",
    "payroll.lockedmonth": "LSIMHF",
    "payroll.payexport": "MHF",
    "payroll.fundentry": "MHF",
    "payroll.proposal": "MH",
    "payroll.proposedmeasure": "MH",
    "payroll.idea": "MH",
    "payroll.awardround": "MH",
    "payroll.nominee": "MH",
    "payroll.optin": "MH",
    "claims.approvallimit": "LSIMF",
    "appeals.appeal": "LSIMHF",
    "knowledge.place": "LSIMHF",
    "knowledge.edition": "LSIMHF",
    "knowledge.coverage": "LSIMHF",
    "knowledge.rate": "LSIMHF",
    "knowledge.wording": "LSIMHF",
    "knowledge.wordingversion": "LSIMHF",
    "knowledge.openinghours": "LSIMHF",
    "knowledge.numberreport": "LSIMH",
    "cases.case": "LSIM",
    "cases.interaction": "LSIM",
    "cases.caselink": "LSIM",
    "cases.handover": "LSIM",
    "cases.consultation": "LSIM",
    "inquiries.inquiry": "LSIM",
    "inquiries.pickup": "LSIM",
    "inquiries.complaint": "LSIM",
    "inquiries.networkquery": "LSIM",
    "inquiries.complaintgrading": "LSIM",
    "inquiries.complaintstep": "LSIM",
    "inquiries.finding": "LSIMF",
    "inquiries.rectification": "LSIM",
    "inquiries.customerflag": "LSIM",
    "inquiries.linecheck": "LSIM",
    "problem_parcels.problemparcel": "LSIM",
    "problem_parcels.problemrecord": "LSIM",
    "problem_parcels.contactattempt": "LSIM",
    "problem_parcels.message": "LSIM",
    "problem_parcels.disposal": "LSIM",
    "problem_parcels.volume": "LSIMH",
    "problem_parcels.stay": "LSIM",
    "problem_parcels.storeincident": "LSIM",
    "problem_parcels.shifthandover": "LSIM",
    "problem_parcels.collection": "LSIM",
    "problem_parcels.warehouserequest": "LSIM",
    "problem_parcels.keymove": "LSIM",
    "inquiries.counteracceptance": "LSIM",
    "problem_parcels.receipt": "LSIM",
    "problem_parcels.receiptbatch": "LSIM",
    "problem_parcels.receiptcover": "LSIM",
    "problem_parcels.receiptdestruction": "LSIM",
    "problem_parcels.receiptentry": "LSIM",
    "problem_parcels.receipthandover": "LSIM",
    "problem_parcels.receiptrequest": "LSIM",
    "inquiries.incident": "LSIM",
    "inquiries.forcemajeure": "LSIM",
    "problem_parcels.misrouting": "LSIM",
    "problem_parcels.misroutingreport": "LSIM",
    "problem_parcels.returncharge": "LSIMF",
    "problem_parcels.forwarding": "LSIMF",
    "problem_parcels.slipbatch": "LSIMF",
    "problem_parcels.entryfeequote": "LSIMF",
    "claims.faultreport": "LSIM",
    "claims.reportbonus": "LSIMHF",
    "claims.forgottenreport": "LSIMHF",
    "customers.customer": "LSIM",
    "customers.visit": "LSIM",
    "customers.survey": "LSIM",
    "reports.register": "LSIMF",
    "reports.builtreport": "M",
    "payroll.employment": "MH",
    "payroll.placement": "MH",
    "payroll.leaving": "MH",
    "payroll.vacancy": "MH",
    "payroll.probation": "MH",
    "payroll.issue": "MH",
    "payroll.article": "MH",
    "payroll.registerentry": "MH",
    "payroll.entrydecision": "MH",
    "payroll.objection": "MH",
    "payroll.monthscore": "MH",
    "payroll.judgedpart": "MH",
    "payroll.target": "MH",
    "payroll.talk": "MH",
    "payroll.rewardsheet": "MH",
    "payroll.yearsheet": "MH",
    "payroll.attendanceclerk": "MH",
    "payroll.attendanceday": "MH",
    "payroll.attendancereport": "MH",
    "payroll.sampledraw": "MH",
    "payroll.sample": "MH",
    "payroll.inspection": "MH",
    "payroll.finding": "MH",
    "payroll.rectification": "MH",
    "payroll.call": "MH",
    "payroll.callscomplete": "MH",
    "payroll.chat": "MH",
    "payroll.rating": "MH",
    "payroll.away": "MH",
    "payroll.correction": "MH",
    "payroll.falsepunch": "MH",
    "payroll.overtime": "MH",
    "payroll.overtimecall": "MH",
    "payroll.punch": "MH",
    "payroll.punchexemption": "MH",
    "payroll.holiday": "LSIMHF",
    "payroll.roster": "MH",
    "payroll.rosteredshift": "MH",
    "payroll.rostercopy": "MH",
    "payroll.rosterreminder": "MH",
    "payroll.swap": "MH",
    "payroll.leave": "MH",
    "payroll.outing": "MH",
    "payroll.announcement": "MH",
    "payroll.bookentry": "MH",
    "payroll.meeting": "MH",
    "payroll.meetingitem": "MH",
    "payroll.minutes": "MH",
    "payroll.safetyreport": "MH",
    "payroll.shiftcheck": "MH",
    "payroll.weeklyreport": "MH",
    "payroll.trainingsession": "MH",
    "payroll.sessionattendance": "MH",
    "payroll.course": "MH",
    "payroll.courseresult": "MH",
    "payroll.suspension": "MH",
    "payroll.typingtest": "MH",
    "payroll.exam": "MH",
    "payroll.paper": "MH",
    "payroll.exammark": "MH",
    "payroll.question": "SMH",
    "payroll.questionversion": "SMH",
    "processes.processtemplate": "LSIMHF",
    "processes.processrun": "LSIM",
    "processes.refundcheck": "LSIM",
    "deadlines.deadline": "LSIM",
    "deadlines.consequence": "LSIM",
    "deadlines.pause": "LSIM",
    "deadlines.lateentry": "LSIM",
    "deadlines.heartbeat": "LSM",
    "deadlines.interruption": "LSIM",
    "deadlines.escalation": "LSIM",
    "penalties.penalty": "LSIMHF",
    "penalties.penaltyevent": "LSIMHF",
    "penalties.waiver": "LSIMHF",
    "statements.statement": "SMF",
    "statements.payment": "SMF",
    "ledger.account": "SMF",
    "ledger.entry": "SMF",
    "ledger.posting": "SMF",
    "replay.run": "SM",
    "replay.line": "SM",
    "replay.gap": "SM",
    "jobs.job": "LSM",
    "jobs.refusal": "LSM",
    "notifications.event": "SM",
    "notifications.delivery": "SM",
    "audit.auditrow": "SIM",
    "audit.auditseal": "SIM",
    "api.apikey": "SM",
    "partners.outletaccount": "SM",
    "api.idempotentanswer": "SM",
    "overview.wallboardlink": "LSM",
    "overview.verification": "SIM",
    "retention.sealcount": "SIM",
    "retention.destruction": "SIM",
    "retention.hold": "SIM",
    "retention.personalrequest": "LSM",
    "audit.auditanchor": "SIM",
    "webhooks.endpoint": "SM",
    "webhooks.delivery": "SM",
    "webhooks.attempt": "SM",
}
ADD = {
    "network.region": "SM",
    "network.party": "SM",
    "network.contactnumber": "SM",
    "staff.department": "SMH",
    "staff.position": "SMH",
    "staff.employee": "SMH",
    "staff.avatar": "SMH",
    "rulebooks.assignment": "SM",
    "replay.run": "SM",
    "api.apikey": "SM",
    "partners.outletaccount": "SM",
    "webhooks.endpoint": "SM",
    "overview.wallboardlink": "SM",
    "knowledge.wording": "LSM",
    "claims.approvallimit": "M",
    "payroll.holiday": "SMH",
    "payroll.article": "MH",
    "retention.hold": "SM",
    "retention.personalrequest": "LSM",
}
LETTERS = {
    "shift_lead": "L",
    "supervisor": "S",
    "inspector": "I",
    "manager": "M",
    "hr": "H",
    "finance": "F",
}


def page(label: str, name: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{name}")


def test_every_model_has_a_place_in_the_table_and_a_page():
    labels = {model._meta.label_lower for model in OURS}
    registered = {model._meta.label_lower for model in admin.site._registry}

    assert labels == set(ACCESS) | HIDDEN
    assert registered == set(ACCESS) == set(LOOK)


@pytest.mark.parametrize("role", User.Role.values)
def test_each_role_sees_its_lists_and_no_others(role, as_user, office):
    """Asked of each page's own permissions; of some pages, others for each role, also through the door."""
    outlet = {"party": office.chengdu} if role == "outlet" else {}
    user = account(role, **outlet)
    request = RequestFactory().get("/")
    request.user = user
    letter = LETTERS.get(role, "-")
    may_look = {label: letter in who for label, who in LOOK.items()}
    may_add = {label: letter in ADD.get(label, "") for label in LOOK}

    pages = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
    assert {at: pages[at].has_view_or_change_permission(request) for at in LOOK} == may_look
    assert {at: pages[at].has_add_permission(request) for at in LOOK} == may_add

    client = as_user(user)
    roles = User.Role.values
    some = list(LOOK)[roles.index(role) :: len(roles)]
    for name, may in (("changelist", may_look), ("add", may_add)):
        codes = {at: client.get(page(at, name)).status_code for at in some}
        assert codes == {at: 200 if may[at] else 403 for at in some}


@pytest.mark.parametrize("role", ["agent", "adjuster", "outlet"])
def test_who_does_not_work_in_the_office_does_not_come_in(role, as_user, office):
    party = {"party": office.chengdu} if role == "outlet" else {}
    user = account(role, **party)
    user.is_staff = False
    user.save()

    answer = as_user(user).get(reverse("admin:index"))

    assert answer.status_code == 302


def test_a_superuser_adds_only_what_has_a_form(as_user, office):
    """That he sees every list and every page is seen in ``test_pages``."""
    root = User.objects.create_superuser("root", password="correct-horse-9", role="manager")
    request = RequestFactory().get("/")
    request.user = root

    adds = {
        model._meta.label_lower
        for model, its_page in admin.site._registry.items()
        if its_page.has_add_permission(request)
    }
    assert adds == set(ADD)
    client = as_user(root)
    assert {client.get(page(label, "add")).status_code for label in ADD} == {200}
