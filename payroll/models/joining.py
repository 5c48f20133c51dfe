"""A vacancy, who applies, what the department found, what was offered (ES-121.01 to ES-123.01)."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField
from kefu.staff.models import Department, Employee, Position, User
from payroll.models.employment import Employment

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Vacancy(models.Model):
    """A post to fill: looked for inside first, outside for a reason on record (ES-121.01, ES-121.02)."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="vacancies", verbose_name=_("部门")
    )
    position = models.ForeignKey(
        Position, models.PROTECT, related_name="vacancies", verbose_name=_("岗位")
    )
    wanted = models.PositiveSmallIntegerField(_("人数"), default=1)
    asks = models.CharField(_("要求"), max_length=500, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", null=True, blank=True,
        verbose_name=_("适用规章"),
    )  # fmt: skip
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发起人"))
    opened_at = models.DateTimeField(_("发起时间"))
    # Why nobody inside takes it, by the names of the rulebook's list.
    external_reasons = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("对外招募理由")
    )
    external_note = models.CharField(_("对外招募说明"), max_length=300, blank=True)
    outside_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("转对外招募")
    )
    outside_at = models.DateTimeField(_("转对外招募时间"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("结束人")
    )
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    closing = models.CharField(_("结束说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("空缺岗位")
        verbose_name_plural = _("空缺岗位")
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(condition=Q(wanted__gte=1), name="vacancy_wants_somebody"),
            models.CheckConstraint(
                condition=(Q(outside_at=None) & Q(external_reasons__len=0))
                | Q(outside_at__isnull=False),
                name="vacancy_reasons_go_with_the_step_outside",
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.department} {self.position}"


class Candidate(models.Model):
    """Somebody who may fill a vacancy: one of ours, or from outside."""

    class State(models.TextChoices):
        APPLIED = "applied", _("待考核")
        PASSED = "passed", _("考核通过")
        FAILED = "failed", _("考核未通过")
        OFFERED = "offered", _("已发录取通知")
        JOINED = "joined", _("已到岗")
        WITHDRAWN = "withdrawn", pgettext_lazy("candidate", "已退出")

    vacancy = models.ForeignKey(
        Vacancy, models.PROTECT, related_name="candidates", verbose_name=_("空缺岗位")
    )
    # One of ours; empty: somebody from outside.
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="candidacies", null=True, blank=True,
        verbose_name=_("内部员工"),
    )  # fmt: skip
    masked_name = models.CharField(_("姓名"), max_length=64, blank=True)
    masked_phone = models.CharField(_("电话"), max_length=64, blank=True)
    sealed = SealedField(_("应聘资料"), null=True)  # {"name", "phone", "about"}; of ours nothing
    state = models.CharField(_("状态"), choices=State, default=State.APPLIED, max_length=9)
    applied_on = models.DateField(_("应聘日期"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))
    # What came of it.
    employment = models.OneToOneField(
        Employment, models.PROTECT, related_name="candidate", null=True, blank=True,
        verbose_name=_("任职"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("候选人")
        verbose_name_plural = _("候选人")
        ordering = ["vacancy", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(employee__isnull=False) & Q(sealed__isnull=True))
                | (Q(employee=None) & Q(sealed__isnull=False) & ~Q(masked_name="")),
                name="candidate_inside_or_outside",
            ),
            models.UniqueConstraint(
                fields=["vacancy", "employee"],
                condition=Q(employee__isnull=False),
                name="candidate_once_a_vacancy",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("applied", "passed"), ("applied", "failed"), ("applied", "withdrawn"),
                    ("failed", "passed"), ("passed", "failed"), ("failed", "withdrawn"),
                    ("passed", "offered"), ("passed", "joined"), ("passed", "withdrawn"),
                    ("offered", "joined"), ("offered", "withdrawn"),
                ],
            ),
            NEVER_DELETED,
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.employee) if self.employee_id else self.masked_name


class Evaluation(models.Model):
    """What the department found of a candidate, criterion by criterion; the newest counts (ES-122.01, ES-122.02)."""

    class Result(models.TextChoices):
        PASS = "pass", _("通过")
        FAIL = "fail", _("不通过")

    candidate = models.ForeignKey(
        Candidate, models.PROTECT, related_name="evaluations", verbose_name=_("候选人")
    )
    marks = models.JSONField(_("评分"))  # {criterion: {"mark": 1…5, "remark": ""}}
    result = models.CharField(_("结论"), choices=Result, max_length=4)
    remark = models.CharField(_("说明"), max_length=500, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("考核人"))
    made_at = models.DateTimeField(_("考核时间"))

    class Meta:
        verbose_name = _("候选人考核")
        verbose_name_plural = _("候选人考核")
        ordering = ["candidate", "pk"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.candidate} {self.get_result_display()}"


class OfferLetter(models.Model):
    """The office's letter: which post, where, from when, for how much (ES-123.01)."""

    candidate = models.OneToOneField(
        Candidate, models.PROTECT, related_name="offer", verbose_name=_("候选人")
    )
    number = models.CharField(_("编号"), max_length=20, unique=True)
    starts_on = models.DateField(_("报到日期"))
    base = models.DecimalField(
        _("约定基本工资（元）"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("签发人"))
    issued_at = models.DateTimeField(_("签发时间"))

    class Meta:
        verbose_name = _("录取通知书")
        verbose_name_plural = _("录取通知书")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(base=None) | Q(base__gt=0, base__lte=999_999),
                name="offer_wage_in_range",
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.number
