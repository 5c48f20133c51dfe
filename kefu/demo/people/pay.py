"""A locked month with its files and receipts, and the next one computed, waiting for its second person."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kefu.audit import services as audit
from kefu.demo.people import FINANCE, HR, MANAGER, SUPERVISOR, People, moment, work
from payroll import pay_files
from payroll.models import PayExport, PayRun, Payslip
from payroll.services import adjustments, pay_locks, pay_runs, pool_and_fund

BANKS = ("中国银行扬州分行", "江苏银行邗江支行", "工商银行文汇路支行")
READS = 0.8  # of the people, who acknowledge their slip


def plan(people: People) -> None:
    people.at(moment(people.paid, "10:00"), accounts, people)
    people.at(moment(people.last + timedelta(days=8), "18:00"), compute, people, people.paid)
    people.at(moment(people.last + timedelta(days=9), "09:30"), lock, people, people.paid)
    people.at(moment(people.last + timedelta(days=11), "10:00"), adjust, people)
    # However early in the month it is, the visitor finds the last one computed.
    ninth = moment(people.this + timedelta(days=8), "18:00")
    people.at(min(ninth, people.now - timedelta(minutes=25)), compute, people, people.last)
    people.at(people.now - timedelta(hours=3), share, people)


def accounts(people: People, *, now: datetime) -> None:
    for n, one in enumerate(people.seeder.staff):
        pay_files.keep_account(
            employee=one,
            holder=one.name,
            bank=BANKS[n % len(BANKS)],
            account=f"62170011800{people.chance.randrange(10**8):08}",
            actor=people.user(HR),
            now=now,
        )


def compute(people: People, month: date, *, now: datetime) -> None:
    hr = people.user(HR)
    run = pay_runs.begin(month=month, actor=hr, now=now)
    pay_runs.compute(run=run, actor=hr, now=now)
    work()


def lock(people: People, month: date, *, now: datetime) -> None:
    run = PayRun.objects.get(month=month)
    manager = people.user(MANAGER)
    reason = "规章没有写明的数额本月按零发，等总公司批复后补"
    pay_runs.approve(run=run, reason=reason, actor=manager, now=now)
    pay_locks.lock(run=run, actor=manager, now=now + timedelta(minutes=20))
    people.at(now + timedelta(hours=1), take_files, people, run)
    for slip in run.slips.exclude(net=None).select_related("employee__user", "run"):
        if people.chance.random() < READS:
            hours = people.chance.uniform(2, 60)
            people.at(now + timedelta(hours=hours), acknowledge, slip.pk)


def take_files(people: People, run: PayRun, *, now: datetime) -> None:
    finance = people.user(FINANCE)
    run.refresh_from_db()
    register = pay_files.register(run, "zh-hans")
    columns = list(pay_files.USUAL)
    bank = pay_files.bank_file(run, columns)
    for kind, content, shown in (
        (PayExport.Kind.REGISTER, register, []),
        (PayExport.Kind.BANK, bank, columns),
    ):
        kept = pay_files.kept(run, kind, content, columns=shown, actor=finance, now=now)
        audit.record(
            action="pay_taken",
            actor=finance,
            at=now,
            table="payroll_payrun",
            object_id=run.pk,
            after={"kind": kind, "columns": shown, "digest": kept.digest},
        )


def acknowledge(pk: int, *, now: datetime) -> None:
    slip = Payslip.objects.select_related("employee__user", "run").get(pk=pk)
    pay_runs.acknowledge(slip=slip, actor=slip.employee.user, now=now)


def adjust(people: People, *, now: datetime) -> None:
    """What came to light after the lock."""
    for number, amount, reason in (
        ("0829", Decimal(50), "锁定后核实当月全勤，补发全勤奖"),
        ("0872", Decimal("-20.00"), "当月多发一次值班补贴，扣回"),
    ):
        part = _part(number, people.paid)
        if part is not None:
            adjustments.adjust(
                employee=people.one(number),
                of_month=people.paid,
                clause="CD-12.82",
                rulebook_id=part.rulebook_id,
                amount=amount,
                reason=reason,
                actor=people.user(FINANCE),
                now=now,
            )


def _part(number: str, month: date) -> Any:
    slip = Payslip.objects.filter(employee__number=number, run__month=month).first()
    return slip and slip.parts.first()


def share(people: People, *, now: datetime) -> None:
    """The supervisor gives somebody of her pool, if there is anything in it."""
    pool_and_fund.give(
        employee=people.one("0826"),
        month=people.this,
        amount=Decimal("1.00"),
        reason="主动上报破损件最多",
        actor=people.user(SUPERVISOR),
        now=now,
    )
