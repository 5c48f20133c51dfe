"""The doors to complaints against an outlet and to calls of its numbers: its own, and nothing of the customer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inquiries import services
from inquiries.models import Complaint
from inquiries.services.lines import log_check, report_number
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.network.models import ContactNumber
from kefu.notifications.models import Event
from kefu.webhooks.objects import TYPES
from tests.api.conftest import Outlet, centre, issue, now

__all__ = ["centre", "issue", "now"]
pytestmark = pytest.mark.django_db
DOOR, CALLS = "/api/v1/complaints/", "/api/v1/reachability/"
SCOPES = [ApiKey.Scope.READ_COMPLAINTS, ApiKey.Scope.READ_NUMBERS]


@pytest.fixture
def chengdu(centre, issue):
    return Outlet(issue(centre.chengdu, SCOPES)[1])


@pytest.fixture
def xian(centre, issue):
    return Outlet(issue(centre.xian, SCOPES)[1])


@pytest.fixture
def complain(centre, now):
    def complain(party, **given):
        facts = {"cause": Complaint.Cause.NO_REPLY, "text": "两天没有人回复，我是 13812344545"}
        return services.file_complaint(
            **(facts | given), against=party, channel="phone", asker="customer",
            customer_name="王小明", customer_phone="13812344545",
            details=services.Details(category="attitude", demand="请打 13812344545 道歉"),
            department=centre.query_desk, owner=centre.lin, actor=centre.lin.user, now=now,
        )  # fmt: skip

    return complain


def test_an_outlet_reads_what_is_complained_of_against_it_and_nothing_of_the_customer(
    centre, chengdu, complain, now
):
    case = complain(centre.chengdu)

    answer = chengdu.get(DOOR)

    (row,) = answer.data["results"]
    assert (row["number"], row["cause"], row["category"]) == (case.number, "no_reply", "attitude")
    assert (row["closed_at"], row["conclusion"], row["findings"]) == (None, "", [])
    assert "道歉" in row["demand"]
    for secret in ("13812344545", "王小明"):
        assert secret not in answer.content.decode()
    one = chengdu.get(f"{DOOR}{row['id']}/")
    assert one.json() == row
    assert one.headers["ETag"]


def test_complaints_against_others_do_not_exist(centre, chengdu, xian, complain):
    complain(centre.xian)
    against_nobody = complain(None)

    assert chengdu.get(DOOR).data["results"] == []
    (theirs,) = xian.get(DOOR).data["results"]
    assert chengdu.get(f"{DOOR}{theirs['id']}/").status_code == 404
    for reader in (chengdu, xian):
        place = f"{DOOR}{conceal('complaint', against_nobody.pk)}/"
        assert reader.get(place).status_code == 404


@pytest.mark.rule("CD-05.21")
def test_what_was_found_leads_to_its_penalty_and_the_order_to_mend(centre, chengdu, complain, now):
    case = complain(centre.chengdu, cause=Complaint.Cause.PHONE_UNREACHABLE)
    finding = services.record_finding(
        case=case, clause="CD-05.21", party=centre.chengdu, actor=centre.chen.user, now=now,
        found=services.Found(verified=True),
    )  # fmt: skip

    (row,) = chengdu.get(DOOR).data["results"]

    (found,) = row["findings"]
    assert found["clause"] == "CD-05.21"
    assert found["penalty"] == conceal("penalty", finding.penalty_id)
    assert found["rectification"] is None
    order = services.order_rectification(
        finding=finding, measure="more_seats", due_on=now.date() + timedelta(days=10),
        heavier=Decimal(5000), actor=centre.chen.user, now=now,
    )  # fmt: skip
    (found,) = chengdu.get(f"{DOOR}{row['id']}/").data["findings"]
    assert found["rectification"] == {
        "measure": "more_seats", "due_on": order.due_on.isoformat(), "heavier": "5000.00", "outcome": "",
    }  # fmt: skip


def test_pages_go_on_behind_the_last_one_and_filters_are_those_declared(
    centre, chengdu, complain, now
):
    cases = [complain(centre.chengdu) for _each in range(5)]
    newest = [conceal("complaint", case.pk) for case in reversed(cases)]

    first = chengdu.get(DOOR, {"limit": 2})
    complain(centre.chengdu, cause=Complaint.Cause.LOST)
    second = chengdu.get(DOOR, {"limit": 2, "cursor": first.data["next_cursor"]})

    assert [each["id"] for each in first.data["results"] + second.data["results"]] == newest[:4]
    assert len(chengdu.get(DOOR, {"cause": "lost"}).data["results"]) == 1
    assert len(chengdu.get(DOOR, {"open": "true"}).data["results"]) == 6
    assert chengdu.get(DOOR, {"waybill_number": "880612045537"}).data["results"] == []
    refused = chengdu.get(DOOR, {"customer": "13812344545"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "customer")


def test_a_page_asks_no_more_for_more_complaints(centre, chengdu, complain):
    complain(centre.chengdu)
    chengdu.get(DOOR)  # the key is used for the first time
    with CaptureQueriesContext(connection) as one:
        chengdu.get(DOOR)
    for _each in range(5):
        complain(centre.chengdu)
    with CaptureQueriesContext(connection) as six:
        assert len(chengdu.get(DOOR).data["results"]) == 6
    assert len(six) == len(one)


def test_the_outlet_hears_of_the_complaint_and_of_what_was_found(centre, complain, now):
    told = Event.objects.filter(kind=Event.Kind.COMPLAINT)
    case = complain(centre.chengdu, cause=Complaint.Cause.PHONE_UNREACHABLE)
    assert [(event.party_id, event.data) for event in told.all()] == [
        (centre.chengdu.pk, {"complaint": case.pk})
    ]
    services.record_finding(
        case=case, clause="CD-05.21", party=centre.chengdu, actor=centre.chen.user, now=now,
        found=services.Found(verified=True),
    )  # fmt: skip
    assert told.count() == 2
    complain(centre.lin.party)  # of ours: he has a bell
    assert told.count() == 2
    assert Event.Kind.COMPLAINT in TYPES


def test_who_bears_a_finding_on_another_s_complaint_hears_of_his_penalty_only(
    centre, complain, now
):
    """The complaint is not his to read, and its number would lead nowhere."""
    case = complain(centre.chengdu, cause=Complaint.Cause.PHONE_UNREACHABLE)
    services.record_finding(
        case=case, clause="CD-05.21", party=centre.xian, actor=centre.chen.user, now=now,
        found=services.Found(verified=True),
    )  # fmt: skip

    told = Event.objects.filter(party_id=centre.xian.pk)
    assert Event.Kind.COMPLAINT not in {event.kind for event in told}
    of_chengdu = Event.objects.filter(kind=Event.Kind.COMPLAINT)
    assert [event.party_id for event in of_chengdu] == [centre.chengdu.pk] * 2


def test_the_outlet_hears_when_it_is_closed_and_taken_up_again(centre, complain, now):
    case = complain(centre.chengdu)
    told = Event.objects.filter(kind=Event.Kind.COMPLAINT, party_id=centre.chengdu.pk)
    before = told.count()
    services.answer_customer(
        case=case, text="已向客户道歉并补送", channel="phone", substantive=True,
        actor=centre.lin.user, now=now,
    )  # fmt: skip
    case.refresh_from_db()
    services.close(
        case=case, note="客户满意", further_needs_asked=True, actor=centre.lin.user, now=now
    )
    assert told.count() == before + 1
    services.reopen(case=case, reason="客户又来电", actor=centre.lin.user, now=now)
    assert told.count() == before + 2


@pytest.mark.rule("CD-05.21", "CD-05.23")
def test_an_outlet_reads_each_call_to_its_numbers(centre, chengdu, xian, now):
    number = report_number(
        party=centre.chengdu, kind=ContactNumber.Kind.COMPLAINT, number="02885551234",
        effective_on=now.date(), actor=None, now=now,
    )  # fmt: skip
    for outcome in ("busy", "answered"):
        log_check(
            number=number,
            outcome=outcome,
            note="前台说 13812344545",
            actor=centre.lin.user,
            now=now,
        )

    answer = chengdu.get(CALLS)

    assert [(call["kind"], call["outcome"]) for call in answer.data["results"]] == [
        ("complaint", "answered"),
        ("complaint", "busy"),
    ]
    assert {call["number"] for call in answer.data["results"]} == {
        conceal("contact_number", number.pk)
    }
    assert "note" not in answer.content.decode()
    assert len(chengdu.get(CALLS, {"outcome": "busy"}).data["results"]) == 1
    assert xian.get(CALLS).data["results"] == []
