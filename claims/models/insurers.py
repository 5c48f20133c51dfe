"""Staying in touch with insurers: what was said, and who was reminded of what."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.claims import Claim
from kefu.cases.models import Interaction
from kefu.privacy.fields import SealedField
from kefu.staff.models import User


class InsurerContact(models.Model):
    """One word with an insurer, about one of our cases or all of them (LC-01.22, LC-04.07)."""

    insurer = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="insurer_contacts", verbose_name=_("保险公司")
    )
    claim = models.ForeignKey(
        Claim,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="insurer_contacts",
        verbose_name=_("理赔"),
    )
    channel = models.CharField(_("渠道"), choices=Interaction.Channel, max_length=8)
    sealed = SealedField(_("原文"))  # {"text"}
    text = models.CharField(_("内容"), max_length=1000)  # redacted
    contacted_at = models.DateTimeField(_("联系时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("保险联系记录")
        verbose_name_plural = pgettext_lazy("plural", "保险联系记录")
        ordering = ["-contacted_at", "-id"]
        indexes = [models.Index(fields=["insurer", "-contacted_at"], name="insurer_last_contact")]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.insurer} {self.contacted_at:%Y-%m-%d}"


class Reminder(models.Model):
    """People were told once that something towards an insurer is due, and once that it is overdue."""

    class Kind(models.TextChoices):
        REPORT = "report", _("报案")
        DOCUMENTS = "documents", _("交材料")
        CONTACT = "contact", _("定期联系")

    kind = models.CharField(_("事项"), choices=Kind, max_length=9)
    claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("理赔")
    )
    insurer = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("保险公司"),
    )
    due_on = models.DateField(_("期限"))
    late = models.BooleanField(_("已逾期"))
    told_at = models.DateTimeField(_("提醒时间"))

    class Meta:
        verbose_name = _("保险提醒")
        verbose_name_plural = pgettext_lazy("plural", "保险提醒")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "claim", "insurer", "due_on", "late"],
                nulls_distinct=False,
                name="reminder_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="contact", insurer__isnull=False, claim=None)
                | ~Q(kind="contact") & Q(claim__isnull=False, insurer=None),
                name="reminder_of_something",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_on}"
