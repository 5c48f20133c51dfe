"""Incidents: many complaints of one issue, disasters, failures; who works on them, what is told to whom."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inquiries.models.complaints import Complaint
from kefu.cases.models import Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import Employee, User

STATEMENT_LIMIT = 1_000  # characters
NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: Any) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.none() if user.role == User.Role.OUTLET else self.all()

    def open(self) -> Self:
        return self.filter(completed_at=None)

    def real(self) -> Self:
        return self.filter(is_drill=False)


class Incident(models.Model):
    """What befell many at once: the extension of a case that the whole centre works on."""

    class Kind(models.TextChoices):
        """The types of ES-502.01, by the rulebook's own keys."""

        NATURAL_DISASTER = "natural_disaster", _("自然灾害")
        SYSTEM_FAILURE = "system_failure", _("系统故障")
        MASS_COMPLAINT = "mass_complaint", _("集中投诉")
        OTHER = "other", _("其他")

    class Stage(models.TextChoices):
        WARNED = "warned", _("预警")
        RUNNING = "running", _("进行中")
        OVER = "over", _("已恢复，善后中")
        DONE = "done", _("处理完毕")

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="incident", verbose_name=_("工单")
    )
    kind = models.CharField(_("类型"), choices=Kind, max_length=20)
    stage = models.CharField(_("阶段"), choices=Stage, max_length=8)
    # What the complaints are about (Complaint.issue); "" where no complaints made it.
    issue = models.CharField(_("问题"), max_length=60, blank=True)
    is_major = models.BooleanField(_("重大"), default=False)
    is_drill = models.BooleanField(_("演练"), default=False)
    started_at = models.DateTimeField(_("开始时间"))
    ended_at = models.DateTimeField(_("恢复时间"), null=True, blank=True)
    completed_at = models.DateTimeField(_("处理完毕时间"), null=True, blank=True)
    regions = models.ManyToManyField("network.Region", blank=True, verbose_name=_("区域"))
    outlets = models.ManyToManyField(
        "network.Party", blank=True, related_name="+", verbose_name=_("网点")
    )
    # What agents tell about a parcel that is held up (ES-502.04).
    reason = models.CharField(_("原因"), max_length=60, blank=True)
    hub = models.CharField(_("滞留地"), max_length=60, blank=True)
    expected_delay_days = models.CharField(_("预计延误天数"), max_length=10, blank=True)
    # What the technical department was told (ES-502.12).
    system = models.CharField(_("哪个系统"), max_length=60, blank=True)
    symptom = models.CharField(_("现象"), max_length=300, blank=True)
    error_text = models.CharField(_("报错"), max_length=300, blank=True)
    # The one solution for all (ES-502.22); once decided it stays.
    solution = models.CharField(_("统一方案"), max_length=40, blank=True)
    solution_text = models.TextField(_("方案内容"), blank=True)  # redacted
    decided_at = models.DateTimeField(_("定方案时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("定方案人")
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    # What opened it, step by step: {"facts": {"received"}, "steps"}.
    inputs = models.JSONField(_("判定依据"), default=dict, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("突发事件")
        verbose_name_plural = pgettext_lazy("plural", "突发事件")
        ordering = ["-started_at"]
        indexes = [
            # The banner of every page asks for what is open.
            models.Index(
                fields=["started_at"], condition=Q(completed_at=None), name="incident_open"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["issue"],
                condition=Q(completed_at=None, is_drill=False) & ~Q(issue=""),
                name="incident_one_open_of_an_issue",
            ),
            models.CheckConstraint(
                condition=Q(stage="done", completed_at__isnull=False)
                | (~Q(stage="done") & Q(completed_at=None)),
                name="incident_done_with_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("started_at")),
                name="incident_ends_after_start",
                violation_error_message=_("恢复时间不能早于开始时间"),
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, solution="")
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="incident_decided_by_somebody",
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Its type, marked wherever it is named if it is only practised."""
        name = str(self.get_kind_display())
        return str(_("【演练】{name}")).format(name=name) if self.is_drill else name

    @property
    def is_open(self) -> bool:
        return self.completed_at is None


# A complaint that may be closed or is: its customer is content, or was answered where no rulebook asks for more.
FINISHED = Q(complaint__case__state=Case.State.CLOSED) | Q(
    complaint__case__state=Case.State.ANSWERED, complaint__stage__in=["", Complaint.Stage.DONE]
)


class GroupedComplaintQuerySet(models.QuerySet["GroupedComplaint"]):
    def unfinished(self) -> Self:
        return self.exclude(FINISHED)


class GroupedComplaint(models.Model):
    """One of the complaints that an incident is made of, and what became of it."""

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="complaints", verbose_name=_("突发事件")
    )
    complaint = models.OneToOneField(
        Complaint,
        models.PROTECT,
        primary_key=True,
        related_name="grouped",
        verbose_name=_("投诉"),
    )
    joined_at = models.DateTimeField(_("归入时间"))
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("答复人")
    )

    objects = GroupedComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("归入的投诉")
        verbose_name_plural = pgettext_lazy("plural", "归入的投诉")
        indexes = [
            models.Index(fields=["incident", "complaint"], name="grouped_of_incident"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="grouped_answered_by_somebody",
            )
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.complaint_id}"


class IncidentNotice(models.Model):
    """One attempt to tell a complainant of the solution (ES-502.23)."""

    class Channel(models.TextChoices):
        PHONE = "phone", _("电话")
        SMS = "sms", _("短信")

    grouped = models.ForeignKey(
        GroupedComplaint, models.PROTECT, related_name="notices", verbose_name=_("投诉")
    )
    channel = models.CharField(_("渠道"), choices=Channel, max_length=8)
    reached = models.BooleanField(_("告知到"))
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))

    class Meta:
        verbose_name = _("告知记录")
        verbose_name_plural = pgettext_lazy("plural", "告知记录")
        ordering = ["id"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.grouped_id} {self.get_channel_display()}"


class IncidentMember(models.Model):
    """Somebody of the team (ES-502.18), and who answers phone and online (ES-502.19)."""

    class Role(models.TextChoices):
        AGENT = "agent", _("坐席")
        COMPLAINT_SPECIALIST = "complaint_specialist", _("投诉专员")
        OUTLET_HEAD = "outlet_head", _("网点负责人")

    class Post(models.TextChoices):
        PHONE = "phone", _("接听电话")
        ONLINE = "online", _("线上回复")

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="members", verbose_name=_("突发事件")
    )
    role = models.CharField(_("角色"), choices=Role, max_length=24)
    post = models.CharField(_("专岗"), choices=Post, max_length=8, blank=True)
    employee = models.ForeignKey(
        Employee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("员工"),
    )
    outlet = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("网点"),
    )
    added_at = models.DateTimeField(_("加入时间"))
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    left_at = models.DateTimeField(_("退出时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("应急小组成员")
        verbose_name_plural = pgettext_lazy("plural", "应急小组成员")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role="outlet_head", outlet__isnull=False, employee=None)
                | (~Q(role="outlet_head") & Q(employee__isnull=False, outlet=None)),
                name="incident_member_is_somebody",
                violation_error_message=_("网点负责人填网点，其他人填员工"),
            ),
            models.UniqueConstraint(
                fields=["incident", "employee", "outlet", "role"],
                condition=Q(left_at=None),
                nulls_distinct=False,
                name="incident_member_once",
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.employee or self.outlet}"


class Statement(models.Model):
    """Words for the public, the same on every channel, in both languages."""

    class Kind(models.TextChoices):
        ANNOUNCEMENT = "announcement", _("公告")
        PLAN = "plan", _("处理方案")
        RECOVERY = "recovery", _("恢复通知")

    class Channel(models.TextChoices):
        WEBSITE = "website", _("官网")
        OFFICIAL_ACCOUNT = "official_account", _("微信公众号")
        PHONE = "phone", _("电话话术")
        CHAT = "chat", _("在线聊天")
        SMS = "sms", _("短信")

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="statements", verbose_name=_("突发事件")
    )
    kind = models.CharField(_("用途"), choices=Kind, max_length=14)
    text = models.TextField(_("中文"), max_length=STATEMENT_LIMIT)
    text_en = models.TextField(_("英文"), max_length=STATEMENT_LIMIT)
    written_at = models.DateTimeField(_("起草时间"))
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("起草人"))

    class Meta:
        verbose_name = _("公告")
        verbose_name_plural = pgettext_lazy("plural", "公告")
        ordering = ["-id"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.get_kind_display()}"


class Publication(models.Model):
    """When a statement went out on one channel (ES-502.16, ES-502.20)."""

    statement = models.ForeignKey(
        Statement, models.PROTECT, related_name="publications", verbose_name=_("公告")
    )
    channel = models.CharField(_("渠道"), choices=Statement.Channel, max_length=20)
    published_at = models.DateTimeField(_("发布时间"))
    published_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("发布人")
    )

    class Meta:
        verbose_name = _("发布记录")
        verbose_name_plural = pgettext_lazy("plural", "发布记录")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "channel"], name="publication_once")
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.get_channel_display()}"


class Broadcast(models.Model):
    """A word to all agents at once, which each confirms to have read (ES-502.02)."""

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="broadcasts", verbose_name=_("突发事件")
    )
    text = models.CharField(_("内容"), max_length=300)  # redacted
    sent_at = models.DateTimeField(_("发出时间"))
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("发出人"))

    class Meta:
        verbose_name = _("通知全体")
        verbose_name_plural = pgettext_lazy("plural", "通知全体")
        ordering = ["-id"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.text[:40]


class BroadcastReceipt(models.Model):
    """Who was to read it, and when he did."""

    broadcast = models.ForeignKey(
        Broadcast, models.PROTECT, related_name="receipts", verbose_name=_("通知")
    )
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="+", verbose_name=_("员工"))
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("已读回执")
        verbose_name_plural = pgettext_lazy("plural", "已读回执")
        indexes = [
            models.Index(fields=["employee"], condition=Q(read_at=None), name="broadcast_unread")
        ]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "employee"], name="broadcast_receipt_once")
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.employee_id}"


class WaitingCustomer(models.Model):
    """A customer who asked while a system was down (ES-502.14), and when we came back to him (ES-502.15)."""

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="waiting", verbose_name=_("突发事件")
    )
    sealed = SealedField(_("客户与需求"))  # {"name", "contact", "need"}
    name_masked = models.CharField(_("客户"), max_length=60, blank=True)
    contact_masked = models.CharField(_("联系方式"), max_length=40)
    need = models.CharField(_("需求"), max_length=300)  # redacted
    on_paper = models.BooleanField(_("纸质登记"), default=False)
    asked_at = models.DateTimeField(_("来询时间"))
    recorded_at = models.DateTimeField(_("登记时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    contacted_at = models.DateTimeField(_("联系时间"), null=True, blank=True)
    contacted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("联系人")
    )
    outcome = models.CharField(_("结果"), max_length=300, blank=True)  # redacted

    class Meta:
        verbose_name = _("等待客户")
        verbose_name_plural = pgettext_lazy("plural", "等待客户")
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contacted_at=None, contacted_by=None)
                | Q(contacted_at__isnull=False, contacted_by__isnull=False),
                name="waiting_contacted_by_somebody",
            )
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.contact_masked}"


class AffectedCase(models.Model):
    """A case that a disaster or a failure touched: what its customer was told and what was done for him."""

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="affected", verbose_name=_("突发事件")
    )
    case = models.ForeignKey(
        Case, models.PROTECT, related_name="affected_by", verbose_name=_("工单")
    )
    noted_at = models.DateTimeField(_("登记时间"))
    noted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    told_at = models.DateTimeField(_("告知时间"), null=True, blank=True)
    told_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("告知人")
    )
    remedy = models.CharField(_("补救"), max_length=500, blank=True)  # redacted (LC-06.19)
    # Its customer's follow-up after the disaster; one of several cases of one customer has it (ES-502.09).
    follow_up = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("灾后回访"),
    )

    class Meta:
        verbose_name = _("受影响工单")
        verbose_name_plural = pgettext_lazy("plural", "受影响工单")
        ordering = ["noted_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "case"], name="affected_case_once"),
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None)
                | Q(told_at__isnull=False, told_by__isnull=False),
                name="affected_case_told_by_somebody",
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.case_id}"


class IncidentFinding(models.Model):
    """What an investigation found; it counts once a second person has confirmed it (LC-01.07)."""

    class Outcome(models.TextChoices):
        WAITING = "", _("等中心确认")
        CONFIRMED = "confirmed", _("已确认")
        SENT_BACK = "sent_back", _("退回")

    incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="findings", verbose_name=_("突发事件")
    )
    facts = models.TextField(_("事实"))  # redacted
    cause = models.CharField(_("原因"), max_length=300)  # redacted
    liable = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="+", verbose_name=_("责任方")
    )
    line = models.ForeignKey(
        "cases.Interaction", models.PROTECT, related_name="+", verbose_name=_("往来记录")
    )
    submitted_at = models.DateTimeField(_("提交时间"))
    submitted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("调查人")
    )
    outcome = models.CharField(_("结果"), choices=Outcome, max_length=10, blank=True)
    note = models.CharField(_("意见"), max_length=300, blank=True)  # redacted
    decided_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )

    class Meta:
        verbose_name = _("调查结论")
        verbose_name_plural = pgettext_lazy("plural", "调查结论")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(outcome=""), name="incident_finding_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by=None, decided_at=None)
                | Q(~Q(outcome=""), decided_by__isnull=False, decided_at__isnull=False),
                name="incident_finding_decided_by",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("submitted_by")),
                name="incident_finding_two_people",
                violation_error_message=_("不能确认自己的调查结论"),
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.cause[:30]}"


class DrillReminder(models.Model):
    """That the leads were told of a month without a drill; once a month."""

    month = models.DateField(_("月份"), unique=True)  # its first day
    told_at = models.DateTimeField(_("提醒时间"))

    class Meta:
        verbose_name = _("演练提醒")
        verbose_name_plural = pgettext_lazy("plural", "演练提醒")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
