"""Who was employed here, where, and for which wage: by the day it holds from, never rewritten."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department, Employee, Position, User
from payroll.models.overlaps import one_at_a_time


class Employment(models.Model):
    """One stay with the company, from the first day to the last."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="employments", verbose_name=_("员工")
    )
    hired_on = models.DateField(_("入职日期"))
    left_on = models.DateField(_("离职日期"), null=True, blank=True)  # the last day

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        ordering = ["employee", "hired_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("hired_on")),
                name="employment_ends_after_it_began",
                violation_error_message=_("离职日期不能早于入职日期"),
            ),
            one_at_a_time(
                "employment_once_at_a_time", starts="hired_on", ends="left_on", dates=True
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.employee} {self.hired_on}"


class Placement(models.Model):
    """From this day on the person works there, in that position."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="placements", verbose_name=_("员工")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="placements", verbose_name=_("部门")
    )
    position = models.ForeignKey(
        Position, models.PROTECT, related_name="placements", verbose_name=_("岗位")
    )
    from_on = models.DateField(_("自"))
    reason = models.CharField(_("说明"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("经手人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("任职部门")
        verbose_name_plural = _("任职部门")
        ordering = ["employee", "from_on", "pk"]
        indexes = [models.Index(fields=["employee", "from_on"], name="placement_of_employee")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.department} {self.from_on}"


class Wage(models.Model):
    """From this day on that base wage is agreed; empty: what the rulebook says (CD-12.89, CD-12.90, ES-116.01)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="wages", verbose_name=_("员工")
    )
    from_on = models.DateField(_("自"))
    base = models.DecimalField(
        _("约定基本工资（元）"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    post_allowance = models.BooleanField(_("领职务加给"), default=False)
    reason = models.CharField(_("说明"), max_length=200)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("经手人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("约定工资")
        verbose_name_plural = _("约定工资")
        ordering = ["employee", "from_on", "pk"]
        indexes = [models.Index(fields=["employee", "from_on"], name="wage_of_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(base=None) | Q(base__gt=0, base__lte=999_999),
                name="wage_in_range",
                violation_error_message=_("约定工资要在 0 到 999,999 元之间"),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.from_on}"
