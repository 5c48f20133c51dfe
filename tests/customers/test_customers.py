"""Customers: their files, their grades, their visits, and what they say when they are asked."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inquiries.services import answer_customer
from inquiries.services import close as close_inquiry
from kefu.audit.models import AuditRow
from kefu.cases.models import Case, Interaction
from kefu.customers import selectors
from kefu.customers.models import Customer, Survey
from kefu.customers.services import files, surveys
from kefu.customers.services.files import Given
from kefu.customers.services.surveys import NoSurvey
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.parcels.models import Waybill
from payroll.models import LockedMonth
from payroll.models.calls import Rating
from payroll.selectors.metrics import metrics
from tests import centre as centres
from tests.centre import at
from tests.pages import fields
from tests.threads import at_once

NOON = at("2026-11-20 12:00")
TODAY = date(2026, 11, 20)
PHONE = "13800004545"


@pytest.fixture
def centre(db, settings):
    settings.KEFU_NOW = NOON
    return centres.build(now=at("2026-11-20 08:00"))


def signed_in(person):
    client = Client()
    client.force_login(person.user)
    return client


def on_file(centre, *, by=None, phone=PHONE, name="陈晓梅", now=NOON, **given):
    return files.open_file(
        given=Given(phone=phone, name=name, **given), actor=(by or centre.lin).user, now=now
    )


def closed_case(centre, *, now=NOON, phone=PHONE):
    case = centre.inquiry(now=at("2026-11-20 09:00"), customer_phone=phone)
    answer_customer(
        case=case, text="今天派送", channel=Interaction.Channel.PHONE, substantive=True,
        actor=centre.lin.user, now=at("2026-11-20 09:05"),
    )  # fmt: skip
    close_inquiry(
        case=case, note="已送达", further_needs_asked=True, actor=centre.lin.user,
        now=at("2026-11-20 09:10"),
    )  # fmt: skip
    return Case.objects.get(pk=case.pk)


@pytest.mark.rule("SD-150.14", "SD-150.15", "OS-03.11")
def test_a_file_is_opened_from_a_case_and_says_what_it_lacks(centre):
    case = centre.inquiry(now=at("2026-11-20 09:00"), customer_phone=PHONE)
    client = signed_in(centre.lin)
    page = client.get(reverse("workbench:case", args=[case.number])).content.decode()
    to = reverse("customers:new") + f"?case={case.number}"
    assert to in page
    form = client.get(to).content.decode()
    assert PHONE not in form

    opened = client.post(to, {**fields(form), "company": "扬州绣品厂"})

    customer = Customer.objects.get()
    assert opened.url == reverse("customers:customer", args=[customer.pk])
    assert customer.sealed["phone"] == PHONE
    assert customer.opened_from == case
    page = client.get(reverse("workbench:case", args=[case.number])).content.decode()
    assert opened.url in page
    assert "地址" in [str(one) for one in customer.missing]
    shown = client.get(opened.url).content.decode()
    assert case.number in shown
    assert PHONE not in shown
    with pytest.raises(Conflict) as again:
        on_file(centre)
    assert (again.value.code, again.value.field) == ("file_there", "phone")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"phone": ""}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": PHONE, "owner": "999999"}, "owner"),
        ({"phone": PHONE, "needs": "长" * 501}, "needs"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_at_its_field(centre, given, field):
    answer = signed_in(centre.lin).post(reverse("customers:new"), {"ticket": "", **given})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Customer.objects.exists()


@pytest.mark.rule("SD-150.16")
def test_a_contract_in_force_or_many_consignments_make_a_major_customer(centre, settings):
    """Twenty-nine consignments of the last ninety days are too few; one more is enough; of ninety-one days ago none."""
    settings.KEFU_MAJOR_CUSTOMER_WAYBILLS = 3
    customer = on_file(centre)
    assert customer.grade == "normal"

    def consignment(number, days):
        Waybill.objects.create(
            number=number, origin=centre.chengdu, destination=centre.company, lookup=customer.lookup,
            accepted_at=NOON - timedelta(days=days), sealed={}, weight_kg=1,
        )  # fmt: skip

    for n, days in enumerate((1, 90, 91)):
        consignment(f"77061204990{n}", days)
    assert files.grade_all(now=NOON) == 0
    consignment("770612049909", 5)
    assert files.grade_all(now=NOON) == 1
    customer.refresh_from_db()
    assert customer.is_major
    assert customer.gradings.first().inputs == {
        "contract": "", "waybills": 3, "days": 90, "from": 3,
    }  # fmt: skip

    other = on_file(centre, phone="13912345678", name="王强")
    span = {"first_on": date(2026, 11, 20), "last_on": date(2026, 11, 20)}
    by = {"actor": centre.wang.user, "now": NOON}
    files.add_contract(customer=other, number="HT-1", **span, **by)
    other.refresh_from_db()
    assert other.is_major
    files.grade_all(now=NOON + timedelta(days=1))
    other.refresh_from_db()
    assert not other.is_major  # the contract ran out
    with pytest.raises(Conflict):
        files.add_contract(customer=other, number="HT-1", **span, **by)
    with pytest.raises(KefuError) as backwards:
        files.add_contract(
            customer=other, number="HT-2", first_on=TODAY, last_on=TODAY - timedelta(days=1), **by
        )
    assert backwards.value.field == "last_on"


@pytest.mark.rule("SD-150.16")
def test_a_grade_that_somebody_chose_stays_until_it_is_given_back(centre):
    customer = on_file(centre)
    with pytest.raises(NotAllowed):
        files.grade(
            customer=customer, grade="major", reason="老客户", actor=centre.lin.user, now=NOON
        )
    files.grade(customer=customer, grade="major", reason="老客户", actor=centre.wang.user, now=NOON)

    files.grade_all(now=NOON)
    customer.refresh_from_db()
    assert customer.is_major
    files.grade(customer=customer, grade="", reason="不再往来", actor=centre.wang.user, now=NOON)
    customer.refresh_from_db()
    assert (customer.is_major, customer.graded_by_hand) == (False, False)
    assert [one.grade for one in customer.gradings.all()] == ["normal", "major", "normal"]
    with pytest.raises(DatabaseError), transaction.atomic():
        customer.gradings.update(reason="改写")


@pytest.mark.rule("SD-150.17")
def test_the_cases_of_a_major_customer_go_first_and_carry_a_mark(centre):
    customer = on_file(centre)
    assert centre.inquiry(now=NOON, customer_phone=PHONE).priority == Case.Priority.NORMAL
    files.grade(
        customer=customer, grade="major", reason="合同客户", actor=centre.wang.user, now=NOON
    )

    case = centre.inquiry(now=NOON, customer_phone=PHONE)

    assert case.priority == Case.Priority.URGENT
    assert centre.inquiry(now=NOON, customer_phone="13912345678").priority == Case.Priority.NORMAL
    page = signed_in(centre.lin).get(reverse("workbench:case", args=[case.number]))
    assert "★ 大客户" in page.content.decode()


@pytest.mark.rule("SD-150.18", "SD-150.19", "SD-150.20", "OS-03.08")
def test_a_visit_is_due_every_month_wants_both_answers_and_asks_for_the_file(centre):
    customer = on_file(centre, owner=centre.lin)
    assert customer.visit_on == TODAY + timedelta(days=30)
    then = at("2026-12-20 10:00")
    client = signed_in(centre.lin)
    to = reverse("customers:visit", args=[customer.pk])
    refused = client.post(to, {"way": "phone", "satisfaction": "4", "problems": " "})
    assert refused.status_code == 422
    assert "problems" in refused.context["visit_form"].errors

    early = files.record_visit(
        customer=customer,
        way="phone",
        satisfaction=4,
        problems="没有",
        employee=centre.lin,
        now=NOON,
    )
    due = files.record_visit(
        customer=customer, way="visit", satisfaction=2, problems=f"常晚到，回电 {PHONE}",
        employee=centre.lin, now=then,
    )  # fmt: skip

    assert (early.mode, early.was_due_on) == ("ad_hoc", None)
    assert (due.mode, due.was_due_on) == ("scheduled", date(2026, 12, 20))
    assert PHONE not in due.problems
    customer.refresh_from_db()
    assert customer.visit_on == date(2027, 1, 19)
    page = client.get(reverse("customers:customer", args=[customer.pk])).content.decode()
    assert reverse("customers:visited", args=[customer.pk, due.pk]) in page
    after = client.post(
        reverse("customers:visited", args=[customer.pk, due.pk]), {"outcome": "updated"}
    )
    assert after.url == reverse("customers:edit", args=[customer.pk])
    with pytest.raises(Conflict):
        files.after_visit(visit=due, outcome="nothing_new", actor=centre.lin.user)


def test_whom_to_visit_is_counted_beside_the_navigation_and_listed_the_most_overdue_first(centre):
    late = on_file(centre, owner=centre.lin)
    later = on_file(centre, phone="13912345678", name="王强", owner=centre.lin)
    Customer.objects.filter(pk=late.pk).update(visit_on=TODAY - timedelta(days=1))
    Customer.objects.filter(pk=later.pk).update(visit_on=TODAY)
    found = selectors.listed(
        centre.lin.user, view="visit", search="", employee=centre.lin, today=TODAY
    )

    assert list(found) == [late, later]
    page = signed_in(centre.lin).get(reverse("customers:customers") + "?view=visit")
    assert page.content.decode().count("tag solid") == 2


@pytest.mark.parametrize("search", [PHONE, "4545", "陈晓梅", "cxm", "绣品"])
def test_a_customer_is_found_by_number_name_pinyin_and_firm(centre, search):
    customer = on_file(centre, company="扬州绣品厂")
    on_file(centre, phone="13912345678", name="王强")

    page = signed_in(centre.lin).get(reverse("customers:customers"), {"q": search})

    assert list(page.context["rows"]) == [customer]


def test_the_identity_is_shown_for_a_reason_that_is_on_record_first(centre):
    customer = on_file(centre)
    client = signed_in(centre.lin)
    to = reverse("customers:reveal", args=[customer.pk])
    assert client.post(to, {"reason": "看"}).status_code == 422
    assert not AuditRow.objects.filter(action="reveal").exists()


@pytest.mark.django_db(transaction=True)
def test_a_look_at_the_identity_leaves_a_row(settings):
    settings.KEFU_NOW = NOON
    centre = centres.build(now=at("2026-11-20 08:00"))
    customer = on_file(centre)

    shown = signed_in(centre.lin).post(
        reverse("customers:reveal", args=[customer.pk]), {"reason": "回访客户"}
    )

    assert PHONE in shown.content.decode()
    row = AuditRow.objects.get(action="reveal")
    assert (row.table, row.object_id) == ("customers_customer", str(customer.pk))


def test_others_than_the_desk_see_no_file(centre):
    customer = on_file(centre)
    for role in ("hr", "finance"):
        centre.zhou.user.role = role
        centre.zhou.user.save(update_fields=["role"])
        client = signed_in(centre.zhou)
        for name in ("customers:customers", "customers:customer"):
            args = [customer.pk] if name == "customers:customer" else []
            assert client.get(reverse(name, args=args)).status_code == 403


# Surveys.


@pytest.mark.rule("ES-603.10")
def test_what_a_customer_says_by_his_link_counts_for_whoever_handled_his_case(centre):
    case = closed_case(centre)
    client = signed_in(centre.lin)
    page = client.post(reverse("customers:make_survey", args=[case.number]))
    address = page.context["address"]
    assert "<svg" in page.content.decode()
    secret = address.rstrip("/").rpartition("/")[2]
    assert secret not in str(Survey.objects.values().get())
    customer = Client()
    to = reverse("customers:survey", args=[secret])
    asked = customer.get(to)
    assert case.number not in asked.content.decode()
    assert customer.post(to, {"comment": "好"}).status_code == 422

    thanks = customer.post(to, {"stars": "4", "solved": "yes", "comment": f"还行，电话 {PHONE}"})

    assert thanks.status_code == 200
    survey = Survey.objects.get()
    assert (survey.stars, survey.solved) == (4, True)
    assert PHONE not in survey.comment
    rating = Rating.objects.get()
    assert (rating.employee, rating.stars, rating.source, rating.recorded_by) == (
        centre.lin, 4, "online", None,
    )  # fmt: skip
    assert metrics(date(2026, 11, 1), [centre.lin.pk])[centre.lin.pk]["satisfaction"] == (4, 1)
    assert customer.post(to, {"stars": "1"}).status_code == 410
    assert customer.get(to).status_code == 410
    assert Survey.objects.get().stars == 4
    with pytest.raises(Conflict):
        surveys.make_link(case=case, actor=centre.lin.user, now=NOON)


def test_a_link_serves_for_a_week_and_until_the_next_one(centre, settings):
    case = closed_case(centre)
    _first, old = surveys.make_link(case=case, actor=centre.lin.user, now=NOON)
    _second, new = surveys.make_link(case=case, actor=centre.lin.user, now=NOON)
    week = timedelta(days=7)

    for secret, now, code in (
        (old, NOON, "replaced"),
        (new, NOON + week, "expired"),
        ("nobody-knows-this", NOON, "unknown"),
    ):
        with pytest.raises(NoSurvey) as gone:
            surveys.answer(secret=secret, stars=5, solved=None, comment="", now=now)
        assert gone.value.code == code
    surveys.answer(
        secret=new, stars=5, solved=None, comment="", now=NOON + week - timedelta(seconds=1)
    )


def test_only_a_closed_case_with_a_customer_is_asked_about(centre):
    case = centre.inquiry(now=at("2026-11-20 09:00"), customer_phone=PHONE)

    with pytest.raises(Conflict) as still_open:
        surveys.make_link(case=case, actor=centre.lin.user, now=NOON)

    assert still_open.value.code == "not_closed"


def test_an_answer_in_a_locked_month_is_kept_and_counts_for_nobody(centre):
    case = closed_case(centre)
    _row, secret = surveys.make_link(case=case, actor=centre.lin.user, now=NOON)
    LockedMonth.objects.create(month="2026-11-01", locked_by=centre.chen.user, locked_at=NOON)

    surveys.answer(secret=secret, stars=2, solved=False, comment="", now=NOON)

    assert Survey.objects.get().stars == 2
    assert not Rating.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_in_the_same_moment_one_counts():
    centre = centres.build(now=at("2026-11-20 08:00"))
    _row, secret = surveys.make_link(case=closed_case(centre), actor=centre.lin.user, now=NOON)

    def say(stars):
        try:
            surveys.answer(secret=secret, stars=stars, solved=None, comment="", now=NOON)
        except NoSurvey as gone:
            return gone.code
        return "kept"

    assert sorted(at_once(lambda: say(5), lambda: say(1))) == ["kept", "used"]
    assert Rating.objects.count() == 1


def test_who_tries_out_secrets_is_stopped(centre):
    client = Client()

    codes = {
        client.get(reverse("customers:survey", args=[f"guess-{n}"])).status_code for n in range(31)
    }

    assert codes == {410, 429}


def test_a_page_of_a_file_costs_the_same_queries_however_many_cases_there_are(centre):
    customer = on_file(centre)
    client = signed_in(centre.lin)
    address = reverse("customers:customer", args=[customer.pk])
    centre.inquiry(now=NOON, customer_phone=PHONE)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _case in range(4):
        centre.inquiry(now=NOON, customer_phone=PHONE)
    with CaptureQueriesContext(connection) as five:
        assert len(client.get(address).context["cases"]) == 5

    assert len(five) == len(one)
