"""A customer's file: opened, completed, graded, visited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.audit.models import AuditRow
from kefu.cases.models import Case
from kefu.cases.reveal import UseRestricted, withheld
from kefu.clock import SHANGHAI
from kefu.customers.models import Contract, Customer, Grading, Visit
from kefu.customers.selectors import GRADE, KEEP, figures_of, interval, token_of
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.privacy import lookup, masks, phones, redact
from kefu.staff.models import Employee

REVEAL = "cases.reveal_personal_data"
SHORTEST_REASON = 4
HOUR = timedelta(hours=1)
BATCH = 200  # files the rule looks at in one transaction
TEXT, REASON = 500, 300


@dataclass(frozen=True, slots=True)
class Given:
    """What is written into a file. Everything but the number may be missing (SD-150.15)."""

    phone: str
    name: str = ""
    address: str = ""
    company: str = ""
    needs: str = ""
    owner: Employee | None = None


@transaction.atomic
def open_file(*, given: Given, case: Case | None = None, actor: Any, now: datetime) -> Customer:
    """Open the file of a customer, from a case or by hand; it is graded at once, and visited in turn.

    Raises NotAllowed, PhoneRefused, Conflict file_there.
    """
    if not actor.has_perm(KEEP):
        raise NotAllowed(_("你的角色不能建客户档案"))
    columns = _columns(given)
    _clause, days = interval(now)
    try:
        with transaction.atomic():
            customer = Customer.objects.create(
                **columns,
                visit_on=now.astimezone(SHANGHAI).date() + timedelta(days=days),
                opened_from=case,
                opened_by=actor,
                opened_at=now,
                changed_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("这个号码已经有档案"), code="file_there", field="phone") from error
    _grade_by_rule(customer, now)
    return customer


@transaction.atomic
def change_file(*, customer: Customer, given: Given, actor: Any, now: datetime) -> Customer:
    """Write what has become known. Raises as ``open_file``."""
    if not actor.has_perm(KEEP):
        raise NotAllowed(_("你的角色不能改客户档案"))
    row = Customer.objects.select_for_update(of=["self"]).get(pk=customer.pk)
    before = _told(row)
    for name, value in _columns(given).items():
        setattr(row, name, value)
    row.changed_at = now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(_("这个号码是另一份档案的"), code="file_there", field="phone") from error
    audit.record(
        action="customer_changed",
        actor=actor,
        at=now,
        table=Customer._meta.db_table,
        object_id=row.pk,
        before=before,
        after=_told(row),
    )
    return row


def _told(row: Customer) -> dict[str, Any]:
    """What of a file may stand in the audit."""
    names = ("name_masked", "phone_masked", "address_masked", "company", "needs", "owner_id")
    return {name: getattr(row, name) for name in names}


def _columns(given: Given) -> dict[str, Any]:
    """Sealed, masked and findable; what people write freely is redacted."""
    phone = phones.normalise(given.phone, field="phone")
    name = redact.clean(given.name, max_length=60, field="name", multiline=False)
    address = redact.clean(given.address, max_length=200, field="address", multiline=False)
    token = token_of(phone)
    if token is None:
        raise KefuError(_("这不是电话号码"), code="phone", field="phone")
    names = [name] if name else []
    needs = redact.clean(given.needs, max_length=TEXT, field="needs")
    return {
        "sealed": {"name": name, "phone": phone, "address": address},
        "name_masked": masks.mask_name(name),
        "phone_masked": masks.mask_phone(phone),
        "address_masked": masks.mask_address(address) if address else "",
        "token": token,
        "lookup": lookup.tokens_for_person(name, phone),
        "company": redact.redact(
            redact.clean(given.company, max_length=80, field="company", multiline=False)
        ),
        "needs": redact.redact(needs, names=names),
        "owner": given.owner,
    }


@transaction.atomic
def add_contract(
    *, customer: Customer, number: str, first_on: date, last_on: date, actor: Any, now: datetime
) -> Contract:
    """Put a contract on file; the rule grades by it from its first day on."""
    if not actor.has_perm(GRADE):
        raise NotAllowed(_("只有组长和主管可以登记合同"))
    number = redact.clean(number, max_length=40, field="number", required=True, multiline=False)
    if last_on < first_on:
        raise KefuError(_("到期不能早于生效"), code="span", field="last_on")
    row = Customer.objects.select_for_update(of=["self"]).get(pk=customer.pk)
    try:
        with transaction.atomic():
            contract = Contract.objects.create(
                customer=row,
                number=number,
                first_on=first_on,
                last_on=last_on,
                recorded_by=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("这份合同已经登记过"), code="contract_there", field="number") from error
    _grade_by_rule(row, now)
    return contract


# Grades.


@transaction.atomic
def grade(*, customer: Customer, grade: str, reason: str, actor: Any, now: datetime) -> Customer:
    """Somebody decides on the grade; "" gives it back to the rule. Raises NotAllowed, KefuError reason."""
    if not actor.has_perm(GRADE):
        raise NotAllowed(_("只有组长和主管可以定级"))
    row = Customer.objects.select_for_update(of=["self"]).get(pk=customer.pk)
    said = redact.redact(redact.clean(reason, max_length=REASON, field="reason", required=True))
    if not grade:
        row.graded_by_hand = False
        row.save(update_fields=["graded_by_hand"])
        _grade_by_rule(row, now)
        return row
    row.grade, row.graded_by_hand, row.changed_at = Customer.Grade(grade), True, now
    row.save(update_fields=["grade", "graded_by_hand", "changed_at"])
    Grading.objects.create(customer=row, grade=row.grade, reason=said, by=actor, at=now)
    return row


def grade_all(*, now: datetime) -> int:
    """Have the rule look at every file again, some at a time; return how many changed their grade."""
    changed, last = 0, 0
    while True:
        with transaction.atomic():
            rows = list(
                Customer.objects.select_for_update(of=["self"])
                .filter(pk__gt=last, graded_by_hand=False)
                .order_by("pk")[:BATCH]
            )
            changed += sum(_grade_by_rule(row, now) for row in rows)
        if len(rows) < BATCH:
            return changed
        last = rows[-1].pk


def _grade_by_rule(customer: Customer, now: datetime) -> bool:
    """Give a locked file the grade its figures say; return whether it is another than before."""
    if customer.graded_by_hand:
        return False
    found = figures_of(customer, today=now.astimezone(SHANGHAI).date(), now=now)
    if found.grade == customer.grade and customer.gradings.exists():
        return False
    changed = found.grade != customer.grade
    customer.grade = found.grade
    customer.save(update_fields=["grade"])
    Grading.objects.create(customer=customer, grade=found.grade, inputs=found.to_json(), at=now)
    return changed


# Visits.


@transaction.atomic
def record_visit(
    *,
    customer: Customer,
    way: str,
    satisfaction: int,
    problems: str,
    employee: Employee,
    now: datetime,
) -> Visit:
    """Record a follow-up; the next is due an interval later (SD-150.18, SD-150.19). One that was due is a scheduled one.

    Raises NotAllowed, KefuError naming the field.
    """
    if not employee.user.has_perm(KEEP):
        raise NotAllowed(_("你的角色不能登记回访"))
    if not 1 <= satisfaction <= 5:
        raise KefuError(_("满意度是 1 到 5"), code="out_of_range", field="satisfaction")
    if way not in Visit.Way.values:
        raise KefuError(_("请选方式"), code="way", field="way")
    said = redact.clean(problems, max_length=TEXT, field="problems", required=True)
    row = Customer.objects.select_for_update(of=["self"]).get(pk=customer.pk)
    today = now.astimezone(SHANGHAI).date()
    due = row.visit_on is not None and row.visit_on <= today
    visit = Visit.objects.create(
        customer=row,
        mode=Visit.Mode.SCHEDULED if due else Visit.Mode.AD_HOC,
        way=way,
        satisfaction=satisfaction,
        problems=redact.redact(said, names=[row.sealed["name"]] if row.sealed.get("name") else ()),
        was_due_on=row.visit_on if due else None,
        by=employee,
        at=now,
    )
    _clause, days = interval(now)
    row.visit_on, row.changed_at = today + timedelta(days=days), now
    row.save(update_fields=["visit_on", "changed_at"])
    return visit


@transaction.atomic
def after_visit(*, visit: Visit, outcome: str, actor: Any) -> Visit:
    """Say what a visit meant for the file (SD-150.20). Raises NotAllowed, Conflict said_already."""
    if not actor.has_perm(KEEP):
        raise NotAllowed(_("你的角色不能登记回访"))
    row = Visit.objects.select_for_update().get(pk=visit.pk)
    if row.outcome:
        raise Conflict(_("这次回访已经登记过结果"), code="said_already")
    row.outcome = Visit.Outcome(outcome)
    row.save(update_fields=["outcome"])
    return row


# Looking.


def reveal(
    *, customer: Customer, reason: str, actor: Any, address: str, request_id: str, now: datetime
) -> Mapping[str, str]:
    """Return name, phone and address in the clear, once the look is on record (CD-02.09); not inside a transaction.

    Raises NotAllowed, KefuError reason_required, Conflict too_many_reveals.
    """
    if not actor.has_perm(REVEAL):
        raise NotAllowed(_("你的角色不能查看客户的明文资料"))
    reason = redact.clean(reason, max_length=REASON, field="reason", multiline=False)
    if len(reason) < SHORTEST_REASON:
        raise KefuError(
            _("请写明为什么要看，例如“回访客户”"), code="reason_required", field="reason"
        )
    if "" in withheld(customer, "customer"):
        raise UseRestricted(_("本人要求删除，法规要求留存：这份资料只保存，不再查看和使用"))
    looks = AuditRow.objects.filter(actor_id=actor.pk, action="reveal", at__gt=now - HOUR)
    if looks[: settings.KEFU_REVEALS_PER_HOUR].count() >= settings.KEFU_REVEALS_PER_HOUR:
        raise Conflict(_("一小时内查看明文的次数到了上限，请稍后再看"), code="too_many_reveals")
    try:
        audit.record_reveal(
            table=Customer._meta.db_table,
            object_id=customer.pk,
            fields=["name", "phone", "address"],
            reason=redact.redact(reason)[:REASON],
            actor=actor,
            at=now,
            address=address,
            request_id=request_id,
        )
    except DatabaseError as error:
        raise KefuError(_("现在记不下这次查看，明文先不显示"), code="audit_unavailable") from error
    return {name: value for name, value in customer.sealed.items() if value}


def correct(pk: int, new: Mapping[str, str], actor: Any, now: datetime) -> bool:
    """Write into a file what its customer says is right (a personal request, decided by two people)."""
    row = Customer.objects.select_for_update(of=["self"]).filter(pk=pk).first()
    if row is None or not row.sealed.get("phone"):
        return False
    right = {name: new[name] or row.sealed.get(name, "") for name in ("name", "phone", "address")}
    columns = _columns(Given(**right, needs=row.needs, company=row.company, owner=row.owner))
    if Customer.objects.filter(token=columns["token"]).exclude(pk=pk).exists():
        raise Conflict(_("新的号码已有客户档案，请先核对是不是同一个人"), code="file_there")
    for name, value in columns.items():
        setattr(row, name, value)
    row.changed_at = now
    row.save(update_fields=[*columns, "changed_at"])
    return True
