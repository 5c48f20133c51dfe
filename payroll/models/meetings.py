"""Meetings: planned by the rulebook, held, minuted, signed by reading, and what was agreed until it is done."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee, User

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Meeting(models.Model):
    """One meeting of a department. One that the rulebook asks for carries its clause (SD-150.01, SD-322.01,
    OS-05.01); where that falls on a holiday and is not held, it stands here as cancelled, with the reason.
    """

    class Subject(models.TextChoices):
        """As the rulebooks call them: what the agenda, the chair and the papers are found by."""

        DAILY = "daily_meeting", _("每日例会")
        MORNING = "morning_meeting", _("晨会")
        WEEKLY = "weekly_meeting", _("周例会")
        EXCHANGE = "weekly_exchange_meeting", _("周交流会")
        COMPANY = "company_meeting", _("公司会议")
        BRIEFING = "product_training", _("新品讲解")

    class Mode(models.TextChoices):
        ONLINE = "online", _("线上")
        ON_SITE = "on_site", _("现场")

    class State(models.TextChoices):
        PLANNED = "planned", _("待开")
        HELD = "held", _("已开，写纪要")
        CIRCULATED = "circulated", _("纪要传阅中")
        ARCHIVED = "archived", _("已存档")
        CANCELLED = "cancelled", _("不开")

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="meetings", verbose_name=_("部门")
    )
    subject = models.CharField(_("会议"), choices=Subject, max_length=24)
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    # The day it is due by the clause; the meeting itself may be moved.
    on = models.DateField(_("日期"))
    # None: the rulebook gives no hour, it begins after what has to be there first (SD-321.04).
    starts_at = models.DateTimeField(_("开始"), null=True, blank=True)
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True)
    remind_at = models.DateTimeField(_("提醒时间"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("已提醒"), null=True, blank=True)
    mode = models.CharField(_("方式"), choices=Mode, max_length=8)
    chair = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("主持人")
    )
    minute_taker = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("记录员")
    )
    announcement = models.ForeignKey(
        "payroll.Announcement", models.PROTECT, null=True, blank=True, related_name="briefings",
        verbose_name=_("新品"),
    )  # fmt: skip
    state = models.CharField(_("状态"), choices=State, default=State.PLANNED, max_length=10)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    # By the codes of the agenda's parts: what is being written, until it is circulated. Redacted.
    draft = models.JSONField(_("纪要草稿"), default=dict)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    planned_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("召集人")
    )
    planned_at = models.DateTimeField(_("安排时间"))
    held_at = models.DateTimeField(_("开会时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("会议")
        verbose_name_plural = pgettext_lazy("plural", "会议")
        ordering = ["-on", "-starts_at", "-pk"]
        indexes = [models.Index(fields=["department", "-on"], name="meeting_of_department")]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "subject", "on"],
                condition=~Q(clause=""),
                name="meeting_once_an_occurrence",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="meeting_ends_after_it_begins",
                violation_error_message=_("结束时间要晚于开始时间"),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "cancelled"])
                | Q(held_at__isnull=False, chair__isnull=False, minute_taker__isnull=False),
                name="meeting_held_has_chair_and_minute_taker",
                violation_error_message=_("开会要有主持人和记录员"),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("planned", "held"), ("planned", "cancelled"), ("held", "circulated"),
                    ("circulated", "held"), ("circulated", "archived"),
                ],
            ),
            pgtrigger.Protect(
                name="archived_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["archived", "cancelled"]),
            ),
            NEVER_DELETED,
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.department} {self.get_subject_display()} {self.on}"


class MeetingAttendance(models.Model):
    """Whether somebody of the department came; who cannot come says in writing beforehand what he has to say
    (SD-322.04, SD-322.05).
    """

    meeting = models.ForeignKey(
        Meeting, models.PROTECT, related_name="attendances", verbose_name=_("会议")
    )
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("员工"))
    came = models.BooleanField(_("到会"), null=True, blank=True)
    written = models.CharField(_("书面意见"), max_length=1000, blank=True)  # redacted
    entry = models.ForeignKey(
        "payroll.BookEntry", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("写在交接本里"),
    )  # fmt: skip
    written_at = models.DateTimeField(_("提交时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("到会情况")
        verbose_name_plural = pgettext_lazy("plural", "到会情况")
        ordering = ["employee__number"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "employee"], name="attendance_once"),
            models.CheckConstraint(
                condition=Q(written="", entry=None, written_at=None)
                | (Q(written_at__isnull=False) & (~Q(written="") | Q(entry__isnull=False))),
                name="attendance_written_has_its_time",
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.employee_id}"


class ItemQuerySet(models.QuerySet["MeetingItem"]):
    def unfinished(self) -> Self:
        return self.exclude(state__in=[MeetingItem.State.DONE, MeetingItem.State.DROPPED])

    def unanswered(self) -> Self:
        """Nobody has it yet: no measure, no owner."""
        return self.filter(state=MeetingItem.State.RAISED)


class MeetingItem(models.Model):
    """What a meeting is about and what it leaves: a problem with its measure, a task, each with an owner and a day,
    followed up until it is done (SD-321.05 … SD-321.10, SD-322.10, SD-322.11).
    """

    class Kind(models.TextChoices):
        ISSUE = "issue", pgettext_lazy("meeting", "问题")
        TASK = "task", _("任务")

    class State(models.TextChoices):
        RAISED = "raised", _("待定措施")
        OPEN = "open", _("进行中")
        ESCALATED = "escalated", pgettext_lazy("meeting", "已上报")
        DONE = "done", _("已完成")
        DROPPED = "dropped", _("不再跟")

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="meeting_items", verbose_name=_("部门")
    )
    # Where it was raised; None: before the next meeting.
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="items", verbose_name=_("会议")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=5)
    text = models.CharField(_("内容"), max_length=500)  # redacted
    contractor = models.BooleanField(_("外包方的问题"), default=False)
    raised_by = models.ForeignKey(
        Employee, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    raised_at = models.DateTimeField(_("提出时间"))
    measure = models.CharField(_("措施"), max_length=500, blank=True)  # redacted
    # Who does it; of one that was escalated: who follows it up.
    owner = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="meeting_items",
        verbose_name=_("负责人"),
    )  # fmt: skip
    due_on = models.DateField(_("完成日"), null=True, blank=True)
    escalated_to = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("上报给")
    )
    state = models.CharField(_("状态"), choices=State, default=State.RAISED, max_length=9)
    result = models.CharField(_("结果"), max_length=500, blank=True)  # redacted
    closed_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    reminded_on = models.DateField(_("提醒日"), null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("会议事项")
        verbose_name_plural = pgettext_lazy("plural", "会议事项")
        ordering = ["raised_at", "pk"]
        indexes = [
            models.Index(
                fields=["department", "due_on"],
                condition=~Q(state__in=["done", "dropped"]),
                name="meeting_item_unfinished",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["raised", "dropped"])
                | Q(owner__isnull=False, due_on__isnull=False),
                name="meeting_item_has_owner_and_day",
                violation_error_message=_("每件事都要有负责人和完成日"),
            ),
            models.CheckConstraint(
                condition=~Q(state="escalated") | Q(escalated_to__isnull=False),
                name="meeting_item_escalated_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "dropped"], closed_at__isnull=False)
                | (~Q(state__in=["done", "dropped"]) & Q(closed_at=None)),
                name="meeting_item_closed_has_its_time",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="words_stay",
                fields=["department", "kind", "text", "raised_by", "raised_at", "contractor"],
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return self.text[:40]


class ItemStep(models.Model):
    """One line of what became of an item."""

    class Action(models.TextChoices):
        RAISED = "raised", _("提出")
        DECIDED = "decided", _("定下措施")
        ESCALATED = "escalated", pgettext_lazy("meeting", "上报")
        CARRIED = "carried", _("带到下次会议")
        DONE = "done", _("办结")
        DROPPED = "dropped", _("不再跟")

    item = models.ForeignKey(
        MeetingItem, models.PROTECT, related_name="history", verbose_name=_("事项")
    )
    action = models.CharField(_("动作"), choices=Action, max_length=9)
    text = models.CharField(_("说明"), max_length=500, blank=True)  # redacted
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("会议")
    )
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经手人")
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("事项经过")
        verbose_name_plural = pgettext_lazy("plural", "事项经过")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "meeting"],
                condition=Q(action="carried"),
                name="item_carried_once_to_a_meeting",
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.item_id} {self.action}"


class Minutes(models.Model):
    """The minutes as they were circulated; written anew they are the next number, and signed anew."""

    meeting = models.ForeignKey(
        Meeting, models.PROTECT, related_name="minutes", verbose_name=_("会议")
    )
    number = models.PositiveSmallIntegerField(_("第几稿"))
    # {"agenda": [{"clause", "code", "zh", "en", "text"}], "items": […], "carried": […], "came": […], "absent": […]}
    content = models.JSONField(_("纪要"))
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("记录人"))
    circulated_at = models.DateTimeField(_("传阅时间"))

    class Meta:
        verbose_name = _("会议纪要")
        verbose_name_plural = pgettext_lazy("plural", "会议纪要")
        ordering = ["meeting", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "number"], name="minutes_numbered")
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.number}"


class MinutesSignature(models.Model):
    """Somebody who was there has read the minutes and signs them (SD-322.08)."""

    minutes = models.ForeignKey(
        Minutes, models.PROTECT, related_name="signatures", verbose_name=_("纪要")
    )
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("员工"))
    signed_at = models.DateTimeField(_("签字时间"))

    class Meta:
        verbose_name = _("纪要签字")
        verbose_name_plural = pgettext_lazy("plural", "纪要签字")
        ordering = ["signed_at"]
        constraints = [
            models.UniqueConstraint(fields=["minutes", "employee"], name="minutes_signed_once")
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.minutes_id} {self.employee_id}"


class MinutesReview(models.Model):
    """The manager has read what everybody signed, and lets it stand or sends it back (SD-322.09)."""

    minutes = models.OneToOneField(
        Minutes, models.PROTECT, related_name="review", verbose_name=_("纪要")
    )
    accepted = models.BooleanField(_("通过"))
    note = models.CharField(_("审阅意见"), max_length=500, blank=True)
    reviewed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("审阅人")
    )
    reviewed_at = models.DateTimeField(_("审阅时间"))

    class Meta:
        verbose_name = _("纪要审阅")
        verbose_name_plural = pgettext_lazy("plural", "纪要审阅")
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted=True) | ~Q(note=""), name="minutes_sent_back_with_a_reason"
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.minutes_id} {self.accepted}"


class WeeklyReport(models.Model):
    """What an agent reports of a week before the meeting that talks about it (OS-05.04)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="weekly_reports", verbose_name=_("员工")
    )
    from_on = models.DateField(_("自"))
    to_on = models.DateField(_("至"))
    # By the names of the rulebook's columns. Redacted.
    content: Any = models.JSONField(_("汇报"))
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    handed_in_at = models.DateTimeField(_("提交时间"))

    class Meta:
        verbose_name = _("周汇报")
        verbose_name_plural = pgettext_lazy("plural", "周汇报")
        ordering = ["-to_on", "employee__number"]
        constraints = [
            models.UniqueConstraint(fields=["employee", "to_on"], name="weekly_report_once"),
            models.CheckConstraint(
                condition=Q(to_on__gt=F("from_on")), name="weekly_report_of_a_week"
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.employee} {self.to_on}"
