"""A roster is filled in by keys alone, published, and hangs where the agent finds it."""

from playwright.sync_api import expect

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.policy.moments import DAY
from tests.browser.keys import press


def test_a_supervisor_fills_in_a_roster_by_keys_and_the_agent_finds_her_shift(office, sit_down):
    first = clock.now().astimezone(SHANGHAI).date() + DAY
    chen = sit_down("0801")
    chen.goto("/people/rosters/")
    press(chen, "g")
    chen.wait_for_url("**/people/rosters/*/")
    lin = office.centre.lin
    cell = chen.locator(f'[data-cell="{lin.pk} {first}"]')
    cell.click()

    press(chen, "0")
    expect(chen.locator("[data-saving]")).to_have_text("已存")
    expect(cell).to_have_text("")
    expect(chen.locator(f'[data-cell="{lin.pk} {first + DAY}"]')).to_be_focused()
    press(chen, "ArrowLeft")
    press(chen, "1")
    expect(cell).to_have_text("日")
    expect(chen.locator("[data-roster]")).to_have_attribute("data-edits", "2")
    press(chen, "p")
    expect(chen.get_by_text("已发布，表里的人都收到了通知")).to_be_visible()

    agent = sit_down("0826")
    agent.goto(f"/people/shifts/?month={first:%Y-%m}")
    day = agent.locator("table.month td").filter(has=agent.get_by_text(str(first.day), exact=True))
    expect(day.filter(has_text="08:00–17:30").first).to_be_visible()
