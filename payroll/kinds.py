"""What payroll adds to the pages of all cases: picking a closed one that others learn from."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.workbench.assignees import set_choices
from kefu.workbench.forms import StepForm, area
from kefu.workbench.kinds import Addition, Facts, NextStep, next_step
from kefu.workbench.steps import Act, Step
from payroll.selectors import examples as selectors
from payroll.services import examples as services


class ExampleForm(StepForm):
    sort = forms.ChoiceField(label=gettext_lazy("哪一种"))
    lesson = forms.CharField(
        label=gettext_lazy("学什么"),
        max_length=services.LESSON,
        required=False,
        widget=area(4, autofocus=True),
        help_text=gettext_lazy("哪里做得好，或哪里该怎么做；电话和客户姓名会隐去。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert self.now is not None
        offered = selectors.sorts(department_id=self.case.department_id, at=self.now)
        if before := selectors.sort_of(self.case):
            offered = [*offered, (selectors.NO_MORE, str(selectors.WORDS[selectors.NO_MORE]))]
            self.initial["sort"] = before
        set_choices(self, "sort", offered)


def _pick(act: Act) -> str:
    given = {name: act.given[name] for name in ("sort", "lesson")}
    services.pick(case=act.case, **given, **act.common)
    return _("不再作案例") if given["sort"] == selectors.NO_MORE else _("已选为案例")


class Taught(Addition):
    """A closed case that others learn from (ES-602.12)."""

    steps = {
        "example": Step(
            gettext_lazy("选为案例"),
            gettext_lazy("定下"),
            ExampleForm,
            _pick,
            gettext_lazy("在案例分享培训上讲；大家看到的没有客户信息。"),
        )
    }
    words = {selectors.TAUGHT: gettext_lazy("选案例：{sort}")}

    def values(self, line: Interaction) -> Mapping[str, str]:
        sort = line.data.get("sort", "")
        return {"sort": str(selectors.WORDS.get(sort, sort))}

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case = facts.case
        if case.state != Case.State.CLOSED or not facts.desk.user.has_perm(selectors.PICK):
            return []
        if not selectors.sorts(department_id=case.department_id, at=facts.now):
            return []
        return [next_step(case, "example", _("选为案例"), rare=True)]
