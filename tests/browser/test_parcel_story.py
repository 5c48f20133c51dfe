"""The warehouse office: an evening from the first scan to the signed hand-over, and the morning after it."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from kefu import clock
from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from kefu.staff.models import Department, Employee, User
from problem_parcels import services
from problem_parcels.models import (
    ContactAttempt,
    Message,
    Receipt,
    ReplyCheck,
    ShiftHandOver,
    Stay,
)
from problem_parcels.services import Attempt, Given, stays
from tests import centre as world
from tests.browser.conftest import Office
from tests.browser.keys import press

TONIGHT = ["770612995501", "770612995502", "770612995503"]
LAST_NIGHT, UNKNOWN = "770612995504", "990612045599"
PREPAID, COLLECT, FORGOTTEN = "880612300001", "880612300002", "880612300003"
EVENING, MORNING = "0841", "0842"  # who keeps the store, and who takes over


@dataclass
class Store:
    office: Office
    zhao: Employee
    qian: Employee
    courier: Party

    @property
    def chengdu(self) -> Party:
        return self.office.centre.chengdu

    def parcel(self, number: str, **given: Any) -> Waybill:
        """From Chengdu, for us to deliver."""
        facts: dict[str, Any] = {
            "origin": self.chengdu,
            "destination": self.office.centre.company,
            "route_from": "成都",
            "route_to": "扬州",
            "sealed": {"receiver_name": "陈晓梅", "receiver_phone": "13800004545"},
            "receiver_name_masked": "陈*梅",
            "receiver_phone_masked": "138******45",
            "weight_kg": Decimal("1.80"),
            "freight": Decimal("25.00"),
            "payment": "sender",
            "accepted_at": clock.now() - timedelta(days=3),
        }
        return Waybill.objects.create(number=number, **(facts | given))


@pytest.fixture
def store(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An office of its own, so that the query desk of the other tests keeps its rules and its people."""
    department = Department.objects.create(
        code="warehouse", name="仓库管理办公室", name_en="Warehouse office", desk="warehouse_office"
    )
    made = Store(
        office,
        employ(EVENING, "赵国强", department, office.centre.lin),
        employ(MORNING, "钱伟", department, office.centre.lin),
        Party.objects.create(kind="courier", code="2201", name="吴强"),
    )
    monkeypatch.setattr(rulebooks, "before_publishing", [])
    look_through_replies_soon(made, department)
    for number in TONIGHT:
        made.parcel(number)
    answered_last_night(made, department)
    for number in (PREPAID, COLLECT, FORGOTTEN):
        made.parcel(number, payment="receiver" if number == COLLECT else "sender")
    yield made
    Department.objects.filter(pk=department.pk).update(active=False)


def employ(number: str, name: str, department: Department, like: Employee) -> Employee:
    party = Party.objects.create(kind="employee", code=number, name=name)
    user = User.objects.create_user(
        number, password=world.PASSWORD, first_name=name, role=User.Role.AGENT, party=party
    )
    return Employee.objects.create(
        user=user,
        party=party,
        number=number,
        name=name,
        department=department,
        position=like.position,
        channels=["phone"],
    )


def look_through_replies_soon(store: Store, department: Department) -> None:
    """The house has chosen other hours for its noon check, so that one is due whenever the test runs."""
    now, centre = clock.now(), store.office.centre
    today = now.astimezone(SHANGHAI).date()
    soon = (now + timedelta(minutes=30)).astimezone(SHANGHAI)
    noon = soon.strftime("%H:%M:00") if soon.date() == today else "23:59:00"
    draft = rulebooks.start_draft(
        version=RulebookVersion.objects.get(rulebook__code="CD", number=1),
        actor=centre.chen.user,
        now=now,
    )
    written = rulebooks.written_settings(draft.content, "CD-07.08") or {}
    rulebooks.amend_clause(
        version=draft,
        clause="CD-07.08",
        settings={"house": {**written["house"], "at": ["00:00:00", noon]}},
        seen=rulebooks.clause_digest(draft.content, "CD-07.08"),
        actor=centre.chen.user,
        now=now,
    )
    draft.refresh_from_db()
    he = centre.he.user
    rulebooks.publish(version=draft, effective_on=today, seen=draft.digest, actor=he, now=now)
    rulebooks.assign(version=draft, department=department, effective_on=today, actor=he, now=now)


def answered_last_night(store: Store, department: Department) -> None:
    """Registered and written about the evening before; Chengdu has answered, and nobody has looked."""
    then, zhao = clock.now() - timedelta(days=1), store.zhao
    store.parcel(LAST_NIGHT)
    case = services.register(
        number=LAST_NIGHT,
        given=Given("nobody_home", attempts=[Attempt(ContactAttempt.Outcome.NO_ANSWER, then)]),
        owner=zhao,
        department=department,
        actor=zhao.user,
        now=then,
    )
    stays.enter(
        number=LAST_NIGHT,
        location="A-02",
        reason="送无人",
        waybill_present=True,
        keeper=zhao,
        actor=zhao.user,
        now=then,
    )
    message = services.post_message(
        case=case, text="送无人，请联系收件人", by=zhao, actor=zhao.user, now=then
    )
    services.reply(
        message=message,
        text="收件人今天在家，请再派",
        wish=Message.Wish.REDELIVER,
        party=store.chengdu,
        actor=None,
        now=then + timedelta(minutes=20),
    )


@pytest.mark.rule(
    "CD-04.03", "CD-04.14", "CD-04.29", "CD-09.32", "CD-04.13", "CD-07.08",
    "CD-10.01", "CD-10.03", "CD-10.06", "CD-10.13",
)  # fmt: skip
def test_an_evening_and_a_morning_of_the_warehouse_office(office, sit_down, store):
    zhao = sit_down(EVENING)
    into_the_store(zhao)
    register_under_the_scanner(zhao)
    case = open_the_case(zhao)
    log_a_call(zhao)
    write_to_chengdu(zhao)
    chengdu_wants_it_back(zhao, store, case)
    it_goes_back_today(zhao, case)
    leave_the_store_to_the_next(zhao)

    qian = sit_down(MORNING)
    take_over(qian, store)
    look_through_the_replies(qian, store)
    scan_out_what_was_handled(qian)
    a_list_goes_out(qian, store)
    its_slips_come_in(qian)


# -- The evening ------------------------------------------------------------------------------


def into_the_store(page: Page) -> None:
    """Place and reason are said once; then number after number."""
    page.goto("/parcels/store/")
    expect(page.locator("[data-scan]")).to_be_focused()
    press(page, "Tab")  # the sort of goods stays as it is
    press(page, "Tab")
    page.keyboard.type("A-03")
    press(page, "Tab")
    page.keyboard.type("送无人")
    press(page, "Escape")
    press(page, "s")
    expect(page.locator("[data-scan]")).to_be_focused()
    page.keyboard.type("".join(f"{number}\n" for number in (*TONIGHT, UNKNOWN)))
    expect(page.locator("#scanned [data-done]")).to_have_count(3)
    expect(page.locator("#scanned [data-refused]")).to_contain_text(f"没有运单 {UNKNOWN}")


def register_under_the_scanner(page: Page) -> None:
    """Choose once, scan and scan; what is refused is mended or said again on purpose."""
    page.goto("/parcels/")
    press(page, "s")
    page.wait_for_url("**/parcels/scan/")
    scanner, done = page.locator("#number"), page.locator("#results [data-result=ok]")
    expect(scanner).to_be_focused()
    press(page, "Alt+4")  # nobody home
    page.locator("#outcome").select_option("no_answer")
    expect(scanner).to_be_focused()

    first, second, third = TONIGHT
    page.keyboard.type(f"{first}\n{second}\n{second}\n{UNKNOWN}\n", delay=2)
    expect(page.locator("#results > li")).to_have_count(4)
    expect(done).to_have_count(2)
    expect(page.locator("#cue")).to_contain_text(f"没有登记 {UNKNOWN}")
    expect(scanner).to_have_value(UNKNOWN)  # kept, to be mended
    expect(page.locator("#outcome")).to_have_value("no_answer")  # the choice stays for the next
    press(page, "Control+a")
    page.keyboard.type(f"{third}\n")
    expect(done).to_have_count(3)
    page.locator(f"[data-again='{second}']").click()
    expect(done).to_have_count(4)
    assert Case.objects.filter(waybill_number__in=TONIGHT).count() == 3

    page.goto("/parcels/batch/?do=close")  # nothing is decided yet
    page.locator("#id_text").fill(f"{second} 和 {third}")
    press(page, "Control+Enter")
    page.locator("[data-start]").press("Enter")
    expect(page.locator("#cue")).to_contain_text("办了 2 / 2，成 0，没成 2")
    expect(page.locator("#id_text")).to_have_value(f"{second}\n{third}")


def open_the_case(page: Page) -> Case:
    case = Case.objects.get(waybill_number=TONIGHT[0])
    page.goto("/")
    press(page, "/")
    page.keyboard.type(f"{TONIGHT[0]}\n")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"问题件 {case.number}")
    expect(page.locator("#side")).to_contain_text("陈*梅 138******45")
    expect(page.locator("#side")).to_contain_text("A-03，赵国强 0841 保管")
    expect(page.locator("#side")).to_contain_text("家里无人的情况无人在家")
    press(page, "?")  # the keys told are those of a problem parcel
    sheet = page.locator("#keys")
    expect(sheet).to_contain_text("L记联系")
    expect(sheet).to_contain_text("U催回复")
    expect(sheet).not_to_contain_text("回复客户")
    press(page, "Escape")
    return case


def log_a_call(page: Page) -> None:
    press(page, "l")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("结果").select_option(label="已关机")
    press(page, "Control+Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#timeline")).to_contain_text("联系 138******45：已关机")


def write_to_chengdu(page: Page) -> None:
    press(page, "m")
    expect(page.get_by_role("textbox", name="留言")).to_be_focused()
    page.keyboard.type("送无人，电话没人接，请联系收件人")
    press(page, "Control+Enter")
    strip = page.locator("#strip")
    expect(strip).to_contain_text("成都武侯三部回话")
    expect(strip).to_contain_text("等成都武侯三部回复")
    expect(page.locator("#next")).to_contain_text("等网点回复")


def chengdu_wants_it_back(page: Page, store: Store, case: Case) -> None:
    """Its program answers by REST; the clerk's open page tells without a reload."""
    page.evaluate("window.neverReloaded = true")
    secret = keys.issue_key(
        party=store.chengdu,
        name="业务系统",
        scopes=[ApiKey.Scope.READ_MESSAGES, ApiKey.Scope.WRITE_MESSAGES],
        expires_at=None,
        actor=store.office.centre.chen.user,
        now=clock.now(),
    )[1]
    message = conceal("parcel_message", Message.objects.get(case=case).pk)
    call = Request(
        f"{store.office.url}/api/v1/parcel-messages/{message}/replies/",
        json.dumps({"text": "发件人要求退回", "wish": "return"}).encode(),
        {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        },
    )
    with urlopen(call, timeout=20) as answer:
        assert answer.status == 201

    expect(page.locator("#timeline")).to_contain_text("发件人要求退回")
    expect(page.locator("#strip")).to_contain_text("当天退回出库")
    expect(page.locator("#next")).to_contain_text("出库：退回发件公司 O")
    assert page.evaluate("window.neverReloaded")


def it_goes_back_today(page: Page, case: Case) -> None:
    """Refused without the delivery scan; that is made up, and then it leaves with its mark."""
    dialog = page.get_by_role("dialog")
    press(page, "Escape")  # out of the message form
    press(page, "o")
    expect(dialog).to_contain_text("按定好的处置扫描出库")
    press(page, "Control+Enter")
    expect(dialog).to_contain_text("先补扫再退")
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    page.locator("#next summary").press("Enter")
    page.get_by_role("button", name="补派件扫描").press("Enter")
    expect(dialog).to_contain_text("退回之前要有")
    press(page, "Control+Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#timeline")).to_contain_text("补派件扫描")
    press(page, "o")
    expect(dialog).to_contain_text("按定好的处置扫描出库")
    press(page, "Control+Enter")
    expect(page.locator("#case-head")).to_contain_text("已结案")
    expect(page.locator("#side")).to_contain_text("没有入库扫描")
    expect(page.locator("#timeline")).to_contain_text("（退回）")
    assert not case.deadlines.exclude(state=Deadline.State.MET).exists()
    assert Scan.objects.filter(waybill_number=case.waybill_number, kind="delivering").count() == 1


def leave_the_store_to_the_next(page: Page) -> None:
    page.goto("/parcels/store/")
    press(page, "Escape")  # out of the number
    press(page, "5")
    page.wait_for_url("**/parcels/store/shift/")
    page.get_by_label("交代").fill("A-03 两件等成都回复")
    page.locator("main form input[name=checked]").press("Space")
    press(page, "Control+Enter")
    expect(page.locator("#notices")).to_contain_text("已签名交班")


def take_over(page: Page, store: Store) -> None:
    page.goto("/parcels/store/shift/")
    page.get_by_role("link", name="去接班").press("Enter")
    expect(page.locator("main")).to_contain_text("A-03 两件等成都回复")
    page.get_by_label("件、钥匙都点过").press("Space")
    press(page, "Control+Enter")
    expect(page.locator("#notices")).to_contain_text("已接班")
    signed = ShiftHandOver.objects.get()
    assert (signed.giver, signed.taker, signed.open_items["stays"]) == (store.zhao, store.qian, 3)
    lying = Stay.objects.filter(left_at=None).values_list("waybill_number", "keeper")
    assert set(lying) == {(n, store.qian.pk) for n in (*TONIGHT[1:], LAST_NIGHT)}


# -- The morning ------------------------------------------------------------------------------


def look_through_the_replies(page: Page, store: Store) -> None:
    """The oldest is opened by its key, and the check is recorded once nothing is unread."""
    page.goto("/parcels/")
    press(page, "v")
    page.wait_for_url("**/parcels/replies/")
    expect(page.locator("main tbody tr")).to_have_count(1)  # what was carried out was read
    expect(page.locator("main tbody")).to_contain_text("收件人今天在家，请再派")
    press(page, "o")
    expect(page.locator("#timeline")).to_contain_text("收件人今天在家，请再派")
    page.goto("/parcels/replies/")
    expect(page.get_by_text("没有没看的回复")).to_be_visible()
    press(page, "c")
    expect(page.locator("#notices")).to_contain_text("已记下，按时")
    check = ReplyCheck.objects.get()
    assert (check.checked_by, check.late) == (store.qian, False)


def scan_out_what_was_handled(page: Page) -> None:
    page.goto("/parcels/store/")
    press(page, "Escape")
    press(page, "2")
    page.wait_for_url("**/parcels/store/out/")
    expect(page.locator("[data-scan]")).to_be_focused()
    page.keyboard.type(f"{LAST_NIGHT}\n{TONIGHT[0]}\n")
    expect(page.locator("#scanned [data-done]")).to_contain_text("出库 派送")
    expect(page.locator("#scanned [data-refused]")).to_contain_text("不在库")


def a_list_goes_out(page: Page, store: Store) -> None:
    page.goto("/parcels/receipts/")
    page.get_by_label("派件员").select_option(str(store.courier.pk))
    page.get_by_label("运单号").fill(f"{PREPAID}\n{COLLECT} 3")
    press(page, "Control+Enter")
    page.wait_for_url("**/parcels/receipts/HD-*/")
    expect(page.get_by_text("已录入 0 / 2")).to_be_visible()


def its_slips_come_in(page: Page) -> None:
    """By scanner and keyboard alone; the clock of the next morning, ten o'clock, is met with the last."""
    batch = page.url
    scan(page, COLLECT)
    expect(page.get_by_text("到付 25.00 元")).to_be_visible()
    write(page, "李敏")  # the amount and the pieces are wanted as well, and the cursor goes there
    write(page, "25", field="实收到付（元）")
    write(page, "3", field="签收件数")
    expect(page.get_by_text("已录入 1 / 2")).to_be_visible()
    scan(page, FORGOTTEN)
    page.get_by_label("回单在手里，按忘记登记录入").check()
    page.get_by_label("签收人", exact=True).fill("*")
    press(page, "Enter")
    expect(page.get_by_text("已录入 2 / 3")).to_be_visible()
    scan(page, PREPAID)
    write(page, "张，，")
    expect(page.get_by_text("已录入 3 / 3")).to_be_visible()

    page.goto(batch)
    expect(page.locator("main .toolbar")).to_contain_text("按时录完")
    entered = Receipt.objects.values_list("waybill_number", "state", "in_time")
    assert set(entered) == {(number, "entered", True) for number in (PREPAID, COLLECT, FORGOTTEN)}
    page.get_by_role("link", name="HD-").press("Enter")  # the case behind it has no customer
    expect(page.locator("#side")).to_contain_text("已录入 3 / 3")
    expect(page.locator("#side").get_by_role("heading", name="客户", exact=True)).to_have_count(0)


def scan(page: Page, number: str) -> None:
    """What a scanner does: digits and Enter, where the cursor is."""
    expect(page.get_by_label("运单号", exact=True)).to_be_focused()
    page.keyboard.type(number)
    press(page, "Enter")


def write(page: Page, text: str, *, field: str = "签收人") -> None:
    expect(page.get_by_label(field, exact=True)).to_be_focused()
    page.keyboard.type(text)
    press(page, "Enter")
