"""Every role before every page of the admin. A new model without an entry fails here."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from kefu.admin.access import ACCESS, HIDDEN
from kefu.staff.models import User
from tests.admin.conftest import account

pytestmark = pytest.mark.django_db

OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith(("kefu.", "inquiries.", "problem_parcels.", "claims."))
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
    "claims.approvallimit": "LSIMF",
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
    "claims.register": "LSIMF",
    "processes.processtemplate": "LSIMHF",
    "processes.processrun": "LSIM",
    "processes.refundcheck": "LSIM",
    "deadlines.deadline": "LSIM",
    "deadlines.consequence": "LSIM",
    "deadlines.pause": "LSIM",
    "deadlines.lateentry": "LSIM",
    "deadlines.heartbeat": "LSM",
    "deadlines.interruption": "LSIM",
    "penalties.penalty": "LSIMHF",
    "penalties.penaltyevent": "LSIMHF",
    "penalties.waiver": "LSIMHF",
    "ledger.account": "SMF",
    "ledger.entry": "SMF",
    "ledger.posting": "SMF",
    "replay.run": "SM",
    "replay.line": "SM",
    "replay.gap": "SM",
    "jobs.job": "LSM",
    "jobs.refusal": "LSM",
    "notifications.event": "SM",
    "audit.auditrow": "SIM",
    "audit.auditseal": "SIM",
    "api.apikey": "SM",
    "api.idempotentanswer": "SM",
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
    "claims.approvallimit": "M",
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
    outlet = {"party": office.chengdu} if role == "outlet" else {}
    client = as_user(account(role, **outlet))
    letter = LETTERS.get(role, "-")

    looks = {label: client.get(page(label, "changelist")).status_code for label in LOOK}
    adds = {label: client.get(page(label, "add")).status_code for label in LOOK}

    assert looks == {label: 200 if letter in who else 403 for label, who in LOOK.items()}
    assert adds == {label: 200 if letter in ADD.get(label, "") else 403 for label in LOOK}


@pytest.mark.parametrize("role", ["agent", "adjuster", "outlet"])
def test_who_does_not_work_in_the_office_does_not_come_in(role, as_user, office):
    party = {"party": office.chengdu} if role == "outlet" else {}
    user = account(role, **party)
    user.is_staff = False
    user.save()

    answer = as_user(user).get(reverse("admin:index"))

    assert answer.status_code == 302


def test_a_superuser_sees_everything_and_adds_only_what_has_a_form(as_user, office):
    root = User.objects.create_superuser("root", password="correct-horse-9", role="manager")
    client = as_user(root)

    assert {client.get(page(label, "changelist")).status_code for label in LOOK} == {200}
    adds = {label for label in LOOK if client.get(page(label, "add")).status_code == 200}
    assert adds == set(ADD)
