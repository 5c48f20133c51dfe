"""Every important screen, as the one who sits there: WCAG 2.2 AA by axe in light and dark, a quiet console, nothing missing.

Which screens: screens.py. What is asked of each: walk.py.
"""

from types import SimpleNamespace
from typing import Any

import pytest

from inquiries import services as inquiries
from kefu import clock
from kefu.cases.models import Interaction
from kefu.partners import services as partners
from kefu.staff.models import User
from tests.browser import screens, walk
from tests.statements.conftest import Books


@pytest.fixture(scope="module")
def world(office: Any, django_db_blocker: Any) -> SimpleNamespace:
    """A query with a fine, a complaint, and an account of the outlet that both are about."""
    with django_db_blocker.unblock():
        centre, now = office.centre, clock.now()
        case = centre.inquiry(now=now)
        inquiries.ask_outlet(
            case=case,
            outlet=centre.chengdu,
            question="件到成都分拨后没有扫描，请核实",
            actor=centre.lin.user,
            now=now,
        )
        fine = Books(centre, case, clock=None).fine(
            "200.00", f"{now.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}"
        )
        complaint = inquiries.file_complaint(
            cause="rude_language",
            against=centre.chengdu,
            text="态度不好",
            channel=Interaction.Channel.PHONE,
            asker="receiver",
            customer_name="陈晓梅",
            customer_phone="13800004545",
            waybill=centre.waybill,
            details=inquiries.Details(category="attitude", demand="道歉"),
            department=centre.query_desk,
            actor=centre.chen.user,
            now=now,
        )
        account, password = partners.open_account(
            party=centre.chengdu, username="walk", name="值班", actor=centre.chen.user, now=now
        )
        User.objects.filter(pk=account.pk).update(tour_seen_at=now)
        return SimpleNamespace(
            case=case.number,
            complaint=complaint.number,
            penalty=fine.pk,
            outlet=(account.username, password),
        )


def walked(page: Any, addresses: Any, world: Any, status: int = 200) -> dict[str, list[str]]:
    """What is wrong with each of them; empty where all is well."""
    watch = walk.Watch(page)
    found = {
        address: watch.visit(address.format(**vars(world)), status=status) for address in addresses
    }
    return {address: wrong for address, wrong in found.items() if wrong}


def test_an_agents_pages_have_no_barriers(sit_down, world):
    assert walked(sit_down("0826"), screens.AGENT, world) == {}


def test_a_supervisors_pages_have_no_barriers(sit_down, world):
    assert walked(sit_down("0801"), screens.SUPERVISOR, world) == {}


def test_an_outlets_pages_have_no_barriers(office, browser, world):
    page = browser.new_context(
        base_url=office.url, viewport={"width": 1366, "height": 768}, locale="zh-CN"
    ).new_page()
    assert walked(page, screens.NOBODY, world) == {}
    name, password = world.outlet
    page.get_by_label("工号").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/outlet/")
    wrong = walked(page, screens.OUTLET, world)
    page.context.close()
    assert wrong == {}


@pytest.mark.refused
def test_a_page_that_refuses_has_no_barriers(sit_down, world):
    page = sit_down("0826")
    wrong = [walked(page, [address], world, status) for address, status in screens.REFUSED.items()]
    assert wrong == [{}] * len(wrong)


@pytest.mark.parametrize("key", ["?", "t"])
def test_an_open_dialog_has_no_barriers(key, sit_down, world):
    page = sit_down("0826")
    page.goto(f"/cases/{world.case}/")
    page.wait_for_load_state()
    page.keyboard.press(key)
    page.locator("dialog[open]").wait_for()
    # What lies behind it cannot be reached, and axe would take its colours for those of the dialog.
    assert walk.barriers(page, within="dialog[open]") == []


ON_A_PHONE = """() => ({
  wider: document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 120)),
  starts: document.querySelector("main, #content").getBoundingClientRect().top,
})"""


def test_what_is_approved_fits_a_phone(sit_down, world):
    """No page wider than the screen, and what it is about begins on it."""
    page = sit_down("0801")
    page.set_viewport_size({"width": 390, "height": 844})
    for address in screens.PHONE:
        page.goto(address.format(**vars(world)))
        page.wait_for_load_state()
        found = page.evaluate(ON_A_PHONE)
        assert found["wider"] == [], address
        assert found["starts"] < 300, address
