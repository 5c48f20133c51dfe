"""A storm as it comes over the desk: thirty complaints, one incident, one statement, and nobody fined for the weather."""

from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from inquiries import services as inquiries
from inquiries.models import ForceMajeure, Incident, Publication
from inquiries.services import incident_findings
from kefu import clock
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.deadlines.services import sweep
from kefu.jobs import services as jobs
from kefu.ledger.models import Account
from kefu.network.models import Party, Region
from kefu.penalties.models import Penalty
from kefu.penalties.services import confirm
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff.models import Department
from tests.browser.keys import press
from tests.browser.test_parcel_story import employ

AGENT, SUPERVISOR, OTHER = "0856", "0801", "0802"
LOCAL = "%Y-%m-%dT%H:%M"


@pytest.fixture
def storm(office):
    """A desk by the express rulebook, an outlet in the storm that let two questions run out this morning."""
    centre, now = office.centre, clock.now()
    department = Department.objects.create(code="storm", name="投诉部", name_en="Complaints")
    version = RulebookVersion.objects.get(rulebook__code="ES", number=1)
    today = now.astimezone(SHANGHAI).date()
    Assignment.objects.create(version=version, department=department, effective_on=today)
    agent = employ(AGENT, "孙丽", department, centre.lin)
    region = Region.objects.create(name="海南")
    outlet = Party.objects.create(
        kind="outlet", code="HK01", name="海口龙华一部", pinyin="haikoulonghua", region=region
    )
    asked_at = now - timedelta(hours=3)
    for _n in range(2):
        case = centre.inquiry(now=asked_at, waybill=None, waybill_number="880612077777")
        inquiries.ask_outlet(
            case=case, outlet=outlet, question="在哪里", actor=centre.lin.user, now=asked_at
        )
    for _n in range(20):
        if not Deadline.objects.filter(party=outlet, state="running").exists():
            break
        sweep()
    for fine in Penalty.objects.filter(party=outlet):
        with transaction.atomic():
            confirm(penalty=fine, fact={"complaint": "TS-1"}, actor=None, now=now)
    for n in range(30):
        complain(agent, outlet, now, n, centre.waybill)
    yield agent, outlet, region
    Incident.objects.filter(completed_at=None).update(stage="done", completed_at=clock.now())
    Department.objects.filter(pk=department.pk).update(active=False)


def complain(agent, outlet, now, n, waybill):
    return inquiries.file_complaint(
        cause="delayed",
        against=outlet,
        text="台风以后一直没到",
        channel="phone",
        asker="receiver",
        customer_name=f"陈{chr(0x4E00 + n)}",
        customer_phone=f"139000077{n:02}",
        waybill=waybill,
        details=inquiries.Details(category="other", demand="说清楚什么时候送到"),
        department=agent.department,
        owner=agent,
        actor=agent.user,
        now=now,
    )


@pytest.mark.rule("ES-502.17", "ES-502.20", "ES-502.22")
def test_a_storm_of_complaints_is_one_incident_and_nobody_is_fined_for_it(office, sit_down, storm):
    agent, outlet, region = storm
    chen = sit_down(SUPERVISOR)
    one_incident_stands_on_every_page(chen)
    gather_the_team(chen, outlet, agent)
    the_solution_goes_out(chen)
    it_was_found_out_by_two(office.centre, outlet)
    answer_together(chen)
    declare(chen, region)

    he = sit_down(OTHER)
    sign(he, outlet)
    sun = sit_down(AGENT)
    expect(sun.locator("#notices")).to_contain_text("集中投诉 海口龙华一部")
    sun.locator("#notices").get_by_role("link", name="公告与话术").click()
    expect(sun.locator("main")).to_contain_text("运费全退，逐件回电")


def one_incident_stands_on_every_page(page: Page) -> None:
    incident = Incident.objects.get(completed_at=None)
    assert incident.complaints.count() == 30
    page.goto("/incidents/")
    expect(page.locator("#notices")).to_contain_text("集中投诉 海口龙华一部")
    expect(page.locator("main")).to_contain_text("30 件，没办完 30")
    page.locator("#notices").get_by_role("link", name="集中投诉").click()
    expect(page.locator("#strip")).to_contain_text("公布方案")
    expect(page.locator("#side")).to_contain_text("还缺")


def gather_the_team(page: Page, outlet: Party, agent) -> None:
    for role, post, who in (
        ("坐席", "接听电话", str(agent)),
        ("坐席", "线上回复", "林小月 0826"),
        ("投诉专员", "", "王芳 0803"),
        ("网点负责人", "", ""),
    ):
        page.get_by_role("button", name="加入小组").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("角色").select_option(label=role)
        if who:
            dialog.get_by_label("员工").select_option(label=who)
        else:
            dialog.get_by_label("网点", exact=True).fill(outlet.code)
        if post:
            dialog.get_by_label("专岗").select_option(label=post)
        press(page, "Control+Enter")
        expect(dialog).to_be_hidden()
    expect(page.locator("#side")).not_to_contain_text("还缺")


def the_solution_goes_out(page: Page) -> None:
    page.get_by_role("button", name="定统一方案").click()
    page.get_by_role("dialog").get_by_label("怎么处理").fill("运费全退，逐件回电")
    press(page, "Control+Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#side")).to_contain_text("运费全退，逐件回电")
    press(page, "p")
    page.wait_for_url("**/statements/")
    expect(page.get_by_label("中文")).to_contain_text("运费全退，逐件回电")
    page.get_by_role("button", name="就用这段").click()
    website = page.get_by_role("row", name="官网")
    website.get_by_role("button", name="已发布").click()
    expect(page.locator("#notices")).to_contain_text("已记下发布时间")
    assert Publication.objects.get().channel == "website"
    incident = Incident.objects.get(completed_at=None)
    plan = Deadline.objects.get(case=incident.case, action="incident_plan")
    assert plan.state == "met"


def it_was_found_out_by_two(centre, outlet: Party) -> None:
    now = clock.now()
    finding = incident_findings.submit_finding(
        incident=Incident.objects.get(completed_at=None),
        facts="台风登陆，海口停航两天",
        cause="台风",
        liable=outlet,
        actor=centre.chen.user,
        now=now,
    )
    incident_findings.decide_finding(finding=finding, confirm=True, actor=centre.he.user, now=now)


def answer_together(page: Page) -> None:
    incident = Incident.objects.get(completed_at=None)
    page.get_by_role("link", name="归入的投诉").click()
    page.get_by_label("全选").check()
    page.get_by_role("button", name="预览勾选的").click()
    expect(page.locator("#confirm tbody tr")).to_have_count(30)
    page.get_by_role("button", name="答复这 30 件").click()
    expect(page.locator("[data-done]")).to_have_count(30)
    expect(page.locator("[data-done]").first).to_contain_text("等客户答复")
    expect(page.locator("main")).to_contain_text("没办完 30")  # until the customers are content
    assert incident.complaints.filter(answered_at=None).count() == 0


def declare(page: Page, region: Region) -> None:
    now = clock.now().astimezone(SHANGHAI)
    page.goto("/incidents/force-majeure/new/")
    page.get_by_label("理由").fill("台风登陆，道路中断")
    page.get_by_label("从", exact=True).fill((now - timedelta(hours=6)).strftime(LOCAL))
    page.get_by_label("到", exact=True).fill((now + timedelta(hours=6)).strftime(LOCAL))
    page.get_by_label("区域").select_option(label=region.name)
    page.get_by_role("button", name="提出，看清单").click()
    expect(page.locator("main")).to_contain_text("签署会免去")
    expect(page.locator("main")).to_contain_text("400.00")
    expect(page.locator("main")).to_contain_text("由另一位主管签署")


def sign(page: Page, outlet: Party) -> None:
    account = Account.objects.get(party=outlet)
    assert account.balance == 400
    page.goto(f"/incidents/force-majeure/{ForceMajeure.objects.get().pk}/")
    page.get_by_role("button", name="签署，执行免责").click()
    expect(page.locator("#exempting")).to_be_visible()
    jobs.run_until_next_tick()  # the worker is not at home here
    expect(page.locator("#exempting")).to_contain_text("罚款 400.00 元")
    account.refresh_from_db()
    assert account.balance == 0
    fines = Penalty.objects.filter(party=outlet)
    assert set(fines.values_list("state", flat=True)) == {"reversed"}
