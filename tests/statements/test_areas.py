"""A contract area settles with its outlet: with one, and with the same for as long as it has money."""

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.urls import reverse

from kefu.errors import Conflict, KefuError
from kefu.network import services as network
from kefu.network.models import Party
from kefu.staff.models import User
from tests.admin.conftest import as_user
from tests.statements.conftest import DECEMBER, violations
from tests.threads import at_once

__all__ = ["as_user"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def area(books):
    row = Party(kind="contractor", code="CD03-1", name="成都三部一区", parent=books.centre.chengdu)
    return network.save_party(party=row, actor=books.centre.chen.user)


@pytest.fixture
def save(books):
    def change(party, **given):
        row = Party.objects.get(pk=party.pk)
        for name, value in given.items():
            setattr(row, name, value)
        return network.save_party(party=row, actor=books.centre.chen.user)

    return change


def parent(area):
    return Party.objects.get(pk=area.pk).parent


def test_without_money_an_area_goes_to_another_outlet(books, area, save):
    save(area, parent=books.centre.xian)

    assert parent(area) == books.centre.xian


def test_with_money_it_stays_so_that_a_fine_and_its_reversal_stand_on_one_outlets_statements(
    books, area, save
):
    fine = books.fine("30.00", "2026-11-03 10:00:00", area)
    books.draw()

    with pytest.raises(Conflict) as refused:
        save(area, parent=books.centre.xian)
    assert (refused.value.code, refused.value.field) == ("has_money", "parent")
    save(area, name="成都三部东区")  # all else may change
    for change in ({"parent": books.centre.xian}, {"kind": "outlet"}):
        with pytest.raises(IntegrityError), transaction.atomic():  # whoever asks
            Party.objects.filter(pk=area.pk).update(**change)
    books.take_back(fine, "2026-12-05 10:00:00")

    assert books.draw(DECEMBER).closing == 0
    assert books.draw(DECEMBER, books.centre.xian) is None
    assert violations() == []


def test_an_outlet_with_money_does_not_become_an_area(books, save):
    books.fine("30.00", "2026-11-03 10:00:00")

    with pytest.raises(Conflict):
        save(books.centre.chengdu, kind="contractor", parent=books.centre.xian)


def test_the_page_says_so_at_the_field(books, area, as_user):
    books.fine("30.00", "2026-11-03 10:00:00", area)
    User.objects.filter(pk=books.centre.chen.user.pk).update(is_staff=True)
    chen = as_user(User.objects.get(pk=books.centre.chen.user.pk))
    place = reverse("admin:network_party_change", args=[area.pk])
    body = {
        "name": area.name,
        "parent": books.centre.xian.pk,
        "active": "on",
        "contact_numbers-TOTAL_FORMS": "0",
        "contact_numbers-INITIAL_FORMS": "0",
    }

    with_money = chen.post(place, body)
    nowhere = chen.post(place, body | {"parent": books.centre.company.pk})

    for answer, said in ((with_money, "名下已有入账"), (nowhere, "只能是网点或分拨中心")):
        (error,) = answer.context["adminform"].form.errors["parent"]
        assert said in error and said in answer.content.decode()
    assert parent(area) == books.centre.chengdu


@pytest.mark.parametrize("kind", ["company", "courier", "contractor"])
def test_an_area_under_nobody_who_settles_is_refused(books, save, area, kind):
    above = books.centre.company
    if kind != "company":
        above = Party.objects.create(kind=kind, code="X1", name="某某", parent=books.centre.chengdu)

    with pytest.raises(KefuError) as refused:
        save(area, parent=above)
    assert (refused.value.code, refused.value.field) == ("not_an_outlet", "parent")
    with pytest.raises(KefuError) as refused:
        save(area, parent=None)
    assert refused.value.field == "parent"


def test_whoever_has_areas_goes_on_settling(books, save, area):
    with pytest.raises(KefuError) as refused:
        save(books.centre.chengdu, kind="courier")
    assert (refused.value.code, refused.value.field) == ("has_areas", "kind")

    save(books.centre.chengdu, kind="hub")
    books.fine("30.00", "2026-11-03 10:00:00", area)
    assert [line.party for line in books.draw().lines.all()] == [area]


@pytest.mark.django_db(transaction=True)
def test_a_move_waits_for_a_fine_that_is_just_being_booked(books, area, save):
    def move():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        save(area, parent=books.centre.xian)

    with transaction.atomic():
        books.fine("30.00", "2026-11-03 10:00:00", area)
        (before,) = at_once(move)  # it cannot know yet
    (after,) = at_once(move)

    assert isinstance(before, OperationalError) and isinstance(after, Conflict)
    assert parent(area) == books.centre.chengdu
