"""How a step on a page of payroll ends: done and told, or kept with the reason."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest
from kefu.workbench.forms import DeskForm
from kefu.workbench.once import once

Do = Callable[[dict[str, Any]], str]


def act(
    request: DeskRequest, steps: Mapping[str, tuple[DeskForm | None, Do]], back: str, *args: Any
) -> HttpResponse:
    """Do the step whose button was pressed, once however often it is sent, and go back saying what came of it.

    A step is its form, None where it asks nothing, and what is done with the answers; that returns the message.
    """
    form, do = steps.get(request.POST.get("do", ""), (None, None))
    if do is None:
        raise PermissionDenied
    if form is not None and not form.is_valid():
        for name, errors in form.errors.items():
            label = form.fields[name].label if name in form.fields else ""
            messages.warning(request, " ".join(filter(None, (str(label), *map(str, errors)))))
        return redirect(back, *args)
    given = form.cleaned_data if form else {}
    try:
        messages.success(request, once(request, lambda: do(given)))
    except KefuError as error:
        named = form.fields[error.field].label if form and error.field in form.fields else ""
        messages.warning(request, " ".join(filter(None, (str(named or ""), str(error)))))
    return redirect(back, *args)


Make = Callable[..., DeskForm]


def answered(
    request: DeskRequest, offers: Mapping[str, tuple[Make, Do]]
) -> tuple[dict[str, DeskForm], bool]:
    """The forms of a page by name, and whether the one whose button was pressed was done; refused, it keeps its words.

    A form that is not offered, to this person or at this time, is refused.
    """
    pressed = request.POST.get("do", "") if request.method == "POST" else ""
    if request.method == "POST" and pressed not in offers:
        raise PermissionDenied
    found = {
        name: make(request.POST if name == pressed else None, auto_id=f"{name}-%s")
        for name, (make, _do) in offers.items()
    }
    return found, bool(pressed) and sent(request, found[pressed], offers[pressed][1])


def sent(request: DeskRequest, form: DeskForm, do: Do) -> bool:
    """Do what a form with words in it asks for; refused, it keeps them and says why at the field."""
    if not form.is_valid():
        return False
    try:
        messages.success(request, once(request, lambda: do(form.cleaned_data)))
    except KefuError as error:
        form.refuse(error)
    return not form.errors
