"""Customers as pages look at them: who calls, whom to visit, what there is of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.customers.models import Contract, Customer, Survey
from kefu.parcels.models import Waybill
from kefu.policy.clauses import Recurring
from kefu.policy.rulebook import Rulebook
from kefu.privacy import lookup
from kefu.rulebooks.selectors import edition_anywhere
from kefu.staff.models import Employee
from kefu.workbench.selectors.desk import Desk

SEE, KEEP, GRADE = "customers.see_customer", "customers.keep_customer", "customers.grade_customer"
FOLLOW_UP = "customer_follow_up"
MONTH = "month"
DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
SOON = timedelta(days=7)
AT_A_GLANCE = 30  # cases on the page of a file


def token_of(phone: str) -> int | None:
    """By which a customer is known again; None for what is no number."""
    tokens = lookup.tokens_for_person("", phone)
    return tokens[0] if tokens else None


def is_major(phone: str) -> bool:
    """Is this the number of a major customer, whose cases go first (SD-150.17)?"""
    token = token_of(phone)
    return (
        token is not None
        and Customer.objects.filter(token=token, grade=Customer.Grade.MAJOR).exists()
    )


def customer_of(case: Case) -> Customer | None:
    """Whose case it is, where there is a file of him."""
    token = token_of(case.sealed.get("customer_phone", ""))
    if token is None:
        return None
    return Customer.objects.filter(token=token).defer("sealed", "lookup").first()


def listed(
    user: Any, *, view: str, search: str, employee: Employee | None, today: date
) -> QuerySet[Customer]:
    """The files of a list: ``all``, the ``major`` ones, those one looks after (``mine``), those to ``visit``."""
    rows = Customer.objects.visible_to(user).select_related("owner").defer("sealed", "lookup")
    if search:
        tokens = lookup.tokens_for_query(search)
        found = Q(company__icontains=search)
        rows = rows.filter(found | Q(lookup__overlap=tokens) if tokens else found)
    if view == "major":
        rows = rows.filter(grade=Customer.Grade.MAJOR)
    elif view == "mine":
        rows = rows.filter(owner=employee)
    elif view == "visit":
        return rows.filter(visit_on__lte=today + SOON).order_by("visit_on", "pk")
    return rows.order_by("-changed_at", "-pk")


def visits_due(desk: Desk, now: datetime) -> QuerySet[Customer]:
    """Whom somebody has to visit by today."""
    today = now.astimezone(SHANGHAI).date()
    return Customer.objects.filter(owner=desk.employee_id, visit_on__lte=today, owner__isnull=False)


def interval(now: datetime) -> tuple[str, int]:
    """How often customers are followed up, and in how many days: as the rulebook says, else every month (SD-150.18)."""
    using = edition_anywhere(lambda rules: _follow_up(rules) is not None, at=now)
    clause = _follow_up(using.rules) if using else None
    house = getattr(clause, "house", None)
    per = (clause and clause.per) or getattr(house, "per", None) or MONTH
    return (clause.id if clause else ""), DAYS.get(str(per), DAYS[MONTH])


def _follow_up(rules: Rulebook) -> Recurring | None:
    return next((one for one in rules.in_force(Recurring) if one.subject == FOLLOW_UP), None)


def cases_of(customer: Customer, user: Any) -> QuerySet[Case]:
    """All his cases, the open ones first, found by his number."""
    rows = Case.objects.visible_to(user).filter(lookup__contains=[customer.token])
    return (
        rows.select_related("owner", "outlet")
        .defer("sealed", "lookup", "search")
        .order_by(F("closed_at").desc(nulls_first=True), "-pk")
    )


@dataclass(frozen=True, slots=True)
class Glance:
    """How many cases of a kind somebody has, and how many of them are open."""

    label: str
    open: int
    all: int


def glance(customer: Customer, user: Any) -> list[Glance]:
    rows = (
        Case.objects.visible_to(user)
        .filter(lookup__contains=[customer.token])
        .values_list("kind")
        .annotate(n=Count("pk"), still=Count("pk", filter=~Q(state=Case.State.CLOSED)))
        .order_by("-n")
    )
    return [Glance(str(Case.Kind(kind).label), still, n) for kind, n, still in rows]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rule grades by: a contract in force, and the consignments of the last days."""

    contract: str
    waybills: int
    days: int
    least: int

    @property
    def grade(self) -> Customer.Grade:
        major = bool(self.contract) or self.waybills >= self.least
        return Customer.Grade.MAJOR if major else Customer.Grade.NORMAL

    def to_json(self) -> dict[str, Any]:
        return {
            "contract": self.contract,
            "waybills": self.waybills,
            "days": self.days,
            "from": self.least,
        }


def figures_of(customer: Customer, *, today: date, now: datetime) -> Figures:
    """Read what the grade of a customer follows from (SD-150.16): the house's rule, since the annex is missing."""
    contract = (
        Contract.objects.filter(customer=customer, first_on__lte=today, last_on__gte=today)
        .order_by("-last_on")
        .values_list("number", flat=True)
        .first()
    )
    days, least = settings.KEFU_MAJOR_CUSTOMER_DAYS, settings.KEFU_MAJOR_CUSTOMER_WAYBILLS
    sent = Waybill.objects.filter(
        lookup__contains=[customer.token], accepted_at__gte=now - timedelta(days=days)
    )
    return Figures(contract or "", sent[:least].count(), days, least)


def surveys_of(customer: Customer) -> QuerySet[Survey]:
    """What he said when he was asked."""
    return (
        Survey.objects.filter(case__lookup__contains=[customer.token], answered_at__isnull=False)
        .select_related("case__owner")
        .defer("case__sealed", "case__lookup", "case__search")
        .order_by("-answered_at")
    )


@dataclass(frozen=True, slots=True)
class Strip:
    """What a case's page says of its customer. ``survey``: the latest link, ``may_ask``: whether a link may be made."""

    customer: Customer | None
    known: bool
    survey: Survey | None
    may_ask: bool
    missing: Sequence[Any] = ()


ASKED_AFTER = frozenset({Case.Kind.INQUIRY, Case.Kind.COMPLAINT, Case.Kind.CLAIM})
Said = Mapping[str, Any]


def strip_of(case: Case) -> Strip | None:
    """None where nobody called: cases between outlets, incidents."""
    known = token_of(case.sealed.get("customer_phone", "")) is not None
    asks = case.kind in ASKED_AFTER and case.state == Case.State.CLOSED
    if not known and not asks:
        return None
    customer = customer_of(case) if known else None
    survey = case.surveys.filter(replaced_at=None).first() if asks else None
    answered = survey is not None and survey.answered_at is not None
    missing = customer.missing if customer else ()
    return Strip(customer, known, survey, asks and not answered, missing)
