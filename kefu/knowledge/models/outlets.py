"""What the contact book adds to the numbers of ``kefu.network``: when an outlet is open, which number was found wrong."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.network.models import ContactNumber
from kefu.staff.models import User


class OpeningHours(models.Model):
    """When an outlet is open. A change ends one row and begins another: the history stays."""

    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="opening_hours", verbose_name=_("网点")
    )
    opens = models.TimeField(_("开门"))
    closes = models.TimeField(_("关门"))
    weekend_opens = models.TimeField(_("周末开门"), null=True, blank=True)
    weekend_closes = models.TimeField(_("周末关门"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=100, blank=True)
    valid_from = models.DateTimeField(_("启用时间"))
    valid_to = models.DateTimeField(_("停用时间"), null=True, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )

    class Meta:
        verbose_name = _("营业时间")
        verbose_name_plural = pgettext_lazy("plural", "营业时间")
        ordering = ["party", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["party"], condition=Q(valid_to=None), name="opening_hours_one_current"
            ),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="opening_hours_close_after_open",
                violation_error_message=_("关门时间要晚于开门时间"),
            ),
            models.CheckConstraint(
                condition=Q(weekend_opens=None, weekend_closes=None)
                | Q(weekend_closes__gt=F("weekend_opens")),
                name="opening_hours_weekend_whole",
                violation_error_message=_("周末的开门和关门要一起填，关门晚于开门"),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_ends", exclude=["valid_to"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"


class NumberReportQuerySet(models.QuerySet["NumberReport"]):
    def visible_to(self, user: Any) -> Self:
        if not user.is_authenticated or not user.is_active or user.role == User.Role.OUTLET:
            return self.none()
        return self.all()

    def open(self) -> Self:
        """Not settled, about a number that is still in use: one that was changed has been put right."""
        return self.filter(settled_at=None, number__valid_to=None)


class NumberReport(models.Model):
    """An agent found a number wrong. A supervisor settles it: by another number, or by finding it right."""

    class Outcome(models.TextChoices):
        ENDED = "ended", _("已停用这个号码")
        RIGHT = "right", _("号码无误")

    number = models.ForeignKey(
        ContactNumber, models.PROTECT, related_name="reports", verbose_name=_("号码")
    )
    reported_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("报告人")
    )
    reported_at = models.DateTimeField(_("报告时间"))
    outcome = models.CharField(_("处理结果"), choices=Outcome, max_length=5, blank=True)
    settled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("处理人")
    )
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    objects = NumberReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("号码有误报告")
        verbose_name_plural = pgettext_lazy("plural", "号码有误报告")
        ordering = [F("settled_at").desc(nulls_first=True), "-pk"]
        constraints = [
            # Ten agents who find it wrong have found one thing.
            models.UniqueConstraint(
                fields=["number"], condition=Q(settled_at=None), name="number_report_one_open"
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None, outcome="")
                | Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(outcome=""),
                name="number_report_settled_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="report_stays", exclude=["outcome", "settled_by", "settled_at"]
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.number)
