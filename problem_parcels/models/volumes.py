"""How many problem parcels each person handled in a month: kept, not counted."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Employee


class Volume(models.Model):
    """One person's number of one metric in one month; rebuilt from the messages at any time.

    Outbound: messages of others about parcels we sent, answered (CD-12.10, CD-12.31). Inbound: messages we
    posted about parcels that arrived (CD-12.12, CD-12.34).
    """

    class Metric(models.TextChoices):
        OUTBOUND = "outbound_problem_parcels", _("出港问题件")
        INBOUND = "inbound_problem_parcels", _("进港问题件")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="problem_volumes", verbose_name=_("员工")
    )
    month = models.DateField(_("月份"))  # its first day
    metric = models.CharField(_("指标"), choices=Metric, max_length=24)
    number = models.PositiveIntegerField(_("件数"))

    class Meta:
        verbose_name = _("问题件量")
        verbose_name_plural = pgettext_lazy("plural", "问题件量")
        ordering = ["-month", "employee"]
        constraints = [
            models.UniqueConstraint(fields=["employee", "month", "metric"], name="volume_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="volume_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.month:%Y-%m} {self.number}"
