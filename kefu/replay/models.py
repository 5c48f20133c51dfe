"""What a version of a rulebook would have cost whom: a try-out, line by line. Rows are only ever added."""

from decimal import Decimal
from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.penalties.models import Penalty
from kefu.replay.decisions import COUNTS


def _append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Run(models.Model):
    """Past months decided anew by one version: who asked, when, and what the version said then."""

    job = models.OneToOneField("jobs.Job", models.PROTECT, related_name="+", verbose_name=_("作业"))
    version = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        related_name="+",
        verbose_name=_("试算的版本"),
    )
    digest = models.CharField(_("内容摘要"), max_length=64)  # of what was tried; a draft goes on
    months = ArrayField(models.CharField(max_length=7), verbose_name=_("月份"))
    asked_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("发起人")
    )
    asked_at = models.DateTimeField(_("发起时间"))

    class Meta:
        verbose_name = _("试算")
        verbose_name_plural = pgettext_lazy("plural", "试算")
        ordering = ["-asked_at"]
        triggers = [_append_only()]

    def __str__(self) -> str:
        months = self.months
        return f"{self.version} {', '.join(months) if len(months) < 3 else f'{months[0]} … {months[-1]}'}"


class LineQuerySet(models.QuerySet["Line"]):
    def changed(self) -> Self:
        return self.exclude(before=F("after"), before_state=F("after_state"))

    def counting(self) -> Self:
        """Those that are in the totals, before or after."""
        return self.filter(Q(before_state__in=COUNTS) | Q(after_state__in=COUNTS))

    def counting_first(self) -> Self:
        counts = Q(before_state__in=COUNTS) | Q(after_state__in=COUNTS)
        return self.order_by(models.Case(models.When(counts, then=0), default=1), "pk")


class Line(models.Model):
    """What one party bears, or may come to bear, by one clause of one decision: as it stands, and by the version
    tried."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="lines", verbose_name=_("试算"))
    kind = models.CharField(_("种类"), max_length=20)
    key = models.BigIntegerField(_("裁定"))
    case = models.ForeignKey(
        "cases.Case",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("工单"),
        db_index=False,
    )
    clause = models.CharField(_("条款"), max_length=16)
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="+",
        verbose_name=_("责任方"),
        db_index=False,
    )
    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("部门"),
        db_index=False,
    )
    unit = models.CharField(_("单位"), choices=Penalty.Kind, max_length=6)
    before = models.DecimalField(_("原来"), max_digits=10, decimal_places=2)
    before_state = models.CharField(
        _("原来的状态"), choices=Penalty.State, max_length=12, blank=True
    )
    after = models.DecimalField(_("试算"), max_digits=10, decimal_places=2)
    after_state = models.CharField(
        _("试算的状态"), choices=Penalty.State, max_length=12, blank=True
    )

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = _("试算明细")
        verbose_name_plural = pgettext_lazy("plural", "试算明细")
        ordering = ["-id"]
        indexes = [models.Index(fields=["run", "party"], name="line_by_party")]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "key", "clause", "party", "unit"], name="line_once"
            ),
            models.CheckConstraint(
                condition=~Q(before_state="", after_state=""), name="line_bears_something"
            ),
        ]
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"{self.clause} {self.before} → {self.after}"

    @property
    def difference(self) -> Decimal:
        """By how much more counts."""
        before = self.before if self.before_state in COUNTS else Decimal(0)
        return (self.after if self.after_state in COUNTS else Decimal(0)) - before


class Gap(models.Model):
    """A decision that the version cannot make: a fact is not there, or the version leaves something open.

    It is in no total. ``fines`` and ``points`` are what it costs as it stands.
    """

    class What(models.TextChoices):
        MESSAGE = "message", _("不知道起因")
        PROMISE = "promise", _("没有记下承诺的时间")
        OWNER = "owner", _("不知道到期时工单在谁手里")
        CONDITION = "condition", _("没有人查过生效条件")
        FACT = "fact", _("没有记下条款要的情形")
        CALENDAR = "calendar", _("没有部门的工作日历")
        PAUSE = "pause", _("这一版不认挂起的理由")
        SETTING = "setting", _("这一版没有填参数")
        AMOUNT = "amount", _("这一版没有给数额")
        SET_ASIDE = "set_aside", _("时限被搁置，没有裁定")

    run = models.ForeignKey(Run, models.PROTECT, related_name="gaps", verbose_name=_("试算"))
    kind = models.CharField(_("种类"), max_length=20)
    key = models.BigIntegerField(_("裁定"))
    case = models.ForeignKey(
        "cases.Case",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("工单"),
        db_index=False,
    )
    what = models.CharField(_("缺什么"), choices=What, max_length=12)
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    detail = models.CharField(_("说明"), max_length=200, blank=True)
    fines = models.DecimalField(_("现有罚款（元）"), max_digits=10, decimal_places=2)
    points = models.DecimalField(_("现有扣分"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("算不出的裁定")
        verbose_name_plural = pgettext_lazy("plural", "算不出的裁定")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["run", "kind", "key"], name="gap_once")]
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.clause}".rstrip()


class Mismatch(models.Model):
    """A field of a decision that does not come out as it is stored, by the very version it was made under."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="mismatches", verbose_name=_("试算"))
    kind = models.CharField(_("种类"), max_length=20)
    key = models.BigIntegerField(_("裁定"))
    case = models.ForeignKey(
        "cases.Case",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("工单"),
        db_index=False,
    )
    clause = models.CharField(_("条款"), max_length=16)
    field = models.CharField(_("栏目"), max_length=40)
    stored = models.CharField(_("登记的"), max_length=200)
    recomputed = models.CharField(_("重算的"), max_length=200)

    class Meta:
        verbose_name = _("重算不符")
        verbose_name_plural = pgettext_lazy("plural", "重算不符")
        ordering = ["id"]
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"{self.clause} {self.field}: {self.stored} / {self.recomputed}"
