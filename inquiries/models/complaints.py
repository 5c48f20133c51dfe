"""The complaint: of what, about whom, how grave, how far it has got, and what was found."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.penalties.models import Penalty
from kefu.privacy.fields import SealedField
from kefu.staff.models import User


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def open(self) -> Self:
        return self.exclude(case__state=Case.State.CLOSED)

    def unassigned_major(self) -> Self:
        """Grave ones that no specialist has taken up yet (ES-303.07)."""
        return self.open().filter(grade=Complaint.Grade.MAJOR, case__owner=None)

    def inspected_by(self, user: Any) -> Self:
        """What waits for an inspector's conclusion (LC-03.06)."""
        return self.filter(inspector=user, conclusion="")


class Complaint(models.Model):
    """What a customer complains of, and about whom."""

    class Cause(models.TextChoices):
        """What policy's clauses know as causes, in the words of the desk."""

        LATE_REPLY = "late_reply", _("回复超时")
        NO_REPLY = "no_reply", _("一直没有答复")
        RUDE_LANGUAGE = "rude_language", _("不文明用语")
        IDENTITY_REFUSED = "identity_refused", _("拒报工号或姓氏")
        SHIRKING = "shirking", _("推诿")
        PHONE_UNREACHABLE = "phone_unreachable", _("电话打不通")
        CLAIM_DELAYED = "claim_delayed", _("拖延理赔")
        LOST = "lost", _("遗失")
        DAMAGED = "damaged", _("破损")
        DELAYED = "delayed", _("延误")
        UNCLEAR_EXPLANATION = "unclear_explanation", _("解答不清")
        OTHER = "other", _("其他")

    class Category(models.TextChoices):
        """The heads of the regulation's open list (ES-302.01)."""

        DELAY = "delay", _("延误")
        LOST = "lost", _("丢失")
        DAMAGED = "damaged", _("破损")
        ATTITUDE = "attitude", _("态度")
        OTHER = "other", _("其他")

    class Grade(models.TextChoices):
        GENERAL = "general", _("一般")
        MAJOR = "major", _("重大")

    class Stage(models.TextChoices):
        """What has to be done next; "" where the rulebook has no such order."""

        VERIFICATION = "verification", _("待核实")
        SOLUTION = "solution", _("待提方案")
        NEGOTIATION = "negotiation", _("等客户答复")
        FOLLOW_UP = "follow_up", _("待回访")
        DONE = "done", _("已解决")

    class Contents(models.TextChoices):
        INTACT = "intact", _("内件完好")
        DAMAGED = "damaged", _("内件损坏")

    class Level(models.TextChoices):
        """Whom the complaint was put to."""

        CENTRE = "centre", _("本中心")
        AREA = "area_office", _("片区")
        HEADQUARTERS = "headquarters", _("总部")

    class Conclusion(models.TextChoices):
        """What came of looking into it (LC-03.06)."""

        VERIFIED = "verified", _("属实")
        UNFOUNDED = "unfounded", _("不属实")

    case = models.OneToOneField(
        Case,
        models.PROTECT,
        primary_key=True,
        related_name="complaint",
        verbose_name=_("工单"),
    )
    cause = models.CharField(_("投诉原因"), choices=Cause, max_length=20)
    against = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("被投诉方"),
    )
    category = models.CharField(_("类别"), choices=Category, max_length=10, blank=True)
    # What was complained about, as chosen on registration: complaints of one issue within an hour make an
    # incident (ES-502.17). E.g. "outlet:17", "courier:204", "route:3-8", "topic:system". "": none of these.
    issue = models.CharField(_("问题"), max_length=60, blank=True)
    received_at = models.DateTimeField(_("受理时间"), null=True)
    grade = models.CharField(_("等级"), choices=Grade, max_length=8, blank=True)
    stage = models.CharField(_("环节"), choices=Stage, max_length=12, blank=True)
    # The class as it stands: what it was decided by stands with each decision (ComplaintGrading).
    inputs = models.JSONField(_("判定依据"), default=dict, blank=True)
    classed_at = models.DateTimeField(_("定级时间"), null=True, blank=True)
    # The edition whose classes and order of steps it goes by throughout; None: no rulebook here has any.
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    sealed = SealedField(_("原文"), null=True)  # {"demand"}
    demand = models.TextField(_("客户诉求"), blank=True)  # redacted
    department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("被投诉部门"),
    )
    # Who complains, where it is an outlet or a contract area and no customer.
    complainant = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("投诉的网点"),
    )
    level = models.CharField(_("投诉到"), choices=Level, default=Level.CENTRE, max_length=12)
    agitated = models.BooleanField(_("客户情绪激动"), default=False)
    abusive = models.BooleanField(_("出言不逊"), default=False)
    persuasion_failed = models.BooleanField(_("劝说无效"), default=False)
    promised_on = models.DateField(_("承诺送达日"), null=True, blank=True)
    contents = models.CharField(_("内件"), choices=Contents, max_length=8, blank=True)
    item_value = models.DecimalField(
        _("物品价值（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    # The same customer's earlier complaint of the same parcel or matter, not accepted as solved.
    earlier = models.ForeignKey(
        Case,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="repeated_by",
        verbose_name=_("前一次投诉"),
    )
    inspector = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("质检"),
    )
    conclusion = models.CharField(_("结论"), choices=Conclusion, max_length=10, blank=True)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("投诉")
        verbose_name_plural = pgettext_lazy("plural", "投诉")
        indexes = [
            models.Index(
                fields=["issue", "received_at"],
                condition=~Q(issue=""),
                name="complaint_by_issue",
            ),
            models.Index(fields=["against", "received_at"], name="complaint_by_party"),
            # As partners read those against them: the newest first, from any place on.
            models.Index(fields=["against", "-case"], name="complaint_to_party"),
            # The few that wait for somebody, among all that ever were.
            models.Index(
                fields=["inspector"],
                condition=Q(conclusion="", inspector__isnull=False),
                name="complaint_inspected",
            ),
            models.Index(
                fields=["case"],
                condition=Q(grade="major") & ~Q(stage="done"),
                name="complaint_major",
            ),
            models.Index(
                fields=["case"],
                condition=Q(category="delay", grade="general") & ~Q(stage="done"),
                name="complaint_growing",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(item_value=None) | Q(item_value__range=(0, 9_999_999)),
                name="complaint_value_in_range",
            ),
            models.CheckConstraint(
                condition=Q(earlier=None) | ~Q(earlier=models.F("case")),
                name="complaint_not_earlier_than_itself",
            ),
            models.CheckConstraint(
                condition=Q(grade="", classed_at=None) | (~Q(grade="") & Q(rulebook__isnull=False)),
                name="complaint_classed_by_a_rulebook",
            ),
        ]

    def __str__(self) -> str:
        return self.get_cause_display()


class ComplaintGrading(models.Model):
    """Which class a complaint was put into, when and by what. Rows are only ever added; the latest holds."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="gradings", verbose_name=_("工单"))
    grade = models.CharField(_("等级"), choices=Complaint.Grade, max_length=8)
    # By hand with a reason, or by the rulebook from {"facts"} through {"steps"}.
    reason = models.CharField(_("理由"), max_length=500, blank=True)  # redacted
    inputs = models.JSONField(_("判定依据"), default=dict, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    graded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("定级人")
    )
    graded_at = models.DateTimeField(_("定级时间"))

    class Meta:
        verbose_name = _("投诉定级")
        verbose_name_plural = pgettext_lazy("plural", "投诉定级")
        ordering = ["graded_at", "id"]
        indexes = [models.Index(fields=["graded_at"], name="complaint_graded")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") | Q(inputs__has_key="facts"),
                name="complaint_grading_has_reason_or_facts",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_grade_display()}"


class ComplaintStep(models.Model):
    """A step that was taken on a complaint, with its outcome: the log of who found, proposed, answered and asked
    what. Rows are only ever added."""

    class Code(models.TextChoices):
        """As the rulebooks' processes call them; the last ones are the house's own."""

        VERIFY = "verify", _("核实")
        INVESTIGATE = "investigate", _("专员调查")
        PROPOSE = "propose", _("提方案")
        ANSWER = "answer", _("客户答复")
        FOLLOW_UP = "follow_up", _("回访")
        COORDINATE = "coordinate", _("协调处理")
        CONTACT_ORIGIN = "contact_origin", _("联系发件网点")
        CONCLUDE = "conclude", _("落实结论")
        UNREACHED = "unreached", _("回访没接通")
        GIVEN_UP = "given_up", _("联系不上结案")
        ANALYSIS = "analysis", _("原因和建议")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="complaint_steps", verbose_name=_("工单")
    )
    code = models.CharField(_("步骤"), choices=Code, max_length=14)
    outcome = models.CharField(_("结果"), max_length=24, blank=True)
    # The how-manieth proposal it is or belongs to; 0 before the first.
    round = models.PositiveSmallIntegerField(_("第几轮"), default=0)
    sealed = SealedField(_("原文"), null=True)  # {"text"}
    text = models.TextField(_("内容"), blank=True)  # redacted
    # By step, e.g. {"evidence": ["tracking"], "apology": true, "facts": {…}, "steps": […]}.
    data = models.JSONField(_("资料"), default=dict, blank=True)
    amount = models.DecimalField(
        _("金额（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("经办")
    )
    happened_at = models.DateTimeField(_("发生时间"))
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("投诉步骤")
        verbose_name_plural = pgettext_lazy("plural", "投诉步骤")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round"],
                condition=Q(code="propose"),
                name="complaint_one_proposal_a_round",
            ),
            models.UniqueConstraint(
                fields=["case", "round"],
                condition=Q(code="answer"),
                name="complaint_one_answer_a_round",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__range=(0, 9_999_999)),
                name="complaint_step_amount_in_range",
            ),
        ]
        triggers = [
            # Only its seal may change, when keys are rotated.
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_code_display()} {self.outcome}"


class Finding(models.Model):
    """What was found against somebody on a case, and what it comes to by a clause that follows no clock.

    ``penalty`` None: it costs a measure, or makes somebody liable and nothing else. Once a case and clause.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="findings", verbose_name=_("工单"))
    clause = models.CharField(_("条款"), max_length=16)
    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="findings", verbose_name=_("责任方")
    )
    # {"facts": Breach as JSON, "steps": […]}
    inputs = models.JSONField(_("判定依据"), default=dict)
    missing = models.CharField(_("还差"), max_length=60, blank=True)
    amount = models.DecimalField(
        _("罚款（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    points = models.DecimalField(_("扣分"), max_digits=8, decimal_places=2, null=True, blank=True)
    measure = models.CharField(_("措施"), max_length=24, blank=True)
    until = models.CharField(_("到何时"), max_length=40, blank=True)
    # What the party answers for besides: "claim".
    liability = models.CharField(_("承担"), max_length=24, blank=True)
    penalty = models.OneToOneField(
        Penalty,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="finding",
        verbose_name=_("处罚"),
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    note = models.CharField(_("说明"), max_length=500, blank=True)  # redacted
    found_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("认定人")
    )
    found_at = models.DateTimeField(_("认定时间"))

    class Meta:
        verbose_name = _("认定")
        verbose_name_plural = pgettext_lazy("plural", "认定")
        ordering = ["id"]
        indexes = [models.Index(fields=["found_at"], name="finding_found")]
        constraints = [
            models.UniqueConstraint(fields=["case", "clause"], name="finding_once"),
            models.CheckConstraint(
                condition=(Q(amount=None) & Q(points=None)) | Q(penalty__isnull=False),
                name="finding_that_costs_has_its_penalty",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.clause} {self.party_id}"


class Rectification(models.Model):
    """An outlet is told to make its phones reachable by a day; late, it costs what was said then (CD-05.22)."""

    class Measure(models.TextChoices):
        SEATS = "more_seats", _("增加坐席")
        DELIVERY = "more_delivery_capacity", _("增加派送力量")

    class Outcome(models.TextChoices):
        IN_TIME = "in_time", _("按期整改")
        OVERDUE = "overdue", _("逾期未改")

    finding = models.OneToOneField(
        Finding, models.PROTECT, related_name="rectification", verbose_name=_("起因")
    )
    measure = models.CharField(_("措施"), choices=Measure, max_length=24)
    due_on = models.DateField(_("限期"))
    heavier = models.DecimalField(_("逾期罚款（元）"), max_digits=10, decimal_places=2)
    ordered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("责令人"))
    ordered_at = models.DateTimeField(_("责令时间"))
    outcome = models.CharField(_("复查结果"), choices=Outcome, max_length=8, blank=True)
    rechecked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复查人")
    )
    rechecked_at = models.DateTimeField(_("复查时间"), null=True, blank=True)
    penalty = models.OneToOneField(
        Penalty, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("处罚")
    )

    class Meta:
        verbose_name = _("限期整改")
        verbose_name_plural = pgettext_lazy("plural", "限期整改")
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(heavier__gt=0, heavier__lte=999_999),
                name="rectification_amount_in_range",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", rechecked_at=None, rechecked_by=None, penalty=None)
                | (~Q(outcome="") & Q(rechecked_at__isnull=False, rechecked_by__isnull=False)),
                name="rectification_rechecked_by_somebody",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.finding} {self.due_on}"


class CustomerFlag(models.Model):
    """A mark on a customer, known by the number he calls from (LC-01.35). One mark of a kind at a time."""

    token = models.BigIntegerField(_("客户"), editable=False)  # kefu.privacy.lookup
    flag = models.CharField(_("标记"), max_length=40)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("起因"))
    reason = models.CharField(_("理由"), max_length=500, blank=True)  # redacted
    flagged_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("标记人"))
    flagged_at = models.DateTimeField(_("标记时间"))
    lifted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("取消人")
    )
    lifted_at = models.DateTimeField(_("取消时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("客户标记")
        verbose_name_plural = pgettext_lazy("plural", "客户标记")
        ordering = ["-flagged_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["token", "flag"], condition=Q(lifted_at=None), name="customer_flag_once"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="customer_flag_lifted_by_somebody",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.flag} {self.case_id}"


class LineCheck(models.Model):
    """Somebody called a number of an outlet to see whether it answers (CD-05.21, CD-05.23). Rows are only added."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("接通")
        BUSY = "busy", _("占线")
        NO_ANSWER = "no_answer", _("无人接听")
        OFF = "off", _("关机或停机")
        WRONG = "wrong", _("号码不对")

    number = models.ForeignKey(
        "network.ContactNumber", models.PROTECT, related_name="checks", verbose_name=_("号码")
    )
    case = models.ForeignKey(
        Case,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="line_checks",
        verbose_name=_("工单"),
    )
    outcome = models.CharField(_("结果"), choices=Outcome, max_length=10)
    note = models.CharField(_("说明"), max_length=300, blank=True)  # redacted
    called_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("拨打人"))
    called_at = models.DateTimeField(_("拨打时间"))

    class Meta:
        verbose_name = _("电话核查")
        verbose_name_plural = pgettext_lazy("plural", "电话核查")
        ordering = ["-called_at", "-id"]
        indexes = [models.Index(fields=["-called_at"], name="line_check_latest")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.number_id} {self.get_outcome_display()}"
