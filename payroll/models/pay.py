"""The pay of a month: by which terms, from which facts, line by line, and who has seen it."""

from decimal import Decimal
from typing import Self

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.jobs.models import Job
from kefu.privacy.fields import SealedField
from kefu.staff.models import Department, Employee, User
from payroll.models.rosters import Leave

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def _stays(name: str, once: str) -> pgtrigger.Protect:
    """From the moment that ``once`` is true of a row, it changes no more."""
    return pgtrigger.Protect(
        name=name, operation=pgtrigger.Update, condition=pgtrigger.Condition(once)
    )


def _first_day(field: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__day": 1}), name=name)


class PayTerms(models.Model):
    """What the law of the place and the house set beside the rulebooks, from a month on: an edition that one person
    writes and another confirms, and that never changes after.
    """

    edition = models.CharField(_("版本"), max_length=40, unique=True)
    from_month = models.DateField(_("自月份"), help_text=_("当月一日"))
    share = models.DecimalField(
        _("最多扣工资的比例"), max_digits=3, decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )  # fmt: skip
    minimum_wage = models.DecimalField(
        _("当地最低工资（元）"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    keeps_minimum = models.BooleanField(_("扣款后不低于最低工资"), default=True)
    deductions = models.BooleanField(_("允许扣员工工资"), default=True)
    payday = models.PositiveSmallIntegerField(
        _("发薪日"),
        help_text=_("次月几日"),
        validators=[MinValueValidator(1), MaxValueValidator(28)],
    )
    # {"sick": "0.60"}: the share of the wage that is paid in leave, by kind.
    leave_shares = models.JSONField(_("各假别计薪比例"), default=dict, blank=True)
    # As policy's Calendar: what kind of day overtime fell on; without, the rulebook's week and the holidays decide.
    calendar = models.JSONField(_("工作日历"), null=True, blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("起草人"))
    written_at = models.DateTimeField(_("起草时间"))
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("确认人")
    )
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("薪资口径")
        verbose_name_plural = pgettext_lazy("plural", "薪资口径")
        ordering = ["-from_month", "-pk"]
        constraints = [
            _first_day("from_month", "terms_from_a_first_day"),
            models.CheckConstraint(
                condition=Q(share__gte=0, share__lte=1), name="terms_share_in_range"
            ),
            models.CheckConstraint(
                condition=Q(minimum_wage=None) | Q(minimum_wage__gt=0, minimum_wage__lte=99_999),
                name="terms_minimum_in_range",
            ),
            models.CheckConstraint(
                condition=Q(payday__gte=1, payday__lte=28), name="terms_payday_in_range"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | (
                    Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                    & ~Q(confirmed_by=F("written_by"))
                ),
                name="terms_confirmed_by_another",
                violation_error_message=_("不能确认自己起草的口径"),
            ),
            models.UniqueConstraint(
                fields=["from_month"],
                condition=Q(confirmed_by__isnull=False),
                name="terms_one_from_a_month",
            ),
        ]
        triggers = [
            _stays("confirmed_stay", "OLD.confirmed_by_id IS NOT NULL"),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return self.edition

    @property
    def leave_paid(self) -> list[tuple[str, int]]:
        """What each kind of leave is called, and how many per cent of the wage are paid in it."""
        return [
            (str(label), int(Decimal(self.leave_shares[kind]) * 100))
            for kind, label in Leave.Kind.choices
            if kind in self.leave_shares
        ]


class PayRunQuerySet(models.QuerySet["PayRun"]):
    def standing(self) -> Self:
        """Not failed or set aside: one a month."""
        return self.exclude(state__in=[PayRun.State.FAILED, PayRun.State.SET_ASIDE])


class PayRun(models.Model):
    """The wages of a month: facts frozen, computed, approved by a second person, locked. To compute anew, one is set
    aside and the next begun.
    """

    class State(models.TextChoices):
        PREVIEW = "preview", _("待计算")
        COMPUTING = "computing", _("计算中")
        COMPUTED = "computed", _("已计算")
        APPROVED = "approved", _("已审批")
        LOCKED = "locked", _("已锁定")
        FAILED = "failed", _("计算失败")
        SET_ASIDE = "set_aside", _("已作废")

    month = models.DateField(_("月份"))  # its first day
    number = models.PositiveSmallIntegerField(_("第几次"), default=1)
    state = models.CharField(_("状态"), choices=State, default=State.PREVIEW, max_length=9)
    terms = models.ForeignKey(
        PayTerms, models.PROTECT, related_name="runs", verbose_name=_("薪资口径")
    )
    job = models.OneToOneField(
        Job, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("后台作业")
    )
    begun_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发起人"))
    begun_at = models.DateTimeField(_("发起时间"))
    computed_at = models.DateTimeField(_("计算时间"), null=True, blank=True)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审批人")
    )
    approved_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    locked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("锁定人")
    )
    locked_at = models.DateTimeField(_("锁定时间"), null=True, blank=True)
    reason = models.CharField(_("说明"), max_length=500, blank=True)  # why it was set aside
    digest = models.CharField(_("摘要"), max_length=64, blank=True)

    objects = PayRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("薪资核算")
        verbose_name_plural = _("薪资核算")
        ordering = ["-month", "-number"]
        permissions = [
            ("run_pay", _("核算工资")),
            ("approve_pay", _("审批工资")),
            ("view_all_pay", _("查看所有人的工资")),
            ("set_terms", _("起草和确认薪资口径")),
            ("spend_fund", _("动用部门活动经费")),
            ("share_pool", _("分配主管奖励池")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["month", "number"], name="pay_run_numbered"),
            models.UniqueConstraint(
                fields=["month"],
                condition=~Q(state__in=["failed", "set_aside"]),
                name="pay_run_one_a_month",
                violation_error_message=_("这个月已有一次核算"),
            ),
            _first_day("month", "pay_run_of_a_month"),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "locked"])
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("begun_by"))),
                name="pay_run_two_people",
                violation_error_message=_("不能审批自己核算的工资"),
            ),
            models.CheckConstraint(
                condition=~Q(state="locked") | Q(locked_by__isnull=False, locked_at__isnull=False),
                name="pay_run_locked_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("preview", "computing"),
                    ("preview", "set_aside"),
                    ("computing", "computed"),
                    ("computing", "failed"),
                    ("computed", "approved"),
                    ("computed", "set_aside"),
                    ("approved", "locked"),
                    ("approved", "set_aside"),
                ],
            ),
            _stays("locked_stays", "OLD.state = 'locked'"),
            pgtrigger.ReadOnly(name="begun_stays", fields=["month", "number", "begun_by", "terms"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.number}"


class Payslip(models.Model):
    """What one employee gets for one month: a part for each department and edition he worked under, its facts frozen
    first, then computed from them and from nothing else.
    """

    run = models.ForeignKey(
        PayRun, models.PROTECT, related_name="slips", verbose_name=_("薪资核算")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="payslips", verbose_name=_("员工")
    )
    # None until it is computed.
    gross = models.DecimalField(_("应发"), max_digits=10, decimal_places=2, null=True)
    deductions = models.DecimalField(_("扣款"), max_digits=10, decimal_places=2, null=True)
    net = models.DecimalField(_("实发"), max_digits=10, decimal_places=2, null=True)
    not_deducted = models.DecimalField(_("未扣"), max_digits=10, decimal_places=2, null=True)
    digest = models.CharField(_("摘要"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("工资条")
        verbose_name_plural = _("工资条")
        ordering = ["run", "employee"]
        constraints = [
            models.UniqueConstraint(fields=["run", "employee"], name="payslip_once"),
            models.CheckConstraint(
                condition=Q(net=None, gross=None, deductions=None, not_deducted=None)
                | Q(net=F("gross") - F("deductions"), not_deducted__gte=0),
                name="payslip_adds_up",
            ),
        ]
        triggers = [
            _stays("computed_stays", "OLD.net IS NOT NULL"),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.employee}"


class PayslipPart(models.Model):
    """The days of a month that one edition of the rules pays in one department; mostly the whole month."""

    slip = models.ForeignKey(
        Payslip, models.PROTECT, related_name="parts", verbose_name=_("工资条")
    )
    number = models.PositiveSmallIntegerField(_("第几段"), default=1)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    from_on = models.DateField(_("自"))
    until_on = models.DateField(_("至"))
    facts = models.JSONField(_("事实"))  # as policy's PayFacts reads them
    # Where each penalty comes from, in the order of the facts: ["penalty", 17], ["entry", 5].
    sources = models.JSONField(_("来源"), default=list)
    # What may come off this part of a month that has others; None: the limits of the place say it.
    most = models.DecimalField(_("可扣"), max_digits=10, decimal_places=2, null=True)
    # Gross, deductions, net, notes, blanks of the rulebook: all of a Payslip of policy but its lines.
    result = models.JSONField(_("结果"), null=True)

    class Meta:
        verbose_name = _("工资条分段")
        verbose_name_plural = _("工资条分段")
        ordering = ["slip", "number"]
        constraints = [
            models.UniqueConstraint(fields=["slip", "number"], name="payslip_part_numbered"),
            models.CheckConstraint(
                condition=Q(until_on__gte=F("from_on")), name="payslip_part_ends_after_it_begins"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="facts_frozen",
                fields=["slip", "number", "department", "rulebook", "from_on", "until_on", "facts", "sources"],
            ),
            _stays("computed_stays", "OLD.result IS NOT NULL"),
            NEVER_DELETED,
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.slip} {self.number}"


class PayslipLine(models.Model):
    """One line of a payslip, with the clause and the steps it comes about by; ``kept``: owed, and not taken."""

    part = models.ForeignKey(
        PayslipPart, models.PROTECT, related_name="lines", verbose_name=_("工资条分段")
    )
    number = models.PositiveSmallIntegerField(_("第几行"))
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    item = models.CharField(_("项目"), max_length=24)  # as policy calls the part of the wage
    amount = models.DecimalField(_("金额（元）"), max_digits=10, decimal_places=2)
    kept = models.BooleanField(_("未扣"), default=False)
    steps = models.JSONField(_("计算依据"), default=list)

    class Meta:
        verbose_name = _("工资项目")
        verbose_name_plural = _("工资项目")
        ordering = ["part", "number"]
        constraints = [
            models.UniqueConstraint(fields=["part", "number"], name="payslip_line_numbered")
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.clause} {self.item} {self.amount}"


class PayFailure(models.Model):
    """Whose pay could not be computed, and which fact is at fault; the rest of the run goes on."""

    run = models.ForeignKey(
        PayRun, models.PROTECT, related_name="failures", verbose_name=_("薪资核算")
    )
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("员工"))
    field = models.CharField(_("栏目"), max_length=60)
    # Policy's refusal as data, told in the reader's language: {"key", "inputs"}; or {"code", "details"} of ours.
    why = models.JSONField(_("原因"), default=dict)

    class Meta:
        verbose_name = _("算不出的工资")
        verbose_name_plural = _("算不出的工资")
        ordering = ["run", "employee"]
        constraints = [models.UniqueConstraint(fields=["run", "employee"], name="pay_failure_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.field}"


class PayAcknowledgement(models.Model):
    """The employee has seen his payslip of a locked month."""

    slip = models.OneToOneField(
        Payslip, models.PROTECT, related_name="acknowledgement", verbose_name=_("工资条")
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("确认人"))
    at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = _("工资确认")
        verbose_name_plural = _("工资确认")
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return str(self.slip)


class PayAdjustment(models.Model):
    """What a locked month should have been paid more, or less: a line of a later month that names it."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="pay_adjustments", verbose_name=_("员工")
    )
    of_month = models.DateField(_("所属月份"))
    month = models.DateField(_("计入月份"))
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    amount = models.DecimalField(_("金额（元）"), max_digits=9, decimal_places=2)
    # The fact it follows from by itself, such as "entry:17"; "" where a person wrote it down.
    source = models.CharField(_("来源"), max_length=60, blank=True)
    reason = models.CharField(_("事由"), max_length=500)
    # What a difference to a paid slip was reckoned from (``selectors.paid``).
    inputs = models.JSONField(_("计算依据"), default=dict)
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    entered_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("往月调整")
        verbose_name_plural = _("往月调整")
        ordering = ["-month", "-pk"]
        indexes = [models.Index(fields=["month", "employee"], name="pay_adjustment_by_month")]
        constraints = [
            _first_day("month", "adjustment_in_a_month"),
            _first_day("of_month", "adjustment_of_a_month"),
            models.CheckConstraint(
                condition=Q(month__gt=F("of_month")),
                name="adjustment_in_a_later_month",
                violation_error_message=_("调整要记在所属月份之后"),
            ),
            models.CheckConstraint(
                condition=~Q(amount=0) & Q(amount__range=(-99_999, 99_999)),
                name="adjustment_in_range",
            ),
            models.UniqueConstraint(
                fields=["employee", "source"], condition=~Q(source=""), name="adjustment_once"
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.of_month:%Y-%m} {self.amount}"


class PoolPayment(models.Model):
    """What the supervisor gave somebody out of the pool of the reports (CD-12.77)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="pool_payments", verbose_name=_("员工")
    )
    month = models.DateField(_("计入月份"))
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    amount = models.DecimalField(_("金额（元）"), max_digits=8, decimal_places=2)
    reason = models.CharField(_("事由"), max_length=300)
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("分配人"))
    given_at = models.DateTimeField(_("分配时间"))

    class Meta:
        verbose_name = _("奖励池分配")
        verbose_name_plural = _("奖励池分配")
        ordering = ["-month", "-pk"]
        indexes = [models.Index(fields=["month", "employee"], name="pool_payment_by_month")]
        constraints = [
            _first_day("month", "pool_payment_in_a_month"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=99_999), name="pool_payment_in_range"
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.month:%Y-%m} {self.amount}"


class FundEntry(models.Model):
    """One movement of a department's activity fund: what a deduction brought in, or what was spent (SD-233.04)."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="fund_entries", verbose_name=_("部门")
    )
    on = models.DateField(_("日期"))
    amount = models.DecimalField(_("金额（元）"), max_digits=9, decimal_places=2)  # spent: negative
    line = models.OneToOneField(
        PayslipLine, models.PROTECT, null=True, blank=True, related_name="fund_entry",
        verbose_name=_("工资项目"),
    )  # fmt: skip
    steps = models.JSONField(_("计算依据"), default=list)
    purpose = models.CharField(_("用途"), max_length=300, blank=True)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))
    entered_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("活动经费")
        verbose_name_plural = _("活动经费")
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(line__isnull=False, amount__gt=0)
                | (Q(line=None, amount__lt=0) & ~Q(purpose="")),
                name="fund_income_from_a_line",
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.department} {self.on} {self.amount}"


class BankAccount(models.Model):
    """Where an employee's pay goes; the newest counts."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="bank_accounts", verbose_name=_("员工")
    )
    masked = models.CharField(pgettext_lazy("bank", "账号"), max_length=40)
    sealed = SealedField(_("账户"))  # {"holder", "bank", "account"}
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("经手人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("工资账户")
        verbose_name_plural = _("工资账户")
        ordering = ["employee", "-pk"]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", exclude=["sealed"]),  # keys are rotated
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.masked}"


class PayExport(models.Model):
    """A file that left with everybody's pay: which, when, by whom. The columns of the last bank file are offered for
    the next.
    """

    class Kind(models.TextChoices):
        REGISTER = "register", _("工资表")
        BANK = "bank", _("银行代发文件")

    run = models.ForeignKey(
        PayRun, models.PROTECT, related_name="exports", verbose_name=_("薪资核算")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=8)
    columns = models.JSONField(_("栏目"), default=list)
    digest = models.CharField(_("摘要"), max_length=64)
    taken_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("导出人"))
    taken_at = models.DateTimeField(_("导出时间"))

    class Meta:
        verbose_name = _("工资导出")
        verbose_name_plural = _("工资导出")
        ordering = ["-taken_at"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.run} {self.get_kind_display()}"
