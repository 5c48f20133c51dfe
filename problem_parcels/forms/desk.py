"""What the lists of the desk are narrowed by."""

from django import forms

from kefu.staff.models import Department
from problem_parcels.models import ProblemParcel
from problem_parcels.selectors.desk import VIEWS, WHOSE


class AskedForm(forms.Form):
    """The address of a list."""

    view = forms.ChoiceField(choices=[(name, name) for name in VIEWS], required=False)
    department = forms.ModelChoiceField(Department.objects.filter(active=True), required=False)
    direction = forms.ChoiceField(
        choices=[("", ""), *ProblemParcel.Direction.choices], required=False
    )
    whose = forms.ChoiceField(choices=[(name, name) for name in WHOSE], required=False)
    after = forms.CharField(max_length=80, required=False)
