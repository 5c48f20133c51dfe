"""A supervisor's own processes: written in rows, seen as a chain, published, replaced, withdrawn."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kefu.errors import KefuError
from kefu.processes import services
from kefu.processes.drawing_up import HELP, plan_of, sheet_of
from kefu.processes.forms import Editor
from kefu.processes.models import ProcessTemplate
from kefu.processes.selectors import chain
from kefu.workbench.door import DeskRequest, View, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once


def supervisors_only(view: View) -> View:
    @desk_only
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("processes.edit_template"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


@supervisors_only
def new(request: DeskRequest) -> HttpResponse:
    """An empty sheet; POST keeps it as a draft, or shows its chain before it is kept."""
    return _edit(request, None)


@supervisors_only
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """A template: a draft to write on, any other to look at."""
    return _edit(request, get_object_or_404(ProcessTemplate, pk=pk))


def _edit(request: DeskRequest, template: ProcessTemplate | None) -> HttpResponse:
    plan = template.read if template else None
    links, preview = chain(plan) if plan else [], False
    editor = Editor(sheet=sheet_of(plan) if plan else None, spare=3 if plan else 4)
    if request.method == "POST":
        editor = Editor(data=request.POST)
        sheet = editor.read()
        try:
            if sheet is not None and "preview" in request.POST:
                links, preview = chain(plan_of(sheet, "preview")), True
            elif sheet is not None:
                now = door_time(request)

                def keep() -> int:
                    given = {"sheet": sheet, "actor": request.user, "now": now}
                    if template is None:
                        return int(services.draft(**given).pk)
                    return int(services.save(template=template, **given).pk)

                kept = once(request, keep)
                messages.success(request, _("草稿已保存；发布后才能发起"))
                return redirect("processes:template", kept)
        except KefuError as error:
            editor.refuse(error)
    context = {
        "current": "processes",
        "template": template,
        "editor": editor,
        "links": links,
        "preview": preview,
        "help": HELP,
        "is_draft": template is None or template.state == ProcessTemplate.State.DRAFT,
        "runs": template.runs.count() if template else 0,
    }
    status = 422 if editor.errors else 200
    return render(request, "processes/template.html", context, status=status)


@require_POST
@supervisors_only
def act(request: DeskRequest, pk: int, act: str) -> HttpResponse:
    """Publish, revise, withdraw or throw away, and say so."""
    now = door_time(request)
    acts: dict[str, tuple[str, Callable[..., ProcessTemplate | None]]] = {
        "publish": (_("已发布，从现在起可以发起"), partial(services.publish, now=now)),
        "revise": (_("新版草稿已开好，改完再发布"), partial(services.revise, now=now)),
        "withdraw": (_("已停用；在走的照旧办完"), services.withdraw),
        "discard": (_("草稿已删除"), services.discard),
    }
    if act not in acts:
        raise Http404
    said, do = acts[act]

    def left() -> int:
        """The version to look at now, 0 for none."""
        template = do(template=get_object_or_404(ProcessTemplate, pk=pk), actor=request.user)
        return template.pk if template else 0

    try:
        kept = once(request, left)
    except KefuError as error:
        messages.warning(request, str(error))
        return redirect("processes:template", pk)
    messages.success(request, said)
    return redirect("processes:template", kept) if kept else redirect("processes:processes")
