"""Months whose pay is locked: no fact of theirs changes any more."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import User


class LockedMonth(models.Model):
    """From now on nothing of this month changes; what comes late is an adjustment of a later one.

    The database refuses the facts (``payroll_keep_month``) of each table in ``FACTS``.
    """

    month = models.DateField(_("月份"), primary_key=True)  # its first day
    locked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("锁定人"))
    locked_at = models.DateTimeField(_("锁定时间"))

    class Meta:
        verbose_name = _("锁定的月份")
        verbose_name_plural = _("锁定的月份")
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="locked_month_is_its_first_day")
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


# Whose rows are facts of a month. A new one is named here, and a migration gives it its triggers, with the first and
# the last day a row speaks of as SQL: ``SELECT payroll_keep_month('payroll_rosteredshift', 'day', 'day')``.
FACTS = (
    "payroll_attendanceday",
    "payroll_call",
    "payroll_callscomplete",
    "payroll_chat",
    "payroll_employment",  # the day of leaving; a hire that is recorded late is true all the same
    "payroll_exammark",
    "payroll_leave",  # and overtime, once approved
    "payroll_outing",
    "payroll_overtime",
    "payroll_payadjustment",
    "payroll_placement",
    "payroll_poolpayment",
    "payroll_punch",
    "payroll_rating",
    "payroll_registerentry",  # as far as it counts
    "payroll_rosteredshift",
    "payroll_wage",
)

# Of a month as well, and only ever added to: these have the first of the three triggers.
APPENDED = ("payroll_judgedpart", "payroll_monthscore")
