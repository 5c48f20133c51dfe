"""Reports about a week or a month: prepared, looked through, issued, and then as they are (LC-01.04, LC-01.25, LC-01.26, LC-02.12)."""

from datetime import timedelta
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import User


class Register(models.Model):
    """One report about one period. What was issued does not change; a correction is the next version of it."""

    class Kind(models.TextChoices):
        """As policy's clauses call them."""

        WEEKLY_COMPLAINTS = "weekly_complaints", _("每周投诉汇总")
        MONTHLY_CLAIMS = "monthly_claims", _("每月理赔报表")
        INCIDENT_CAUSES = "incident_causes", _("事故原因分析")
        SELF_SETTLED = "self_settled_cases", _("自行了结统计")
        COMPLAINT_RATE = "complaint_rate", _("网点投诉率")
        REWARDS_AND_PENALTIES = "reward_penalty_detail", _("每月奖罚明细")
        SERVICE_QUALITY = "service_quality", _("每月服务质量")
        TRAINING_AND_ATTENDANCE = "training_and_attendance", _("每月培训与出勤")

    kind = models.CharField(_("报表"), choices=Kind, max_length=24)
    first_on = models.DateField(_("期间始"))
    last_on = models.DateField(_("期间止"))
    number = models.PositiveSmallIntegerField(_("版次"), default=1)
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("更正哪一版"),
    )
    corrected_for = models.CharField(_("更正原因"), max_length=500, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    due_at = models.DateTimeField(_("交期"), null=True, blank=True)
    inputs = models.JSONField(_("判定依据"), default=dict)  # {"steps"} of the due time
    # The figures as they were prepared, {"tables"}; from the issue on those that were issued.
    content = models.JSONField(_("内容"), null=True, blank=True)
    analysis = models.TextField(_("文字分析"), blank=True)  # redacted
    digest = models.CharField(_("摘要"), max_length=64, blank=True)  # SHA-256 of what was issued
    issued_at = models.DateTimeField(_("发出时间"), null=True, blank=True)
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发出人")
    )
    told_due_at = models.DateTimeField(_("已提醒"), null=True, blank=True)
    told_late_at = models.DateTimeField(_("已通知逾期"), null=True, blank=True)

    class Meta:
        verbose_name = _("报表")
        verbose_name_plural = pgettext_lazy("plural", "报表")
        ordering = ["-first_on", "kind", "-number"]
        permissions = [
            ("prepare_register", _("编制报表")),
            ("inspect_register", _("以监察身份编制报表")),
            ("issue_register", _("审核和发出报表")),
            ("see_people", _("查看按人统计的报表")),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(issued_at=None), name="register_waiting")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "first_on", "number"], name="register_version_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "first_on"], condition=Q(issued_at=None), name="register_one_open"
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="register_period_in_order"
            ),
            models.CheckConstraint(
                condition=Q(number=1, corrects=None, corrected_for="")
                | Q(number__gt=1, corrects__isnull=False) & ~Q(corrected_for=""),
                name="register_corrects_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(issued_at=None, issued_by=None, digest="")
                | Q(issued_at__isnull=False, issued_by__isnull=False, content__isnull=False)
                & ~Q(digest=""),
                name="register_issued_with_content",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="period_stays", fields=["kind", "first_on", "last_on", "number", "corrects"]
            ),
            pgtrigger.Protect(
                name="issued_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__issued_at__isnull=False),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period}"

    @property
    def period(self) -> str:
        """2026-11, or 2026-11-16 … 2026-11-22."""
        if self.first_on.day == (self.last_on + timedelta(days=1)).day == 1:
            return f"{self.first_on:%Y-%m}"
        return f"{self.first_on:%Y-%m-%d} … {self.last_on:%m-%d}"


class RegisterStep(models.Model):
    """A step of making a report, with its author. Sent back, the steps before it count no more; rows are only added."""

    class Step(models.TextChoices):
        """As policy's clauses call them, in the order of the work; and what undoes them."""

        PREPARE = "prepare", pgettext_lazy("report", "编制")
        REVIEW = "review", pgettext_lazy("report", "审核")
        CHECK = "check", pgettext_lazy("report", "核对")
        ISSUE = "issue", pgettext_lazy("report", "发出")
        SUBMIT = "submit", pgettext_lazy("report", "上交")
        SEND_BACK = "send_back", pgettext_lazy("report", "退回重编")

    register = models.ForeignKey(
        Register, models.PROTECT, related_name="steps", verbose_name=_("报表")
    )
    step = models.CharField(_("步骤"), choices=Step, max_length=10)
    note = models.CharField(_("说明"), max_length=500, blank=True)  # redacted
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("报表步骤")
        verbose_name_plural = pgettext_lazy("plural", "报表步骤")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(step="send_back") | ~Q(note=""), name="register_sent_back_with_reason"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.register_id} {self.get_step_display()}"


class BuiltReportQuerySet(models.QuerySet["BuiltReport"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, and those that others share."""
        if not user.has_perm("reports.build_report"):
            return self.none()
        return self.filter(Q(owner=user) | Q(shared=True))


class BuiltReport(models.Model):
    """A report about cases that somebody built for himself: what it asks for, and how often it is made by itself."""

    class Schedule(models.TextChoices):
        DAILY = "daily", _("每天")
        WEEKLY = "weekly", _("每周一")
        MONTHLY = "monthly", _("每月 1 日")

    name = models.CharField(_("名称"), max_length=80)
    owner = models.ForeignKey(
        User, models.CASCADE, related_name="built_reports", verbose_name=_("所有人")
    )
    shape = models.JSONField(_("内容"))  # as ``kefu.reports.shapes.Shape`` writes it
    shared = models.BooleanField(_("共享"), default=False)
    schedule = models.CharField(_("定时"), choices=Schedule, max_length=7, blank=True)
    next_at = models.DateTimeField(_("下次"), null=True, blank=True, editable=False)
    made_at = models.DateTimeField(_("建立时间"))
    changed_at = models.DateTimeField(_("修改时间"))

    objects = BuiltReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("自定义报表")
        verbose_name_plural = pgettext_lazy("plural", "自定义报表")
        ordering = ["name", "pk"]
        permissions = [("build_report", _("自定义报表"))]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="built_report_due"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="built_report_name_once"),
            models.CheckConstraint(
                condition=Q(schedule="", next_at=None) | ~Q(schedule="") & Q(next_at__isnull=False),
                name="built_report_next_where_scheduled",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BuiltFile(models.Model):
    """What a scheduled report was when its time had come: a workbook, by what its owner may see; or why there is none."""

    report = models.ForeignKey(
        BuiltReport, models.CASCADE, related_name="files", verbose_name=_("自定义报表")
    )
    due_at = models.DateTimeField(_("应出时间"))
    first_on = models.DateField(_("期间始"))
    last_on = models.DateField(_("期间止"))
    rows = models.PositiveIntegerField(_("行数"), default=0)
    content = models.BinaryField(_("文件"), default=bytes)
    error = models.CharField(_("没有出来的原因"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("定时报表")
        verbose_name_plural = pgettext_lazy("plural", "定时报表")
        ordering = ["-due_at"]
        constraints = [models.UniqueConstraint(fields=["report", "due_at"], name="built_file_once")]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.report} {self.first_on}"
