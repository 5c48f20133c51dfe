"""An examination is sat by keys, through a lost line and a reload, and comes out as it was answered."""

from datetime import timedelta
from decimal import Decimal

from playwright.sync_api import expect

from kefu import clock
from kefu.clock import SHANGHAI
from payroll.models import Paper
from payroll.selectors import exams as selectors
from payroll.services import exams, questions
from payroll.services.exams import DrawPart, Setting
from payroll.services.questions import Words
from tests.browser.keys import press

KEYS = "ABCD"


def published(centre):
    """Three questions of one right answer and one in words."""
    now, chen = clock.now(), centre.chen.user
    for n in range(3):
        words = Words(
            f"进仓费第 {n + 1} 问：散客寄大件怎样收？", ["按体积", "按重量", "按件", "不收"], [n]
        )
        questions.write(kind="single", category="进仓费", words=words, actor=chen, now=now)
    words = Words("客户说包裹三天没动，怎样答？", answer="先道歉，再查单，说何时回电")
    questions.write(kind="text", category="话术", words=words, actor=chen, now=now)
    today = now.astimezone(SHANGHAI).date()
    setting = Setting(
        title="本月月考", month=today.replace(day=1), opens_at=now - timedelta(minutes=1),
        closes_at=now + timedelta(hours=2), minutes=60, review_on=today + timedelta(days=3),
        parts=[DrawPart("进仓费", "single", 3, Decimal(25)), DrawPart("话术", "text", 1, Decimal(25))],
    )  # fmt: skip
    exam = exams.set_up(department=centre.query_desk, setting=setting, actor=chen, now=now)
    return exams.publish(exam=exam, actor=chen, now=now)


def reload_while_it_is_saved(page, answer):
    """The page that comes was drawn before the answer was kept, and the answer kept before it came."""
    drawn, saves = page.context.request.get(page.url), []
    page.route("**/save/", lambda route: saves.append(route))
    answer()
    expect(page.locator("[data-saved]")).to_contain_text("正在存")
    page.evaluate("dispatchEvent(new Event('beforeunload'))")
    saves[0].continue_()
    page.unroute("**/save/")
    expect(page.locator("[data-saved]")).to_contain_text("已存")
    page.route("**/papers/*/", lambda route: route.fulfill(response=drawn))
    page.reload()
    page.unroute("**/papers/*/")


def test_an_examination_is_sat_by_keys_through_a_lost_line_and_a_reload(office, sit_down):
    exam = published(office.centre)
    lin = sit_down("0826")
    lin.goto("/people/my-training/")
    lin.get_by_role("link", name="去考试").click()
    lin.get_by_role("button", name="开始").click()
    question = lin.locator("fieldset.question:visible")
    expect(question).to_have_count(1)
    paper = Paper.objects.get(exam=exam, employee=office.centre.lin)
    items = selectors.items_of(paper, ("对", "错"))
    right = [next(one.letter for one in item.options if one.right) for item in items[:3]]
    saved = lin.locator("[data-saved]")

    press(lin, right[0].lower())
    expect(saved).to_contain_text("已存")
    press(lin, "ArrowRight")
    reload_while_it_is_saved(lin, lambda: press(lin, str(KEYS.index(right[1]) + 1)))
    expect(lin.locator("[data-answered]")).to_have_text("2")
    expect(saved).to_contain_text("已存")
    lost = []
    lin.route("**/save/", lambda route: lost.append(route))  # it never gets through
    press(lin, right[2])
    expect(saved).to_contain_text("正在存")
    lin.reload()
    expect(lin.locator("[data-answered]")).to_have_text("3")
    expect(saved).to_contain_text("正在存")
    assert (len(lost), paper.answers.count()) == (2, 2)

    lin.unroute("**/save/")  # the line is back
    expect(saved).to_contain_text("已存 ")
    assert paper.answers.count() == 3
    press(lin, "ArrowRight")
    lin.locator("textarea:visible").fill("先道歉，再查单")
    expect(saved).to_contain_text("已存")
    lin.on("dialog", lambda dialog: dialog.accept())
    lin.get_by_role("button", name="交卷").click()
    expect(lin.get_by_text("等评卷")).to_be_visible()

    for number, points in (("0803", "20"), ("0801", "22")):
        marker = sit_down(number)
        marker.goto(f"/people/training/papers/{paper.pk}/")
        marker.get_by_label("给分").fill(points)
        marker.get_by_label("给分").press("Enter")
        expect(marker.get_by_text("已记录")).to_be_visible()
    lin.goto("/people/my-training/")
    expect(lin.get_by_role("row", name="本月月考").first).to_contain_text("97")
