"""The question bank and its examinations: questions that are never rewritten, papers drawn from them, marks that stay."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department, Employee, User
from payroll.models.scores import APPEND_ONLY, NEVER_DELETED
from payroll.models.training import Course, CourseResult, TrainingSession, _mark_in_range


class Question(models.Model):
    """A question of the bank; what it says stands in its versions."""

    class Kind(models.TextChoices):
        SINGLE = "single", _("单选")
        MULTIPLE = "multiple", _("多选")
        TRUE_FALSE = "true_false", _("判断")
        TEXT = "text", _("简答")

    kind = models.CharField(_("题型"), choices=Kind, max_length=10)
    category = models.CharField(_("分类"), max_length=40)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("出题人"))
    made_at = models.DateTimeField(_("出题时间"))
    retired_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("试题")
        verbose_name_plural = _("试题")
        ordering = ["category", "kind", "pk"]
        triggers = [
            pgtrigger.ReadOnly(name="question_stays", exclude=["category", "retired_at"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.category} {self.pk}"


class QuestionVersion(models.Model):
    """What a question says. A change is a further version: papers keep the one they were drawn with."""

    question = models.ForeignKey(
        Question, models.PROTECT, related_name="versions", verbose_name=_("试题")
    )
    number = models.PositiveSmallIntegerField(_("第几版"), default=1)
    text = models.CharField(_("题目"), max_length=1000)
    options = models.JSONField(_("选项"), default=list)  # texts, in the order written
    correct = models.JSONField(_("答案"), default=list)  # places of the right options, from 0
    answer = models.CharField(_("参考答案"), max_length=2000, blank=True)  # of a text question
    explanation = models.CharField(_("解析"), max_length=1000, blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("修改人"))
    written_at = models.DateTimeField(_("修改时间"))

    class Meta:
        verbose_name = _("试题版本")
        verbose_name_plural = _("试题版本")
        ordering = ["question", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="question_numbered")
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.question_id}.{self.number}"


class Exam(models.Model):
    """An examination: what is drawn for whom, from when until when, in how many minutes (CD-12.53, ES-602.06)."""

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("月度考试")
        COURSE = "course", _("培训考核")
        OTHER = "other", _("其他测验")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        CLOSED = "closed", _("已结束")

    title = models.CharField(_("名称"), max_length=100)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="exams", verbose_name=_("部门")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=8)
    month = models.DateField(_("计入月份"))  # its first day
    course = models.ForeignKey(
        Course, models.PROTECT, null=True, blank=True, related_name="exams",
        verbose_name=_("个人培训"),
    )  # fmt: skip
    part = models.CharField(_("部分"), choices=CourseResult.Part, max_length=8, blank=True)
    session = models.ForeignKey(
        TrainingSession, models.PROTECT, null=True, blank=True, related_name="exams",
        verbose_name=_("培训安排"),
    )  # fmt: skip
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    on_paper = models.BooleanField(_("纸质考试"), default=False)
    opens_at = models.DateTimeField(_("开放"))
    closes_at = models.DateTimeField(_("截止"))
    minutes = models.PositiveSmallIntegerField(_("时长（分钟）"), default=60)
    pass_mark = models.DecimalField(
        _("及格线"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    review_on = models.DateField(_("评讲日"))  # from this day on each question is explained
    # What is drawn: [{"category": "", "kind": "", "count": 5, "points": "4"}, …]; "" is any.
    parts = models.JSONField(_("组卷"), default=list)
    # Which versions may be drawn, part by part: fixed when it is published.
    pool = models.JSONField(_("题库范围"), default=list, editable=False)
    seed = models.CharField(_("抽题种子"), max_length=32)
    state = models.CharField(_("状态"), choices=State, default=State.DRAFT, max_length=9)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("组卷人"))
    made_at = models.DateTimeField(_("组卷时间"))
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发布人")
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("考试")
        verbose_name_plural = _("考试")
        ordering = ["-opens_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="exam_closes_after_it_opens",
                violation_error_message=_("截止要晚于开放"),
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=600), name="exam_minutes_in_range"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="exam_month_is_its_first_day"),
            _mark_in_range("exam_pass_mark_in_range", "pass_mark"),
            models.CheckConstraint(
                condition=Q(kind="course", course__isnull=False) & ~Q(part="")
                | ~Q(kind="course") & Q(course=None, part=""),
                name="exam_of_a_course_names_it",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(published_by__isnull=False, published_at__isnull=False),
                name="exam_published_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("draft", "published"), ("published", "closed")],
            ),
            pgtrigger.Protect(
                name="published_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state <> 'draft' AND to_jsonb(OLD) - 'state' IS DISTINCT FROM to_jsonb(NEW) - 'state'"
                ),
            ),
            pgtrigger.Protect(
                name="published_never_deleted",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.state <> 'draft'"),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PaperQuerySet(models.QuerySet["Paper"]):
    def run_out(self, now: object) -> Self:
        """Sittings whose time is over and that nobody has handed in."""
        return self.filter(state=Paper.State.SITTING, ends_at__lte=now)


class Paper(models.Model):
    """One person's sitting of an examination, once: its questions in their order, and when it has to be handed in."""

    class State(models.TextChoices):
        WAITING = "waiting", _("未考")
        SITTING = "sitting", _("在考")
        HANDED_IN = "handed_in", _("待评卷")
        MARKED = "marked", _("已出成绩")
        MISSED = "missed", _("缺考")

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="papers", verbose_name=_("考试"))
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="papers", verbose_name=_("员工")
    )
    state = models.CharField(_("状态"), choices=State, default=State.WAITING, max_length=9)
    # What was drawn: [{"version": 7, "points": "4", "order": [2, 0, 1]}, …], options by their written place.
    questions = models.JSONField(_("试题"), default=list)
    # Later than the exam's own, where somebody may sit it after the others.
    until = models.DateTimeField(_("可开始至"), null=True, blank=True)
    started_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    ends_at = models.DateTimeField(_("截止时间"), null=True, blank=True)
    handed_in_at = models.DateTimeField(_("交卷时间"), null=True, blank=True)
    by_itself = models.BooleanField(_("到时自动交卷"), default=False)

    objects = PaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("答卷")
        verbose_name_plural = _("答卷")
        ordering = ["exam", "employee"]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(state="sitting"), name="paper_sitting"),
            models.Index(fields=["employee", "state"], name="paper_of_employee"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["exam", "employee"], name="paper_once_a_person"),
            models.CheckConstraint(
                condition=~Q(state__in=["sitting", "handed_in"])
                | Q(started_at__isnull=False, ends_at__gt=F("started_at")),
                name="paper_sat_for_a_time",
            ),
            models.CheckConstraint(
                condition=Q(handed_in_at=None) | Q(handed_in_at__lte=F("ends_at")),
                name="paper_handed_in_in_time",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("waiting", "sitting"),
                    ("waiting", "missed"),
                    ("waiting", "marked"),
                    ("sitting", "handed_in"),
                    ("handed_in", "marked"),
                    ("missed", "waiting"),
                    ("missed", "marked"),
                ],
            ),
            pgtrigger.ReadOnly(name="paper_stays", fields=["exam", "employee"]),
            pgtrigger.Protect(
                name="drawn_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.questions <> '[]' AND OLD.questions <> NEW.questions"
                    " OR OLD.started_at IS NOT NULL AND OLD.started_at IS DISTINCT FROM NEW.started_at"
                    " OR OLD.state IN ('handed_in', 'marked')"
                    " AND to_jsonb(OLD) - 'state' IS DISTINCT FROM to_jsonb(NEW) - 'state'"
                ),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.exam} {self.employee}"


class Answer(models.Model):
    """What somebody answered so far; once the paper is handed in it does not change."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="answers", verbose_name=_("答卷"))
    place = models.PositiveSmallIntegerField(_("第几题"))  # from 0
    chosen = models.JSONField(_("选了"), default=list)  # places of options as written, from 0
    text = models.CharField(_("答"), max_length=2000, blank=True)
    saved_at = models.DateTimeField(_("保存时间"))

    class Meta:
        verbose_name = _("作答")
        verbose_name_plural = _("作答")
        ordering = ["paper", "place"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "place"], name="answer_once_a_question")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="handed_in_stays",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (SELECT FROM payroll_paper p WHERE p.id = NEW.paper_id AND p.state = 'sitting'
                                   AND NEW.saved_at <= p.ends_at) THEN
                        RAISE EXCEPTION 'the paper is not being sat' USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.paper_id}.{self.place}"


class TextMark(models.Model):
    """What a person gave for a text; a second person looks again, and what he gives holds."""

    paper = models.ForeignKey(
        Paper, models.PROTECT, related_name="text_marks", verbose_name=_("答卷")
    )
    place = models.PositiveSmallIntegerField(_("第几题"))
    number = models.PositiveSmallIntegerField(_("第几评"), default=1)
    points = models.DecimalField(_("给分"), max_digits=5, decimal_places=2)
    note = models.CharField(_("评语"), max_length=300, blank=True)
    marked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("评卷人"))
    marked_at = models.DateTimeField(_("评卷时间"))

    class Meta:
        verbose_name = _("简答评分")
        verbose_name_plural = _("简答评分")
        ordering = ["paper", "place", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "place", "number"], name="text_mark_numbered"),
            # Nobody is his own second look.
            models.UniqueConstraint(
                fields=["paper", "place", "marked_by"], name="text_marked_by_two"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=2), name="text_marked_twice"
            ),
            _mark_in_range("text_mark_in_range", "points"),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.paper_id}.{self.place} {self.points}"


class ExamMark(models.Model):
    """A paper's mark out of 100; a correction is a further one, and the latest holds. Of a monthly examination it is
    the exam mark of the score (CD-12.55); ``month`` is later than the examination's own where that was paid already.
    """

    class Source(models.TextChoices):
        COMPUTED = "computed", _("自动评卷")
        ENTERED = "entered", _("手工登记")
        IMPORTED = "imported", _("导入")

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="marks", verbose_name=_("答卷"))
    number = models.PositiveSmallIntegerField(_("第几次"), default=1)
    month = models.DateField(_("计入月份"))
    mark = models.DecimalField(_("成绩"), max_digits=5, decimal_places=2)
    source = models.CharField(_("来源"), choices=Source, max_length=8)
    # What it adds up from: the points of each question in their order.
    inputs = models.JSONField(_("依据"), default=dict)
    reason = models.CharField(_("更正原因"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("考试成绩")
        verbose_name_plural = _("考试成绩")
        ordering = ["paper", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "number"], name="exam_mark_numbered"),
            _mark_in_range("exam_mark_in_range"),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""), name="exam_mark_corrected_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="exam_mark_month_is_its_first_day"
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.paper_id} {self.mark}"
