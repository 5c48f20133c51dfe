"""Rulebooks in the database: what a decision was made under never changes again."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from kefu.clock import SHANGHAI
from kefu.staff.models import in_readers_language

# What nobody has published holds nowhere, and there is nothing to confirm.
_ONLY_ISSUED = pgtrigger.Func(
    """
    IF EXISTS (SELECT FROM rulebooks_rulebookversion v
               WHERE v.id = NEW.version_id AND v.state IN ('draft', 'discarded')) THEN
        RAISE EXCEPTION 'rulebook version % is not published', NEW.version_id;
    END IF;
    RETURN NEW;
    """
)


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
        return in_readers_language(self.name, self.name_en)


class RulebookVersionQuerySet(models.QuerySet["RulebookVersion"]):
    def issued(self) -> Self:
        """Those that were published once: what holds, held, or will hold somewhere."""
        return self.filter(state__in=RulebookVersion.ISSUED)


class RulebookVersion(models.Model):
    """One edition: draft → published → superseded, or draft → discarded.

    Only a draft changes. That what was published stays, that drafts are discarded and not deleted, and
    that nobody publishes what he changed himself is seen to by ``version_stays``, a trigger of plain SQL
    (migration 0006): those of the models can be told to look away.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        SUPERSEDED = "superseded", _("已被取代")
        DISCARDED = "discarded", pgettext_lazy("rulebook", "已作废")

    ISSUED = (State.PUBLISHED, State.SUPERSEDED)

    rulebook = models.ForeignKey(
        Rulebook, models.PROTECT, related_name="versions", verbose_name=_("规则手册")
    )
    number = models.PositiveIntegerField(_("版本"))
    state = models.CharField(_("状态"), choices=State, default=State.DRAFT, max_length=12)
    effective_on = models.DateField(_("生效日期"), null=True, blank=True)
    content = models.JSONField(_("条款"))
    digest = models.CharField(_("内容摘要"), max_length=64, editable=False)
    # As which it arrived with a release: its content may have been amended since, and it is not to come twice.
    shipped_digest = models.CharField(max_length=64, blank=True, editable=False)
    base = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("起草所据"),
    )
    drafted_at = models.DateTimeField(_("起草时间"), null=True, blank=True)
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

    objects = RulebookVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("规则手册版本")
        verbose_name_plural = pgettext_lazy("plural", "规则手册版本")
        ordering = ["rulebook", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rulebook", "number"], name="rulebook_version_once"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "discarded"])
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

    def __str__(self) -> str:
        return f"{self.rulebook.code}@{self.number}"

    @property
    def named(self) -> str:
        """CD 第 2 版（草稿）"""
        return gettext("{code} 第 {number} 版（{state}）").format(
            code=self.rulebook.code, number=self.number, state=self.get_state_display()
        )


class Amendment(models.Model):
    """One change of a draft: which clause, by whom, what it set before and after."""

    version = models.ForeignKey(
        RulebookVersion, models.PROTECT, related_name="amendments", verbose_name=_("版本")
    )
    # None: what the rulebook sets as a whole.
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    before = models.JSONField(_("变更前"))
    after = models.JSONField(_("变更后"))
    amended_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("修改人")
    )
    amended_at = models.DateTimeField(_("修改时间"))

    class Meta:
        verbose_name = _("草稿修改")
        verbose_name_plural = pgettext_lazy("plural", "草稿修改")
        ordering = ["-id"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.clause}".rstrip()


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def in_force(
        self, *, department_id: int | None, at: datetime, outlet_id: int | None = None
    ) -> Self:
        """Assignments that hold at ``at``, the one to go by first: that of the outlet which is asked, then
        the department's own, then the centre's; of each the newest."""
        here = Q(outlet=None, department_id=department_id) | Q(outlet=None, department=None)
        if outlet_id is not None:
            here |= Q(outlet_id=outlet_id)
        return self.filter(here, effective_on__lte=at.astimezone(SHANGHAI).date()).order_by(
            models.F("outlet_id").asc(nulls_last=True),
            models.F("department_id").asc(nulls_last=True),
            "-effective_on",
            "-pk",
        )


class Assignment(models.Model):
    """Which edition holds from a day on: for a department, for an outlet, or for the whole centre.

    A line that has come into force stays, and none is made for a day that is over: ``line_stays``, a trigger of
    plain SQL (migration 0006).
    """

    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("部门"),
    )
    outlet = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"kind": "outlet", "active": True},
        verbose_name=_("网点"),
    )
    version = models.ForeignKey(
        RulebookVersion,
        models.PROTECT,
        related_name="assignments",
        verbose_name=_("版本"),
    )
    effective_on = models.DateField(_("生效日期"))
    # Nobody: it came with the first release.
    assigned_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("指定人"),
    )
    assigned_at = models.DateTimeField(_("指定时间"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("规则手册适用")
        verbose_name_plural = pgettext_lazy("plural", "规则手册适用")
        ordering = ["-effective_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "outlet", "effective_on"],
                nulls_distinct=False,
                name="assignment_once_a_day",
                violation_error_message=_("那一天这里已经指定了一版，请改那一行"),
            ),
            models.CheckConstraint(
                condition=Q(department=None) | Q(outlet=None),
                name="assignment_to_one_place",
                violation_error_message=_("部门和网点只能选一个"),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="version_is_issued",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_ONLY_ISSUED,
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.version}"

    @property
    def place(self) -> str:
        return str(self.outlet or self.department or _("全中心"))


class Acknowledgement(models.Model):
    """An employee says that he has read an edition. Once, for good."""

    employee = models.ForeignKey(
        "staff.Employee",
        models.PROTECT,
        related_name="acknowledgements",
        verbose_name=_("员工"),
    )
    version = models.ForeignKey(
        RulebookVersion,
        models.PROTECT,
        related_name="acknowledgements",
        verbose_name=_("版本"),
    )
    at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = _("阅读确认")
        verbose_name_plural = pgettext_lazy("plural", "阅读确认")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["employee", "version"], name="acknowledgement_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="version_is_issued",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_ONLY_ISSUED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.version}"
