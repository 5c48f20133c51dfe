"""Who takes part: regions, and every party that can be asked, promised to, fined or paid."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField


class Region(models.Model):
    """An area of the network; the centre's own city, districts and whole provinces alike."""

    name = models.CharField(_("名称"), max_length=60)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级区域"),
    )
    code = models.CharField(
        _("行政区划代码"),
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"^[1-9]\d{1,5}$", _("二到六位数字，如 32 或 320100"))],
        help_text=_("GB/T 2260；空着就用上级区域的"),
    )
    shuttle = models.BooleanField(
        _("有网络班车"), null=True, blank=True, help_text=_("空着就用上级区域的")
    )

    class Meta:
        verbose_name = _("区域")
        verbose_name_plural = pgettext_lazy("plural", "区域")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], nulls_distinct=False, name="region_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PartyQuerySet(models.QuerySet["Party"]):
    def outlets(self) -> Self:
        """Outlets and the contract areas below them: those a query can be sent to."""
        return self.filter(kind__in=[Party.Kind.OUTLET, Party.Kind.CONTRACTOR], active=True)

    def matching(self, text: str) -> Self:
        """Parties whose code, name or pinyin begins with ``text``."""
        key = text.strip().lower()
        return self.filter(
            Q(code__istartswith=key)
            | Q(name__contains=text.strip())
            | Q(pinyin__startswith=key)
            | Q(initials__startswith=key)
        )

    def serving(self, place: str) -> Self:
        """Outlets in use that deliver at a place: those of the region so called and of all below it, and those that
        have it in their name or address (CD-03.24).
        """
        place = place.strip()
        inside = set(Region.objects.filter(name__startswith=place).values_list("pk", flat=True))
        level = inside
        while level:
            below = Region.objects.filter(parent__in=level).values_list("pk", flat=True)
            level = set(below) - inside
            inside = inside | level
        there = Q(region__in=inside) | Q(address__contains=place)
        return self.outlets().filter(there | Q(pk__in=self.matching(place).values("pk")))


class Party(models.Model):
    """The one liable subject. Whatever can owe, be owed, or answer for a promise is a row here."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("本公司")
        OUTLET = "outlet", _("网点")
        CONTRACTOR = "contractor", _("承包区")
        HUB = "hub", _("分拨中心")
        EMPLOYEE = "employee", _("员工")
        COURIER = "courier", _("业务员")
        DRIVER = "driver", _("驾驶员")
        INSURER = "insurer", _("保险公司")

    # Who settles with us, by a statement of its own; a contract area stands on the one of its outlet or hub.
    HOLDERS = (Kind.OUTLET, Kind.HUB)
    # Other companies, whom we hear from and who hear from us by programs and pages of their own.
    PARTNERS = (Kind.OUTLET, Kind.CONTRACTOR)

    kind = models.CharField(_("类别"), choices=Kind, max_length=12)
    code = models.CharField(_("编号"), max_length=32, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    pinyin = models.CharField(_("拼音"), max_length=200, blank=True, editable=False)
    initials = models.CharField(_("拼音首字母"), max_length=50, blank=True, editable=False)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, verbose_name=_("所在区域")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("所属网点"),
    )
    address = models.CharField(_("地址"), max_length=200, blank=True)
    active = models.BooleanField(_("在用"), default=True)
    remote = models.BooleanField(
        _("外围或偏远"), default=False, help_text=_("每月上报要提前（CD-08.08）")
    )
    report_lead_days = models.PositiveSmallIntegerField(
        _("上报提前天数"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(14)],
        help_text=_("空着就用规则手册的天数"),
    )

    objects = PartyQuerySet.as_manager()

    class Meta:
        verbose_name = _("当事方")
        verbose_name_plural = pgettext_lazy("plural", "当事方")
        ordering = ["pinyin", "code"]
        indexes = [
            models.Index(OpClass("pinyin", name="text_pattern_ops"), name="party_pinyin"),
            models.Index(OpClass("initials", name="text_pattern_ops"), name="party_initials"),
        ]
        constraints = [
            # One company runs this centre; its own clocks need a liable party too.
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind="company"), name="party_one_company"
            ),
            models.CheckConstraint(
                condition=Q(report_lead_days=None) | Q(report_lead_days__lte=14),
                name="party_report_lead_in_range",
                violation_error_message=_("最多提前 14 天"),
            ),
            models.CheckConstraint(
                condition=~Q(kind="contractor") | Q(parent__isnull=False),
                name="party_contractor_has_outlet",
                violation_error_message=_("承包区要填所属网点"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def outlet_id(self) -> int | None:
        """The outlet whose rules hold towards it: its own, or the one that a contract area belongs to."""
        if self.kind == Party.Kind.OUTLET:
            return self.pk
        return self.parent_id if self.kind == Party.Kind.CONTRACTOR else None


class ContactNumberQuerySet(models.QuerySet["ContactNumber"]):
    def current(self, at: datetime) -> Self:
        return self.filter(valid_from__lte=at).filter(Q(valid_to=None) | Q(valid_to__gt=at))


class ContactNumber(models.Model):
    """How a party is reached. A change ends one row and begins another: the history stays."""

    class Kind(models.TextChoices):
        DUTY = "duty", _("值班电话")
        COMPLAINT = "complaint", _("投诉电话")
        HEAD = "head", _("负责人手机")
        SERVICE_MANAGER = "service_manager", _("客服经理手机")
        PERSONAL = "personal", _("本人电话")
        TECHNICAL = "technical", _("技术部门电话")

    party = models.ForeignKey(
        Party, models.PROTECT, related_name="contact_numbers", verbose_name=_("当事方")
    )
    kind = models.CharField(_("用途"), choices=Kind, max_length=16)
    sealed = SealedField(_("号码与姓名"))  # {"number", "holder"}
    number_masked = models.CharField(_("号码"), max_length=40)
    holder_masked = models.CharField(_("接听人"), max_length=40, blank=True)
    lookup = ArrayField(models.BigIntegerField(), default=list, editable=False)
    valid_from = models.DateTimeField(_("启用时间"))
    valid_to = models.DateTimeField(_("停用时间"), null=True, blank=True)
    recorded_by = models.ForeignKey(
        "staff.User", models.PROTECT, null=True, verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    objects = ContactNumberQuerySet.as_manager()

    class Meta:
        verbose_name = _("联系方式")
        verbose_name_plural = pgettext_lazy("plural", "联系方式")
        ordering = ["party", "kind", "-valid_from"]
        indexes = [GinIndex(fields=["lookup"], name="contact_number_lookup")]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "kind"],
                condition=Q(valid_to=None),
                name="contact_number_one_current",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="contact_number_ends_after_start",
                violation_error_message=_("停用时间不能早于启用时间"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number_masked}"
