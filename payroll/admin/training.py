"""Training, the question bank and examinations, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import (
    Course,
    CourseResult,
    Exam,
    ExamMark,
    Paper,
    Question,
    QuestionVersion,
    SessionAttendance,
    Suspension,
    TrainingSession,
    TypingTest,
)


@admin.register(TrainingSession)
class TrainingSessionAdmin(ReadOnlyAdmin):
    list_display = ("on", "department", "kind", "topic", "state", "clause")
    list_filter = ("kind", "state", "department", period("planned_at"))
    list_select_related = ("department",)
    ordering = ("-on", "-pk")
    fields = (
        ("department", "kind", "clause", "rulebook"),
        ("due_on", "on", "starts_at", "ends_at", "place"),
        ("topic", "category", "mode", "trainer"),
        ("course", "day_number", "needs_mentor"),
        ("state", "minutes", "result"),
        ("planned_by", "planned_at", "settled_by", "settled_at"),
    )


@admin.register(SessionAttendance)
class SessionAttendanceAdmin(ReadOnlyAdmin):
    list_display = ("session", "employee", "status", "reason", "recorded_by", "recorded_at")
    list_filter = ("status", period("recorded_at"))
    list_select_related = ("session", "employee", "recorded_by")
    ordering = ("-pk",)
    fields = (("session", "employee"), ("status", "reason"), ("recorded_by", "recorded_at"))


@admin.register(Course)
class CourseAdmin(ReadOnlyAdmin):
    list_display = ("employee", "kind", "starts_on", "ends_on", "mentor", "state", "ended_on")
    list_filter = ("kind", "state", period("opened_at"))
    list_select_related = ("employee", "mentor")
    ordering = ("-starts_on", "-pk")
    fields = (
        ("employee", "kind", "clause", "rulebook"),
        ("starts_on", "ends_on", "mentor"),
        ("state", "ended_on", "score"),
        ("opened_by", "opened_at"),
    )


@admin.register(CourseResult)
class CourseResultAdmin(ReadOnlyAdmin):
    list_display = ("course", "part", "number", "mark", "passed", "recorded_by", "recorded_at")
    list_filter = ("part", "passed", period("recorded_at"))
    list_select_related = ("course__employee", "recorded_by")
    ordering = ("-pk",)
    fields = (
        ("course", "part", "number"),
        ("mark", "pass_mark", "passed", "paper"),
        "note",
        ("recorded_by", "recorded_at"),
    )


@admin.register(Suspension)
class SuspensionAdmin(ReadOnlyAdmin):
    list_display = ("employee", "starts_on", "ends_on", "clause", "recorded_at")
    list_filter = ("clause", period("recorded_at"))
    list_select_related = ("employee",)
    ordering = ("-starts_on", "-pk")
    fields = (
        ("employee", "starts_on", "ends_on"),
        ("clause", "rulebook", "result"),
        "inputs",
        "recorded_at",
    )


@admin.register(TypingTest)
class TypingTestAdmin(ReadOnlyAdmin):
    list_display = ("tested_on", "employee", "characters", "seconds", "errors", "fast_enough")
    list_filter = ("fast_enough", "clean_enough", period("recorded_at"))
    list_select_related = ("employee",)
    ordering = ("-tested_on", "-pk")
    fields = (
        ("employee", "tested_on"),
        ("characters", "seconds", "errors"),
        ("fast_enough", "clean_enough", "rulebook"),
        ("recorded_by", "recorded_at"),
    )


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin):
    list_display = ("pk", "kind", "category", "made_by", "made_at", "retired_at")
    list_filter = ("kind", "category", period("made_at"))
    list_select_related = ("made_by",)
    ordering = ("category", "pk")
    fields = (("kind", "category"), ("made_by", "made_at", "retired_at"))


@admin.register(QuestionVersion)
class QuestionVersionAdmin(ReadOnlyAdmin):
    list_display = ("question", "number", "text", "written_by", "written_at")
    list_filter = (period("written_at"),)
    list_select_related = ("question", "written_by")
    ordering = ("-pk",)
    fields = (
        ("question", "number"),
        "text",
        ("options", "correct"),
        ("answer", "explanation"),
        ("written_by", "written_at"),
    )


@admin.register(Exam)
class ExamAdmin(ReadOnlyAdmin):
    list_display = ("title", "department", "kind", "month", "opens_at", "closes_at", "state")
    list_filter = ("kind", "state", "department", period("opens_at"))
    list_select_related = ("department",)
    ordering = ("-opens_at", "-pk")
    fields = (
        ("title", "department", "kind", "month"),
        ("course", "part", "session", "on_paper"),
        ("opens_at", "closes_at", "minutes", "pass_mark", "review_on"),
        "parts",
        ("state", "made_by", "made_at", "published_by", "published_at"),
    )


@admin.register(Paper)
class PaperAdmin(ReadOnlyAdmin):
    list_display = ("exam", "employee", "state", "started_at", "ends_at", "handed_in_at")
    list_filter = ("state", period("started_at"))
    list_select_related = ("exam", "employee")
    ordering = ("-pk",)
    fields = (
        ("exam", "employee", "state"),
        ("started_at", "ends_at", "until"),
        ("handed_in_at", "by_itself"),
    )


@admin.register(ExamMark)
class ExamMarkAdmin(ReadOnlyAdmin):
    list_display = ("paper", "number", "mark", "source", "reason", "recorded_by", "recorded_at")
    list_filter = ("source", period("recorded_at"))
    list_select_related = ("paper__exam", "paper__employee", "recorded_by")
    ordering = ("-pk",)
    fields = (
        ("paper", "number", "month"),
        ("mark", "source", "reason"),
        "inputs",
        ("recorded_by", "recorded_at"),
    )
