"""Announcements: one's unread box, all of them, one of them, composing with the audience beside it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.errors import KefuError
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms import announcements as forms
from payroll.models import Announcement, AnnouncementRecipient
from payroll.selectors import announcements as selectors
from payroll.services import announcements as services
from payroll.views.acting import act
from payroll.views.today import page

PAGE, SHOWN = 30, 24


@require_GET
@desk_only
def announcements(request: DeskRequest) -> HttpResponse:
    """First what one has not confirmed, then all that concerns one, the latest first."""
    user = request.user
    me = Employee.objects.filter(user=user).first()
    found = selectors.with_counts(selectors.visible_to(user)).select_related("published_by")
    rows = Paginator(found, PAGE).get_page(request.GET.get("page"))
    mine = {
        one.announcement_id: one
        for one in AnnouncementRecipient.objects.filter(
            employee=me, announcement__in=[row.pk for row in rows]
        )
    }
    return page(
        request,
        "announcements/list.html",
        "announcements",
        unconfirmed=list(selectors.unconfirmed(me.pk if me else 0)[:PAGE]),
        rows=rows,
        shown=[(row, mine.get(row.pk)) for row in rows],
        may_announce=user.has_perm(selectors.ANNOUNCE),
    )


def _find(request: DeskRequest, pk: int) -> Announcement:
    return get_object_or_404(
        selectors.visible_to(request.user).select_related(
            "published_by", "withdrawn_by", "launched_by"
        ),
        pk=pk,
    )


@desk_only
def announcement(request: DeskRequest, pk: int) -> HttpResponse:
    """One announcement; who has not confirmed it stands beside, for those who answer for them."""
    one = _find(request, pk)
    user = request.user
    me = Employee.objects.filter(user=user).first()
    mine = one.recipients.filter(employee=me).first() if me else None
    if request.method == "POST":
        answer = act(request, _steps(request, one), "payroll:announcement", pk)
        following = selectors.unconfirmed(me.pk if me else 0).exclude(announcement=one).first()
        if request.POST.get("do") == "confirm" and following is not None:
            return redirect("payroll:announcement", following.announcement_id)
        return answer
    sees = user.has_perm(selectors.ANNOUNCE) or one.published_by_id == user.pk
    return page(
        request,
        "announcements/announcement.html",
        "announcements",
        one=one,
        late=selectors.unknown_in_time(one, door_time(request)),
        mine=mine,
        files=list(one.files.defer("content")),
        told=one.recipients.count(),
        confirmed=list(
            one.recipients.exclude(confirmed_at=None)
            .select_related("employee__department")
            .order_by("-confirmed_at")[:200]
        )
        if sees
        else [],
        missing=selectors.missing(one, user) if sees else [],
        sees=sees,
        owns=one.published_by_id == user.pk or selectors.may_address_everyone(user),
        briefings=services.briefings(one),
        withdraw_form=forms.WithdrawForm(),
    )


def _steps(request: DeskRequest, one: Announcement) -> dict[str, Any]:
    who: dict[str, Any] = {"actor": request.user, "now": door_time(request)}

    def confirm(_given: dict[str, Any]) -> str:
        services.confirm(announcement=one, employee=employee_of(request), **who)
        return _("已确认")

    def urge(_given: dict[str, Any]) -> str:
        told = services.urge(announcement=one, **who)
        return _("已催 %(n)d 人") % {"n": told}

    def withdraw(given: dict[str, Any]) -> str:
        services.withdraw(announcement=one, **given, **who)
        return _("已撤回")

    def launch(_given: dict[str, Any]) -> str:
        services.launch(announcement=one, **who)
        return _("已上架")

    return {
        "confirm": (None, confirm),
        "urge": (None, urge),
        "withdraw": (forms.WithdrawForm(request.POST), withdraw),
        "launch": (None, launch),
    }


@require_GET
@desk_only
def file(request: DeskRequest, pk: int, file: int) -> HttpResponse:
    """A paper of an announcement, to be kept as a file: never shown as a page of ours."""
    found = get_object_or_404(_find(request, pk).files, pk=file)
    return HttpResponse(
        found.content.open(),
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(True, found.name),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


@desk_only
def compose(request: DeskRequest) -> HttpResponse:
    """Write an announcement; beside it stands to whom it goes."""
    if not request.user.has_perm(selectors.ANNOUNCE):
        raise PermissionDenied
    form = _form(request, forms.ComposeForm, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            pk = once(
                request,
                lambda: (
                    services.publish(
                        actor=request.user, now=door_time(request), **form.cleaned_data
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已发布"))
            return redirect("payroll:announcement", pk)
    return page(
        request,
        "announcements/compose.html",
        "announcements",
        422 if form.errors else 200,
        form=form,
        **_audience(form.data if form.is_bound else None, request),
    )


def _form(request: DeskRequest, kind: Any, *data: Any) -> Any:
    return kind(
        *data,
        departments=selectors.may_address(request.user),
        everyone=selectors.may_address_everyone(request.user),
    )


def _audience(data: Any, request: DeskRequest) -> dict[str, Any]:
    form = _form(request, forms.AudienceForm, data if data is not None else {})
    if not form.is_valid():
        return {"people": [], "number": 0, "more": 0}
    chosen = {"everyone": False, **form.cleaned_data}
    found = selectors.audience(**chosen)
    people = list(found[:SHOWN])
    number = found.count()
    return {"people": people, "number": number, "more": number - len(people)}


@require_GET
@desk_only
def audience(request: DeskRequest) -> HttpResponse:
    """How many an announcement would go to, and who they are."""
    if not request.user.has_perm(selectors.ANNOUNCE):
        raise PermissionDenied
    return render(request, "payroll/announcements/_audience.html", _audience(request.GET, request))
