"""Inspection: calls drawn to be heard, check sheets gone through, what was found, the answer to it, and setting it right."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee, User
from payroll.models import evidence
from payroll.models.evidence import Evidence
from payroll.models.scores import APPEND_ONLY, NEVER_DELETED

LONGEST = 1_000  # characters of what people write
PHOTOS = 6  # pieces of evidence an inspection may have


def _by_another(name: str, employee: str, user: str) -> pgtrigger.Trigger:
    """Nobody does this about himself; ``employee`` and ``user`` are columns or scalar queries over NEW."""
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        func=f"""
            IF EXISTS (SELECT FROM staff_employee e WHERE e.id = ({employee}) AND e.user_id = {user}) THEN
                RAISE EXCEPTION 'nobody does this about himself' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class SampleDraw(models.Model):
    """One draw of calls or chats of a department (CD-12.08): with the seed, the size and the digest of the frame and
    what of each agent's was in it, anybody can draw it again.
    """

    class Medium(models.TextChoices):
        CALL = "call", _("通话")
        CHAT = "chat", _("会话")

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    medium = models.CharField(_("种类"), choices=Medium, default=Medium.CALL, max_length=4)
    from_on = models.DateField(_("自"))
    to_on = models.DateField(_("至"))
    size = models.PositiveSmallIntegerField(_("要抽多少"))
    seed = models.BigIntegerField(_("随机种子"))
    frame_size = models.PositiveIntegerField(_("总体"))
    frame_digest = models.CharField(_("总体摘要"), max_length=64)
    # {employee: [in the frame, drawn before]}
    people = models.JSONField(_("每人的量"), default=dict)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    drawn_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("抽样人"))
    drawn_at = models.DateTimeField(_("抽样时间"))

    class Meta:
        verbose_name = _("抽样")
        verbose_name_plural = pgettext_lazy("plural", "抽样")
        ordering = ["-drawn_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__gte=F("from_on")), name="draw_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(size__gte=1, seed__gte=0), name="draw_of_some"),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.department} {self.from_on}–{self.to_on}"


class Sample(models.Model):
    """A call or chat that was drawn. Calls stand in partitions that nothing references: what is heard is copied here."""

    draw = models.ForeignKey(
        SampleDraw, models.PROTECT, related_name="samples", verbose_name=_("抽样")
    )
    number = models.PositiveSmallIntegerField(_("序号"))  # in the order of drawing
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="samples", verbose_name=_("员工")
    )
    medium = models.CharField(_("种类"), choices=SampleDraw.Medium, max_length=4)
    record = models.BigIntegerField(_("记录"))  # the key of the call or chat
    at = models.DateTimeField(_("时间"))
    seconds = models.PositiveIntegerField(_("秒数"), null=True)
    reference = models.CharField(_("编号"), max_length=40, blank=True)
    # Why it could not be heard, such as a recording that is gone.
    unheard = models.CharField(_("无法监听的原因"), max_length=200, blank=True)
    unheard_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    unheard_at = models.DateTimeField(_("登记时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("抽中的记录")
        verbose_name_plural = _("抽中的记录")
        ordering = ["draw", "number"]
        indexes = [models.Index(fields=["employee", "at"], name="sample_of_employee")]
        constraints = [
            models.UniqueConstraint(fields=["draw", "number"], name="sample_numbered"),
            models.UniqueConstraint(fields=["medium", "record"], name="sample_once"),
            models.CheckConstraint(
                condition=Q(unheard="", unheard_by=None, unheard_at=None)
                | ~Q(unheard="") & Q(unheard_by__isnull=False, unheard_at__isnull=False),
                name="sample_unheard_has_its_author",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="drawn_stays", exclude=["unheard", "unheard_by", "unheard_at"]),
            pgtrigger.Protect(
                name="set_aside_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.unheard <> ''"),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.at:%Y-%m-%d %H:%M}"


class Inspection(models.Model):
    """A check sheet that somebody went through: about a person, or about a place where each line that failed names
    whoever it concerns (CD-12.08, CD-12.43, CD-12.51).
    """

    class Occasion(models.TextChoices):
        CALL = "call", _("监听评分")
        CLEANING = "cleaning", _("卫生检查")
        SPOT_CHECK = "spot_check", _("拖班抽查")
        CONDUCT = "conduct", _("纪律检查")
        APPEARANCE = "appearance", _("仪容着装")
        QUALITY = "quality", _("服务质量")
        DAILY = "daily", _("日常检查")
        CLOSING = "closing", _("下班检查")
        SAFETY = "safety", _("安全检查")
        VEHICLE = "vehicle", _("车辆检查")

    occasion = models.CharField(_("检查"), choices=Occasion, max_length=10)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="inspections",
        verbose_name=_("员工"),
    )  # fmt: skip
    sample = models.OneToOneField(
        Sample, models.PROTECT, null=True, blank=True, related_name="inspection",
        verbose_name=_("抽中的记录"),
    )  # fmt: skip
    happened_at = models.DateTimeField(_("检查时间"))
    minutes = models.PositiveSmallIntegerField(_("打扫用时（分钟）"), null=True, blank=True)
    recording = models.CharField(_("录音编号"), max_length=60, blank=True)
    note = models.CharField(_("总评"), max_length=LONGEST, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    inspector = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("检查人"))
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("检查记录")
        verbose_name_plural = _("检查记录")
        ordering = ["-happened_at", "-pk"]
        indexes = [
            models.Index(
                fields=["department", "occasion", "happened_at"], name="inspection_of_department"
            ),
            models.Index(fields=["employee", "happened_at"], name="inspection_of_employee"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("recorded_at")), name="inspection_not_in_the_future"
            ),
            models.CheckConstraint(
                condition=Q(sample=None) | Q(occasion="call", employee__isnull=False),
                name="inspection_of_a_sample_is_of_a_call",
            ),
        ]
        triggers = [APPEND_ONLY, _by_another("of_another", "NEW.employee_id", "NEW.inspector_id")]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()} {self.happened_at:%Y-%m-%d %H:%M}"


class InspectionMark(models.Model):
    """What became of one line of the sheet."""

    class Mark(models.TextChoices):
        KEPT = "kept", pgettext_lazy("inspection", "合格")
        BREACH = "breach", pgettext_lazy("inspection", "不合格")
        NOT_APPLICABLE = "not_applicable", pgettext_lazy("inspection", "不适用")

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="marks", verbose_name=_("检查记录")
    )
    number = models.PositiveSmallIntegerField(_("序号"))
    clause = models.CharField(_("条款"), max_length=16)
    line = models.CharField(_("分项"), max_length=60, blank=True)
    mark = models.CharField(_("结果"), choices=Mark, max_length=14)
    comment = models.CharField(_("依据"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("检查项目")
        verbose_name_plural = _("检查项目")
        ordering = ["inspection", "number"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "number"], name="mark_numbered"),
            models.UniqueConstraint(fields=["inspection", "clause", "line"], name="mark_once"),
            models.CheckConstraint(
                condition=~Q(mark="breach") | ~Q(comment=""),
                name="mark_of_a_breach_says_why",
                violation_error_message=_("不合格要写依据"),
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.clause} {self.get_mark_display()}"


class EvidencePhoto(Evidence):
    """What was found, as a photo, the recording of a call or a paper."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="photos", verbose_name=_("检查记录")
    )

    class Meta:
        verbose_name = _("检查证据")
        verbose_name_plural = _("检查证据")
        ordering = ["inspection", "number"]
        constraints = evidence.constraints(
            "inspection",
            PHOTOS,
            numbered="finding_evidence_numbered",
            once="evidence_once",
            many="finding_evidence_not_too_many",
            large="finding_evidence_not_too_large",
        )
        triggers = evidence.TRIGGERS

    def __str__(self) -> str:
        return f"{self.inspection_id} {self.number}"


class FindingQuerySet(models.QuerySet["Finding"]):
    def open(self) -> Self:
        return self.filter(decision=None)


class Finding(models.Model):
    """A line that was not kept, and whom it concerns; nobody: a place. It enters the register only when a supervisor
    has verified it (ES-138.02).
    """

    mark = models.OneToOneField(
        InspectionMark, models.PROTECT, related_name="finding", verbose_name=_("检查项目")
    )
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="findings", verbose_name=_("检查记录")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="findings",
        verbose_name=_("员工"),
    )  # fmt: skip
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    happened_on = models.DateField(_("发生日期"))
    text = models.CharField(_("依据"), max_length=500)
    reply_by = models.DateTimeField(_("答复期限"))
    found_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("检查人"))
    found_at = models.DateTimeField(_("登记时间"))

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("检查发现")
        verbose_name_plural = _("检查发现")
        ordering = ["-found_at", "-pk"]
        indexes = [
            models.Index(fields=["employee", "happened_on"], name="finding_of_employee"),
            models.Index(fields=["department", "happened_on"], name="finding_of_department"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reply_by__gte=F("found_at")), name="finding_answered_after_it_is_told"
            ),
        ]
        triggers = [APPEND_ONLY, _by_another("of_another", "NEW.employee_id", "NEW.found_by_id")]

    def __str__(self) -> str:
        return f"{self.mark.clause} {self.employee or self.department}"


class FindingReply(models.Model):
    """What the person concerned says to it, once: that it is so, how it came about, or that it is not so."""

    class Sort(models.TextChoices):
        ACCEPT = "accept", pgettext_lazy("reply", "认可")
        EXPLAIN = "explain", pgettext_lazy("reply", "说明")
        OBJECT = "object", _("有异议")

    finding = models.OneToOneField(
        Finding, models.PROTECT, related_name="reply", verbose_name=_("检查发现")
    )
    sort = models.CharField(_("答复"), choices=Sort, max_length=7)
    text = models.CharField(_("说明"), max_length=LONGEST, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("答复人"))
    made_at = models.DateTimeField(_("答复时间"))

    class Meta:
        verbose_name = _("对检查的答复")
        verbose_name_plural = _("对检查的答复")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sort="accept") | ~Q(text=""),
                name="reply_says_something",
                violation_error_message=_("请写说明"),
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.get_sort_display()}"


class FindingDecision(models.Model):
    """What a supervisor makes of it. Upheld, it is in the register with ``inspected:<number>`` as its source."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("查实")
        NOT_UPHELD = "not_upheld", _("不成立")

    finding = models.OneToOneField(
        Finding, models.PROTECT, related_name="decision", verbose_name=_("检查发现")
    )
    outcome = models.CharField(_("结果"), choices=Outcome, max_length=10)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("认定人"))
    decided_at = models.DateTimeField(_("认定时间"))

    class Meta:
        verbose_name = _("检查认定")
        verbose_name_plural = _("检查认定")
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="upheld") | ~Q(reason=""),
                name="finding_not_upheld_for_a_reason",
            )
        ]
        triggers = [
            APPEND_ONLY,
            _by_another(
                "of_another",
                "SELECT f.employee_id FROM payroll_finding f WHERE f.id = NEW.finding_id",
                "NEW.decided_by_id",
            ),
            pgtrigger.Trigger(
                # Whoever found it does not decide on what is objected to.
                name="objection_decided_by_another",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT FROM payroll_finding f JOIN payroll_findingreply r ON r.finding_id = f.id
                               WHERE f.id = NEW.finding_id AND r.sort = 'object'
                                 AND f.found_by_id = NEW.decided_by_id) THEN
                        RAISE EXCEPTION 'who found it does not decide on the objection'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.get_outcome_display()}"


class RectificationQuerySet(models.QuerySet["Rectification"]):
    def open(self) -> Self:
        return self.filter(outcome="")


class Rectification(models.Model):
    """Somebody is to set right by a day what was found; a named person looks again. What was not set right is ordered
    anew, ``earlier`` saying so.
    """

    class Outcome(models.TextChoices):
        FIXED = "fixed", _("已整改")
        NOT_FIXED = "not_fixed", _("未整改")

    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="rectifications", verbose_name=_("检查发现")
    )
    earlier = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="later",
        verbose_name=_("上一次"),
    )  # fmt: skip
    what = models.CharField(_("整改要求"), max_length=500)
    assignee = models.ForeignKey(
        Employee, models.PROTECT, related_name="rectifications", verbose_name=_("责任人")
    )
    due_on = models.DateField(_("期限"))
    recheck_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("复查人"))
    ordered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("责令人"))
    ordered_at = models.DateTimeField(_("责令时间"))
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    # Why it cannot be done by then, told before the day is over (ES-138.12).
    reason = models.CharField(_("不能按期的原因"), max_length=500, blank=True)
    reason_at = models.DateTimeField(_("说明时间"), null=True, blank=True)
    done_note = models.CharField(_("整改情况"), max_length=500, blank=True)
    done_at = models.DateTimeField(_("整改完成"), null=True, blank=True)
    overdue_at = models.DateTimeField(_("逾期通知"), null=True, blank=True)
    outcome = models.CharField(_("复查结果"), choices=Outcome, max_length=9, blank=True)
    recheck_note = models.CharField(_("复查说明"), max_length=500, blank=True)
    rechecked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复查人")
    )
    rechecked_at = models.DateTimeField(_("复查时间"), null=True, blank=True)

    objects = RectificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("检查整改")
        verbose_name_plural = _("检查整改")
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(outcome=""), name="rectification_open")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(outcome=""),
                name="rectification_one_open",
                violation_error_message=_("这条已有一份整改在办"),
            ),
            models.CheckConstraint(
                condition=Q(outcome="", rechecked_by=None, rechecked_at=None)
                | ~Q(outcome="") & Q(rechecked_by__isnull=False, rechecked_at__isnull=False),
                name="rectification_rechecked_by_one",
            ),
        ]
        triggers = [
            _by_another("rechecked_by_another", "NEW.assignee_id", "NEW.recheck_by_id"),
            pgtrigger.ReadOnly(
                name="order_stays",
                exclude=[
                    "reason", "reason_at", "done_note", "done_at", "overdue_at", "outcome", "recheck_note",
                    "rechecked_by", "rechecked_at",
                ],
            ),
            pgtrigger.Protect(
                name="rechecked_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.outcome <> ''"),
            ),
            NEVER_DELETED,
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.finding} {self.due_on}"
