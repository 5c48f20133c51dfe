"""Calls and chats as the switchboard and the chat tool wrote them down, and what customers thought of them."""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee, User

# What SQL asks of a row of payroll_chat c to have the latest state of each chat, once.
LATEST = """NOT EXISTS (SELECT FROM payroll_chat l
            WHERE l.number = c.number AND l.employee_id = c.employee_id AND l.place > 0 AND l.place > c.place)"""
HOUR, DAY = 3_600, 86_400  # seconds; nothing rings or lasts longer
MOST_RINGS = 200


class Call(models.Model):
    """A call that rang at somebody's phone, or that he made. Partitioned by month; nothing references it."""

    class Direction(models.TextChoices):
        IN = "in", pgettext_lazy("call", "呼入")
        OUT = "out", pgettext_lazy("call", "呼出")

    class Line(models.TextChoices):
        QUERY = "query", _("查询电话")
        BUSINESS = "business", _("业务电话")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="calls", verbose_name=_("员工")
    )
    at = models.DateTimeField(_("来电时间"))  # when it began to ring
    direction = models.CharField(_("方向"), choices=Direction, max_length=3)
    line = models.CharField(_("线路"), choices=Line, max_length=8, blank=True)
    answered = models.BooleanField(_("接通"))
    ring_seconds = models.PositiveSmallIntegerField(_("振铃（秒）"))
    # A switchboard that does not count them leaves them blank: seconds are not converted (ES-203.06).
    rings = models.PositiveSmallIntegerField(_("响铃声数"), null=True)
    talk_seconds = models.PositiveIntegerField(_("通话（秒）"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("导入人")
    )
    recorded_at = models.DateTimeField(_("导入时间"))

    class Meta:
        verbose_name = _("通话")
        verbose_name_plural = pgettext_lazy("plural", "通话")
        ordering = ["-at"]
        managed = False  # partitions are made in SQL
        db_table = "payroll_call"

    def __str__(self) -> str:
        return f"{self.employee_id} {self.get_direction_display()} {self.at:%Y-%m-%d %H:%M:%S}"


class ChatQuerySet(models.QuerySet["Chat"]):
    def latest_states(self) -> Self:
        """Of each chat the state that was told last."""
        later = self.model.objects.filter(
            number=OuterRef("number"), employee=OuterRef("employee"), place__gt=OuterRef("place")
        )
        return self.filter(~Exists(later.filter(place__gt=0)))


class Chat(models.Model):
    """One conversation of one agent, as a table told it. ``first_seconds`` None: nobody of ours ever wrote;
    ``slowest_seconds``: the longest that a later message of the customer waited (OS-06.02, OS-06.05).

    ``place`` 0 is the chat as it was told first, which all else refers to; one that still ran then goes on in rows of
    the same number and person, each completing the one before.
    """

    number = models.CharField(_("会话编号"), max_length=40)
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="chats", verbose_name=_("员工")
    )
    began_at = models.DateTimeField(_("会话开始"))
    first_seconds = models.PositiveIntegerField(_("首次响应（秒）"), null=True)
    slowest_seconds = models.PositiveIntegerField(_("最慢回复（秒）"), null=True)
    closed = models.BooleanField(_("已关闭"))
    # None: the table did not say whether an order was confirmed (SD-233.52).
    ordered = models.BooleanField(_("订单已确认"), null=True)
    waybill_number = models.CharField(_("运单号"), max_length=24, blank=True)
    place = models.PositiveSmallIntegerField(_("第几次补全"), default=0)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("导入人")
    )
    recorded_at = models.DateTimeField(_("导入时间"))

    objects = ChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("会话")
        verbose_name_plural = pgettext_lazy("plural", "会话")
        ordering = ["-began_at"]
        indexes = [
            models.Index(fields=["employee", "began_at"], name="chat_of_employee"),
            # Few chats have a later state, and every count asks which.
            models.Index(
                fields=["number", "employee", "place"],
                condition=Q(place__gt=0),
                name="chat_completed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number", "employee", "place"], name="chat_once"),
            models.CheckConstraint(
                condition=Q(began_at__lte=F("recorded_at")), name="chat_not_in_the_future"
            ),
            models.CheckConstraint(
                condition=Q(first_seconds=None) | Q(first_seconds__lte=DAY),
                name="chat_first_within_a_day",
            ),
            models.CheckConstraint(
                condition=Q(slowest_seconds=None)
                | Q(slowest_seconds__lte=DAY, first_seconds__isnull=False),
                name="chat_later_follows_a_first",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                # What was over, or measured, is never told otherwise.
                name="later_state_completes",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("NEW.place > 0"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM payroll_chat b
                        WHERE b.number = NEW.number AND b.employee_id = NEW.employee_id AND b.place = NEW.place - 1
                          AND b.began_at = NEW.began_at AND NOT b.closed
                          AND (b.first_seconds IS NULL OR b.first_seconds = NEW.first_seconds)
                          AND (b.slowest_seconds IS NULL OR b.slowest_seconds <= NEW.slowest_seconds)
                          AND (b.ordered IS NOT TRUE OR NEW.ordered)
                          AND b.waybill_number IN ('', NEW.waybill_number)
                    ) THEN
                        RAISE EXCEPTION 'a later state of a chat completes the one before'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Rating(models.Model):
    """What one customer gave one agent: of a chat, or asked on the phone about a case (ES-603.10, SD-233.63)."""

    class Source(models.TextChoices):
        PHONE_FOLLOWUP = "phone_followup", _("电话回访")
        ONLINE = "online", _("线上评价")

    class Review(models.TextChoices):
        GOOD = "good", _("好评")
        NEUTRAL = "neutral", _("中评")
        BAD = "bad", _("差评")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="ratings", verbose_name=_("员工")
    )
    source = models.CharField(_("来源"), choices=Source, max_length=14)
    chat = models.OneToOneField(
        Chat, models.PROTECT, null=True, blank=True, related_name="rating", verbose_name=_("会话")
    )
    case = models.ForeignKey(
        "cases.Case", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("工单")
    )  # fmt: skip
    stars = models.PositiveSmallIntegerField(_("评分"), null=True, blank=True)
    review = models.CharField(_("评价"), choices=Review, max_length=7, blank=True)
    rated_on = models.DateField(_("评价日期"))
    # None: the customer himself, by the link he was sent.
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("客户评价")
        verbose_name_plural = pgettext_lazy("plural", "客户评价")
        ordering = ["-rated_on", "-pk"]
        indexes = [models.Index(fields=["employee", "rated_on"], name="rating_of_employee")]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "source"],
                name="rating_once_a_case",
                violation_error_message=_("这张工单已经登记过评价"),
            ),
            models.CheckConstraint(
                condition=Q(chat=None, case__isnull=False) | Q(chat__isnull=False, case=None),
                name="rating_of_a_chat_or_a_case",
            ),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=False) | Q(source="online", case__isnull=False),
                name="rating_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(stars__gte=1, stars__lte=5) | Q(stars=None) & ~Q(review=""),
                name="rating_says_something",
                violation_error_message=_("评分是 1 到 5"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.rated_on} {self.stars or self.get_review_display()}"


class CallsComplete(models.Model):
    """A supervisor says that all calls of a department's month are in: whoever has none answered none, and is not
    somebody whose record is missing.
    """

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    month = models.DateField(_("月份"))  # its first day
    said_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("确认人"))
    said_at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = _("话务记录已齐")
        verbose_name_plural = _("话务记录已齐")
        ordering = ["-month", "department"]
        constraints = [
            models.UniqueConstraint(fields=["department", "month"], name="calls_complete_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="calls_complete_of_a_month"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.month:%Y-%m}"
