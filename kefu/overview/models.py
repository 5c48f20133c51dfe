"""Links to the wallboard: who let whose screen show it, and until when; and what the daily verification found."""

from typing import Any, Self

import pgtrigger
from django.core.signing import BadSignature, Signer
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SIGNER = Signer(salt="kefu.overview.wallboard", sep=".")


class WallboardLinkQuerySet(models.QuerySet["WallboardLink"]):
    def standing(self) -> Self:
        return self.filter(revoked_at=None)

    def signed(self, token: str) -> "WallboardLink | None":
        """The link behind a token; None for a forged one and for one that was revoked."""
        try:
            pk = int(SIGNER.unsign(token))
        except (BadSignature, ValueError):
            return None
        return self.standing().filter(pk=pk).select_related("department").first()


class WallboardLink(models.Model):
    """A screen that shows the wallboard without anybody signed in; its address is signed and can be revoked."""

    name = models.CharField(_("挂在哪里"), max_length=60)
    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("只看部门"),
        help_text=_("空着：全部部门"),
    )
    made_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("开通人")
    )
    made_at = models.DateTimeField(_("开通时间"))
    revoked_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("收回人"),
    )
    revoked_at = models.DateTimeField(_("收回时间"), null=True, blank=True)

    objects = WallboardLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("大屏链接")
        verbose_name_plural = pgettext_lazy("plural", "大屏链接")
        ordering = ["-pk"]
        permissions = [
            ("see_overview", _("看总览和大屏")),
            ("share_wallboard", _("开通和收回大屏链接")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_by=None)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="wallboard_link_revoked_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> str:
        return SIGNER.sign(str(self.pk))


class Verification(models.Model):
    """What one day's verification found: whether what must hold did hold. Rows are only ever added."""

    day = models.DateField(_("日期"), unique=True)
    at = models.DateTimeField(_("完成时间"))
    seconds = models.FloatField(_("用时（秒）"))
    checks = models.PositiveSmallIntegerField(_("核对项"))
    rows = models.BigIntegerField(_("核对行数"))
    violations = models.BigIntegerField(_("不一致"))
    # Of each check that failed: {"check", "n", "found", "violations": the first few}; row numbers, nobody's data.
    failed: Any = models.JSONField(_("不一致的核对项"), default=list)

    class Meta:
        verbose_name = _("每日核对")
        verbose_name_plural = pgettext_lazy("plural", "每日核对")
        ordering = ["-day"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return str(self.day)
