"""Every page address before everybody: whom it lets in at the door. A new address without a row in ``pages.py`` fails.

Whose rows one then sees is asked where they are at home (``visible_to``; tests/payroll/test_scope.py for people, tests/admin/test_rights.py
for the admin, ``test_api.py`` for the outlets).
"""

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from kefu.network.models import Party
from kefu.staff.models import Department, Employee, User
from tests import centre as centres
from tests.centre import Centre, at
from tests.matrix.addresses import API, addresses
from tests.matrix.pages import ACCOUNTS, ELSEWHERE, LETTERS, OPEN, OUTLETS, PAGES
from tests.matrix.world import undone

NOW = at("14:00:00")
SIGN_IN = ("/accounts/login/", "/admin/login/")


class Office:
    """The centre with an employee of every role, one case, and an account of an outlet."""

    def __init__(self) -> None:
        self.centre: Centre = centres.build(now=NOW)
        self.case = self.centre.inquiry(now=NOW)
        store = Department.objects.create(
            code="store", name="仓库", name_en="Store", desk="warehouse_office"
        )
        self.nobody = door(None)
        self.outlet = door(account("outlet", party=self.centre.chengdu))
        self.people = {role: door(self._employee(role)) for role in LETTERS.values()}
        self.store = {role: door(self._employee(role, store)) for role in LETTERS.values()}

    def _employee(self, role: str, department: Department | None = None) -> User:
        number = f"{role[:10]}-{department.code if department else ''}"
        party = Party.objects.create(kind="employee", code=number, name=number)
        user = account(role, username=number, party=party)
        Employee.objects.create(
            user=user,
            party=party,
            number=number,
            name=number,
            department=department or self.centre.query_desk,
            position=self.centre.lin.position,
            channels=["phone"],
        )
        return user

    def url(self, place: str) -> str:
        """An address with something in it; where a row would be there may be none."""
        known = {"number": self.case.number, "code": "query", "uidb36": "1", "key": "x"}
        kinds = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}

        def fill(part: re.Match[str]) -> str:
            kind, name = part.groups()
            return kinds.get(kind) or known.get(name, "form")

        return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", fill, place)


def plain(status: int, _request: Any, exception: Any = None) -> HttpResponse:
    return HttpResponse(status=status)


def account(role: str, *, username: str = "m-outlet", **given: Any) -> User:
    return User.objects.create_user(username, role=role, is_staff=role != "outlet", **given)


def door(user: User | None) -> Client:
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[Office]:
    with django_db_blocker.unblock(), undone(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "KEFU_NOW", NOW)
        for refusal in (
            403,
            404,
        ):  # what they look like takes most of the time and is asked elsewhere
            patch.setattr(f"kefu.urls.handler{refusal}", partial(plain, refusal), raising=False)
        yield Office()


@cache
def pages() -> dict[str, str]:
    """Each page by its name, the admin's and the people's too; not where one signs in."""
    return {
        name or place: place
        for place, _pattern, name in addresses()
        if not place.startswith(API) and not name.startswith(ACCOUNTS)
    }


def ask(client: Client, url: str) -> Any:
    """Look at it, or where there is nothing to look at send an empty form."""
    with undone():
        answer = client.get(url)
        return client.post(url) if answer.status_code == 405 else answer


def came_in(client: Client, url: str) -> int:
    """The status of a page that answers; 0 where one is sent away."""
    answer = ask(client, url)
    away = answer.status_code == 302 and answer["Location"].startswith(SIGN_IN)
    return 0 if away or answer.status_code in (401, 403, 404, 405) else int(answer.status_code)


def test_nobody_comes_in_without_signing_in(office):
    asked = {name: place for name, place in pages().items() if name not in OPEN}
    let_in = {
        name: status
        for name, place in asked.items()
        if (status := came_in(office.nobody, office.url(place)))
    }

    assert not let_in, "what needs no signing in belongs in OPEN (tests/matrix/pages.py)"


def test_an_outlets_account_comes_to_no_page_of_ours(office):
    """Nor to the admin: tests/admin/test_rights.py."""
    asked = {
        name: place
        for name, place in pages().items()
        if name not in OPEN | OUTLETS and not name.startswith("admin:")
    }
    let_in = {
        name: status
        for name, place in asked.items()
        if (status := came_in(office.outlet, office.url(place)))
    }

    assert not let_in


def test_each_page_has_its_row_and_each_row_its_page():
    ours = {name for name in pages() if not name.startswith(ELSEWHERE)} - OPEN - OUTLETS
    rows = [name for names in PAGES.values() for name in names]

    assert ours - set(rows) == set(), "say who may open these (tests/matrix/pages.py)"
    assert set(rows) - ours == set(), "there are no such pages"
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("letters", sorted(PAGES))
def test_who_may_not_is_refused_at_the_door_and_who_may_is_let_in(letters, office):
    wrong = []
    for name in sorted(PAGES[letters]):
        place = pages()[name]
        people = office.store if place.startswith("parcels/") else office.people
        refused = [role for letter, role in LETTERS.items() if letter not in letters]
        for role in [*refused, LETTERS[letters[0]]]:
            status = ask(people[role], office.url(place)).status_code
            if (status == 403) != (role in refused) or status >= 500:
                wrong.append((name, role, status))

    assert not wrong


def test_every_page_of_the_desks_opens_under_a_rulebook_that_is_silent_about_most_of_them(office):
    """The query desk's own rulebook knows no rounds of checks, no store and no claims: nothing of that is asked of it."""
    with undone():
        office.centre.work_by("SD-2")
        broken = [
            name
            for name, place in sorted(pages().items())
            if not name.startswith(ELSEWHERE) and name not in OPEN
            for people in (office.store if place.startswith("parcels/store") else office.people,)
            if ask(people["supervisor"], office.url(place)).status_code >= 500
        ]

    assert not broken
