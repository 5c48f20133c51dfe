"""Processes that run: the house's own templates, which process a case goes through, which steps were done."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.policy.plans import Plan
from kefu.privacy.fields import SealedField
from kefu.staff.models import in_readers_language

# What of a template is written; of a published one none of it changes.
WRITTEN = (
    *("code", "number", "name", "plan"),
    *("drafted_by", "drafted_at", "published_by", "published_at"),
)


def _changed(fields: Sequence[str]) -> Any:
    """Does any of these columns get another value?"""
    changes = (pgtrigger.Q(**{f"old__{name}__df": pgtrigger.F(f"new__{name}")}) for name in fields)
    return reduce(or_, changes)


class TemplateQuerySet(models.QuerySet["ProcessTemplate"]):
    def published(self) -> Self:
        return self.filter(state=ProcessTemplate.State.PUBLISHED)

    def newest(self) -> Self:
        """Of each process the draft, or else what is published."""
        return self.order_by("code", "-number").distinct("code")


class ProcessTemplate(models.Model):
    """A process of the house's own, in one version. What was published is never changed."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("在用")
        WITHDRAWN = "withdrawn", _("停用")

    code = models.CharField(_("代码"), max_length=40)
    number = models.PositiveSmallIntegerField(_("版本"))
    name = models.CharField(_("名称"), max_length=60)
    state = models.CharField(_("状态"), choices=State, default=State.DRAFT, max_length=10)
    plan = models.JSONField(_("步骤"))  # kefu.policy.plans.Plan
    drafted_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("起草人")
    )
    drafted_at = models.DateTimeField(_("起草时间"))
    published_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("发布人"),
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("流程模板")
        verbose_name_plural = pgettext_lazy("plural", "流程模板")
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="process_template_version"),
            *(
                models.UniqueConstraint(
                    fields=["code"], condition=Q(state=state), name=f"process_template_one_{state}"
                )
                for state in ("draft", "published")
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None, published_by=None)
                | (~Q(state="draft") & Q(published_at__isnull=False, published_by__isnull=False)),
                name="process_template_published_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("draft", "published"), ("published", "withdrawn")],
            ),
            # Cases run on it: only that it is no longer offered may change.
            pgtrigger.Protect(
                name="published_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="draft") & _changed(WRITTEN),
            ),
            pgtrigger.Protect(
                name="published_never_deleted",
                operation=pgtrigger.Delete,
                condition=~pgtrigger.Q(old__state="draft"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @property
    def read(self) -> Plan:
        return Plan.read(self.plan)


class RunQuerySet(models.QuerySet["ProcessRun"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)


class ProcessRun(models.Model):
    """A case that goes through a process, on its own or about another case whose closing waits for it."""

    class Ending(models.TextChoices):
        DONE = "done", _("办完")
        ABANDONED = "abandoned", _("中止")

    case = models.OneToOneField(
        "cases.Case",
        models.PROTECT,
        primary_key=True,
        related_name="process_run",
        verbose_name=_("工单"),
    )
    about = models.ForeignKey(
        "cases.Case",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="processes",
        verbose_name=_("为哪一单"),
    )
    code = models.CharField(_("流程"), max_length=40)
    # None: it ships with the product for the rulebook.
    template = models.ForeignKey(
        ProcessTemplate,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("流程模板"),
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    # As it was when the case began: a later version of product, rulebook or template never changes it.
    plan = models.JSONField(_("步骤"))
    facts = models.JSONField(_("开始时的情况"), default=dict)
    # The day of a round that begins by itself.
    round_on = models.DateField(_("哪一天的"), null=True, blank=True)
    started_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("发起人"),
    )
    started_at = models.DateTimeField(_("开始时间"))
    touched_at = models.DateTimeField(_("最近办理"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ending = models.CharField(_("结果"), choices=Ending, max_length=10, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("流程")
        verbose_name_plural = pgettext_lazy("plural", "流程")
        ordering = ["-started_at"]
        indexes = [
            models.Index(fields=["touched_at"], condition=Q(ended_at=None), name="process_running"),
            models.Index(fields=["about"], condition=Q(about__isnull=False), name="process_about"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "code"],
                condition=Q(about__isnull=False, ended_at=None),
                name="process_once_about_a_case",
            ),
            models.UniqueConstraint(
                fields=["code", "round_on"],
                condition=Q(round_on__isnull=False),
                name="process_one_round",
            ),
            models.CheckConstraint(
                condition=~Q(about=models.F("case")), name="process_not_about_itself"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="process_ended_somehow",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", exclude=["touched_at", "ended_at", "ending"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_readers_language(self.plan["zh"], self.plan["en"])


class StepDone(models.Model):
    """A step that was done. Rows are only ever added."""

    run = models.ForeignKey(ProcessRun, models.PROTECT, related_name="done", verbose_name=_("流程"))
    # The first, the second … of its run: two people cannot both do the third.
    number = models.PositiveSmallIntegerField(_("序号"))
    step = models.CharField(_("步骤"), max_length=60)
    outcome = models.CharField(_("结果"), max_length=60, blank=True)
    done_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("谁")
    )
    done_at = models.DateTimeField(_("何时"))
    # What was filled in: as it is in ``sealed``, as it may stand open in ``shown``.
    sealed = SealedField(_("原文"), null=True)
    shown = models.JSONField(_("填写"), default=dict)
    recorded = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("在案"))
    facts = models.JSONField(_("由此可知"), default=dict)
    # What a decision about money was made of, and its arithmetic: {"facts", "steps", "shares"}.
    inputs = models.JSONField(_("计算依据"), default=dict)
    line = models.OneToOneField(
        "cases.Interaction", models.PROTECT, related_name="+", verbose_name=_("往来记录")
    )

    class Meta:
        verbose_name = _("已办步骤")
        verbose_name_plural = pgettext_lazy("plural", "已办步骤")
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="step_done_in_order"),
            models.CheckConstraint(condition=Q(number__gte=1), name="step_done_numbered_from_one"),
        ]
        triggers = [
            # Only its seal may change, when keys are rotated.
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.number} {self.step}"


class RefundCheck(models.Model):
    """Somebody looked through a department's orders in refund or dispute (SD-221.08). Rows are only added."""

    department = models.ForeignKey(
        "staff.Department", models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    due_on = models.DateField(_("哪一天的"))
    checked_at = models.DateTimeField(_("查看时间"))
    checked_by = models.ForeignKey(
        "staff.Employee", models.PROTECT, related_name="+", verbose_name=_("查看人")
    )
    open_runs = models.PositiveIntegerField(_("当时在办"))

    class Meta:
        verbose_name = _("查看退款维权单")
        verbose_name_plural = pgettext_lazy("plural", "查看退款维权单")
        ordering = ["-due_on", "department"]
        constraints = [
            models.UniqueConstraint(fields=["department", "due_on"], name="refund_check_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.due_on:%Y-%m-%d}"


class RefundCheckReminder(models.Model):
    """That somebody was told of such a check: once before it is due, ``to_lead`` the shift lead too, and once when it
    was missed.
    """

    department = models.ForeignKey("staff.Department", models.PROTECT, related_name="+")
    due_on = models.DateField()
    late = models.BooleanField()
    to_lead = models.BooleanField(default=False)
    told_at = models.DateTimeField()

    class Meta:
        verbose_name = _("查看提醒")
        verbose_name_plural = pgettext_lazy("plural", "查看提醒")
        constraints = [
            models.UniqueConstraint(
                fields=["department", "due_on", "late", "to_lead"], name="refund_check_told_once"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.due_on:%Y-%m-%d}"
