"""What is written to customers and said on the phone in the house's own words, version by version."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import User

TEXT_LIMIT = 1_000  # characters


class WordingQuerySet(models.QuerySet["Wording"]):
    def in_use(self) -> Self:
        """Those that may be picked: not withdrawn, with an approved version, told as ``text`` and ``version``."""
        approved = WordingVersion.objects.filter(
            wording=models.OuterRef("pk"), approved_at__isnull=False
        ).order_by("-number")
        return (
            self.filter(withdrawn_at=None)
            .annotate(
                text=models.Subquery(approved.values("text")[:1]),
                version=models.Subquery(approved.values("pk")[:1]),
            )
            .exclude(version=None)
        )

    def of_department(self, department_id: int | None) -> Self:
        """The company's, and the department's own."""
        return self.filter(Q(department=None) | Q(department=department_id))


class Wording(models.Model):
    """A template or a phone script; its words are in its versions."""

    text: str  # of ``in_use``
    version: int

    class Channel(models.TextChoices):
        PHONE = "phone", _("电话")
        SMS = "sms", _("短信")
        WECHAT = "wechat", _("微信")
        EMAIL = "email", _("邮件")
        NETWORK = "network", _("网内留言")

    class Occasion(models.TextChoices):
        GREETING = "greeting", _("开头问候")
        CLOSING = "closing", _("结束语")
        DELAY = "delay", _("延误解释")
        STORM = "storm", _("恶劣天气")
        FAILURE = "failure", _("系统故障")
        RESULT = "result", _("转告结果")
        OTHER = "other", _("其他")

    class Language(models.TextChoices):
        CHINESE = "zh-hans", "中文"
        ENGLISH = "en", "English"

    name = models.CharField(_("名称"), max_length=40)
    channel = models.CharField(_("渠道"), choices=Channel, max_length=8)
    occasion = models.CharField(_("场合"), choices=Occasion, default=Occasion.OTHER, max_length=8)
    language = models.CharField(_("语言"), choices=Language, default=Language.CHINESE, max_length=7)
    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("部门"),
        help_text=_("空着：全公司"),
    )
    withdrawn_at = models.DateTimeField(_("停用时间"), null=True, blank=True, editable=False)

    objects = WordingQuerySet.as_manager()

    class Meta:
        verbose_name = _("话术和模板")
        verbose_name_plural = pgettext_lazy("plural", "话术和模板")
        ordering = ["channel", "occasion", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "language", "department", "name"],
                nulls_distinct=False,
                condition=Q(withdrawn_at=None),
                name="wording_once",
                violation_error_message=_("同一渠道、语言和部门已有这个名称"),
            )
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name


class WordingVersion(models.Model):
    """The words as somebody drafted them. What holds is the latest that another person approved."""

    wording = models.ForeignKey(
        Wording, models.PROTECT, related_name="versions", verbose_name=_("话术和模板")
    )
    number = models.PositiveSmallIntegerField(_("第几版"))
    text = models.TextField(_("内容"), max_length=TEXT_LIMIT)
    # Nobody drafted or approved what ships with the product.
    drafted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("拟稿人")
    )
    drafted_at = models.DateTimeField(_("拟稿时间"))
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("批准人")
    )
    approved_at = models.DateTimeField(_("批准时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("话术版本")
        verbose_name_plural = pgettext_lazy("plural", "话术版本")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["wording", "number"], name="wording_version_once"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("drafted_by")),
                name="wording_approved_by_another",
                violation_error_message=_("自己拟的稿要由别人批准"),
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None)
                | Q(approved_at__isnull=False, approved_by__isnull=False)
                | Q(approved_at__isnull=False, drafted_by=None),
                name="wording_approved_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="words_stay", exclude=["approved_by", "approved_at"]),
            pgtrigger.Protect(
                name="approval_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__approved_at__isnull=False),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.wording} {self.number}"

    def told(self) -> dict[str, Any]:
        """What an interaction keeps of the words it was written with."""
        return {"version": self.pk, "name": self.wording.name, "number": self.number}
