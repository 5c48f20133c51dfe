"""The way into the store's pages, and how a step on them ends."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, View, desk_only
from kefu.workbench.forms import DeskForm
from kefu.workbench.once import once

Do = Callable[..., str]


def store_only(view: View) -> View:
    """For those who work in the store."""

    @desk_only
    @wraps(view)
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("problem_parcels.work_store"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


def act(
    request: DeskRequest,
    steps: Mapping[str, tuple[type[DeskForm] | None, Do]],
    back: str,
    *args: Any,
) -> HttpResponse:
    """Do the step whose button was pressed and go back, saying what was done or why not.

    A step is its form, None where it asks nothing, and what is done with the answers; that returns the message.
    """
    form_class, do = steps[request.POST["do"]] if request.POST.get("do") in steps else (None, None)
    if do is None:
        raise PermissionDenied
    form = form_class(request.POST) if form_class else None
    if form is not None and not form.is_valid():
        for name, errors in form.errors.items():
            label = form.fields[name].label if name in form.fields else ""
            messages.warning(request, " ".join(filter(None, (str(label), *map(str, errors)))))
        return redirect(back, *args)
    given = form.cleaned_data if form else {}
    try:
        messages.success(request, once(request, lambda: do(given)))
    except KefuError as error:
        messages.warning(request, str(error))
    return redirect(back, *args)


def sent(request: DeskRequest, form: DeskForm, do: Do) -> bool:
    """Do what a form with words in it asks for; refused, it keeps them and says why."""
    if not form.is_valid():
        return False
    try:
        messages.success(request, once(request, lambda: do(form.cleaned_data)))
    except KefuError as error:
        form.refuse(error)
    return not form.errors
