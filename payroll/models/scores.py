"""What somebody's month was worth, as it was published; what people judged; what was talked about and agreed."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee, User

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


def _first_day(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(month__day=1), name=name)


class JudgedPart(models.Model):
    """A part of the assessment that a person gives, of 0 to 100; the latest counts (ES-603.11, ES-603.12)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="judged_parts", verbose_name=_("员工")
    )
    month = models.DateField(_("月份"))  # its first day
    part = models.CharField(_("项目"), max_length=60)  # as the rulebook calls it
    points = models.DecimalField(_("评分"), max_digits=5, decimal_places=2)
    note = models.CharField(_("观察记录"), max_length=500)
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("评分人"))
    given_as = models.CharField(_("身份"), max_length=12)  # the role in which it was given
    given_at = models.DateTimeField(_("评分时间"))

    class Meta:
        verbose_name = _("评分")
        verbose_name_plural = pgettext_lazy("plural", "评分")
        ordering = ["-given_at", "-pk"]
        indexes = [models.Index(fields=["employee", "month"], name="judged_of_employee")]
        constraints = [
            _first_day("judged_month_is_its_first_day"),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=100),
                name="judged_points_in_range",
                violation_error_message=_("评分在 0 到 100 之间"),
            ),
        ]
        triggers = [
            APPEND_ONLY,
            pgtrigger.Trigger(
                name="judged_by_another",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT FROM staff_employee e
                               WHERE e.id = NEW.employee_id AND e.user_id = NEW.given_by_id) THEN
                        RAISE EXCEPTION 'nobody judges himself' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.month:%Y-%m} {self.part}"


class Target(models.Model):
    """What a supervisor wants of somebody this month, in work or in a number; the latest holds (CD-12.03)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="targets", verbose_name=_("员工")
    )
    month = models.DateField(_("月份"))
    metric = models.CharField(_("指标"), max_length=60, blank=True)  # "": work, told in words
    number = models.DecimalField(_("目标"), max_digits=9, decimal_places=2, null=True, blank=True)
    text = models.CharField(_("工作"), max_length=300, blank=True)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("制定人"))
    set_at = models.DateTimeField(_("制定时间"))

    class Meta:
        verbose_name = _("目标")
        verbose_name_plural = pgettext_lazy("plural", "目标")
        ordering = ["-set_at", "-pk"]
        indexes = [models.Index(fields=["employee", "month"], name="target_of_employee")]
        constraints = [
            _first_day("target_month_is_its_first_day"),
            models.CheckConstraint(
                condition=Q(metric="", number=None) & ~Q(text="")
                | ~Q(metric="") & Q(number__gt=0, number__lte=999_999),
                name="target_is_a_number_or_words",
                violation_error_message=_("写明工作，或选指标并填大于 0 的数"),
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.month:%Y-%m} {self.metric or self.text}"


class MonthScore(models.Model):
    """A month's score as it was published, with all it was made of; a correction is the next number."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="month_scores", verbose_name=_("员工")
    )
    month = models.DateField(_("月份"))
    number = models.PositiveSmallIntegerField(_("第几版"), default=1)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    first_on = models.DateField(_("计分自"))
    last_on = models.DateField(_("计分至"))
    # The calculation of policy that made it, and its facts as they were told.
    mechanism = models.CharField(_("计分办法"), max_length=20)
    facts = models.JSONField(_("计算依据"), default=dict)
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    # None: a month that is not assessed yet (CD-12.91).
    points = models.DecimalField(_("分数"), max_digits=7, decimal_places=2, null=True, blank=True)
    grade = models.CharField(_("等级"), max_length=20, blank=True)
    reason = models.CharField(_("更正原因"), max_length=300, blank=True)
    published_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("公布人")
    )
    published_at = models.DateTimeField(_("公布时间"))
    # The person has looked at it (ES-604.03).
    seen_at = models.DateTimeField(_("本人查看"), null=True, blank=True)

    class Meta:
        verbose_name = _("月度得分")
        verbose_name_plural = pgettext_lazy("plural", "月度得分")
        ordering = ["-month", "employee", "-number"]
        indexes = [models.Index(fields=["month", "department"], name="month_score_of_department")]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "month", "number"], name="month_score_numbered"
            ),
            _first_day("month_score_of_a_month"),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="month_score_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""), name="month_score_corrected_for_a_reason"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="published_stays", exclude=["seen_at"]),
            pgtrigger.Protect(
                name="seen_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.seen_at IS NOT NULL"),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.month:%Y-%m} {self.points}"


class Talk(models.Model):
    """What was said about a month's result, one to one (ES-604.04)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="talks", verbose_name=_("员工")
    )
    month = models.DateField(_("月份"))
    talked_on = models.DateField(_("沟通日期"))
    strengths = models.CharField(_("做得好的"), max_length=1000)
    weaknesses = models.CharField(_("要改进的"), max_length=1000)
    held_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("沟通人"))
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("一对一沟通")
        verbose_name_plural = pgettext_lazy("plural", "一对一沟通")
        ordering = ["-month", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["employee", "month"], name="talk_once_a_month"),
            _first_day("talk_about_a_month"),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.month:%Y-%m}"


class Improvement(models.Model):
    """Something that is to be done until a day, as agreed in a talk (ES-604.05)."""

    talk = models.ForeignKey(
        Talk, models.PROTECT, related_name="improvements", verbose_name=_("沟通")
    )
    action = models.CharField(_("做什么"), max_length=300)
    due_on = models.DateField(_("何时完成"))
    done_on = models.DateField(_("完成日期"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )

    class Meta:
        verbose_name = _("改进计划")
        verbose_name_plural = pgettext_lazy("plural", "改进计划")
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_on=None, done_by=None)
                | Q(done_on__isnull=False, done_by__isnull=False),
                name="improvement_done_by_somebody",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="plan_stays", exclude=["done_on", "done_by"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.due_on}"


class RewardSheet(models.Model):
    """The month's rewards and penalties of a department: prepared, reviewed by another, issued (SD-221.11,
    SD-221.12, SD-233.03).
    """

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="reward_sheets", verbose_name=_("部门")
    )
    month = models.DateField(_("月份"))
    number = models.PositiveSmallIntegerField(_("第几版"), default=1)
    content = models.JSONField(_("内容"), default=dict)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    prepared_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("编制人")
    )
    prepared_at = models.DateTimeField(_("编制时间"))
    reviewed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审核人")
    )
    reviewed_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发出人")
    )
    issued_at = models.DateTimeField(_("发出时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("奖罚统计")
        verbose_name_plural = pgettext_lazy("plural", "奖罚统计")
        ordering = ["-month", "department", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "month", "number"], name="reward_sheet_numbered"
            ),
            _first_day("reward_sheet_of_a_month"),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None)
                | (
                    Q(reviewed_by__isnull=False, reviewed_at__isnull=False)
                    & ~Q(reviewed_by=F("prepared_by"))
                ),
                name="reward_sheet_reviewed_by_another",
                violation_error_message=_("自己编制的要由另一个人审核"),
            ),
            models.CheckConstraint(
                condition=Q(issued_by=None, issued_at=None)
                | Q(issued_by__isnull=False, issued_at__isnull=False, reviewed_at__isnull=False),
                name="reward_sheet_issued_after_review",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="sheet_stays",
                exclude=["reviewed_by", "reviewed_at", "issued_by", "issued_at"],
            ),
            pgtrigger.Protect(
                name="issued_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.issued_at IS NOT NULL"),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.month:%Y-%m} {self.number}"


class YearSheet(models.Model):
    """A year's assessment: the mean of its months for information, the grade is the supervisor's (ES-603.03,
    ES-603.04); the latest holds.
    """

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="year_sheets", verbose_name=_("员工")
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    number = models.PositiveSmallIntegerField(_("第几版"), default=1)
    facts = models.JSONField(_("计算依据"), default=dict)
    mean = models.DecimalField(_("各月平均"), max_digits=7, decimal_places=2)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    grade = models.CharField(_("年度等级"), max_length=20)
    note = models.CharField(_("评语"), max_length=1000)
    graded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("定级人"))
    graded_at = models.DateTimeField(_("定级时间"))

    class Meta:
        verbose_name = _("年度考核")
        verbose_name_plural = pgettext_lazy("plural", "年度考核")
        ordering = ["-year", "employee", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "year", "number"], name="year_sheet_numbered"
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.year} {self.grade}"
