"""The outbox: what people should hear of, written in the transaction that caused it, and its way out of the house."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.database.functions import CurrentTransaction
from kefu.privacy.fields import SealedField


class Event(models.Model):
    """One thing that happened, for a user, a department or a partner.

    Partitioned by month; nothing references it. Readers follow ``(txid, id)`` and stop below the oldest
    transaction still running, so that a row committed late is never skipped.
    """

    class Kind(models.TextChoices):
        CASE_NEW = "case.new", _("新单")
        CASE_CHANGED = "case.changed", _("工单有变化")
        CASE_ASSIGNED = "case.assigned", _("转交给你")
        CASE_CONSULTED = "case.consulted", _("转办其他部门")
        WARNING = "deadline.warning", _("即将超时")
        LEAD_WARNING = "deadline.lead_warning", _("组员即将超时")
        BREACH = "deadline.breach", _("已超时")
        PENALTY = "penalty.changed", _("处罚有变化")
        APPEAL = "appeal.changed", _("处罚异议有变化")
        APPEAL_DUE = "appeal.due", _("处罚异议快到期")
        APPEAL_LATE = "appeal.late", _("处罚异议已逾期")
        QUERY_ASKED = "query.asked", _("收到网点查询")
        QUERY_ANSWERED = "query.answered", _("网点已反馈")
        MESSAGE_POSTED = "message.posted", _("收到留言")
        MESSAGE_ANSWERED = "message.answered", _("留言有回复")
        COMPLAINT = "complaint.changed", _("投诉有变化")
        JOB = "job.progress", _("作业进度")
        SET_ASIDE = "deadline.set_aside", _("时限被搁置")
        SEAT_MISSING = "seat.missing", _("该留的席位没人了")
        NO_OUT_SCAN = "stay.no_out_scan", _("处理了没有扫描出库")
        REPORT_DUE = "report.due", _("上报快到期")
        REPORT_LATE = "report.late", _("上报已逾期")
        RECOVERY = "recovery.changed", _("追偿有变化")
        STATEMENT = "statement.changed", _("对账单有变化")
        INSURANCE_DUE = "insurance.due", _("保险事项快到期")
        INSURANCE_LATE = "insurance.late", _("保险事项已逾期")
        CLAIM_MAJOR = "claim.major", _("重大理赔")
        CLAIM_REMINDED = "claim.reminded", _("催办理赔")
        CLAIM_DECIDED = "claim.decided", _("理赔有结论")
        CLAIM_WAITING = "claim.waiting", _("理赔等你审批")
        CLAIM_GUIDED = "claim.guided", _("收到理赔指导")
        INCIDENT = "incident.opened", _("突发事件")
        BROADCAST = "incident.broadcast", _("预警通知")
        DRILL_DUE = "drill.due", _("本月还没有演练")
        NOTICE_DUE = "report.notice_due", _("今天要再通知责任方")
        REPORT_FORGOTTEN = "report.forgotten", _("可能漏打报告，请确认")
        REGISTER_DUE = "register.due", _("有报表要编制")
        REGISTER_LATE = "register.late", _("报表逾期没有发出")
        BUILT_REPORT = "report.built", _("定时报表已出")
        PROCESS_TOLD = "process.told", _("流程通知")
        PROCESS_REMINDED = "process.reminded", _("退款维权单请立即处理")
        REFUNDS_DUE = "refunds.due", _("退款维权单该看了")
        REFUNDS_LATE = "refunds.late", _("退款维权单没有看")
        ROSTER = "roster.published", _("排班表已发布")
        ROSTER_DUE = "roster.due", _("该排班了")
        SWAP = "swap.changed", _("换班申请")
        LEAVE = "leave.changed", _("请假申请")
        OUTING = "outing.changed", _("外出申请")
        LUNCH = "lunch.moved", _("午餐时间有变")
        OVERTIME_CALL = "overtime.called", _("促销加班")
        OBJECTION = "objection.changed", _("对奖惩的异议")
        SCORES_DUE = "scores.due", _("该结算得分了")
        SCORES_LATE = "scores.late", _("得分逾期没有结算")
        ACCOUNT_CLOSED = "account.closed", _("账号已停用")
        PASSWORD_CHANGED = "password.changed", _("密码已更改，原来的登录都已失效")
        PERSON_LEFT = "person.left", _("员工离职")
        PERSON_DUE = "person.due", _("人事事项到期")
        TRAINING = "training.told", _("培训和考试")
        MEETING = "meeting.changed", _("会议")
        TASK = "meeting.task", _("会议事项")
        ANNOUNCEMENT = "announcement.told", pgettext_lazy("office", "公告")
        BOOK = "book.to_sign", _("交接本等你签字")
        SAFETY = "safety.reported", _("可疑情况，请马上告知保安")
        MEASURE = "measure.changed", _("奖惩提议")
        IDEA = "idea.changed", _("合理化建议")
        AWARD = "award.published", _("评优")
        INSPECTION = "inspection.told", _("检查")
        WEBHOOK_TEST = "webhook.test", _("试发通知")
        CHECKS_SHORT = "checks.short", _("检查次数不够")
        ESCALATED = "deadline.escalated", _("没人看的时限，请马上处理")
        CHANNEL_FAILED = "channel.failed", _("通知渠道发不出去")
        VERIFIED_BAD = "verify.failed", _("每日核对发现不一致")
        NUMBER_WRONG = "number.wrong", _("网点号码有误")

    txid = models.BigIntegerField(editable=False, db_default=CurrentTransaction())
    kind = models.CharField(_("事件"), choices=Kind, max_length=24)
    at = models.DateTimeField(_("时间"))
    user_id = models.BigIntegerField(null=True)  # whose bell rings
    department_id = models.BigIntegerField(null=True)  # whose queues change
    party_id = models.BigIntegerField(null=True)  # which partner may read it
    case_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("事件")
        verbose_name_plural = pgettext_lazy("plural", "事件")
        managed = False  # partitions are made in SQL
        db_table = "notifications_event"

    def __str__(self) -> str:
        return f"{self.kind} {self.case_id}"


class BellMark(models.Model):
    """Up to where a user has read his bell."""

    user = models.OneToOneField(
        "staff.User", models.CASCADE, primary_key=True, related_name="bell_mark"
    )
    seen_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("已读位置")
        verbose_name_plural = pgettext_lazy("plural", "已读位置")

    def __str__(self) -> str:
        return f"{self.user_id} {self.seen_id}"


class Channel(models.Model):
    """A way out of the house: somebody's own, or a department's. Another address is another channel."""

    class Kind(models.TextChoices):
        WECOM = "wecom", _("企业微信机器人")
        DINGTALK = "dingtalk", _("钉钉机器人")
        FEISHU = "feishu", _("飞书机器人")
        MAIL = "mail", _("邮件")

    user = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="channels",
        verbose_name=_("账号"),
    )
    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="channels",
        verbose_name=_("部门"),
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=8)
    sealed = SealedField()  # {"address", "secret"}: whoever knows a robot's token may speak as it
    hint = models.CharField(_("地址"), max_length=60)  # masked
    active = models.BooleanField(_("在用"), default=True)
    failing_since = models.DateTimeField(_("发不出去，自"), null=True, blank=True)
    added_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    added_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("通知渠道")
        verbose_name_plural = pgettext_lazy("plural", "通知渠道")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, department=None)
                | Q(user=None, department__isnull=False),
                name="channel_has_one_owner",
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(active=True, user__isnull=False),
                name="channel_one_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["department", "kind"],
                condition=Q(active=True, department__isnull=False),
                name="channel_one_of_a_departments",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="owner_stays",
                fields=["user", "department", "kind", "hint", "added_by", "added_at"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.hint}"


class Preference(models.Model):
    """When somebody wants to be left alone, and what reaches him where. Without a row the defaults hold."""

    user = models.OneToOneField(
        "staff.User", models.CASCADE, primary_key=True, related_name="notification_preference"
    )
    quiet_from = models.TimeField(_("免打扰自"), null=True, blank=True)
    quiet_until = models.TimeField(_("免打扰至"), null=True, blank=True)
    digest_at = models.TimeField(_("每日汇总"), null=True, blank=True)
    ways = models.JSONField(default=dict, blank=True)  # {kind: ways}, only what was chosen

    class Meta:
        verbose_name = _("通知设置")
        verbose_name_plural = pgettext_lazy("plural", "通知设置")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False)
                & ~Q(quiet_from=models.F("quiet_until")),
                name="quiet_has_two_ends",
                violation_error_message=_("免打扰要有不同的开始和结束时间"),
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class Planning(models.Model):
    """How far the outbox has been read for the ways out: what lies behind has its deliveries. One row."""

    one = models.BooleanField(primary_key=True, default=True)
    txid = models.BigIntegerField()
    event_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("已安排到的位置")
        verbose_name_plural = pgettext_lazy("plural", "已安排到的位置")
        constraints = [models.CheckConstraint(condition=Q(one=True), name="planning_is_one_row")]

    def __str__(self) -> str:
        return f"{self.txid}-{self.event_id}"


class Message(models.Model):
    """One try to send: what was counted against the robot's limit, and what came of it."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="messages")
    at = models.DateTimeField(_("时间"))
    error = models.CharField(_("错误"), max_length=200, null=True)  # null: under way; "": sent

    class Meta:
        verbose_name = _("发出的通知")
        verbose_name_plural = pgettext_lazy("plural", "发出的通知")
        indexes = [models.Index(fields=["channel", "-at"], name="message_by_channel")]
        triggers = [
            pgtrigger.ReadOnly(name="sending_stays", fields=["channel", "at"]),
            pgtrigger.Protect(
                name="outcome_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__error__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.at:%Y-%m-%d %H:%M}"


class Delivery(models.Model):
    """One event on its way out. What the words take is copied here: the outbox may forget."""

    class State(models.TextChoices):
        PENDING = "pending", _("待发送")
        HELD = "held", _("留待汇总")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("没有发出，还会再试")
        GAVE_UP = "gave_up", _("没有发出")

    event_id = models.BigIntegerField(_("事件的内部编号"))
    kind = models.CharField(_("事件"), choices=Event.Kind, max_length=24)
    at = models.DateTimeField(_("发生时间"))
    case_id = models.BigIntegerField(null=True)
    case_due_at = models.DateTimeField(_("到期时间"), null=True)
    # None: the department's own robot.
    user = models.ForeignKey(
        "staff.User", models.PROTECT, null=True, related_name="+", verbose_name=_("给谁")
    )
    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="deliveries", verbose_name=_("通知渠道")
    )
    state = models.CharField(_("状态"), choices=State, default=State.PENDING, max_length=8)
    due_at = models.DateTimeField(_("下一次"), null=True)
    tries = models.PositiveSmallIntegerField(_("已试次数"), default=0)
    error = models.CharField(_("错误"), max_length=200, blank=True)
    # Whoever sends it; another may take it from due_at on.
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="deliveries")

    class Meta:
        verbose_name = _("外发通知")
        verbose_name_plural = pgettext_lazy("plural", "外发通知")
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "channel", "user"],
                nulls_distinct=False,
                name="notified_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "held", "failed"], due_at__isnull=False)
                | Q(state__in=["sent", "gave_up"], due_at=None),
                name="delivery_open_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "due_at"],
                condition=Q(due_at__isnull=False),
                name="delivery_due",
            ),
            models.Index(fields=["message"], name="delivery_by_message"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    (one, end)
                    for one in ("pending", "held", "failed")
                    for end in ("sent", "failed", "gave_up")
                    if one != end
                ],
            ),
            pgtrigger.ReadOnly(
                name="event_stays",
                fields=["event_id", "kind", "at", "case_id", "case_due_at", "user", "channel"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.event_id}"
