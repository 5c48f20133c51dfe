"""What the pages of the question bank and of examinations ask."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department
from kefu.workbench.forms import DeskForm, area, calendar_day, moment
from payroll.forms.training import mark_field
from payroll.models import Course, CourseResult, Question, QuestionVersion
from payroll.selectors.exams import LETTERS
from payroll.services.exams import DrawPart, Setting
from payroll.services.questions import Words

PARTS = 5  # rows of the form
TRUE_FALSE = [("", "—"), ("0", _("对")), ("1", _("错"))]


class QuestionForm(DeskForm):
    """A question; of the options only those of its kind are read."""

    kind = forms.ChoiceField(label=_("题型"), choices=Question.Kind)
    category = forms.CharField(
        label=_("分类"), max_length=40, widget=forms.TextInput(attrs={"list": "categories"})
    )
    text = forms.CharField(label=_("题目"), max_length=1000, widget=area(3))
    truth = forms.ChoiceField(label=_("判断题答案"), choices=TRUE_FALSE, required=False)
    answer = forms.CharField(label=_("参考答案"), max_length=2000, required=False, widget=area(3))
    explanation = forms.CharField(label=_("解析"), max_length=1000, required=False, widget=area(2))
    # Where the service's refusals of options show.
    options = forms.CharField(required=False, widget=forms.HiddenInput)
    correct = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: QuestionVersion | None = None, **kwargs: Any) -> None:
        if version is not None:
            kwargs["initial"] = {
                "kind": version.question.kind,
                "category": version.question.category,
                "text": version.text,
                "truth": str(version.correct[0]) if version.correct else "",
                "answer": version.answer,
                "explanation": version.explanation,
            }
        super().__init__(*args, **kwargs)
        self.version = version
        if version is not None:
            self.fields["kind"].disabled = True

    @property
    def option_rows(self) -> Iterator[tuple[str, str, bool]]:
        """Each letter with what stands there and whether it is right."""
        for place, letter in enumerate(LETTERS):
            if self.is_bound:
                text = str(self.data.get(f"option-{place}", ""))
                right = str(place) in self._ticked
            else:
                own = self.version.options if self.version else []
                text = own[place] if place < len(own) else ""
                right = bool(text) and self.version is not None and place in self.version.correct
            yield letter, text, right

    @property
    def _ticked(self) -> list[str]:
        return self.data.getlist("right") if hasattr(self.data, "getlist") else []

    @property
    def words(self) -> Words:
        data = self.cleaned_data
        if data["kind"] == Question.Kind.TRUE_FALSE:
            correct = [int(data["truth"])] if data["truth"] else []
        else:
            correct = [
                int(one) for one in self._ticked if one in {"0", "1", "2", "3", "4", "5", "6", "7"}
            ]
        options = [text for _letter, text, _right in self.option_rows]
        return Words(data["text"], options, correct, data["answer"], data["explanation"])  # fmt: skip


class FindForm(forms.Form):
    """How the bank is filtered; what cannot be read is no filter."""

    kind = forms.ChoiceField(choices=[("", ""), *Question.Kind.choices], required=False)
    category = forms.CharField(max_length=40, required=False)
    q = forms.CharField(max_length=60, required=False)
    retired = forms.BooleanField(required=False)


class ExamForm(DeskForm):
    """How an examination is set up; what is drawn stands in rows (``category-0`` …)."""

    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.none(), empty_label=None
    )
    title = forms.CharField(label=_("名称"), max_length=100)
    course = forms.ModelChoiceField(
        label=_("给谁"),
        queryset=Course.objects.none(),
        required=False,
        empty_label=_("整个部门"),
    )
    part = forms.ChoiceField(
        label=_("哪一部分"),
        choices=[("", "—"), *((one.value, one.label) for one in CourseResult.Part)],
        required=False,
    )
    month = forms.DateField(
        label=_("计入月份"),
        input_formats=["%Y-%m"],
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}),
    )
    counts = forms.BooleanField(label=_("作为月度考试计入得分"), required=False)
    on_paper = forms.BooleanField(label=_("纸质考试，成绩登记或导入"), required=False)
    opens_at = moment(_("开放"), required=True)
    closes_at = moment(_("截止"), required=True)
    minutes = forms.IntegerField(label=_("时长（分钟）"), min_value=1, max_value=600)
    pass_mark = mark_field(_("及格线"), required=False)
    review_on = calendar_day(_("评讲日"), help_text=_("从这天起，考过的人能看每题的答案和解析"))
    parts = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, categories: Sequence[str], departments: Any, courses: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments)
        self.choose("course", courses)
        for n in range(PARTS):
            self.fields[f"category-{n}"] = forms.ChoiceField(
                choices=[("", _("全部分类")), *((one, one) for one in categories)], required=False
            )
            self.fields[f"kind-{n}"] = forms.ChoiceField(
                choices=[("", _("全部题型")), *Question.Kind.choices], required=False
            )
            self.fields[f"count-{n}"] = forms.IntegerField(
                min_value=1, max_value=200, required=False
            )
            self.fields[f"points-{n}"] = forms.DecimalField(
                min_value=0, max_digits=5, decimal_places=2, required=False
            )
            for name in (f"category-{n}", f"kind-{n}", f"count-{n}", f"points-{n}"):
                self.fields[name].widget.attrs["class"] = "input s"

    @property
    def part_rows(self) -> Iterator[list[Any]]:
        for n in range(PARTS):
            yield [self[f"{name}-{n}"] for name in ("category", "kind", "count", "points")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for n in range(PARTS):
            if bool(data.get(f"count-{n}")) != bool(data.get(f"points-{n}")):
                self.add_error("parts", _("第 %(n)d 行的题数和每题分都要填") % {"n": n + 1})
        return data

    @property
    def setting(self) -> Setting:
        data = self.cleaned_data
        parts = [
            DrawPart(data[f"category-{n}"], data[f"kind-{n}"], data[f"count-{n}"], data[f"points-{n}"])
            for n in range(PARTS)
            if data.get(f"count-{n}")
        ]  # fmt: skip
        names = (
            "title", "month", "opens_at", "closes_at", "minutes", "review_on", "counts", "on_paper",
            "pass_mark", "course", "part",
        )  # fmt: skip
        return Setting(
            parts=[] if data["on_paper"] else parts, **{name: data[name] for name in names}
        )


class MarkForm(DeskForm):
    mark = mark_field(_("成绩"))
    reason = forms.CharField(label=_("更正原因"), max_length=300, required=False)


class MinutesForm(DeskForm):
    minutes = forms.IntegerField(label=_("加时（分钟）"), min_value=1, max_value=240)


class UntilForm(DeskForm):
    until = moment(_("补考截止"), required=True)


class JudgeForm(DeskForm):
    place = forms.IntegerField(min_value=0, max_value=500)
    points = mark_field(_("给分"))
    note = forms.CharField(label=_("评语"), max_length=300, required=False)


class AnswerForm(forms.Form):
    """One answer as the page saves it."""

    place = forms.IntegerField(min_value=0, max_value=500)
    text = forms.CharField(max_length=4000, required=False, strip=False)

    @staticmethod
    def chosen(values: Sequence[str]) -> list[int]:
        return [int(one) for one in values if one.isdecimal() and one.isascii() and len(one) < 3]
