"""Clauses that the rulebooks ship switched off, because the law or people's dignity speaks against them, and who
decided that they hold here nevertheless.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import User


class OptIn(models.Model):
    """A manager wants such a clause, and why; it may be switched on in a draft once another person has confirmed."""

    rulebook = models.ForeignKey(
        "rulebooks.Rulebook", models.PROTECT, related_name="+", verbose_name=_("规章")
    )
    clause = models.CharField(_("条款"), max_length=16)
    reason = models.CharField(_("理由"), max_length=500)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("决定人"))
    decided_at = models.DateTimeField(_("决定时间"))
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("敏感条款的启用")
        verbose_name_plural = _("敏感条款的启用")
        ordering = ["rulebook", "clause"]
        permissions = [
            ("opt_in", _("决定启用敏感条款")),
            ("confirm_opt_in", _("确认启用敏感条款")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rulebook", "clause"],
                name="opt_in_once",
                violation_error_message=_("这一条已经有人决定启用"),
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="opt_in_has_a_reason"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                & ~Q(confirmed_by=F("decided_by")),
                name="opt_in_confirmed_by_another",
                violation_error_message=_("不能确认自己的决定"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="confirmed_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.confirmed_at IS NOT NULL"),
            ),
            pgtrigger.ReadOnly(
                name="what_was_decided_stays",
                fields=["rulebook", "clause", "reason", "decided_by", "decided_at"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.rulebook} {self.clause}"
