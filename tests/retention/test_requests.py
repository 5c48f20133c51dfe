"""Guarantee 41: a person gets his copy, his correction, his deletion; what has to be kept is not used any more."""

import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kefu.audit.models import AuditRow
from kefu.cases import reveal
from kefu.cases.models import Case
from kefu.customers.models import Customer
from kefu.customers.services import files
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.moments import day_of
from kefu.privacy import lookup
from kefu.retention import person
from kefu.retention.models import Destruction, PersonalRequest
from kefu.retention.services import requests
from kefu.retention.services.requests import Asked
from tests.centre import Centre, at
from tests.retention.conftest import NOW, finish, picture

HIM = Asked(kind="copy", name="陈晓梅", phone="138 0000 4545", proof="called_back")
RECENT = at("2026-06-01 10:00:00")


@pytest.fixture
def his(old: Centre) -> Centre:
    """Chen Xiaomei: a case and a parcel of 2024, which are over, and a case of this June; Wang Qiang got the parcel."""
    waybill = old.waybill
    waybill.sealed |= {"receiver_name": "王强", "receiver_phone": "13912345678"}
    waybill.lookup = lookup.tokens_for_person("陈晓梅", "13800004545") + lookup.tokens_for_person(
        "王强", "13912345678"
    )
    waybill.receiver_name_masked, waybill.receiver_phone_masked = "王*", "139******78"
    waybill.save()
    return old


def take(centre: Centre, **given: Any) -> PersonalRequest:
    asked = Asked(**({name: getattr(HIM, name) for name in Asked.__slots__} | given))
    return requests.take(asked=asked, actor=centre.wang.user, now=NOW)


def decided(centre: Centre, row: PersonalRequest) -> PersonalRequest:
    requests.propose(request=row, actor=centre.wang.user, now=NOW)
    return requests.approve(request=row, actor=centre.chen.user, now=NOW)


def told(row: PersonalRequest) -> set[tuple[str, str, str]]:
    return {(one["unit"], one.get("kind", ""), one["outcome"]) for one in row.outcome}


def test_the_fifteenth_working_day_is_the_last(his: Centre) -> None:
    row = take(his)

    assert row.due_on == date(2026, 12, 11)  # of Friday, 20 November
    assert requests.due_after(date(2026, 11, 21), 1) == date(2026, 11, 23)


def test_of_whoever_asks_nothing_stands_open(his: Centre) -> None:
    row = take(his, details="我是陈晓梅，电话 13800004545，请给副本")

    assert (row.name_masked, row.phone_masked) == ("陈*梅", "138******45")
    assert "陈晓梅" not in row.details and "13800004545" not in row.details


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"proof": ""}, "proof"),
        ({"proof": "he_said_so"}, "proof"),
        ({"phone": "12"}, "phone"),
        ({"name": " "}, "name"),
        ({"waybill_number": "770012345678"}, "waybill_number"),
        ({"kind": "correction"}, "new_name"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_written(
    his: Centre, given: dict[str, str], field: str
) -> None:
    with pytest.raises(KefuError) as refused:
        take(his, **given)

    assert refused.value.field == field
    assert not PersonalRequest.objects.exists()


def test_a_waybill_that_is_not_his_is_not_told_of(his: Centre) -> None:
    with pytest.raises(KefuError, match="没有这个号码"):
        take(his, phone="13700000000", waybill_number=his.waybill.number)
    assert take(his, waybill_number=his.waybill.number).waybill_number == his.waybill.number


def test_agents_do_not_take_requests(his: Centre) -> None:
    with pytest.raises(NotAllowed):
        requests.take(asked=HIM, actor=his.lin.user, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_the_copy_has_all_that_is_his_and_each_look_is_on_record(his: Centre) -> None:
    customer = files.open_file(
        given=files.Given("13800004545", "陈晓梅", "扬州市文昌西路18号"),
        actor=his.lin.user,
        now=NOW,
    )
    row = take(his)

    content = requests.copy(request=row, actor=his.wang.user, now=NOW)

    archive = zipfile.ZipFile(io.BytesIO(content))
    said, page = archive.read("copy.json").decode(), archive.read("copy.html").decode()
    for words in (
        "13800004545",
        "陈晓梅",
        "三天没有扫描",
        "包裹在成都，明天派送",
        "扬州市文昌西路18号",
    ):
        assert words in said
        assert words in page
    # The other person of the parcel did not ask.
    assert "王强" not in said + page and "13912345678" not in said + page
    photos = [name for name in archive.namelist() if name.startswith("photos/")]
    assert len(photos) == 1
    assert archive.read(photos[0]).startswith(b"\xff\xd8")
    assert {thing["number"] for thing in json.loads(said)["things"]} == {
        Case.objects.get().number, his.waybill.number, str(customer),
    }  # fmt: skip
    looks = AuditRow.objects.filter(action="copied", actor_id=his.wang.user.pk)
    assert {(one.table, (one.after or {})["request"]) for one in looks} == {
        ("cases_case", str(row)), ("parcels_waybill", str(row)), ("customers_customer", str(row)),
    }  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("done", his.wang.user)
    assert requests.copy(request=row, actor=his.wang.user, now=NOW + timedelta(days=7))
    with pytest.raises(Conflict):
        requests.copy(request=row, actor=his.wang.user, now=NOW + timedelta(days=8))


def test_a_deletion_takes_two_people(his: Centre) -> None:
    row = take(his, kind="deletion")
    with pytest.raises(Conflict):
        requests.approve(request=row, actor=his.chen.user, now=NOW)  # nothing proposed yet
    requests.propose(request=row, actor=his.chen.user, now=NOW)

    with pytest.raises(Conflict, match="另一位"):
        requests.approve(request=row, actor=his.chen.user, now=NOW)
    with pytest.raises(NotAllowed):
        requests.approve(request=row, actor=his.wang.user, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalRequest.objects.filter(pk=row.pk).update(
            state="done", decided_by=his.chen.user, decided_at=NOW
        )

    assert Case.objects.get().sealed["customer_name"] == "陈晓梅"
    requests.approve(request=row, actor=his.he.user, now=NOW)
    assert Case.objects.get().sealed == {}


@pytest.mark.rule("ES-404.11", "ES-404.12")
def test_what_may_go_goes_what_has_to_be_kept_is_restricted_and_what_is_open_is_left(
    his: Centre, move: Any
) -> None:
    first = Case.objects.get()
    Case.objects.filter(pk=first.pk).update(waybill=None, waybill_number="")
    move(RECENT)
    recent = his.inquiry(now=RECENT)
    finish(recent, his, RECENT)
    move(NOW)
    running = his.inquiry(now=NOW, waybill=None)
    row = take(his, kind="deletion")

    row = decided(his, row)

    by = {(one["id"], one["kind"]): one for one in row.outcome if one["unit"] == "case"}
    assert by[first.pk, "service_record"]["outcome"] == "destroyed"
    assert by[first.pk, "customer_data"]["outcome"] == "destroyed"
    kept = by[recent.pk, "customer_data"]
    assert (kept["outcome"], kept["clause"], kept["until"]) == (
        "restricted",
        "ES-404.11",
        "2028-06-01",
    )
    assert by[recent.pk, "service_record"]["until"] == "2027-06-01"
    assert by[running.pk, "customer_data"]["outcome"] == "left"
    recent.refresh_from_db()
    running.refresh_from_db()
    assert recent.sealed["customer_phone"] == "13800004545"  # kept, and
    assert (recent.customer_name_masked, recent.summary, recent.lookup) == ("", "", [])  # not shown
    assert running.customer_phone_masked
    assert Destruction.objects.filter(request=row, restricted=True, by=his.chen.user).count() == 3


@pytest.mark.django_db(transaction=True)
def test_what_is_restricted_is_not_revealed_nor_copied(his: Centre, move: Any) -> None:
    move(RECENT)
    recent = his.inquiry(now=RECENT)
    finish(recent, his, RECENT)
    move(NOW)
    decided(his, take(his, kind="deletion"))
    looks = AuditRow.objects.filter(action="reveal").count()
    recent.refresh_from_db()
    by = {"reason": "回电核对收件人", "actor": his.chen.user, "now": NOW}
    said = recent.interactions.filter(kind="contact").first()

    for what in ("customer", f"interaction:{said.pk}"):
        with pytest.raises(reveal.UseRestricted):
            reveal.reveal(case=recent, what=what, **by)

    assert AuditRow.objects.filter(action="reveal").count() == looks
    # Of the parcel the other side is nobody's but Wang Qiang's, and still needed.
    seen = reveal.reveal(case=recent, what="waybill", **by)
    assert seen == {"receiver_name": "王强", "receiver_phone": "13912345678"}
    his.waybill.refresh_from_db()
    assert his.waybill.sender_name_masked == ""
    assert his.waybill.receiver_name_masked == "王*"
    assert person.things_of(lookup.token("phone", "13800004545")) == []
    assert [one.unit for one in person.things_of(lookup.token("phone", "13912345678"))] == [
        "waybill"
    ]


def test_photos_of_a_restricted_case_are_shown_to_nobody(his: Centre, move: Any) -> None:
    from kefu.cases import photos

    move(RECENT)
    recent = his.inquiry(now=RECENT)
    photos.attach_photo(case=recent, picture=picture(), actor=his.lin.user, now=RECENT)
    finish(recent, his, RECENT)
    move(NOW)
    assert not reveal.withheld(recent, reveal.PHOTOS)
    decided(his, take(his, kind="deletion"))

    assert reveal.withheld(recent, reveal.PHOTOS) == ("",)
    with pytest.raises(reveal.UseRestricted):
        reveal.record_look(
            case=recent, what="photos", reason="核对外箱破损", actor=his.chen.user, now=NOW
        )


def test_a_restricted_case_is_destroyed_when_its_time_comes(his: Centre, move: Any) -> None:
    from kefu.retention.services import destruction

    move(RECENT)
    recent = his.inquiry(now=RECENT)
    finish(recent, his, RECENT)
    move(NOW)
    decided(his, take(his, kind="deletion"))
    later = move(at("2028-06-02 02:00:00"))

    destruction.destroy_due(now=later)

    recent.refresh_from_db()
    assert recent.sealed == {}


def test_a_correction_is_written_in_and_the_timeline_says_so(his: Centre) -> None:
    customer = files.open_file(
        given=files.Given("13800004545", "陈晓梅"), actor=his.lin.user, now=NOW
    )
    row = take(his, kind="correction", new_name="陈小梅", new_phone="13800004546")

    row = decided(his, row)

    case, customer = Case.objects.get(), Customer.objects.get(pk=customer.pk)
    assert (case.sealed["customer_name"], case.sealed["customer_phone"]) == (
        "陈小梅",
        "13800004546",
    )
    assert case.customer_phone_masked == "138******46"
    assert case.sealed["summary"]
    assert customer.sealed["phone"] == "13800004546"
    assert customer.token == lookup.token("phone", "13800004546")
    assert case.interactions.latest("pk").action == "person_corrected"
    assert case.interactions.filter(kind="contact").exists()  # what was said stays said
    assert told(row) == {
        ("case", "", "corrected"), ("customer", "", "corrected"), ("waybill", "", "left"),
    }  # fmt: skip


def test_a_refusal_is_somebody_elses_and_has_a_reason(his: Centre) -> None:
    row = requests.take(asked=HIM, actor=his.chen.user, now=NOW)
    with pytest.raises(Conflict):
        requests.refuse(request=row, reason="核实不了身份", actor=his.chen.user, now=NOW)
    with pytest.raises(KefuError, match="理由"):
        requests.refuse(request=row, reason="", actor=his.he.user, now=NOW)

    row = requests.refuse(request=row, reason="陈晓梅不是本人", actor=his.he.user, now=NOW)

    assert (row.state, "陈晓梅" in row.reason) == ("refused", False)


def test_the_preview_asks_as_much_for_one_thing_as_for_many(his: Centre, move: Any) -> None:
    token = lookup.token("phone", "13800004545")

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            person.outcomes(token, now=NOW)
        return len(queries)

    asked()
    few = asked()
    for _n in range(5):
        his.inquiry(now=NOW, waybill=None)

    assert asked() == few


def test_a_copy_tells_of_what_is_restricted_without_opening_it(his: Centre, move: Any) -> None:
    move(RECENT)
    recent = his.inquiry(now=RECENT)
    finish(recent, his, RECENT)
    move(NOW)
    decided(his, take(his, kind="deletion"))
    assert day_of(NOW) == date(2026, 11, 20)
    # Found again by a number that somebody typed in later.
    Case.objects.filter(pk=recent.pk).update(lookup=lookup.tokens_for_person("", "13800004545"))
    things, photos = person.copy_of(PersonalRequest.objects.get())

    assert [row.get("restricted") for thing in things for row in thing["rows"]].count(True) > 0
    assert "三天没有扫描" not in json.dumps(things, ensure_ascii=False)
    assert photos == {}
