"""Suggestions of the staff (合理化建议): submitted, answered, rewarded where they were taken up (ES-115.01, SD-233.44)."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee, User
from payroll.models.discipline import not_about_oneself
from payroll.models.register import RegisterEntry
from payroll.models.scores import NEVER_DELETED


class IdeaQuerySet(models.QuerySet["Idea"]):
    def waiting(self) -> Self:
        return self.filter(state=Idea.State.SUBMITTED)


class Idea(models.Model):
    """What somebody proposes to do better, or a problem he has seen. ``employee``: its author."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("待答复")
        ADOPTED = "adopted", _("已采纳")
        REJECTED = "rejected", _("未采纳")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Shown(models.TextChoices):
        NAMED = "named", _("公开，署名")
        UNNAMED = "unnamed", _("公开，不署名")
        PRIVATE = "private", _("只给主管看")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="ideas", verbose_name=_("提出人")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    title = models.CharField(_("题目"), max_length=60)
    content = models.CharField(_("内容"), max_length=2000)
    shown = models.CharField(_("公开"), choices=Shown, default=Shown.NAMED, max_length=8)
    state = models.CharField(_("状态"), choices=State, default=State.SUBMITTED, max_length=9)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    submitted_at = models.DateTimeField(_("提出时间"))
    answer = models.CharField(_("答复"), max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("答复人")
    )
    decided_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    # Points or cash for it, where the rulebook has them (SD-233.45, SD-233.46).
    entry = models.OneToOneField(
        RegisterEntry, models.PROTECT, null=True, blank=True, related_name="idea",
        verbose_name=_("奖惩记录"),
    )  # fmt: skip

    objects = IdeaQuerySet.as_manager()

    class Meta:
        verbose_name = _("合理化建议")
        verbose_name_plural = pgettext_lazy("plural", "合理化建议")
        ordering = ["-submitted_at", "-pk"]
        permissions = [("answer_idea", _("答复合理化建议"))]
        indexes = [
            models.Index(fields=["department", "state"], name="idea_of_department"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "withdrawn"], decided_by=None, decided_at=None)
                | Q(state__in=["adopted", "rejected"])
                & Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(answer=""),
                name="idea_is_answered",
                violation_error_message=_("答复要写给提出人的话"),
            ),
            models.CheckConstraint(
                condition=Q(entry=None) | Q(state="adopted"), name="idea_rewarded_if_adopted"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("submitted", "adopted"),
                    ("submitted", "rejected"),
                    ("submitted", "withdrawn"),
                ],
            ),
            pgtrigger.ReadOnly(
                name="what_was_said_stays",
                fields=["employee", "department", "title", "content", "rulebook", "submitted_at"],
            ),
            not_about_oneself("decided_by"),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return self.title
