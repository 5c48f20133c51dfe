"""Parcels that were sent the wrong way, and the month's report about how their slips were written (CD section 8)."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.privacy.fields import SealedField, SealedFileField
from kefu.staff.models import User


class HouseWord(models.Model):
    """What the house fills in where the regulation leaves a blank. Rows are only added; the newest counts."""

    class Name(models.TextChoices):
        CONTACT = "contact", _("上报联系人")
        PHONE = "phone", _("上报联系电话")
        CHAT_ACCOUNT = "chat_account", _("上报聊天账号")
        CARRIER = "carrier", _("转寄公司")

    name = models.CharField(_("设置"), choices=Name, max_length=16)
    sealed = SealedField(_("内容"))  # {"value"}: it may be somebody's name or number
    set_at = models.DateTimeField(_("设定时间"))
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("设定人"))

    class Meta:
        verbose_name = _("问题件设置")
        verbose_name_plural = pgettext_lazy("plural", "问题件设置")
        ordering = ["-id"]
        indexes = [models.Index(fields=["name", "-id"], name="house_word_newest")]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.get_name_display())


class DestinationStep(models.Model):
    """How the right destination of a parcel was found out where its slip does not tell (CD-06.26)."""

    waybill_number = models.CharField(_("运单号"), max_length=24)
    code = models.CharField(_("步骤"), max_length=40)
    outcome = models.CharField(_("结果"), max_length=40, blank=True)
    note = models.CharField(_("依据"), max_length=200, blank=True)  # redacted
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))

    class Meta:
        verbose_name = _("查目的地")
        verbose_name_plural = pgettext_lazy("plural", "查目的地")
        ordering = ["id"]
        indexes = [models.Index(fields=["waybill_number", "id"], name="destination_step_of")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.waybill_number} {self.code}"


class MisroutingReport(models.Model):
    """What one outlet tells head office about one month. Collecting, then locked, then sent; never back."""

    class State(models.TextChoices):
        COLLECTING = "collecting", _("收集中")
        LOCKED = "locked", _("已锁定")
        SENT = "sent", _("已上报")

    outlet = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="+", verbose_name=_("上报网点")
    )
    month = models.DateField(_("月份"))  # its first day
    state = models.CharField(_("状态"), choices=State, default=State.COLLECTING, max_length=12)
    due_at = models.DateTimeField(_("上报期限"))
    warn_at = models.DateTimeField(_("提醒时间"), null=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    inputs = models.JSONField(_("判定依据"), default=dict)  # {"steps"} of the due time
    # {"outlet", "contact", "phone", "chat_account"} when it was locked.
    sealed = SealedField(_("抬头"))
    lines_locked = models.PositiveIntegerField(_("行数"), null=True)
    locked_at = models.DateTimeField(_("锁定时间"), null=True)
    locked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("锁定人")
    )
    sent_at = models.DateTimeField(_("上报时间"), null=True)
    sent_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("上报人")
    )
    issued = SealedFileField(_("电子清单"), null=True, blank=True)  # the file as it was sent
    digest = models.CharField(_("电子清单摘要"), max_length=64, blank=True)  # SHA-256 of the file
    reminded_at = models.DateTimeField(_("已提醒"), null=True)
    late_told_at = models.DateTimeField(_("已通知逾期"), null=True)

    class Meta:
        verbose_name = _("错写上报表")
        verbose_name_plural = pgettext_lazy("plural", "错写上报表")
        ordering = ["-month", "outlet"]
        constraints = [
            models.UniqueConstraint(fields=["outlet", "month"], name="misrouting_report_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="misrouting_report_of_a_month"),
            models.CheckConstraint(
                condition=Q(state="collecting", locked_at=None, lines_locked=None)
                | Q(
                    ~Q(state="collecting"),
                    locked_at__isnull=False,
                    locked_by__isnull=False,
                    lines_locked__isnull=False,
                ),
                name="misrouting_report_locked_by_somebody",
            ),
            # The electronic list is made at the moment of sending (CD-08.06).
            models.CheckConstraint(
                condition=Q(~Q(state="sent"), sent_at=None, digest="")
                | Q(Q(state="sent", sent_at__isnull=False, sent_by__isnull=False), ~Q(digest="")),
                name="misrouting_report_sent_with_list",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("collecting", "locked"), ("locked", "sent")],
            ),
            pgtrigger.ReadOnly(name="outlet_and_month_stay", fields=["outlet", "month"]),
            pgtrigger.Protect(
                name="locked_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.locked_at IS NOT NULL AND (OLD.locked_at, OLD.locked_by_id, OLD.lines_locked)"
                    " IS DISTINCT FROM (NEW.locked_at, NEW.locked_by_id, NEW.lines_locked)"
                ),
            ),
            pgtrigger.Protect(
                name="sent_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.sent_at IS NOT NULL AND (OLD.sent_at, OLD.sent_by_id, OLD.digest)"
                    " IS DISTINCT FROM (NEW.sent_at, NEW.sent_by_id, NEW.digest)"
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.outlet} {self.month:%Y-%m}"


class Misrouting(models.Model):
    """One parcel that came the wrong way: what its slip said and what it should have said.

    A sorting error (the slip was right) is in no report (CD-06.25).
    """

    class RoutingText(models.TextChoices):
        """What the large letters on the slip were, as policy calls it."""

        MISSING = "missing", _("没有写大字")
        WRONG = "wrong", _("大字写错")
        CORRECT = "correct", _("大字写对")

    class Source(models.TextChoices):
        """How the right destination is known; a guess is none (CD-06.26)."""

        SLIP = "slip", _("面单地址")
        RECIPIENT = "recipient", _("收件人电话确认")
        SENDING_COMPANY = "sending_company", _("发件公司告知")

    waybill_number = models.CharField(_("运单号"), max_length=24)
    waybill = models.ForeignKey(
        "parcels.Waybill",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("运单"),
    )
    case = models.ForeignKey(
        Case,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="misroutings",
        verbose_name=_("工单"),
    )
    report = models.ForeignKey(
        MisroutingReport,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="misroutings",
        verbose_name=_("上报表"),
    )
    origin = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="+", verbose_name=_("始发网点")
    )
    province = models.CharField(_("省份"), max_length=20)
    routing_text = models.CharField(_("面单大字"), choices=RoutingText, max_length=8)
    written_destination = models.CharField(_("错写的目的地"), max_length=40, blank=True)
    correct_destination = models.CharField(_("正确目的地"), max_length=40)
    source = models.CharField(_("目的地依据"), choices=Source, max_length=16)
    cause = models.CharField(_("原因判定"), max_length=40, blank=True)  # as policy classes it
    # {"waybill_origin", "accepted_at", "accepted_place"}, and whether they say otherwise than the origin given.
    evidence = models.JSONField(_("核对依据"), default=dict)
    contradicted = models.BooleanField(_("与运单或扫描不一致"), default=False)
    origin_verified_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("始发地核对人")
    )
    origin_verified_at = models.DateTimeField(_("始发地核对时间"))
    recorded_at = models.DateTimeField(_("登记时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    inputs = models.JSONField(_("判定依据"), default=dict)  # {"steps"}
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤回人")
    )
    withdrawn_for = models.CharField(_("撤回原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("错发件")
        verbose_name_plural = pgettext_lazy("plural", "错发件")
        ordering = ["-id"]
        indexes = [models.Index(fields=["waybill_number"], name="misrouting_by_waybill")]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "waybill_number"],
                condition=Q(withdrawn_at=None, report__isnull=False),
                name="misrouting_once_a_report",
            ),
            models.CheckConstraint(
                condition=~Q(correct_destination="") & ~Q(province=""),
                name="misrouting_complete",
            ),
            models.CheckConstraint(
                condition=~Q(routing_text="wrong")
                | Q(~Q(written_destination=""), ~Q(written_destination=F("correct_destination"))),
                name="misrouting_wrong_text_told",
            ),
            models.CheckConstraint(
                condition=~Q(routing_text="correct") | Q(report=None),
                name="misrouting_sorting_error_unreported",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_for="")
                | Q(
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False), ~Q(withdrawn_for="")
                ),
                name="misrouting_withdrawn_with_reason",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="facts_stay", exclude=["withdrawn_at", "withdrawn_by", "withdrawn_for"]
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.waybill_number} → {self.correct_destination}"


class ReportLine(models.Model):
    """A line of a locked report, copied when it was locked: cover form and list are both made of these (CD-08.10)."""

    report = models.ForeignKey(
        MisroutingReport, models.PROTECT, related_name="lines", verbose_name=_("上报表")
    )
    number = models.PositiveIntegerField(_("行号"))
    misrouting = models.ForeignKey(
        Misrouting, models.PROTECT, related_name="+", verbose_name=_("错发件")
    )
    waybill_number = models.CharField(_("运单号"), max_length=24)
    province = models.CharField(_("省份"), max_length=20)
    origin = models.CharField(_("始发网点"), max_length=100)
    routing_text = models.CharField(_("面单大字"), choices=Misrouting.RoutingText, max_length=8)
    written_destination = models.CharField(_("错写的目的地"), max_length=40, blank=True)
    correct_destination = models.CharField(_("正确目的地"), max_length=40)

    class Meta:
        verbose_name = _("上报表行")
        verbose_name_plural = pgettext_lazy("plural", "上报表行")
        ordering = ["report", "number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="report_line_number_once"),
            models.UniqueConstraint(fields=["report", "misrouting"], name="report_line_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="none_after_the_lock",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF (SELECT state FROM problem_parcels_misroutingreport WHERE id = NEW.report_id)"
                    " <> 'collecting' THEN"
                    " RAISE EXCEPTION 'report % is locked', NEW.report_id USING ERRCODE = 'check_violation';"
                    " END IF; RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.waybill_number}"
