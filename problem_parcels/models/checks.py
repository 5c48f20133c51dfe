"""Looking through the replies at the hours of the house."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee


class ReplyCheck(models.Model):
    """Somebody of a desk looked through the replies, for one of the day's hours (CD-07.08). Rows are only added."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    due_at = models.DateTimeField(_("应查时间"))
    checked_at = models.DateTimeField(_("查看时间"))
    checked_by = models.ForeignKey(
        Employee, models.PROTECT, related_name="+", verbose_name=_("查看人")
    )

    class Meta:
        verbose_name = _("查回复")
        verbose_name_plural = pgettext_lazy("plural", "查回复")
        ordering = ["-due_at", "department"]
        constraints = [
            models.UniqueConstraint(fields=["department", "due_at"], name="reply_check_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.due_at:%m-%d %H:%M}"

    @property
    def late(self) -> bool:
        return self.checked_at > self.due_at
