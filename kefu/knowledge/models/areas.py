"""Who delivers where, and for how much: places by name, and rows that hold from a day to a day.

A place is no ``network.Region``: those are the few areas that outlets and incidents are filed under, these the forty
thousand names that stand in addresses.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import BigIntegerField, F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import User

MOST_YUAN = Decimal("99999.99")


def _number(expression: Any) -> Func:
    """A number as a range of one, which needs no extension of the database."""
    return Func(
        expression,
        expression,
        Value("[]"),
        function="int8range",
        output_field=BigIntegerField(),
    )


def _span() -> Func:
    return Func(
        F("valid_from"),
        F("valid_to"),
        Value("[)"),
        function="daterange",
        output_field=DateRangeField(),
    )


# Of a row that once held only its end is ever set: what was valid yesterday is told the same tomorrow.
ONLY_ENDS = (
    pgtrigger.ReadOnly(name="only_ends", exclude=["valid_to"]),
    pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
)


class Place(models.Model):
    """A name that stands in addresses, below the one it belongs to."""

    class Level(models.IntegerChoices):
        PROVINCE = 1, _("省")
        CITY = 2, _("市")
        DISTRICT = 3, _("区县")
        TOWN = 4, _("街道乡镇")

    level = models.SmallIntegerField(_("级别"), choices=Level)
    name = models.CharField(_("名称"), max_length=30)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级"),
    )

    class Meta:
        verbose_name = _("地名")
        verbose_name_plural = pgettext_lazy("plural", "地名")
        ordering = ["level", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], nulls_distinct=False, name="place_once"
            ),
            models.CheckConstraint(
                condition=Q(level=1, parent=None) | Q(level__in=[2, 3, 4], parent__isnull=False),
                name="place_below_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlaceName(models.Model):
    """One spelling that a place is found by: as it is written, without 省, 市 or 区, in pinyin, by its initials."""

    class Kind(models.TextChoices):
        FULL = "full", _("全称")
        SHORT = "short", _("简称")
        PINYIN = "pinyin", _("拼音")
        INITIALS = "initials", _("首字母")

    place = models.ForeignKey(Place, models.CASCADE, related_name="names", verbose_name=_("地名"))
    kind = models.CharField(_("写法"), choices=Kind, max_length=8)
    key = models.CharField(_("检索词"), max_length=90)

    class Meta:
        verbose_name = _("地名写法")
        verbose_name_plural = pgettext_lazy("plural", "地名写法")
        indexes = [
            # Pattern operators: a first sign finds what begins with it too.
            models.Index(OpClass("key", name="varchar_pattern_ops"), name="place_name_key"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["place", "kind", "key"], name="place_name_once")
        ]

    def __str__(self) -> str:
        return self.key


class Edition(models.Model):
    """One table as it was brought: what its rows hold from, and who brought it."""

    class Kind(models.TextChoices):
        COVERAGE = "coverage", _("派送范围表")
        PRICES = "prices", _("运价表")

    kind = models.CharField(_("种类"), choices=Kind, max_length=8)
    number = models.PositiveIntegerField(_("第几版"))
    title = models.CharField(_("表格"), max_length=200)
    effective_on = models.DateField(_("生效日期"))
    job = models.OneToOneField(
        "jobs.Job", models.PROTECT, related_name="+", null=True, verbose_name=_("导入")
    )
    brought_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("导入人")
    )
    brought_at = models.DateTimeField(_("导入时间"))

    class Meta:
        verbose_name = _("派送和运价表")
        verbose_name_plural = pgettext_lazy("plural", "派送和运价表")
        ordering = ["-brought_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="edition_once")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class DatedQuerySet(models.QuerySet[Any]):
    def on(self, day: date) -> Self:
        """What holds on a day."""
        return self.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def from_on(self, day: date) -> Self:
        """What holds on a day or will after it."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day))


class Coverage(models.Model):
    """Who delivers at a place, or at the streets in it that have a word in their name."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+", verbose_name=_("版本"))
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("地点"))
    keyword = models.CharField(_("关键词"), max_length=20, blank=True)
    outlet = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("网点"),
    )
    delivered = models.BooleanField(_("派送"))
    extra_days = models.PositiveSmallIntegerField(_("加几天"), default=0)
    extra_fee = models.DecimalField(_("加收（元）"), max_digits=7, decimal_places=2, default=0)
    cut_off = models.TimeField(_("当天截单时间"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("派送范围")
        verbose_name_plural = pgettext_lazy("plural", "派送范围")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                OpClass("keyword", name="varchar_pattern_ops"),
                condition=~Q(keyword=""),
                name="coverage_keyword",
            ),
        ]
        constraints = [
            ExclusionConstraint(
                name="coverage_once_at_a_time",
                expressions=[
                    (_number(F("place")), RangeOperators.OVERLAPS),
                    (_number(Func(F("keyword"), function="hashtext")), RangeOperators.OVERLAPS),
                    (_span(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("同一地点在这段时间已有一条"),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="coverage_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(delivered=False) | Q(outlet__isnull=False),
                name="coverage_delivered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(extra_fee__range=(0, MOST_YUAN)), name="coverage_fee_in_range"
            ),
        ]
        triggers = ONLY_ENDS

    def __str__(self) -> str:
        return f"{self.place} {self.keyword}".strip()


class Rate(models.Model):
    """What a parcel from us to a place costs: the first weight, then every further step of weight."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+", verbose_name=_("版本"))
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("目的地"))
    first_kg = models.DecimalField(_("首重（公斤）"), max_digits=6, decimal_places=2)
    first_price = models.DecimalField(_("首重价（元）"), max_digits=7, decimal_places=2)
    step_kg = models.DecimalField(_("续重单位（公斤）"), max_digits=6, decimal_places=2)
    step_price = models.DecimalField(_("续重价（元）"), max_digits=7, decimal_places=2)
    # Cubic centimetres that count as a kilogram; none: only the scales count.
    divisor = models.PositiveIntegerField(_("体积系数"), null=True, blank=True)
    fuel_percent = models.DecimalField(
        _("燃油附加费（%）"), max_digits=5, decimal_places=2, default=0
    )
    surcharge = models.DecimalField(_("附加费（元）"), max_digits=7, decimal_places=2, default=0)
    surcharge_name = models.CharField(_("附加费名称"), max_length=30, blank=True)
    days = models.PositiveSmallIntegerField(_("时效（天）"), null=True, blank=True)
    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = _("运价")
        verbose_name_plural = pgettext_lazy("plural", "运价")
        ordering = ["-pk"]
        constraints = [
            ExclusionConstraint(
                name="rate_once_at_a_time",
                expressions=[
                    (_number(F("place")), RangeOperators.OVERLAPS),
                    (_span(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("同一目的地在这段时间已有运价"),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="rate_ends_after_start",
            ),
            # A range on every amount keeps NaN out as well.
            models.CheckConstraint(
                condition=Q(
                    first_kg__range=(Decimal("0.01"), 1000),
                    step_kg__range=(Decimal("0.01"), 1000),
                    first_price__range=(0, MOST_YUAN),
                    step_price__range=(0, MOST_YUAN),
                    surcharge__range=(0, MOST_YUAN),
                    fuel_percent__range=(0, 100),
                ),
                name="rate_in_range",
            ),
            models.CheckConstraint(
                condition=Q(divisor=None) | Q(divisor__gt=0), name="rate_divisor_positive"
            ),
        ]
        triggers = ONLY_ENDS

    def __str__(self) -> str:
        return str(self.place)
