"""Rulebooks in the database: what a decision was made under never changes again."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.clock import SHANGHAI


class Rulebook(models.Model):
    """A regulation of one company, in its succession of versions."""

    code = models.CharField(_("代码"), max_length=16, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    name_en = models.CharField(_("英文名称"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("规则手册")
        verbose_name_plural = pgettext_lazy("plural", "规则手册")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class RulebookVersion(models.Model):
    """One edition: draft → published → superseded. Once published its content is immutable."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        SUPERSEDED = "superseded", _("已被取代")

    rulebook = models.ForeignKey(
        Rulebook, models.PROTECT, related_name="versions", verbose_name=_("规则手册")
    )
    number = models.PositiveIntegerField(_("版本"))
    state = models.CharField(_("状态"), choices=State, default=State.DRAFT, max_length=12)
    effective_on = models.DateField(_("生效日期"), null=True, blank=True)
    content = models.JSONField(_("条款"))
    digest = models.CharField(_("内容摘要"), max_length=64, editable=False)
    drafted_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("起草人"),
    )
    published_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("发布人"),
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("规则手册版本")
        verbose_name_plural = pgettext_lazy("plural", "规则手册版本")
        ordering = ["rulebook", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rulebook", "number"], name="rulebook_version_once"),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(effective_on__isnull=False, published_at__isnull=False),
                name="rulebook_version_published_with_date",
            ),
            models.CheckConstraint(
                condition=Q(published_by=None)
                | Q(drafted_by=None)
                | ~Q(published_by=models.F("drafted_by")),
                name="rulebook_version_two_people",
                violation_error_message=_("起草人不能发布自己的草稿"),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("draft", "published"), ("published", "superseded")],
            ),
            pgtrigger.Trigger(
                name="published_is_immutable",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=pgtrigger.Func(  # type: ignore[no-untyped-call]
                    """
                    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE' OR
                        (OLD.content, OLD.digest, OLD.number, OLD.rulebook_id, OLD.effective_on)
                        IS DISTINCT FROM
                        (NEW.content, NEW.digest, NEW.number, NEW.rulebook_id, NEW.effective_on))
                    THEN
                        RAISE EXCEPTION 'rulebook version % is published and cannot change', OLD.id;
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                    """
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rulebook.code}@{self.number}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def in_force(self, *, department_id: int | None, at: datetime) -> Self:
        """Assignments a department works under at ``at``: its own before the centre's, newest first."""
        return (
            self.filter(effective_on__lte=at.astimezone(SHANGHAI).date())
            .filter(Q(department_id=department_id) | Q(department=None))
            .order_by(models.F("department_id").asc(nulls_last=True), "-effective_on", "-pk")
        )


class Assignment(models.Model):
    """Which edition a department works under, from a day on; no department means the whole centre."""

    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("部门"),
    )
    version = models.ForeignKey(
        RulebookVersion,
        models.PROTECT,
        related_name="assignments",
        verbose_name=_("版本"),
    )
    effective_on = models.DateField(_("生效日期"))

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("规则手册适用")
        verbose_name_plural = pgettext_lazy("plural", "规则手册适用")
        ordering = ["-effective_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "effective_on"],
                nulls_distinct=False,
                name="assignment_once_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.department or _('全中心')} {self.version}"
