"""Customers: a file of each, his contracts, how he is graded, who visited him, and what he said when asked."""

from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import Employee, User

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever takes calls must find any customer; nobody else has to."""
        return self.all() if user.has_perm("customers.see_customer") else self.none()


class Customer(models.Model):
    """One customer, known again by his number (SD-150.14 to SD-150.17, OS-03.11)."""

    class Grade(models.TextChoices):
        """The annex with the grades is missing: these are the house's (SD-150.16)."""

        NORMAL = "normal", _("普通客户")
        MAJOR = "major", _("大客户")

    # {"name", "phone", "address"}; what pages show stands masked beside it.
    sealed = SealedField(_("身份"))
    name_masked = models.CharField(_("姓名"), max_length=64)
    phone_masked = models.CharField(_("电话"), max_length=64)
    address_masked = models.CharField(_("地址"), max_length=120, blank=True)
    token = models.BigIntegerField(_("号码"), unique=True, editable=False)  # kefu.privacy.lookup
    lookup = ArrayField(models.BigIntegerField(), default=list, editable=False)
    company = models.CharField(_("单位"), max_length=80, blank=True)
    needs = models.CharField(_("需求和习惯"), max_length=500, blank=True)  # redacted
    owner = models.ForeignKey(
        Employee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("负责人"),
    )
    grade = models.CharField(_("等级"), choices=Grade, default=Grade.NORMAL, max_length=6)
    # Somebody chose the grade: the rule leaves it alone.
    graded_by_hand = models.BooleanField(_("人工定级"), default=False)
    # The day of the next visit; None where none is wanted.
    visit_on = models.DateField(_("下次回访"), null=True, blank=True)
    opened_from = models.ForeignKey(
        Case, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("来自工单")
    )
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("建档人"))
    opened_at = models.DateTimeField(_("建档时间"))
    changed_at = models.DateTimeField(_("修改时间"))

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("person", "客户")
        verbose_name_plural = pgettext_lazy("plural", "客户")
        ordering = ["-changed_at"]
        permissions = [
            ("see_customer", _("查看客户档案")),
            ("keep_customer", _("维护客户档案")),
            ("grade_customer", _("给客户定级")),
        ]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="customer_latest"),
            models.Index(
                fields=["visit_on", "id"],
                condition=Q(visit_on__isnull=False),
                name="customer_visits",
            ),
            GinIndex(fields=["lookup"], name="customer_lookup"),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"KH-{self.pk:06}" if self.pk else "KH"

    @property
    def is_major(self) -> bool:
        return self.grade == self.Grade.MAJOR

    @property
    def missing(self) -> list[Any]:
        """What the file lacks, in words (SD-150.15)."""
        return [words for name, words in WANTED.items() if not getattr(self, name)]


# What a whole file has; the house's choice where the rulebook leaves it blank (SD-150.15).
WANTED = {
    "name_masked": _("姓名"),
    "address_masked": _("地址"),
    "company": _("单位"),
    "needs": _("需求和习惯"),
    "owner_id": _("负责人"),
}


class Contract(models.Model):
    """A contract with a customer, from one day to another. Rows are only added."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="contracts", verbose_name=_("客户")
    )
    number = models.CharField(_("合同号"), max_length=40)
    first_on = models.DateField(_("生效"))
    last_on = models.DateField(_("到期"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("客户合同")
        verbose_name_plural = pgettext_lazy("plural", "客户合同")
        ordering = ["-last_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "number"], name="contract_once"),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="contract_span_in_order"
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.number


class Grading(models.Model):
    """What grade a customer was given, when, by whom or by which figures. Rows are only added (SD-150.16)."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="gradings", verbose_name=_("客户")
    )
    grade = models.CharField(_("等级"), choices=Customer.Grade, max_length=6)
    reason = models.CharField(_("理由"), max_length=300, blank=True)  # redacted; of a person
    # What the rule went by: {"contract", "waybills", "days", "from"}.
    inputs = models.JSONField(_("依据"), default=dict)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("定级人")
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("客户定级")
        verbose_name_plural = pgettext_lazy("plural", "客户定级")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(by=None) | ~Q(reason=""), name="grading_of_a_person_has_a_reason"
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.customer} {self.get_grade_display()}"


class Visit(models.Model):
    """A follow-up with a customer: how content he is, what he met, and what came of it for his file
    (SD-150.18 to SD-150.20, OS-03.08).
    """

    class Mode(models.TextChoices):
        SCHEDULED = "scheduled", _("定期")
        AD_HOC = "ad_hoc", _("临时")

    class Way(models.TextChoices):
        PHONE = "phone", _("电话")
        VISIT = "visit", _("上门")
        CHAT = "chat", _("在线")

    class Outcome(models.TextChoices):
        UPDATED = "updated", _("已更新档案")
        NOTHING_NEW = "nothing_new", _("没有变化")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="visits", verbose_name=_("客户")
    )
    mode = models.CharField(_("性质"), choices=Mode, max_length=9)
    way = models.CharField(_("方式"), choices=Way, max_length=5)
    satisfaction = models.PositiveSmallIntegerField(_("满意度"))
    problems = models.CharField(_("遇到的问题"), max_length=500)  # redacted
    outcome = models.CharField(_("档案"), choices=Outcome, max_length=11, blank=True)
    was_due_on = models.DateField(_("应回访"), null=True, blank=True)
    by = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("回访人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("客户回访")
        verbose_name_plural = pgettext_lazy("plural", "客户回访")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(satisfaction__gte=1, satisfaction__lte=5),
                name="visit_satisfaction_in_range",
            ),
            models.CheckConstraint(condition=~Q(problems=""), name="visit_says_of_problems"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="visit_stays", exclude=["outcome"]),
            pgtrigger.FSM(
                name="outcome_once",
                field="outcome",
                transitions=[("", "updated"), ("", "nothing_new")],
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.at:%Y-%m-%d}"


class Survey(models.Model):
    """A link by which a customer says how he was served: for one case, once, for some days. Of its secret only the
    digest is kept.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="surveys", verbose_name=_("工单"))
    digest = models.CharField(_("摘要"), max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发出人"))
    made_at = models.DateTimeField(_("发出时间"))
    expires_at = models.DateTimeField(_("有效至"))
    replaced_at = models.DateTimeField(_("换新链接"), null=True, blank=True)
    answered_at = models.DateTimeField(_("评价时间"), null=True, blank=True)
    stars = models.PositiveSmallIntegerField(_("评分"), null=True, blank=True)
    solved = models.BooleanField(_("一次解决"), null=True, blank=True)
    comment = models.CharField(_("留言"), max_length=500, blank=True)  # redacted

    class Meta:
        verbose_name = _("满意度调查")
        verbose_name_plural = pgettext_lazy("plural", "满意度调查")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(answered_at=None, replaced_at=None),
                name="survey_one_open_link",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(answered_at__isnull=False), name="survey_answered_once"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, stars=None, solved=None, comment="")
                | Q(answered_at__isnull=False, stars__gte=1, stars__lte=5, replaced_at=None),
                name="survey_answer_is_whole",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="link_stays", fields=["case", "digest", "made_by", "made_at", "expires_at"]
            ),
            pgtrigger.Protect(
                name="answer_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__answered_at__isnull=False)
                | pgtrigger.Q(old__replaced_at__isnull=False),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.made_at:%Y-%m-%d}"
