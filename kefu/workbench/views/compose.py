"""What is written below the timeline: the note for colleagues, and how every such form is answered.

A refusal (422) or a conflict (409) gives the form back with what was written; either way the page's changed parts
come along.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kefu.cases.models import Case
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError
from kefu.workbench.door import DeskRequest, find_case, tell, workers_only
from kefu.workbench.forms import NoteForm
from kefu.workbench.frame import door_time
from kefu.workbench.kinds import Tab
from kefu.workbench.once import once, sent_before
from kefu.workbench.views.case import note_tab, page_context


@require_POST
@workers_only
def note(request: DeskRequest, number: str) -> HttpResponse:
    case, now = find_case(request, number), door_time(request)

    def act(given: dict[str, Any]) -> str:
        desk.add_note(case=case, text=given["text"], actor=request.user, now=now)
        return _("备注已记下，仅本中心可见")

    return submit(request, case, note_tab(NoteForm(request.POST, auto_id="note-%s")), act)


def submit(
    request: DeskRequest, case: Case, tab: Tab, act: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """Do ``act`` with what the bound form of ``tab`` gives and say what it returns, or give the form back."""
    form = tab.form
    conflict, status, said = None, 200, ""
    valid = form.is_valid()
    try:
        said = sent_before(request) or ""
        if valid and not said:
            said = once(request, lambda: act(form.cleaned_data))
    except Conflict as error:
        conflict, status = error, error.status
    except KefuError as error:
        form.refuse(error)
    if form.errors and not said and not conflict:
        status = 422
    fresh = find_case(request, case.number)
    context = page_context(request, fresh)
    context |= {"oob": True, "conflict": conflict, "compose": tab, "with_forms": status == 200}
    response = render(
        request,
        f"cases/_answer_{'done' if status == 200 else 'refused'}.html",
        context,
        status=status,
    )
    return tell(response, said) if said else response
