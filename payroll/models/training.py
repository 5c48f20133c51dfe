"""Training: what is taught when and who came, the courses of single people, and whom a failed one keeps from work."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department, Employee, User
from payroll.models.overlaps import one_at_a_time
from payroll.models.scores import APPEND_ONLY, NEVER_DELETED, MonthScore


def _mark_in_range(name: str, field: str = "mark") -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q((f"{field}__gte", 0), (f"{field}__lte", 100)) | Q((field, None)),
        name=name,
        violation_error_message=_("成绩要在 0 到 100 之间"),
    )


class Course(models.Model):
    """Several days of training for one person: before the job, or after an assessment that failed
    (ES-602.02, ES-603.21). Until it is passed the person does not work, where the rulebook says so (ES-602.07).
    """

    class Kind(models.TextChoices):
        PRE_JOB = "pre_job", _("岗前培训")
        SPECIAL = "special", _("专项培训")

    class State(models.TextChoices):
        ONGOING = "ongoing", _("进行中")
        PASSED = "passed", _("合格")
        FAILED = "failed", _("不合格")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="courses", verbose_name=_("员工")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=8)
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    # The failed assessment that a special training follows from (ES-603.21).
    score = models.OneToOneField(
        MonthScore, models.PROTECT, null=True, blank=True, related_name="course",
        verbose_name=_("不合格的考核"),
    )  # fmt: skip
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    mentor = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="mentored",
        verbose_name=_("带教人"),
    )  # fmt: skip
    state = models.CharField(_("状态"), choices=State, default=State.ONGOING, max_length=7)
    ended_on = models.DateField(_("出结果的日期"), null=True, blank=True)
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("安排人")
    )
    opened_at = models.DateTimeField(_("安排时间"))

    class Meta:
        verbose_name = _("个人培训")
        verbose_name_plural = _("个人培训")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "kind"],
                condition=Q(state="ongoing"),
                name="course_once_at_a_time",
                violation_error_message=_("这个人已有一期在进行的培训"),
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="course_ends"),
            models.CheckConstraint(
                condition=Q(state="ongoing", ended_on=None)
                | ~Q(state="ongoing") & Q(ended_on__isnull=False),
                name="course_ended_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(mentor=None) | ~Q(mentor=F("employee")),
                name="course_mentored_by_another",
                violation_error_message=_("带教人要另外选一个人"),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("ongoing", "passed"), ("ongoing", "failed")],
            ),
            pgtrigger.ReadOnly(name="course_stays", exclude=["state", "mentor", "ended_on"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.get_kind_display()} {self.starts_on}"


class CourseResult(models.Model):
    """A mark in one part of a course; the latest of a part holds (ES-602.06, ES-603.22)."""

    class Part(models.TextChoices):
        THEORY = "theory", _("理论")
        PRACTICE = "practice", _("实操")
        RE_EXAM = "re_exam", _("重考")

    course = models.ForeignKey(
        Course, models.PROTECT, related_name="results", verbose_name=_("个人培训")
    )
    part = models.CharField(_("部分"), choices=Part, max_length=8)
    number = models.PositiveSmallIntegerField(_("第几次"), default=1)
    mark = models.DecimalField(_("成绩"), max_digits=5, decimal_places=2)
    pass_mark = models.DecimalField(_("及格线"), max_digits=5, decimal_places=2)
    passed = models.BooleanField(_("合格"))
    # The paper it was sat on; None: judged by a person, as practice is.
    paper = models.ForeignKey(
        "payroll.Paper", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("答卷"),
    )  # fmt: skip
    note = models.CharField(_("评语"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("记录人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("培训成绩")
        verbose_name_plural = _("培训成绩")
        ordering = ["course", "part", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "part", "number"], name="course_result_numbered"
            ),
            _mark_in_range("course_mark_in_range"),
            models.CheckConstraint(
                condition=Q(passed=True, mark__gte=F("pass_mark"))
                | Q(passed=False, mark__lt=F("pass_mark")),
                name="course_passed_from_its_mark",
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.course_id} {self.part} {self.mark}"


class TrainingSession(models.Model):
    """One training, examination or paper review: planned by the rulebook's rhythm, for a day of somebody's course,
    or by the supervisor (CD-12.52 to CD-12.54, ES-602.08, ES-602.03 to ES-602.06).
    """

    class Kind(models.TextChoices):
        TRAINING = "training", _("培训")
        EXAM = "exam", _("考试")
        REVIEW = "exam_review", _("试卷评讲")
        REGULAR = "regular_training", _("定期培训")
        COURSE = "course_day", _("个人培训")
        PRODUCT = "product", _("新品培训")

    class State(models.TextChoices):
        PLANNED = "planned", _("已安排")
        HELD = "held", _("已举行")
        CANCELLED = "cancelled", _("已取消")

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="training_sessions", verbose_name=_("部门")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=16)
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    course = models.ForeignKey(
        Course, models.PROTECT, null=True, blank=True, related_name="sessions",
        verbose_name=_("个人培训"),
    )  # fmt: skip
    day_number = models.PositiveSmallIntegerField(_("第几天"), null=True, blank=True)
    topics = models.JSONField(_("规定的内容"), default=list)  # as the rulebook names them
    needs_mentor = models.BooleanField(_("要有带教人"), default=False)
    due_on = models.DateField(_("规定日期"))
    on = models.DateField(_("日期"))
    starts_at = models.TimeField(_("开始"), null=True, blank=True)
    ends_at = models.TimeField(_("结束"), null=True, blank=True)
    topic = models.CharField(_("主题"), max_length=200, blank=True)
    category = models.CharField(_("类别"), max_length=40, blank=True)
    mode = models.CharField(_("方式"), max_length=40, blank=True)
    place = models.CharField(_("地点"), max_length=60, blank=True)
    trainer = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="sessions_given",
        verbose_name=_("主讲或带教"),
    )  # fmt: skip
    state = models.CharField(_("状态"), choices=State, default=State.PLANNED, max_length=9)
    result = models.CharField(_("结果"), max_length=500, blank=True)
    minutes = models.PositiveSmallIntegerField(_("实际时长（分钟）"), null=True, blank=True)
    settled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    settled_at = models.DateTimeField(_("登记时间"), null=True, blank=True)
    # None: by the rulebook's rhythm.
    planned_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("安排人")
    )
    planned_at = models.DateTimeField(_("安排时间"))
    told_at = models.DateTimeField(_("提醒时间"), null=True, editable=False)
    late_told_at = models.DateTimeField(_("逾期提醒时间"), null=True, editable=False)

    class Meta:
        verbose_name = _("培训安排")
        verbose_name_plural = _("培训安排")
        ordering = ["on", "starts_at", "pk"]
        indexes = [models.Index(fields=["department", "on"], name="session_of_department")]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "kind", "due_on"],
                condition=Q(course=None, planned_by=None),
                name="session_once_a_round",
            ),
            models.UniqueConstraint(
                fields=["course", "day_number"],
                condition=Q(course__isnull=False),
                name="session_once_a_course_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | ~Q(topic="") & Q(minutes__gt=0, settled_at__isnull=False),
                name="session_held_with_its_content",
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(needs_mentor=False) | Q(trainer__isnull=False),
                name="session_held_by_its_mentor",
                violation_error_message=_("这一天要有带教人"),
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_it_begins",
                violation_error_message=_("结束要晚于开始"),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("planned", "held"), ("planned", "cancelled")],
            ),
            pgtrigger.Protect(
                name="settled_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state <> 'planned' AND to_jsonb(OLD) - 'told_at' - 'late_told_at'"
                    " IS DISTINCT FROM to_jsonb(NEW) - 'told_at' - 'late_told_at'"
                ),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.on:%m-%d} {self.get_kind_display()} {self.topic}".rstrip()


class SessionAttendance(models.Model):
    """Who came to a session; whoever stays away without a reason is reported (ES-138.07)."""

    class Status(models.TextChoices):
        PRESENT = "present", _("到场")
        EXCUSED = "excused", _("请假")
        ABSENT = "absent", _("无故缺席")

    session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="attendances", verbose_name=_("培训安排")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="training_attendances", verbose_name=_("员工")
    )
    status = models.CharField(_("到场"), choices=Status, max_length=7)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("培训签到")
        verbose_name_plural = _("培训签到")
        ordering = ["session", "employee"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "employee"], name="attendance_once_a_session"
            ),
            models.CheckConstraint(
                condition=~Q(status="excused") | ~Q(reason=""),
                name="attendance_excused_for_a_reason",
                violation_error_message=_("请假要写原因"),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="attendance_stays", fields=["session", "employee"]),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.employee_id} {self.status}"


class Suspension(models.Model):
    """Days on which somebody takes no case and stands on no roster (ES-603.23)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="suspensions", verbose_name=_("员工")
    )
    starts_on = models.DateField(_("自"))
    ends_on = models.DateField(_("至"))
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    result = models.OneToOneField(
        CourseResult, models.PROTECT, related_name="suspension", verbose_name=_("重考成绩")
    )
    inputs = models.JSONField(_("依据"), default=dict)
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("停岗")
        verbose_name_plural = _("停岗")
        ordering = ["-starts_on"]
        constraints = [
            one_at_a_time(
                "suspension_once_at_a_time", starts="starts_on", ends="ends_on", dates=True
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.starts_on}–{self.ends_on}"


class TypingTest(models.Model):
    """How fast and how cleanly somebody types (OS-06.03, OS-06.04)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="typing_tests", verbose_name=_("员工")
    )
    tested_on = models.DateField(_("测试日期"))
    characters = models.PositiveIntegerField(_("字数"))
    seconds = models.PositiveIntegerField(_("用时（秒）"))
    errors = models.PositiveIntegerField(_("错字数"))
    # None: the rulebook asks for no speed, or for no number of errors.
    fast_enough = models.BooleanField(_("速度达标"), null=True)
    clean_enough = models.BooleanField(_("错字达标"), null=True)
    inputs = models.JSONField(_("依据"), default=dict)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("打字测试")
        verbose_name_plural = _("打字测试")
        ordering = ["-tested_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(characters__gt=0, characters__lte=100_000)
                & Q(seconds__gt=0, seconds__lte=7_200)
                & Q(errors__lte=F("characters")),
                name="typing_test_in_range",
                violation_error_message=_("字数和用时要大于 0，错字不超过字数"),
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.employee} {self.tested_on} {self.characters}/{self.seconds}s"
