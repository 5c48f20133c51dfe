"""The desk's lists, its replies, its day and its month."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.desk import services as desk_services
from kefu.errors import KefuError
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, came_from, desk_only, employee_of, workers_only
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.selectors import PAGE_ROWS
from kefu.workbench.selectors.views import row_of
from problem_parcels import services
from problem_parcels.forms.desk import AskedForm
from problem_parcels.models import Message
from problem_parcels.selectors import desk as lists
from problem_parcels.selectors.replies import inbox, reply_checks
from problem_parcels.selectors.undelivered import day_lists
from problem_parcels.selectors.volumes import month_of, volumes


def _asked(request: DeskRequest) -> lists.Asked:
    """The view and what narrows it; Http404 for what there is not."""
    form = AskedForm(request.GET)
    if not form.is_valid():
        raise Http404
    data = form.cleaned_data
    department = data["department"]
    return lists.Asked(
        view=data["view"] or "handle",
        department_id=department.pk if department else _own_department(request),
        direction=data["direction"],
        whose=data["whose"],
        after=data["after"],
    )


def _own_department(request: DeskRequest) -> int | None:
    """Whoever has no desk of his own looks at the first."""
    own = desk_of(request).department_id
    return own if own is not None else next((one.pk for one in lists.departments()), None)


def _url(asked: lists.Asked, desk_department: int | None, **changed: str) -> str:
    query = {
        "view": asked.view,
        "department": str(asked.department_id) if asked.department_id != desk_department else "",
        "direction": asked.direction,
        "whose": asked.whose,
    }
    query = {name: value for name, value in (query | changed).items() if value}
    return reverse("problem_parcels:desk") + (f"?{urlencode(query)}" if query else "")


@require_GET
@desk_only
def desk(request: DeskRequest) -> HttpResponse:
    """One list of the desk, with the numbers of all."""
    asked, now, me = _asked(request), door_time(request), desk_of(request)
    if asked.department_id is None:
        raise Http404
    page = lists.desk_page(desk=me, asked=asked, now=now)

    def url(**changed: str) -> str:
        return _url(asked, me.department_id, **changed)

    return render(
        request,
        "problem_parcels/desk.html",
        {
            "page": page,
            "asked": asked,
            "tabs": [
                (name, view.label, url(view=name), page.shown[name])
                for name, view in lists.VIEWS.items()
            ],
            "replies": page.shown["replies"],
            "directions": [
                (value, label, url(direction=value)) for value, label in lists.direction_words()
            ],
            "whose": [(value, label, url(whose=value)) for value, label in lists.WHOSE.items()],
            "departments": lists.departments(),
            "own": asked.department_id == me.department_id,
            "colleagues": lists.colleagues(asked.department_id)
            if request.user.has_perm("cases.reassign_case")
            else (),
            "first_url": url(),
            "next_url": url(after=page.next_cursor) if page.next_cursor else "",
            "checks": reply_checks(department_id=asked.department_id, now=now),
            "query": request.GET.urlencode(),
            "now": now,
            "current": "parcels",
            "tab": "desk",
        },
    )


@require_GET
@desk_only
def rows(request: DeskRequest) -> HttpResponse:
    """The rows of these cases as the list shows them; those that left it are missing."""
    pks = [row_of(text) for text in request.GET.getlist("id")[:PAGE_ROWS]]
    asked, now = _asked(request), door_time(request)
    found = lists.rows_of(desk=desk_of(request), asked=asked, pks=pks, now=now)
    return render(request, "problem_parcels/_rows.html", {"rows": found, "now": now})


@require_POST
@workers_only
def give(request: DeskRequest) -> HttpResponse:
    """Take what is ticked, or give it to a colleague; what cannot be given is told, the rest goes through."""
    employee, now = employee_of(request), door_time(request)
    to = _colleague(request)
    pks = [row_of(text) for text in request.POST.getlist("case")[:PAGE_ROWS]]
    given, refused = 0, []
    for case in lists.open_parcels(request.user).filter(pk__in=pks).order_by("pk"):
        try:
            if to is None:
                desk_services.take(case=case, employee=employee, now=now)
            else:
                desk_services.transfer(
                    case=case,
                    to=to,
                    department=to.department,
                    note=_("{who} 指派").format(who=employee.name),
                    actor=request.user,
                    now=now,
                )
            given += 1
        except KefuError as error:
            refused.append(f"{case.number} {error}")
    if given:
        who = to.name if to else _("你")
        messages.success(request, _("{n} 件归{who}办理").format(n=given, who=who))
    for line in refused:
        messages.warning(request, line)
    if not pks:
        messages.warning(request, _("没有勾选哪一件"))
    return redirect(came_from(request, reverse("problem_parcels:desk")))


def _colleague(request: DeskRequest) -> Employee | None:
    if not request.POST.get("to"):
        return None
    if not request.user.has_perm("cases.reassign_case"):
        raise PermissionDenied
    return get_object_or_404(Employee.objects.assignable(), pk=row_of(request.POST["to"]))


@require_GET
@desk_only
def replies(request: DeskRequest) -> HttpResponse:
    """What the other outlets answered and nobody has opened yet, the oldest first."""
    asked, now = _asked(request), door_time(request)
    checks = reply_checks(department_id=asked.department_id, now=now)
    return render(
        request,
        "problem_parcels/replies.html",
        {
            "inbox": inbox(user=request.user, department_id=asked.department_id),
            "checks": checks,
            "own": asked.department_id == desk_of(request).department_id,
            "departments": lists.departments(),
            "asked": asked,
            "now": now,
            "current": "parcels",
            "tab": "replies",
        },
    )


@require_POST
@workers_only
def open_reply(request: DeskRequest, pk: int) -> HttpResponse:
    """Open a reply: all of its case are read from then on, and the case is shown (CD-04.13)."""
    reply = get_object_or_404(
        Message.objects.visible_to(request.user).select_related("case"), pk=pk
    )
    services.open_replies(case=reply.case, actor=request.user, now=door_time(request))
    return redirect("workbench:case", reply.case.number)


@require_POST
@workers_only
def checked(request: DeskRequest) -> HttpResponse:
    """The desk's replies were looked through, for the hour that is due."""
    try:
        check = services.check_replies(by=employee_of(request), now=door_time(request))
    except KefuError as error:
        messages.warning(request, str(error))
    else:
        said = _("迟了，已记下") if check.late else _("已记下，按时")
        messages.success(request, said)
    return redirect("problem_parcels:replies")


@require_GET
@desk_only
def undelivered(request: DeskRequest) -> HttpResponse:
    """What went out today, neither signed for nor registered; and where scan and message do not match."""
    now = door_time(request)
    context = {
        "day": day_lists(user=request.user, now=now),
        "now": now,
        "current": "parcels",
        "tab": "undelivered",
    }
    return render(request, "problem_parcels/undelivered.html", context)


@require_GET
@desk_only
def my_volumes(request: DeskRequest) -> HttpResponse:
    """This month's numbers against the season's target: one's own, for leads those of the department."""
    now = door_time(request)
    me = employee_of(request)
    people = [me]
    if request.user.has_perm("cases.reassign_case"):
        mates = Employee.objects.assignable().filter(department=me.department).exclude(pk=me.pk)
        people += mates.order_by("number")
    context = {
        "people": volumes(people=people, now=now),
        "month": month_of(now),
        "now": now,
        "current": "parcels",
        "tab": "volumes",
    }
    return render(request, "problem_parcels/volumes.html", context)
