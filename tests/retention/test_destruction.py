"""Guarantee 40: each kind of personal data has its time, and what is due is destroyed, with a record and nothing else."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from kefu.audit.models import AuditRow
from kefu.cases.models import Case, Interaction
from kefu.customers.models import Customer
from kefu.errors import KefuError, NotAllowed
from kefu.overview.contents import file_contents
from kefu.overview.retention_checks import retention as checks
from kefu.penalties.models import Penalty
from kefu.policy.retention import destroyable_until, retention_ends
from kefu.policy.rulebook import load
from kefu.privacy import lookup, places, seal
from kefu.retention.due import due_count, periods
from kefu.retention.models import Destroyed, Destruction, Hold
from kefu.retention.services import destruction
from tests.centre import Centre, at
from tests.retention.conftest import LONG_AGO, NOW, finish
from tests.retention.plan import KEPT

PHONE = "13800004545"


@pytest.mark.rule("ES-404.11", "ES-404.12", "ES-403.06")
@pytest.mark.parametrize("what", ["customer_data", "service_record", "id_copy"])
@pytest.mark.parametrize("on", [date(2026, 11, 20), date(2028, 2, 29), date(2029, 3, 1)])
def test_the_last_day_that_is_over_is_exactly_that(what: str, on: date) -> None:
    day, rules = destroyable_until(what, on, load("ES")), load("ES")

    assert retention_ends(what, day, rules).destroyable(on)
    assert not retention_ends(what, day + timedelta(days=1), rules).destroyable(on)


def test_every_sealed_column_is_destroyed_or_has_a_reason_not_to_be(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT place::text || '.' || unnest(sealed) FROM kefu_destruction_plan()")
        planned = {row[0] for row in cursor.fetchall()}
    found = {place.name for place in places.places()}

    assert planned <= found
    assert found - planned == set(KEPT)


def test_every_search_copy_and_every_token_is_in_the_plan(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT place::text, copies FROM kefu_destruction_plan()")
        planned = dict(cursor.fetchall())
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if (
                field.name in ("lookup", "search")
                and model._meta.db_table != "network_contactnumber"
            ):
                assert f"{field.column} = " in planned[model._meta.db_table], model


@pytest.mark.rule("ES-404.11", "ES-404.12", "ES-404.14", "ES-404.15")
def test_what_is_due_is_destroyed_and_the_record_says_what_not_whose(old: Centre) -> None:
    case = Case.objects.get()
    money = list(Penalty.objects.values_list("pk", "value"))
    audited = AuditRow.objects.count()

    destroyed = destruction.destroy_due(now=NOW)

    assert destroyed == 3  # the record and the customer of the case, the waybill
    case.refresh_from_db()
    assert (case.sealed, case.customer_name_masked, case.summary, case.lookup) == ({}, "", "", [])
    assert all(line.sealed in ({}, None) and line.text == "" for line in case.interactions.all())
    photo = case.attachments.get()
    assert (photo.photo.open(), photo.thumbnail.open(), photo.caption) == (b"", b"", "")
    old.waybill.refresh_from_db()
    assert (old.waybill.sealed, old.waybill.receiver_phone_masked, old.waybill.lookup) == (
        {},
        "",
        [],
    )
    assert list(Penalty.objects.values_list("pk", "value")) == money
    # When, by whom, of what sort, how many, of which time and how (ES-404.15).
    record = Destruction.objects.get(kind="service_record")
    assert (record.unit, record.objects_n, record.clause, record.by) == (
        "case",
        1,
        "ES-404.12",
        None,
    )
    assert (record.since, record.until) == (LONG_AGO.date(), LONG_AGO.date())
    assert (record.method, record.at) == ("erased_for_good", NOW)
    # The audit has one row a batch, and nothing of what went.
    told = AuditRow.objects.order_by("pk")[audited:]
    assert [row.action for row in told] == ["data_destroyed"] * 3
    assert all(result.ok for result in checks(NOW))
    assert all(result.ok for result in file_contents())


def test_the_second_night_finds_nothing(old: Centre) -> None:
    destruction.destroy_due(now=NOW)

    assert destruction.destroy_due(now=NOW) == 0
    assert Destruction.objects.count() == 3


def test_it_works_by_night_and_in_bounded_batches(old: Centre, move: Any) -> None:
    for _n in range(4):
        move(LONG_AGO)
        finish(old.inquiry(now=LONG_AGO, waybill=None), old, LONG_AGO)
    move(NOW)
    assert destruction.destroy_nightly(now=at("2026-11-20 10:00:00")) == 0

    destruction.destroy_due(now=NOW, batch=2)

    records = Destruction.objects.filter(kind="service_record").order_by("pk")
    assert [record.objects_n for record in records] == [2, 2, 1]


@pytest.mark.rule("ES-404.12")
@pytest.mark.parametrize(
    ("closed", "kinds"),
    [
        ("2025-11-20 23:59:59", set()),  # a year ends with its last day
        ("2025-11-19 23:59:59", {"service_record"}),
        ("2024-11-20 00:00:00", {"service_record"}),
        ("2024-11-19 23:59:59", {"service_record", "customer_data"}),
    ],
)
def test_the_record_goes_after_a_year_and_the_customer_after_two(
    old: Centre, closed: str, kinds: set[str]
) -> None:
    Case.objects.update(closed_at=at(closed))

    destruction.destroy_due(now=NOW)

    assert set(Destruction.objects.filter(unit="case").values_list("kind", flat=True)) == kinds


@pytest.mark.rule("ES-404.11")
def test_an_open_case_of_the_parcel_keeps_everything_about_it(old: Centre) -> None:
    old.inquiry(now=NOW)

    assert destruction.destroy_due(now=NOW) == 0
    assert Case.objects.earliest("pk").sealed["customer_phone"] == PHONE


def test_a_later_case_of_the_parcel_keeps_who_the_customer_is(old: Centre, move: Any) -> None:
    later = at("2025-09-01 10:00:00")
    move(later)
    finish(old.inquiry(now=later), old, later)
    move(NOW)

    destruction.destroy_due(now=NOW)

    assert list(Destruction.objects.values_list("kind", "objects_n")) == [("service_record", 2)]


def test_a_disputed_penalty_keeps_the_case(old: Centre) -> None:
    case = Case.objects.get()
    penalty = Penalty.objects.create(
        case=case, clause="CD-05.10", rulebook_id=rulebook(old), party=old.chengdu, kind="fine",
        value=200, condition="at_once", state="held", incurred_at=LONG_AGO, decided_at=LONG_AGO,
    )  # fmt: skip

    assert destruction.destroy_due(now=NOW) == 0
    Penalty.objects.filter(pk=penalty.pk).update(state="lapsed")
    assert destruction.destroy_due(now=NOW) == 3


def rulebook(old: Centre) -> int:
    return next(p.rulebook_id for p in periods(now=NOW) if p.rulebook_id)


def test_nothing_of_a_held_case_goes_until_somebody_else_lifts_it(old: Centre) -> None:
    case = Case.objects.get()
    hold = destruction.hold(case=case, reason="客户起诉，等法院", actor=old.chen.user, now=NOW)

    assert destruction.destroy_due(now=NOW) == 0
    with pytest.raises(KefuError, match="另一位"):
        destruction.lift(hold=hold, reason="已调解结束", actor=old.chen.user, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(
            lifted_by=old.chen.user, lifted_at=NOW, lifted_for="自己"
        )
    destruction.lift(hold=hold, reason="已调解结束", actor=old.he.user, now=NOW)

    assert destruction.destroy_due(now=NOW) == 3


def test_only_who_may_holds_and_lifts(old: Centre) -> None:
    with pytest.raises(NotAllowed):
        destruction.hold(case=Case.objects.get(), reason="等一等再说", actor=old.lin.user, now=NOW)


def test_what_is_taken_up_again_is_due_again(old: Centre) -> None:
    destruction.destroy_due(now=NOW)
    # Taken up again and closed a second time: what was written down then has its own time.
    Case.objects.update(closed_at=NOW + timedelta(minutes=1))
    later = NOW + timedelta(days=800)

    due = [p.kind for p in periods(now=later) if p.unit == "case" and due_count(p)]
    assert due == ["service_record", "customer_data"]


def test_without_a_clause_nothing_is_destroyed(old: Centre) -> None:
    before = at("2025-12-31 02:30:00")  # the desk goes by ES from the next day on

    assert [(p.unit, p.kind) for p in periods(now=before)] == [("refused_rows", "imports")]
    assert destruction.destroy_due(now=before) == 0


@pytest.mark.rule("ES-404.11")
def test_a_customers_file_goes_two_years_after_his_last_case(old: Centre) -> None:
    destruction.destroy_due(now=NOW)
    token = lookup.token("phone", PHONE)
    customer = Customer.objects.create(
        sealed={"name": "陈晓梅", "phone": PHONE}, name_masked="陈*梅", phone_masked="138******45",
        token=token, lookup=[token], opened_by=old.lin.user, opened_at=LONG_AGO, changed_at=LONG_AGO,
    )  # fmt: skip

    assert destruction.destroy_due(now=NOW) == 1

    customer.refresh_from_db()
    assert (customer.sealed, customer.name_masked, customer.lookup) == ({}, "—", [])
    assert customer.token != token
    assert str(customer).startswith("KH-")


def test_the_application_cannot_destroy_without_a_record_nor_write_one(old: Centre) -> None:
    for statement in (
        "UPDATE cases_interaction SET text = ''",
        "INSERT INTO retention_destroyed (destruction_id, unit, kind, restricted, object_id, at)"
        " VALUES (1, 'case', 'service_record', false, 1, now())",
        "DELETE FROM retention_hold",
    ):
        # Also where it says the word that the owner's function says.
        said = f"SELECT set_config('kefu.destroying', 'on', true); {statement}"
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(said)
    with connection.cursor() as cursor:  # an open case is refused by the function itself
        case = old.inquiry(now=NOW)
        cursor.execute(
            "SELECT kefu_destroy('case', 'service_record', %s, false, %s, %s, '', NULL, NULL, NULL, %s)",
            [[case.pk], NOW.date(), NOW.date(), NOW],
        )
        assert cursor.fetchone() == ([],)
    assert Interaction.objects.filter(case=case).exclude(text="").exists()
    assert not Destroyed.objects.exists()


def test_whoever_sets_the_word_himself_is_audited_all_the_same(old: Centre) -> None:
    audited = AuditRow.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kefu.destroying', 'on', true)")
    Case.objects.update(priority=1)

    assert AuditRow.objects.count() == audited + 1


def test_verify_tells_of_what_is_overdue_and_of_what_came_back(old: Centre) -> None:
    overdue, gone, _anchors = checks(NOW)
    assert not overdue.ok and "should have been destroyed by ES-404.12" in overdue.violations[0]
    destruction.destroy_due(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET sealed = %s",
            [seal.seal({"customer_name": "陈晓梅"}, "cases_case.sealed")],
        )

    overdue, gone, _anchors = checks(NOW)

    assert overdue.ok
    assert gone.violations == ["1 rows of cases_case were destroyed and can be read"]


def test_a_missed_night_is_no_violation_yet(old: Centre) -> None:
    Case.objects.update(closed_at=at("2025-11-19 12:00:00"))
    old.waybill.accepted_at = NOW
    old.waybill.save()

    assert next(due_count(p) for p in periods(now=NOW) if p.kind == "service_record") == 1
    assert next(iter(checks(NOW))).ok
