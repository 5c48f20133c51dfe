"""What people hold of the house's: uniforms, gear, vehicles; handed out, replaced, given back (ES-134.*, ES-135.*)."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Employee, User, in_readers_language
from payroll.models.joining import NEVER_DELETED
from payroll.models.register import RegisterEntry


class Article(models.Model):
    """Something that is handed out, at its list price."""

    class Category(models.TextChoices):
        UNIFORM = "uniform", _("制服")
        PROTECTIVE = "protective", _("劳保用品")
        STATIONERY = "stationery", _("文具")
        VEHICLE = "vehicle", _("车辆")

    name = models.CharField(_("品名"), max_length=60, unique=True)
    name_en = models.CharField(_("英文名称"), max_length=60, blank=True)
    category = models.CharField(_("类别"), choices=Category, max_length=10)
    price = models.DecimalField(_("单价（元）"), max_digits=8, decimal_places=2)
    in_set = models.PositiveSmallIntegerField(
        _("新员工领几件"), default=0, help_text=_("0：不在成套制服里，另外领用")
    )
    active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = _("配发物品")
        verbose_name_plural = _("配发物品")
        ordering = ["category", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="article_price_not_below_nought",
                violation_error_message=_("单价不能是负数"),
            )
        ]

    def __str__(self) -> str:
        return in_readers_language(self.name, self.name_en)


class Issue(models.Model):
    """One piece in somebody's hands, at the price of its day, until it is given back or settled."""

    class Outcome(models.TextChoices):
        RETURNED = "returned", _("已交回")
        WORN = "worn", _("自然破损")
        DAMAGED = "damaged", _("人为损坏")
        LOST = "lost", pgettext_lazy("equipment", "遗失")
        KEPT = "kept", _("没有交回")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="issues", verbose_name=_("领用人")
    )
    article = models.ForeignKey(
        Article, models.PROTECT, related_name="issues", verbose_name=_("品名")
    )
    size = models.CharField(_("尺码或编号"), max_length=40, blank=True)
    price = models.DecimalField(_("单价（元）"), max_digits=8, decimal_places=2)
    issued_on = models.DateField(_("发放日期"))
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发放人"))
    issued_at = models.DateTimeField(_("记录时间"))
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, blank=True,
        verbose_name=_("替换哪一件"),
    )  # fmt: skip
    outcome = models.CharField(_("去向"), choices=Outcome, max_length=8, blank=True)
    ended_on = models.DateField(_("了结日期"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("经手人")
    )
    # What it costs the holder, as a line of the register.
    charge = models.OneToOneField(
        RegisterEntry, models.PROTECT, related_name="issue", null=True, blank=True,
        verbose_name=_("赔偿登记"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("领用登记")
        verbose_name_plural = _("领用登记")
        ordering = ["employee", "pk"]
        indexes = [
            models.Index(fields=["employee"], condition=Q(outcome=""), name="issue_in_hand"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", ended_on=None, ended_by=None)
                | (~Q(outcome="") & Q(ended_on__isnull=False, ended_by__isnull=False)),
                name="issue_ends_on_a_day_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=models.F("issued_on")),
                name="issue_ends_after_it_began",
            ),
            models.CheckConstraint(  # natural wear and what is given back are free
                condition=Q(charge=None) | Q(outcome__in=["damaged", "lost", "kept"]),
                name="issue_charged_only_for_a_cause",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="facts_stay", exclude=["outcome", "ended_on", "ended_by", "charge"]
            ),
            pgtrigger.Protect(
                name="settled_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.outcome <> ''"),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.article}"


class Replacement(models.Model):
    """Somebody asks for a new piece because his is damaged or lost (ES-134.03)."""

    class What(models.TextChoices):
        DAMAGED = "damaged", pgettext_lazy("equipment", "损坏")
        LOST = "lost", pgettext_lazy("equipment", "遗失")

    class State(models.TextChoices):
        ASKED = "asked", _("待办理")
        ISSUED = "issued", _("已补发")
        REFUSED = "refused", _("未同意")

    issue = models.ForeignKey(
        Issue, models.PROTECT, related_name="replacements", verbose_name=_("领用登记")
    )
    what = models.CharField(_("情况"), choices=What, max_length=8)
    text = models.CharField(_("经过"), max_length=500)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"))
    state = models.CharField(_("状态"), choices=State, default=State.ASKED, max_length=8)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("办理人")
    )
    decided_at = models.DateTimeField(_("办理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("补领申请")
        verbose_name_plural = _("补领申请")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue"], condition=Q(state="asked"), name="replacement_once_asked"
            )
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("asked", "issued"), ("asked", "refused")],
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.issue} {self.get_what_display()}"
