"""The warehouse office's shifts: what one leaves to the next, the keys, and the door locked at night."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField
from kefu.staff.models import Employee, User, in_readers_language
from problem_parcels.models.store import FOR_EVER, OursQuerySet


class ShiftHandOver(models.Model):
    """One shift leaves the store to the next: signed by whoever gives, then by whoever takes (CD-04.29).

    Each signs in a session of his own; the keeping of what lies there passes with the second signature.
    """

    class Shift(models.TextChoices):
        """As the rulebooks call them."""

        EARLY = "early", _("早班")
        LATE = "late", _("晚班")

    on = models.DateField(_("日期"))
    shift = models.CharField(_("哪一班交出"), choices=Shift, max_length=8)
    giver = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("交班人"))
    giver_signed_at = models.DateTimeField(_("交班时间"))
    sealed = SealedField(_("原文"))  # {"note"}
    note = models.TextField(_("交代"), blank=True)  # redacted
    # {"stays", "cases", "replies": how many; "keys": [{"id", "name"}]} when the giver signed.
    open_items = models.JSONField(_("未了事项"))
    taker = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("接班人")
    )
    taker_signed_at = models.DateTimeField(_("接班时间"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )

    objects = OursQuerySet.as_manager()

    class Meta:
        verbose_name = _("仓库交接班")
        verbose_name_plural = pgettext_lazy("plural", "仓库交接班")
        ordering = ["-giver_signed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["on", "shift"],
                condition=Q(withdrawn_at=None),
                name="shift_hand_over_once",
            ),
            models.CheckConstraint(
                condition=Q(taker=None) | ~Q(taker=models.F("giver")),
                name="shift_hand_over_to_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(taker=None, taker_signed_at=None)
                | Q(
                    taker__isnull=False,
                    taker_signed_at__gte=models.F("giver_signed_at"),
                    withdrawn_at=None,
                ),
                name="shift_hand_over_signed_by_taker",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="words_stay",
                fields=[
                    "on",
                    "shift",
                    "giver",
                    "giver_signed_at",
                    "note",
                    "open_items",
                    "rulebook",
                ],
            ),
            pgtrigger.Protect(
                name="signed_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__taker__isnull=False)
                & (
                    pgtrigger.Q(old__taker__df=pgtrigger.F("new__taker"))
                    | pgtrigger.Q(old__taker_signed_at__df=pgtrigger.F("new__taker_signed_at"))
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.get_shift_display()}"


class StoreKey(models.Model):
    """A key of the store or of what stands in it."""

    name = models.CharField(_("钥匙"), max_length=40, unique=True)
    added_at = models.DateTimeField(_("登记时间"))
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    retired_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("仓库钥匙")
        verbose_name_plural = pgettext_lazy("plural", "仓库钥匙")
        ordering = ["name"]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name


class KeyMove(models.Model):
    """From this moment on the key is with this person; with nobody: in its box."""

    key = models.ForeignKey(StoreKey, models.PROTECT, related_name="moves", verbose_name=_("钥匙"))
    holder = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("持有人")
    )
    moved_at = models.DateTimeField(_("自"))
    moved_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))

    class Meta:
        verbose_name = _("钥匙移交")
        verbose_name_plural = pgettext_lazy("plural", "钥匙移交")
        ordering = ["-moved_at", "-id"]
        indexes = [models.Index(fields=["key", "-moved_at", "-id"], name="key_move_latest")]
        triggers = [FOR_EVER]

    def __str__(self) -> str:
        return f"{self.key_id} {self.holder_id}"


class LockUpLine(models.Model):
    """A line of the house on the lock-up list, beside those of the regulation. Changed by a new one."""

    text = models.CharField(_("要做的事"), max_length=120)
    text_en = models.CharField(_("英文"), max_length=120, blank=True)
    added_at = models.DateTimeField(_("登记时间"))
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    retired_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("锁门清单")
        verbose_name_plural = pgettext_lazy("plural", "锁门清单")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="lock_up_line_says")]
        triggers = [
            pgtrigger.ReadOnly(
                name="words_stay", fields=["text", "text_en", "added_at", "added_by"]
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return in_readers_language(self.text, self.text_en)


class LockUpTick(models.Model):
    """One line done on one day: by whom and when. A line of the regulation stands by its clause."""

    on = models.DateField(_("日期"))
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    line = models.ForeignKey(
        LockUpLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ticks",
        verbose_name=_("事项"),
    )
    ticked_at = models.DateTimeField(_("勾选时间"))
    ticked_by = models.ForeignKey(
        Employee, models.PROTECT, related_name="+", verbose_name=_("勾选人")
    )

    class Meta:
        verbose_name = _("锁门勾选")
        verbose_name_plural = pgettext_lazy("plural", "锁门勾选")
        ordering = ["-on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(clause="") & Q(line__isnull=False)) | (~Q(clause="") & Q(line=None)),
                name="lock_up_tick_of_one_line",
            ),
            models.UniqueConstraint(
                fields=["on", "clause"], condition=~Q(clause=""), name="lock_up_tick_clause_once"
            ),
            models.UniqueConstraint(
                fields=["on", "line"], condition=Q(clause=""), name="lock_up_tick_line_once"
            ),
        ]
        triggers = [FOR_EVER]

    def __str__(self) -> str:
        return f"{self.on} {self.clause or self.line_id}"
