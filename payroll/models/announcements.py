"""Announcements that have to be confirmed, to whom they went, and who has read them."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedFileField
from kefu.staff.models import Department, Employee, Position, User
from payroll.models.meetings import NEVER_DELETED

FILE_LIMIT = 5_000_000  # bytes of one file
FILES = 5  # of one announcement


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)


class Announcement(models.Model):
    """A notice, the work that is set, or a product that comes on sale; never changed, only withdrawn (OS-04.11,
    OS-05.05, OS-05.06).
    """

    class Kind(models.TextChoices):
        NOTICE = "notice", pgettext_lazy("office", "公告")
        ASSIGNMENT = "assignment", _("工作布置")
        PRODUCT = "product", _("新品")

    kind = models.CharField(_("种类"), choices=Kind, default=Kind.NOTICE, max_length=10)
    title = models.CharField(_("标题"), max_length=100)
    body = models.TextField(_("正文"), max_length=4000)  # redacted
    everyone = models.BooleanField(_("所有人"), default=False)
    departments = models.ManyToManyField(
        Department, blank=True, related_name="+", verbose_name=_("部门")
    )
    # None chosen: whatever somebody's position.
    positions = models.ManyToManyField(
        Position, blank=True, related_name="+", verbose_name=_("岗位")
    )
    # Of a product: until when everybody has to know it, whether so many come at once that it is shown on site.
    launch_at = models.DateTimeField(_("上架时间"), null=True, blank=True)
    large = models.BooleanField(_("大批新品"), default=False)
    launched_at = models.DateTimeField(_("已上架"), null=True, blank=True)
    launched_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("上架人")
    )
    remind_at = models.DateTimeField(_("提醒时间"), null=True, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    published_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("发布人")
    )
    published_at = models.DateTimeField(_("发布时间"))
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤回人")
    )
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_for = models.CharField(_("撤回原因"), max_length=200, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("office", "公告")
        verbose_name_plural = pgettext_lazy("office plural", "公告")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="product", launch_at__gt=F("published_at"))
                | (~Q(kind="product") & Q(launch_at=None, large=False, launched_at=None)),
                name="announcement_of_a_product_has_a_launch",
                violation_error_message=_("新品要填以后的上架时间"),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_for="")
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_for="")
                ),
                name="announcement_withdrawn_with_a_reason",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="words_stay",
                fields=[
                    "kind", "title", "body", "everyone", "launch_at", "large", "rulebook", "published_by",
                    "published_at",
                ],
            ),
            NEVER_DELETED,
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class AnnouncementFile(models.Model):
    """A paper that belongs to an announcement."""

    announcement = models.ForeignKey(
        Announcement,
        models.PROTECT,
        related_name="files",
        verbose_name=pgettext_lazy("office", "公告"),
    )
    name = models.CharField(_("文件名"), max_length=120)
    # Papers bear names and addresses.
    content = SealedFileField(_("内容"))
    size = models.PositiveIntegerField(_("字节数"))
    digest = models.CharField(_("摘要"), max_length=64)  # SHA-256, in hex

    class Meta:
        verbose_name = _("公告附件")
        verbose_name_plural = pgettext_lazy("plural", "公告附件")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "digest"], name="announcement_file_once"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("content"), FILE_LIMIT + 1000),
                name="announcement_file_not_too_large",
            ),
        ]
        triggers = [
            # Only its seal may change, when keys are rotated.
            pgtrigger.ReadOnly(name="append_only", exclude=["content"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return self.name


class RecipientQuerySet(models.QuerySet["AnnouncementRecipient"]):
    def waiting(self) -> Self:
        """Those that have not confirmed what still stands."""
        return self.filter(confirmed_at=None, announcement__withdrawn_at=None)


class AnnouncementRecipient(models.Model):
    """Somebody an announcement went to, and when he confirmed that he has read it."""

    announcement = models.ForeignKey(
        Announcement,
        models.PROTECT,
        related_name="recipients",
        verbose_name=pgettext_lazy("office", "公告"),
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="announcements", verbose_name=_("员工")
    )
    told_at = models.DateTimeField(_("送达时间"))
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("催办时间"), null=True, blank=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("公告确认")
        verbose_name_plural = pgettext_lazy("plural", "公告确认")
        ordering = ["employee__number"]
        indexes = [
            models.Index(
                fields=["employee"], condition=Q(confirmed_at=None), name="announcement_unconfirmed"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "employee"], name="announcement_told_once"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(confirmed_at__gte=F("told_at")),
                name="announcement_confirmed_after_it_came",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="words_stay", fields=["announcement", "employee", "told_at"]),
            pgtrigger.Protect(
                name="confirmed_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__confirmed_at__isnull=False)
                & pgtrigger.Q(old__confirmed_at__df=pgtrigger.F("new__confirmed_at")),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} {self.employee_id}"
