"""Pages with several forms: the one whose button was pressed is bound, the others stay as they were."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from claims.selectors.money import may_see_money
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, View, desk_only
from kefu.workbench.forms import DeskForm
from kefu.workbench.once import once

Do = Callable[[dict[str, Any]], str]
Form = TypeVar("Form", bound=DeskForm)


def money_only(view: View) -> View:
    """For adjusters, finance, leads and supervisors."""

    @desk_only
    @wraps(view)
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_see_money(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


def form_of(request: DeskRequest, name: str, form: type[Form], **given: Any) -> Form:
    """The form behind the button ``name``, with what was sent if it was pressed."""
    pressed = request.method == "POST" and request.POST.get("do") == name
    return form(request.POST if pressed else None, auto_id=f"{name}-%s", **given)


def taken(request: DeskRequest, acts: Mapping[str, tuple[DeskForm, Do]]) -> bool:
    """Do what the pressed button says, once; refused, its form says why. ``acts``: what may be done here at all."""
    form, do = acts.get(request.POST.get("do", ""), (None, None))
    if form is None or do is None:
        raise PermissionDenied
    if not form.is_valid():
        return False
    try:
        messages.success(request, once(request, lambda: do(form.cleaned_data)))
    except KefuError as error:
        form.refuse(error)
    return not form.errors
