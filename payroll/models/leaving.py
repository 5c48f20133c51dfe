"""Somebody leaves: since when it is known, with which last day, and when his access ended."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import User
from payroll.models.employment import Employment


class Leaving(models.Model):
    """A stay with the company ends. Until it takes effect it may be taken back (ES-134.05, ES-135.03)."""

    class Kind(models.TextChoices):
        RESIGNED = "resigned", _("本人辞职")
        PROBATION = "probation", _("试用期不合格")
        CONTRACT_ENDS = "contract_ends", _("合同到期")
        DISMISSED = "dismissed", _("公司解除")
        OTHER = "other", _("其他")

    employment = models.ForeignKey(
        Employment, models.PROTECT, related_name="leavings", verbose_name=_("任职")
    )
    kind = models.CharField(_("缘由"), choices=Kind, max_length=14)
    reason = models.CharField(_("说明"), max_length=500)
    last_day = models.DateField(_("最后工作日"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("经手人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))
    effected_at = models.DateTimeField(_("账号停用时间"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("撤回人")
    )
    # Everything is given back or settled, and the office has closed the file.
    closed_at = models.DateTimeField(_("手续办结时间"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("办结人")
    )

    class Meta:
        verbose_name = _("离职")
        verbose_name_plural = _("离职")
        ordering = ["-recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["employment"],
                condition=Q(withdrawn_at=None),
                name="leaving_once_an_employment",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(effected_at=None),
                name="leaving_effected_is_not_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(effected_at__isnull=False),
                name="leaving_closed_after_it_took_effect",
            ),
        ]
        indexes = [
            models.Index(
                fields=["last_day"],
                condition=Q(effected_at=None, withdrawn_at=None),
                name="leaving_to_take_effect",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="facts_stay",
                exclude=["effected_at", "withdrawn_at", "withdrawn_by", "closed_at", "closed_by"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.employment} {self.last_day}"
