"""The ageing of claims: what narrows its lists."""

from typing import Any

from django import forms

from claims.models import Claim


class AgeingForm(forms.Form):
    """What narrows the list behind the figures; anything else in the address is refused."""

    by = forms.ChoiceField(choices=[("outlet", ""), ("liable", "")], required=False)
    stage = forms.ChoiceField(choices=Claim.Stage.choices, required=False)
    loss = forms.ChoiceField(choices=Claim.Loss.choices, required=False)
    party = forms.IntegerField(min_value=0, max_value=2**62, required=False)
    band = forms.IntegerField(min_value=0, max_value=20, required=False)
    late = forms.BooleanField(required=False)
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)

    def asked(self) -> dict[str, Any]:
        data = self.cleaned_data
        names = ("stage", "loss", "party", "band", "late")
        return {"by": data["by"] or "outlet", **{name: data[name] for name in names}}
