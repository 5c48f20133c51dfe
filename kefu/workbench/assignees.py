"""Who works on it: a person, or a department's unassigned queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.staff.models import Department, Employee
from kefu.workbench.selectors.desk import Desk


@dataclass(frozen=True, slots=True)
class Assignee:
    """A department and, unless it stays unassigned, one of its people."""

    department: Department
    owner: Employee | None


def set_choices(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> None:
    """Set what a field of a form lets one choose."""
    field: Any = form.fields[name]
    field.choices = choices


class AssigneeField(forms.ChoiceField):
    """Who works on it, as one choice: me, a colleague, or a department's unassigned queue."""

    def __init__(self, *, desk: Desk, **kwargs: Any) -> None:
        self.people = {
            f"e{e.pk}": e
            for e in Employee.objects.assignable()
            .select_related("department", "party")
            .order_by("number")
            if e.department.active
        }
        self.departments = {f"d{d.pk}": d for d in Department.objects.filter(active=True)}
        self.me = f"e{desk.employee_id}" if f"e{desk.employee_id}" in self.people else ""
        super().__init__(label=gettext_lazy("负责"), choices=self._choices(desk), **kwargs)

    def _choices(self, desk: Desk) -> list[Any]:
        mine = self.people.get(self.me)
        choices: list[Any] = []
        if mine is not None:
            choices.append((self.me, _("我，{department}").format(department=mine.department)))
        ordered = sorted(
            self.departments.items(), key=lambda item: item[1].pk != desk.department_id
        )
        for value, department in ordered:
            of_department = [
                (key, str(e))
                for key, e in self.people.items()
                if e.department_id == department.pk and key != self.me
            ]
            choices.append(
                (
                    str(department),
                    [
                        (value, _("{department}，未分配").format(department=department)),
                        *of_department,
                    ],
                )
            )
        return choices

    @property
    def forwards(self) -> bool:
        """Whether the person's own desk works no inquiries: it registers them and passes them on (CD-06.28)."""
        mine = self.people.get(self.me)
        return mine is not None and not mine.department.works_inquiries

    def usual(self) -> str:
        """Mine, or for a desk that works no inquiries the first department that does (CD-06.28)."""
        mine = self.people.get(self.me)
        if mine is not None and mine.department.works_inquiries:
            return self.me
        works = (key for key, department in self.departments.items() if department.works_inquiries)
        return next(works, self.me)

    def of(self, value: str) -> Assignee | None:
        if value in self.people:
            return Assignee(self.people[value].department, self.people[value])
        return Assignee(self.departments[value], None) if value in self.departments else None

    def clean(self, value: Any) -> Assignee:
        chosen = self.of(super().clean(value))
        if chosen is None:  # super() has refused everything that is no choice
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return chosen
