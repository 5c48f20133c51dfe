"""The excellent agents of a month: who was in question with which figures, who was chosen and why (ES-116.03, ES-204.06)."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department, Employee, User
from payroll.models.discipline import not_about_oneself
from payroll.models.register import RegisterEntry
from payroll.models.scores import NEVER_DELETED


class AwardRoundQuerySet(models.QuerySet["AwardRound"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class AwardRound(models.Model):
    """One month of one department; published, it stands."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="award_rounds", verbose_name=_("部门")
    )
    month = models.DateField(_("月份"))  # its first day
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发起人"))
    opened_at = models.DateTimeField(_("发起时间"))
    chosen_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("评选人")
    )
    chosen_at = models.DateTimeField(_("评选时间"), null=True, blank=True)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签发人")
    )
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True)

    objects = AwardRoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("评优")
        verbose_name_plural = _("评优")
        ordering = ["-month", "department"]
        permissions = [("hold_awards", _("评选优秀客服"))]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "month"],
                name="award_round_once",
                violation_error_message=_("这个月已经发起过评优"),
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="award_round_of_a_month"),
            models.CheckConstraint(
                condition=Q(published_by=None, published_at=None)
                | Q(published_by__isnull=False, published_at__isnull=False, chosen_by__isnull=False)
                & ~Q(published_by=F("chosen_by")),
                name="award_round_two_people",
                violation_error_message=_("评选的人不能自己签发"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.published_at IS NOT NULL"),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.month:%Y-%m}"


class Nominee(models.Model):
    """Somebody in question, with the figures as they were when he was put on the list."""

    round = models.ForeignKey(
        AwardRound, models.PROTECT, related_name="nominees", verbose_name=_("评优")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="nominations", verbose_name=_("员工")
    )
    # {"points", "grade", "rewards", "sanctions", "complaints", "praise", "ideas"}
    figures = models.JSONField(_("数据"), default=dict)
    # None: by the figures themselves.
    nominated_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提名人")
    )
    evidence = models.CharField(_("事迹和证据"), max_length=500, blank=True)
    chosen = models.BooleanField(_("当选"), default=False)
    entry = models.OneToOneField(
        RegisterEntry, models.PROTECT, null=True, blank=True, related_name="award",
        verbose_name=_("奖惩记录"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("评优提名")
        verbose_name_plural = _("评优提名")
        ordering = ["round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "employee"], name="nominee_once"),
            models.CheckConstraint(
                condition=Q(chosen=False) | ~Q(evidence=""),
                name="nominee_chosen_with_evidence",
                violation_error_message=_("当选要写事迹和证据"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="rewarded_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.entry_id IS NOT NULL"),
            ),
            not_about_oneself("nominated_by"),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.employee}"
