"""Who was rung because nobody had looked."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Escalation(models.Model):
    """A level of the chain, reached once for a deadline; without users nobody filled it, and it was skipped."""

    class Level(models.TextChoices):
        LEAD = "lead", _("值班组长")
        SUPERVISOR = "supervisor", _("主管")

    deadline = models.ForeignKey(
        "deadlines.Deadline", models.PROTECT, related_name="escalations", verbose_name=_("时限")
    )
    level = models.CharField(_("级别"), choices=Level, max_length=10)
    user_ids = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("通知了谁"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("逐级上报")
        verbose_name_plural = pgettext_lazy("plural", "逐级上报")
        constraints = [
            models.UniqueConstraint(fields=["deadline", "level"], name="escalated_once_a_level")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.get_level_display()}"
