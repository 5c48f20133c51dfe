"""The outbox: what people should hear of, written in the transaction that caused it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.database.functions import CurrentTransaction


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
