"""Insurance at the desk: what is due, the cases, policies and words with insurers."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from claims.forms import money as forms
from claims.models import InsurancePolicy, InsurerContact
from claims.selectors import insurance as due_selectors
from claims.selectors import money as selectors
from claims.services import insurance
from claims.services.recoveries import RECOVER
from claims.views.money import page
from claims.views.taking import form_of, money_only, taken
from kefu.workbench.door import DeskRequest
from kefu.workbench.frame import door_time

CONTACTS_SHOWN = 20


@money_only
def desk(request: DeskRequest) -> HttpResponse:
    """What is due and overdue first; then the cases, the policies, and who was spoken with."""
    now = door_time(request)
    contact = form_of(
        request, "contact", forms.InsurerContactForm, initial={"channel": forms.PHONE}
    )

    def log(given: dict[str, Any]) -> str:
        insurance.log_contact(actor=request.user, now=now, **given)
        return _("已记下这次联系")

    if request.method == "POST" and taken(request, {"contact": (contact, log)}):
        return redirect("claims:insurance")
    contacts = InsurerContact.objects.select_related("insurer", "claim__case", "recorded_by")
    return page(
        request,
        "insurance.html",
        "insurance",
        contact,
        dues=due_selectors.dues(now=now),
        cases=selectors.insured_cases(),
        policies=InsurancePolicy.objects.select_related("insurer")[: selectors.LISTED],
        contact=contact,
        contacts=contacts.defer("sealed", "claim__case__sealed")[:CONTACTS_SHOWN],
        may_recover=request.user.has_perm(RECOVER),
    )


@money_only
def policy(request: DeskRequest, pk: int | None = None) -> HttpResponse:
    """One policy, new or changed."""
    row = get_object_or_404(InsurancePolicy, pk=pk) if pk else InsurancePolicy()
    names = [field for field in forms.PolicyForm.base_fields if field != "insurer"]
    start: dict[str, Any] = {name: getattr(row, name) for name in names} if pk else {"warn_days": 3}
    if pk:
        start["insurer"] = f"{row.insurer.code} {row.insurer.name}"
    form = form_of(request, "save", forms.PolicyForm, initial=start)

    def save(given: dict[str, Any]) -> str:
        for name, value in given.items():
            setattr(row, name, value)
        insurance.save_policy(policy=row, actor=request.user)
        return _("保单 {number} 已保存").format(number=row.number)

    if request.method == "POST" and taken(request, {"save": (form, save)}):
        return redirect("claims:insurance")
    return page(request, "policy.html", "insurance", form, form=form, policy=row if pk else None)
