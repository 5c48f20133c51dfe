"""The contact book: found by whatever one has, with its history; a wrong number is told of by one click."""

from datetime import time

import pytest
from django.db import DatabaseError, transaction

from inquiries.services import lines
from kefu.audit.models import AuditRow
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.knowledge.models import NumberReport, OpeningHours
from kefu.knowledge.selectors import outlets as selectors
from kefu.knowledge.services import outlets as services
from kefu.network import services as network
from kefu.network.models import ContactNumber
from kefu.notifications.models import Event
from kefu.workbench.selectors import desk
from tests.centre import at

pytestmark = pytest.mark.django_db
NOW = at("10:00:00")


@pytest.fixture
def duty(centre):
    return network.change_number(
        party=centre.chengdu,
        kind=ContactNumber.Kind.DUTY,
        number="13800001111",
        holder="罗小川",
        actor=centre.chen.user,
        now=at("09:00:00"),
    )


def codes(text):
    return [entry.party.code for entry in selectors.found(text, now=NOW)[0]]


@pytest.mark.parametrize(
    "text", ["武侯", "CD03", "cd03", "cdwh", "chengduwuhou", "13800001111", "1111", "罗小川", "lxc"]
)
def test_an_outlet_is_found_by_whatever_one_has(duty, text):
    assert codes(text) == ["CD03"]


@pytest.mark.parametrize("text", ["0826", "陈晓梅", "没有", "';--"])
def test_who_is_no_outlet_stands_in_no_book(duty, text):
    assert codes(text) == []


def test_the_file_tells_who_changed_what_and_who_was_reached(centre, duty):
    services.set_hours(
        party=centre.chengdu, opens=time(8), closes=time(18), actor=centre.chen.user, now=NOW
    )
    services.set_hours(
        party=centre.chengdu,
        opens=time(8),
        closes=time(20),
        actor=centre.he.user,
        now=at("11:00:00"),
    )
    lines.log_check(number=duty, outcome="no_answer", actor=centre.lin.user, now=NOW)
    lines.log_check(number=duty, outcome="answered", actor=centre.lin.user, now=at("10:30:00"))
    new = network.change_number(
        party=centre.chengdu,
        kind="duty",
        number="13800002222",
        actor=centre.chen.user,
        now=at("11:30:00"),
    )

    told = selectors.file_of(centre.chengdu, now=at("12:00:00"))

    assert [line.number.pk for line in told.entry.lines] == [new.pk]
    assert told.entry.lines[0].reached is None  # nobody called the new one yet
    before = selectors.file_of(centre.chengdu, now=at("10:45:00")).entry.lines[0]
    assert (before.number.pk, before.reached.answered) == (duty.pk, True)
    assert str(told.entry.hours) == "08:00–20:00"
    assert [one.pk for one in told.former] == [duty.pk]
    assert len(told.changes) == 4
    assert [change.at for change in told.changes] == sorted(
        (change.at for change in told.changes), reverse=True
    )
    said = " ".join(change.what for change in told.changes)
    assert "138******11" in said
    assert "13800001111" not in said


def test_opening_hours_are_appended(centre):
    row = services.set_hours(
        party=centre.chengdu, opens=time(8), closes=time(18), actor=centre.chen.user, now=NOW
    )
    again = services.set_hours(
        party=centre.chengdu, opens=time(8), closes=time(18), actor=centre.he.user, now=NOW
    )
    assert again.pk == row.pk
    for given, field in (
        ({"opens": time(18), "closes": time(8)}, "closes"),
        ({"opens": time(8), "closes": time(18), "weekend_opens": time(9)}, "weekend_closes"),
    ):
        with pytest.raises(KefuError) as refused:
            services.set_hours(party=centre.chengdu, actor=centre.chen.user, now=NOW, **given)
        assert refused.value.field == field
    with pytest.raises(NotAllowed):
        services.set_hours(
            party=centre.chengdu, opens=time(7), closes=time(18), actor=centre.lin.user, now=NOW
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        OpeningHours.objects.update(opens=time(6))
    assert OpeningHours.objects.count() == 1


def test_a_wrong_number_is_told_of_once_and_settled_by_a_supervisor(centre, duty):
    report = services.report_wrong(number=duty, actor=centre.lin.user, now=NOW)
    again = services.report_wrong(number=duty, actor=centre.zhou.user, now=NOW)

    assert again.pk == report.pk
    rung = Event.objects.filter(kind=Event.Kind.NUMBER_WRONG)
    assert set(rung.values_list("user_id", flat=True)) == {centre.chen.user.pk, centre.he.user.pk}
    assert "1380000" not in str(rung.first().data)
    waiting = selectors.reports_for(desk(centre.chen.user), NOW)
    assert waiting.get() == report
    assert not selectors.reports_for(desk(centre.lin.user), NOW).exists()

    with pytest.raises(NotAllowed):
        services.settle(report=report, outcome="right", actor=centre.lin.user, now=NOW)
    services.settle(report=report, outcome="ended", actor=centre.chen.user, now=NOW)
    duty.refresh_from_db()
    assert duty.valid_to is not None
    with pytest.raises(Conflict):
        services.settle(report=report, outcome="right", actor=centre.chen.user, now=NOW)
    with pytest.raises(Conflict):
        services.report_wrong(number=duty, actor=centre.lin.user, now=NOW)


def test_another_number_puts_a_report_right(centre, duty):
    services.report_wrong(number=duty, actor=centre.lin.user, now=NOW)

    network.change_number(
        party=centre.chengdu, kind="duty", number="13800002222", actor=centre.chen.user, now=NOW
    )

    assert NumberReport.objects.count() == 1
    assert not selectors.reports_for(desk(centre.chen.user), NOW).exists()


def test_a_number_is_shown_for_a_case_in_hand_and_the_look_recorded(centre, duty):
    case = centre.inquiry(now=at("09:00:00"))
    given = {"number": duty, "case": case, "now": NOW}

    assert services.show_number(actor=centre.lin.user, **given) == "13800001111"

    row = AuditRow.objects.filter(table="network_contactnumber", action="reveal").latest("pk")
    assert (row.object_id, row.actor_id) == (str(duty.pk), centre.lin.user.pk)
    centre.lin.user.role = "hr"
    with pytest.raises(NotAllowed):
        services.show_number(actor=centre.lin.user, **given)


def test_a_longer_book_asks_no_more_questions(centre, duty, django_assert_num_queries):
    def fill(number):
        for n in range(number):
            party = centre.xian.__class__.objects.create(
                kind="outlet", code=f"N{number}{n}", name=f"新网点{number}{n}", region=None
            )
            network.change_number(
                party=party, kind="duty", number="13800003333", actor=centre.chen.user, now=NOW
            )

    fill(2)
    with django_assert_num_queries(5):
        selectors.found("", now=NOW)
    fill(9)
    with django_assert_num_queries(5):
        selectors.found("", now=NOW)
