"""The hand-over book: what one shift leaves to the next, signed by both; what is checked when it begins and ends."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import HandOver
from kefu.staff.models import Department, Employee, User
from payroll.models.meetings import NEVER_DELETED
from payroll.models.rosters import RosteredShift


class BookEntry(models.Model):
    """One page of the book: whoever gives signs by writing it, whoever takes over by reading it (OS-04.09, SD-321.03).

    Cases are handed over one by one on their own page; the entry names those hand-overs.
    """

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="book", verbose_name=_("部门")
    )
    on = models.DateField(_("日期"))
    shift = models.ForeignKey(
        RosteredShift, models.PROTECT, null=True, blank=True, related_name="book_entries",
        verbose_name=_("班次"),
    )  # fmt: skip
    giver = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("交班人"))
    giver_signed_at = models.DateTimeField(_("交班时间"))
    # By the names of the rulebook's fields, {"customer_questions": …, "todo": …}. Redacted.
    content = models.JSONField(_("交接内容"))
    cases = models.ManyToManyField(
        HandOver, blank=True, related_name="+", verbose_name=_("工单交接")
    )
    # For whom; None: whoever of the department comes next.
    addressee = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("交给")
    )
    taker = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("接班人")
    )
    taker_signed_at = models.DateTimeField(_("接班时间"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )

    class Meta:
        verbose_name = _("交接记录")
        verbose_name_plural = pgettext_lazy("plural", "交接记录")
        ordering = ["-giver_signed_at", "-pk"]
        indexes = [
            models.Index(
                fields=["department"],
                condition=Q(taker=None, withdrawn_at=None),
                name="book_entry_unsigned",
            ),
            models.Index(fields=["department", "-on"], name="book_of_department"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "giver"],
                condition=Q(withdrawn_at=None),
                name="book_entry_once_a_shift",
            ),
            models.CheckConstraint(
                condition=Q(taker=None) | ~Q(taker=F("giver")),
                name="book_entry_to_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(taker=None, taker_signed_at=None)
                | Q(
                    taker__isnull=False,
                    taker_signed_at__gte=F("giver_signed_at"),
                    withdrawn_at=None,
                ),
                name="book_entry_signed_by_taker",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="words_stay",
                fields=[
                    "department",
                    "on",
                    "shift",
                    "giver",
                    "giver_signed_at",
                    "content",
                    "rulebook",
                ],
            ),
            pgtrigger.Protect(
                name="signed_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__taker__isnull=False),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.giver}"


class ShiftCheck(models.Model):
    """What somebody checked as his shift began or ended: uniform and hand-over, power off, the day's work done
    (SD-321.02, SD-233.53, SD-331.11, SD-341.03).
    """

    class Edge(models.TextChoices):
        START = "start", pgettext_lazy("book", "接班")
        END = "end", pgettext_lazy("book", "交班")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="shift_checks", verbose_name=_("员工")
    )
    on = models.DateField(_("日期"))
    shift = models.ForeignKey(
        RosteredShift, models.PROTECT, null=True, blank=True, related_name="checks",
        verbose_name=_("班次"),
    )  # fmt: skip
    edge = models.CharField(_("何时"), choices=Edge, max_length=5)
    # The names of what was ticked, and the tasks of that day that were still open: [{"item", "text"}].
    ticked = models.JSONField(_("已查"), default=list)
    open_tasks = models.JSONField(_("没办完的"), default=list)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    checked_at = models.DateTimeField(_("时间"))
    consented_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("同意人")
    )
    consented_at = models.DateTimeField(_("同意时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("班前班后检查")
        verbose_name_plural = pgettext_lazy("plural", "班前班后检查")
        ordering = ["-checked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "on", "shift", "edge"],
                nulls_distinct=False,
                name="shift_check_once",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", exclude=["consented_by", "consented_at"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.employee} {self.edge}"


class SafetyReport(models.Model):
    """Something suspicious, or a danger: security is told at once, by whom and when stands here (SD-341.06)."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    place = models.CharField(_("地点"), max_length=100)
    text = models.CharField(_("情况"), max_length=500)  # redacted
    reported_by = models.ForeignKey(
        Employee, models.PROTECT, related_name="+", verbose_name=_("报告人")
    )
    reported_at = models.DateTimeField(_("报告时间"))
    security = models.CharField(_("告知的保安"), max_length=60, blank=True)
    told_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("告知人")
    )
    told_at = models.DateTimeField(_("告知时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("安全报告")
        verbose_name_plural = pgettext_lazy("plural", "安全报告")
        ordering = ["-reported_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None, security="")
                | (Q(told_at__isnull=False, told_by__isnull=False) & ~Q(security="")),
                name="safety_report_told_by_somebody",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="words_stay",
                fields=["department", "place", "text", "reported_by", "reported_at"],
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.reported_at:%Y-%m-%d} {self.place}"
