"""The demo's customers: files of those who called most, who was visited, and what some said when they were asked."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from kefu.cases.models import Case
from kefu.customers.models import Customer
from kefu.customers.selectors import token_of
from kefu.customers.services import files, surveys
from kefu.customers.services.files import Given
from kefu.staff.models import Employee

LOOKED_AT, FILES, ASKED = 150, 14, 24
FIRMS = (
    "扬州绣品厂",
    "江都五金行",
    "瘦西湖茶庄",
    "邗江电子商行",
    "广陵文具店",
    "仪征服装厂",
    "",
    "",
)
NEEDS = ("周一集中发货，要提前一天约车", "易碎品多，包装要加固", "只收到付", "")
PROBLEMS = ("没有", "周末派送偏晚", "到付款对账要两天", "外包装偶有压痕")
COMMENTS = ("", "回得快", "等了两次才说清", "")
LEAD = "0803"


def live(now: datetime) -> None:
    """Open files from the latest cases, grade, visit; ask after closed cases."""
    agents = list(
        Employee.objects.filter(
            status=Employee.Status.ACTIVE, user__role="agent", user__is_active=True
        )
        .select_related("user")
        .order_by("number")[:4]
    )
    opened = now - timedelta(days=40)
    cases = Case.objects.filter(kind__in=["inquiry", "complaint"]).select_related("owner__user")
    seen: set[int] = set()
    for case in cases.order_by("-pk")[:LOOKED_AT]:
        token = token_of(case.sealed.get("customer_phone", ""))
        if token is None or token in seen or len(seen) >= FILES:
            continue
        turn, agent = len(seen), agents[len(seen) % len(agents)]
        seen.add(token)
        customer = files.open_file(
            given=Given(
                phone=case.sealed["customer_phone"],
                name=case.sealed.get("customer_name", ""),
                company=FIRMS[turn % len(FIRMS)],
                needs=NEEDS[turn % len(NEEDS)],
                owner=agent,
            ),
            actor=agent.user,
            now=opened + timedelta(hours=turn),
        )
        _history(customer, turn, agent, now)
    _ask(cases.filter(state=Case.State.CLOSED, owner__isnull=False).order_by("-pk")[:ASKED], now)


def _history(customer: Customer, turn: int, agent: Employee, now: datetime) -> None:
    lead = Employee.objects.select_related("user").get(number=LEAD).user
    if turn % 4 == 0:
        today = now.date()
        files.add_contract(
            customer=customer,
            number=f"HT-2026-{turn + 1:03}",
            first_on=today - timedelta(days=200),
            last_on=today + timedelta(days=165),
            actor=lead,
            now=now - timedelta(days=39),
        )
    if turn % 3 != 2:
        files.record_visit(
            customer=customer,
            way="phone",
            satisfaction=5 - turn % 3,
            problems=PROBLEMS[turn % len(PROBLEMS)],
            employee=agent,
            now=now - timedelta(days=33 - turn),
        )


def _ask(cases: Iterable[Case], now: datetime) -> None:
    for turn, case in enumerate(cases):
        assert case.owner is not None
        _row, secret = surveys.make_link(
            case=case, actor=case.owner.user, now=now - timedelta(hours=6)
        )
        if turn % 3:
            surveys.answer(
                secret=secret,
                stars=5 - (turn % 5 == 4) * 3,
                solved=turn % 4 != 3,
                comment=COMMENTS[turn % len(COMMENTS)],
                now=now - timedelta(hours=5),
            )
