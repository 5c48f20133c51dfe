"""Promises as rows: when each is due, what keeps it, and what breaking it costs."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# What a change of promises does to their counts, one row for all of a statement that are alike (see ``counts``).
MOVES = """
    INSERT INTO deadlines_countmove (day, hour, clause, department_id, party_id, open, met, broken)
    SELECT (due_at AT TIME ZONE 'Asia/Shanghai')::date, extract(hour FROM due_at AT TIME ZONE 'Asia/Shanghai'),
           clause, department_id, party_id,
           coalesce(sum(n) FILTER (WHERE state IN ('running', 'set_aside')), 0),
           coalesce(sum(n) FILTER (WHERE state = 'met'), 0),
           coalesce(sum(n) FILTER (WHERE state = 'breached'), 0)
    FROM ({changed}) changed
    GROUP BY 1, 2, 3, 4, 5
    HAVING sum(n) FILTER (WHERE state IN ('running', 'set_aside')) <> 0
        OR sum(n) FILTER (WHERE state = 'met') <> 0 OR sum(n) FILTER (WHERE state = 'breached') <> 0;
    RETURN NULL;
"""
COUNTED = "SELECT due_at, clause, department_id, party_id, state, {n} AS n FROM {rows}"


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def of_party(self, party_id: int) -> Self:
        """Those that run against a partner: it must act."""
        return self.filter(party=party_id)

    def running(self) -> Self:
        return self.filter(state=Deadline.State.RUNNING)

    def unanswered(self) -> Self:
        """Clocks somebody still waits on: running ones, and broken ones without an answer."""
        return self.filter(
            state__in=[
                Deadline.State.RUNNING,
                Deadline.State.BREACHED,
                Deadline.State.SET_ASIDE,
            ],
            answered_at=None,
            released_at=None,
        )

    def due(self, now: datetime) -> Self:
        """Running clocks whose moment has passed, oldest first; exactly on it is in time."""
        return self.running().filter(due_at__lt=now).order_by("due_at")


class Deadline(models.Model):
    """One promise with its due time. Fires once, in ``sweep.sql``, by the database's clock."""

    class State(models.TextChoices):
        RUNNING = "running", _("计时中")
        MET = "met", _("按时完成")
        BREACHED = "breached", _("已超时")
        CANCELLED = "cancelled", _("已取消")
        SET_ASIDE = "set_aside", _("已搁置")

    class Action(models.TextChoices):
        """What is promised. Those below the first three are called as the rulebook's clocks measure them."""

        REPLY = "reply", _("回复客户")
        FEEDBACK = "feedback", _("网点反馈")
        CALLBACK = "callback", _("承诺回电")
        OUTBOUND_PROBLEM = "outbound_problem", _("当天处理")
        UNDELIVERED_MESSAGE = "undelivered_message", _("当天留言")
        SELF_PICKUP_MESSAGE = "self_pickup_message", _("未取件留言")
        MESSAGE_REPLY = "message_reply", _("等留言回复")
        RETURN_DISPATCH = "return_dispatch", _("当天退回")
        RETURNED_DISPATCH = "returned_dispatch", _("退回件分出")
        REDISPATCH = "redispatch", _("原址再派")
        SIGNATURE_ENTRY = "signature_entry", _("录入签收")
        COMPLAINT_VERIFICATION = "complaint_verification", _("核实投诉")
        COMPLAINT_SOLUTION = "complaint_solution", _("解决投诉")
        COMPLAINT_FOLLOW_UP = "complaint_follow_up", _("解决后回访")
        COMPLAINT_REVISIT = "complaint_revisit", _("再次回访")
        COMPLAINT_HANDLING = "complaint_handling", _("承诺办结")
        CLAIM_SETTLEMENT = "claim_settlement", _("理赔办结")
        INCIDENT_PLAN = "incident_plan", _("公布方案")
        INCIDENT_INVESTIGATION = "incident_investigation", _("查清事故")
        INCIDENT_COMPLETION = "incident_completion", _("全部处理完")
        TECHNICAL_CONTACT = "technical_contact", _("联系技术")
        RECOVERY_ESTIMATE = "recovery_estimate", _("预计恢复")
        WAITING_CUSTOMERS = "waiting_customers", _("联系等待的客户")
        DISASTER_FOLLOW_UP = "disaster_follow_up", _("灾后回访")
        PROCESS_STEP = "process_step", _("流程的一步")

    # These follow the case from owner to owner; the others stay with whoever has to act.
    OF_THE_OWNER = frozenset(
        {
            Action.REPLY,
            Action.CALLBACK,
            Action.OUTBOUND_PROBLEM,
            Action.UNDELIVERED_MESSAGE,
            Action.COMPLAINT_VERIFICATION,
            Action.COMPLAINT_SOLUTION,
            Action.COMPLAINT_FOLLOW_UP,
            Action.COMPLAINT_REVISIT,
            Action.COMPLAINT_HANDLING,
            Action.DISASTER_FOLLOW_UP,
            Action.WAITING_CUSTOMERS,
            Action.PROCESS_STEP,
        }
    )

    case = models.ForeignKey(
        "cases.Case", models.PROTECT, related_name="deadlines", verbose_name=_("工单")
    )
    action = models.CharField(_("事项"), choices=Action, max_length=24)
    clause = models.CharField(_("条款"), max_length=16)
    # The rules of the day the clock started: a later rulebook never changes this case.
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="deadlines",
        verbose_name=_("责任方"),
    )
    # Whom the sweep tells, kept here so that firing never reads the case; moved by transfer.
    owner = models.ForeignKey(
        "staff.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经办人"),
    )
    department = models.ForeignKey(
        "staff.Department", models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    started_by = models.ForeignKey(
        "cases.Interaction",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("起因"),
    )
    starts_at = models.DateTimeField(_("起算时间"))
    due_at = models.DateTimeField(_("截止时间"))
    warn_at = models.DateTimeField(_("预警时间"), null=True, blank=True)
    lead_warn_at = models.DateTimeField(_("组长预警时间"), null=True, blank=True)
    warned_at = models.DateTimeField(_("已预警"), null=True, blank=True)
    lead_warned_at = models.DateTimeField(_("已预警组长"), null=True, blank=True)
    warning_seen_at = models.DateTimeField(_("预警已读"), null=True, blank=True)
    state = models.CharField(_("状态"), choices=State, default=State.RUNNING, max_length=10)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(
        "cases.Interaction",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("答复"),
    )
    # When nobody waited any more: a question withdrawn, a promise replaced. A breach that happened stays.
    released_at = models.DateTimeField(_("不再等待"), null=True, blank=True)
    breached_at = models.DateTimeField(_("超时时间"), null=True, blank=True)
    detected_at = models.DateTimeField(_("发现时间"), null=True, blank=True)
    set_aside_reason = models.CharField(_("搁置原因"), max_length=300, blank=True)
    inputs = models.JSONField(_("计算依据"), default=dict)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("时限")
        verbose_name_plural = pgettext_lazy("plural", "时限")
        ordering = ["due_at"]
        indexes = [  # the sweep reads running clocks only, and every second
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state="running"),
                name="deadline_sweep",
            ),
            # What waits for a person, and what is at risk, is asked for as a whole by supervisors.
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state="set_aside"),
                name="deadline_set_aside",
            ),
            models.Index(
                fields=["warn_at", "id"],
                condition=Q(state="running"),
                name="deadline_at_risk",
            ),
            models.Index(
                fields=["warn_at"],
                condition=Q(state="running", warned_at=None),
                name="deadline_warn",
            ),
            models.Index(
                fields=["lead_warn_at"],
                condition=Q(state="running", lead_warned_at=None, warned_at__isnull=False),
                name="deadline_lead_warn",
            ),
            # What rings the next level.
            models.Index(
                fields=["warned_at"],
                condition=Q(state="running", warned_at__isnull=False, warning_seen_at=None),
                name="deadline_warned_unseen",
            ),
            models.Index(
                fields=["party", "due_at", "id"],
                condition=Q(answered_at=None, released_at=None),
                name="deadline_open_by_party",
            ),
            # What broke within a span is asked for as a whole (force majeure).
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state="breached"),
                name="deadline_breached",
            ),
            # How fast the sweep gets on, when what it fires has long been due.
            models.Index(
                fields=["detected_at"],
                condition=Q(state="breached"),
                name="deadline_detected",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="met") | Q(answered_at__lte=models.F("due_at")),
                name="deadline_met_in_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="breached")
                | Q(breached_at=models.F("due_at"), detected_at__gt=models.F("due_at")),
                name="deadline_breached_at_its_due_time",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("running", "met"),
                    ("running", "breached"),
                    ("running", "cancelled"),
                    ("running", "set_aside"),
                    ("set_aside", "running"),
                    ("set_aside", "met"),
                    ("set_aside", "cancelled"),
                    ("breached", "cancelled"),  # a fact stated late shows that it was due later
                    ("breached", "met"),  # an answer in time, recorded late
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="counted_when_made",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="made"),
                func=MOVES.format(changed=COUNTED.format(n=1, rows="made")),
            ),
            pgtrigger.Trigger(
                name="counted_when_changed",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="before", new="after"),
                func=MOVES.format(
                    changed=f"{COUNTED.format(n=-1, rows='before')} UNION ALL {COUNTED.format(n=1, rows='after')}"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clause} {localtime(self.due_at):%Y-%m-%d %H:%M:%S}"

    @property
    def is_waited_on(self) -> bool:
        """Whether it has no answer yet and was not cancelled."""
        return self.answered_at is None and self.state != Deadline.State.CANCELLED


class Consequence(models.Model):
    """What breaking a promise costs, and on which condition; all the sweep needs to know."""

    class Kind(models.TextChoices):
        FINE = "fine", _("罚款")
        POINTS = "points", _("扣分")

    class Condition(models.TextChoices):
        AT_ONCE = "at_once", _("立即")
        COMPLAINT = "complaint", _("引起投诉")
        REPEAT_CALL = "repeat_call", _("客户再次来电")
        EVIDENCE = "evidence", _("有证据")
        VERIFICATION = "verification", _("经核实")

    class Door(models.TextChoices):
        PAGES = "pages", _("网页")
        API = "api", _("接口")

    deadline = models.ForeignKey(
        Deadline, models.PROTECT, related_name="consequences", verbose_name=_("时限")
    )
    clause = models.CharField(_("条款"), max_length=16)
    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="+", verbose_name=_("责任方")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=6)
    value = models.DecimalField(
        _("数额"), max_digits=10, decimal_places=2, help_text=_("罚款为元，扣分为分")
    )
    condition = models.CharField(_("生效条件"), choices=Condition, max_length=12)
    door = models.CharField(_("答复入口"), choices=Door, max_length=5)
    inputs = models.JSONField(_("计算依据"), default=dict)

    class Meta:
        verbose_name = _("超时代价")
        verbose_name_plural = pgettext_lazy("plural", "超时代价")
        constraints = [
            models.UniqueConstraint(
                fields=["deadline", "clause", "party"], name="consequence_once"
            ),
            models.CheckConstraint(
                condition=Q(value__gt=0, value__lte=999_999),
                name="consequence_value_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clause} {self.value}"


class Pause(models.Model):
    """A stretch that does not count, for a reason the rulebook allows."""

    deadline = models.ForeignKey(
        Deadline, models.PROTECT, related_name="pauses", verbose_name=_("时限")
    )
    reason = models.CharField(_("理由"), max_length=40)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    paused_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("挂起人")
    )

    class Meta:
        verbose_name = _("挂起")
        verbose_name_plural = pgettext_lazy("plural", "挂起")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")),
                name="pause_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {localtime(self.starts_at):%Y-%m-%d %H:%M}"


class LateEntry(models.Model):
    """A claim that an answer happened earlier than the author may state alone; another person decides."""

    deadline = models.ForeignKey(
        Deadline, models.PROTECT, related_name="late_entries", verbose_name=_("时限")
    )
    interaction = models.ForeignKey(
        "cases.Interaction",
        models.PROTECT,
        related_name="+",
        verbose_name=_("往来记录"),
    )
    claimed_at = models.DateTimeField(_("申明时间"))
    reason = models.CharField(_("理由"), max_length=500)
    proposed_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    approved = models.BooleanField(pgettext_lazy("state", "同意"), null=True, blank=True)

    class Meta:
        verbose_name = _("补记申请")
        verbose_name_plural = pgettext_lazy("plural", "补记申请")
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("proposed_by")),
                name="late_entry_two_people",
                violation_error_message=_("不能审批自己的申请"),
            ),
            models.UniqueConstraint(
                fields=["deadline"],
                condition=Q(approved=None),
                name="late_entry_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{localtime(self.claimed_at):%Y-%m-%d %H:%M:%S} {self.reason[:20]}"


class Heartbeat(models.Model):
    """The last sign of life of something that must never stop."""

    name = models.CharField(_("名称"), max_length=20, primary_key=True)
    beat_at = models.DateTimeField(_("最近心跳"))

    class Meta:
        verbose_name = _("心跳")
        verbose_name_plural = pgettext_lazy("plural", "心跳")

    def __str__(self) -> str:
        return self.name


class Interruption(models.Model):
    """A stretch in which one of our doors was closed; what fell due behind it is held (not applied)."""

    class Door(models.TextChoices):
        PAGES = "pages", _("网页")
        API = "api", _("接口")
        DATABASE = "database", _("数据库")

    door = models.CharField(_("入口"), choices=Door, max_length=8)
    started_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("恢复"))

    class Meta:
        verbose_name = _("中断记录")
        verbose_name_plural = pgettext_lazy("plural", "中断记录")
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["ended_at", "started_at"], name="interruption_span")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=models.F("started_at")),
                name="interruption_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_door_display()} {localtime(self.started_at):%Y-%m-%d %H:%M:%S}"
