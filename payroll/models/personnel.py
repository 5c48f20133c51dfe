"""What a newcomer brings and is told, and what the company keeps about a person (ES-123.02 to ES-125.05)."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.privacy.fields import SealedField
from kefu.staff.models import Employee, User
from payroll.models.employment import Employment
from payroll.models.joining import APPEND_ONLY, NEVER_DELETED
from payroll.models.register import RegisterEntry


class JoiningDocument(models.Model):
    """One document of the list that a newcomer brings: received, verified, or not asked of this post (ES-123.02)."""

    employment = models.ForeignKey(
        Employment, models.PROTECT, related_name="documents", verbose_name=_("任职")
    )
    kind = models.CharField(_("材料"), max_length=40)  # by its name in the rulebook's form
    count = models.PositiveSmallIntegerField(_("份数"), default=1)
    received_on = models.DateField(_("收到日期"), null=True, blank=True)
    not_applicable = models.CharField(_("不适用的理由"), max_length=200, blank=True)
    verified_on = models.DateField(_("核验日期"), null=True, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("经手人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))
    # It turned out to be false: the line of the register that leads to a sanction (ES-125.02).
    false_entry = models.OneToOneField(
        RegisterEntry, models.PROTECT, related_name="false_document", null=True, blank=True,
        verbose_name=_("不实登记"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("入职材料")
        verbose_name_plural = _("入职材料")
        ordering = ["employment", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["employment", "kind"], name="joining_document_once_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(received_on__isnull=False) ^ ~Q(not_applicable=""),
                name="joining_document_there_or_not_asked",
            ),
            models.CheckConstraint(
                condition=Q(verified_on=None) | Q(verified_on__gte=models.F("received_on")),
                name="joining_document_verified_after_receipt",
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.employment} {self.kind}"

    @property
    def settled(self) -> bool:
        """Verified, or not asked of this post, and not found false."""
        return self.false_entry_id is None and bool(self.verified_on or self.not_applicable)


class Induction(models.Model):
    """What the newcomer was told, under whom he works, and that he signed for it (ES-111.01, ES-123.05)."""

    employment = models.OneToOneField(
        Employment, models.PROTECT, related_name="induction", verbose_name=_("任职")
    )
    told = ArrayField(models.CharField(max_length=40), verbose_name=_("告知事项"))
    supervisor = models.ForeignKey(
        Employee, models.PROTECT, related_name="+", verbose_name=_("直接主管")
    )
    briefed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("告知人"))
    briefed_at = models.DateTimeField(_("告知时间"))
    signed_at = models.DateTimeField(_("本人签收时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("入职告知")
        verbose_name_plural = _("入职告知")
        ordering = ["-briefed_at"]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", exclude=["signed_at"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employment}"


class PersonalFact(models.Model):
    """One thing the company keeps about a person, from a day on; the newest of a kind holds (ES-123.04).

    What changed after joining is to be reported within the rulebook's time, and is marked where it came late.
    """

    class Field(models.TextChoices):
        ID_NUMBER = "id_number", _("身份证号")
        PHONE = "phone", _("电话")
        ADDRESS = "address", _("住址")
        MARITAL_STATUS = "marital_status", _("婚姻状况")
        EMERGENCY_CONTACT = "emergency_contact", _("紧急联系人")
        COURSE = "course", _("学习进修")
        EDUCATION_PROOF = "education_proof", _("学历证明")
        PROFESSIONAL_BODY = "professional_body", _("专业团体")

    # Of these each row adds to the ones before; of the others the newest takes their place.
    LISTED = frozenset({"course", "education_proof", "professional_body"})

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="personal_facts", verbose_name=_("员工")
    )
    field = models.CharField(_("项目"), choices=Field, max_length=20)
    masked = models.CharField(_("内容"), max_length=200)
    sealed = SealedField(_("原文"))  # {"value"}; of a contact {"name", "relation", "phone"}
    changed_on = models.DateField(_("变更日期"), null=True, blank=True)  # empty: so at joining
    reported_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("报告人")
    )
    reported_at = models.DateTimeField(_("报告时间"))
    # By when it had to be reported, by which clause; empty where no clause sets a time.
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", null=True, blank=True,
        verbose_name=_("适用规章"),
    )  # fmt: skip
    due_at = models.DateTimeField(_("应在此前报告"), null=True, blank=True)
    late = models.GeneratedField(
        expression=models.ExpressionWrapper(
            Q(due_at__isnull=False, reported_at__gt=models.F("due_at")), models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("人事资料")
        verbose_name_plural = _("人事资料")
        ordering = ["employee", "pk"]
        indexes = [models.Index(fields=["employee", "field"], name="personal_fact_of_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at=None)
                | (Q(changed_on__isnull=False, rulebook__isnull=False) & ~Q(clause="")),
                name="personal_fact_due_by_a_clause",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="facts_stay", exclude=["sealed", "late"]),  # keys are rotated
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.get_field_display()}"


class Probation(models.Model):
    """The time on trial of a stay: until when, under whose guidance, and how it ended (ES-124.01 to ES-125.01)."""

    class State(models.TextChoices):
        RUNNING = "running", _("试用中")
        PASSED = "passed", _("评估通过，待书面转正")
        CONFIRMED = "confirmed", _("已转正")
        ENDED = "ended", _("不予录用")

    employment = models.OneToOneField(
        Employment, models.PROTECT, related_name="probation", verbose_name=_("任职")
    )
    coach = models.ForeignKey(
        Employee, models.PROTECT, related_name="coached", null=True, blank=True,
        verbose_name=_("带教主管"),
    )  # fmt: skip
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    steps = models.JSONField(_("计算依据"), default=list)
    first_ends_on = models.DateField(_("按规章到"))
    ends_on = models.DateField(_("试用至"))
    state = models.CharField(_("状态"), choices=State, default=State.RUNNING, max_length=9)
    # For which end the supervisor was told, beforehand and when it had passed.
    told_soon_for = models.DateField(null=True, blank=True)
    told_over_for = models.DateField(null=True, blank=True)
    confirmed_on = models.DateField(_("转正日期"), null=True, blank=True)
    confirmation = models.CharField(_("转正文书编号"), max_length=20, blank=True)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("批准人")
    )
    confirmed_at = models.DateTimeField(_("批准时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("试用期")
        verbose_name_plural = _("试用期")
        ordering = ["ends_on", "pk"]
        indexes = [
            models.Index(fields=["ends_on"], condition=Q(state="running"), name="probation_running")
        ]
        constraints = [
            models.CheckConstraint(  # regular only with a paper (ES-125.01)
                condition=~Q(state="confirmed")
                | (Q(confirmed_on__isnull=False, confirmed_by__isnull=False) & ~Q(confirmation="")),
                name="probation_confirmed_in_writing",
            )
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("running", "passed"), ("running", "ended"), ("passed", "confirmed"),
                ],
            ),
            NEVER_DELETED,
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.employment} {self.ends_on}"


class ProbationReview(models.Model):
    """What a supervisor decided about a probation, and why (ES-124.03)."""

    class Outcome(models.TextChoices):
        CONFIRM = "confirm", _("转正")
        EXTEND = "extend", _("延长")
        SHORTEN = "shorten", _("缩短")
        DISMISS = "dismiss", _("不予录用")

    probation = models.ForeignKey(
        Probation, models.PROTECT, related_name="reviews", verbose_name=_("试用期")
    )
    outcome = models.CharField(_("结论"), choices=Outcome, max_length=8)
    evaluation = models.CharField(_("评估"), max_length=1000)
    ended_on = models.DateField(_("原定到"))
    ends_on = models.DateField(_("改到"), null=True, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("评估人"))
    made_at = models.DateTimeField(_("评估时间"))

    class Meta:
        verbose_name = _("试用评估")
        verbose_name_plural = _("试用评估")
        ordering = ["probation", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["confirm", "dismiss"], ends_on=None)
                | Q(outcome="extend", ends_on__gt=models.F("ended_on"))
                | Q(outcome="shorten", ends_on__lt=models.F("ended_on")),
                name="probation_review_moves_the_end_its_way",
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.probation} {self.get_outcome_display()}"
