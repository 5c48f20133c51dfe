"""An inspector's day, the draws, the check sheets and what was filled in."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.inspections import OF_A_PLACE, cleaning_limit, occasions
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Employee
from kefu.workbench.door import DeskRequest, View, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms import inspections as forms
from payroll.models import EvidencePhoto, Finding, Inspection, Sample, SampleDraw
from payroll.selectors import frames
from payroll.selectors import inspections as selectors
from payroll.selectors.departments import ruled
from payroll.selectors.inspected import (
    INSPECT,
    SEE,
    departments_of,
    inspected_by,
    inspections_of,
    samples_of,
)
from payroll.services import inspections as services
from payroll.services import samples
from payroll.views.evidence import served

LISTED = 40  # rows of a list of the day
SIZES = {"photo", "thumbnail"}


def inspectors_only(view: View) -> View:
    """For those who inspect."""

    @desk_only
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(INSPECT):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


def page(
    request: DeskRequest, name: str, tab: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of inspection with its tabs."""
    user = request.user
    context = {
        "tab": tab,
        "current": "inspection",
        "now": door_time(request),
        "inspects": user.has_perm(INSPECT),
        "sees": user.has_perm(SEE),
        "finds_away": user.has_perm("payroll.find_away"),
        **context,
    }
    return render(request, f"payroll/inspection/{name}", context, status=status)


@require_GET
@inspectors_only
def day(request: DeskRequest) -> HttpResponse:
    """What is to be heard, checked, looked at again and decided today."""
    return _day(request)


def _day(
    request: DeskRequest, form: forms.DrawForm | None = None, refused: str = ""
) -> HttpResponse:
    user, now = request.user, door_time(request)
    today = now.astimezone(SHANGHAI).date()
    departments = list(departments_of(user).order_by("order", "pk"))
    since = {"from_on": today - timedelta(days=7), "to_on": today - timedelta(days=1), "size": 10}
    samples_left = selectors.to_hear(user)
    settleable = selectors.told(selectors.to_settle(user, now))
    return page(
        request,
        "day.html",
        "day",
        status=422 if form or refused else 200,
        form=form or forms.DrawForm(user=user, initial=since, auto_id="draw_%s"),
        refused=refused,
        opened=form is not None,
        samples=list(samples_left[:LISTED]),
        samples_left=samples_left.count(),
        weeks=selectors.cleaning_weeks(departments, now),
        duties=selectors.duties(departments, now),
        rechecks=list(selectors.to_recheck(user)[:LISTED]),
        settle=list(settleable.order_by("reply_by")[:LISTED]),
        late=list(selectors.overdue(user, today)[:LISTED]),
        draws=SampleDraw.objects.filter(department__in=departments).select_related(
            "department", "drawn_by"
        )[:6],
        recent=_told(Inspection.objects.filter(inspector=user.pk))[:8],
        departments=_with_sheets(departments, now),
        people=inspected_by(user)
        .filter(department__in=departments)
        .exclude(status=Employee.Status.LEFT)
        .select_related("department")
        .order_by("department__order", "number"),
        occasions=[
            (value, label)
            for value, label in Inspection.Occasion.choices
            if value not in OF_A_PLACE
        ],
        today=today,
    )


def _told(rows: Any) -> Any:
    return rows.select_related("employee", "department", "inspector")


def _with_sheets(
    departments: list[Department], now: datetime
) -> list[tuple[Department, list[tuple[str, str]]]]:
    """Each with the sheets of a place that its rulebook has."""
    found = []
    for department, using in ruled(departments, at=now):
        names = [
            (name, str(Inspection.Occasion(name).label))
            for name in occasions(using.rules)
            if name in OF_A_PLACE
        ]
        if names:
            found.append((department, names))
    return found


# Draws.


@require_POST
@inspectors_only
def draw(request: DeskRequest) -> HttpResponse:
    """Draw."""
    form = forms.DrawForm(request.POST, user=request.user, auto_id="draw_%s")
    if form.is_valid():
        try:
            pk = once(
                request,
                lambda: (
                    samples.draw_samples(
                        **form.cleaned_data, actor=request.user, now=door_time(request)
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("payroll:sample_draw", pk)
    return _day(request, form)


@require_GET
@inspectors_only
def drawn(request: DeskRequest, pk: int) -> HttpResponse:
    """How a draw came about: the frame, the seed, who was drawn, and whether it gives the same once more."""
    rows = SampleDraw.objects.filter(department__in=departments_of(request.user))
    row = get_object_or_404(rows.select_related("department", "drawn_by"), pk=pk)
    picks = list(row.samples.select_related("employee", "inspection").order_by("number"))
    mine = set(samples_of(request.user).filter(draw=row).values_list("pk", flat=True))
    people = Employee.objects.in_bulk([int(one) for one in row.people])
    return page(
        request,
        "draw.html",
        "day",
        row=row,
        clause=samples.wants_audit(row.department, door_time(request)),
        picks=[(one, one.pk in mine) for one in picks],
        people=[
            (people[int(one)], total, before, sum(p.employee_id == int(one) for p in picks))
            for one, (total, before) in row.people.items()
        ],
        again=frames.drawn_again(row),
    )


@require_POST
@inspectors_only
def aside(request: DeskRequest, pk: int) -> HttpResponse:
    """It cannot be heard."""
    sample = get_object_or_404(samples_of(request.user), pk=pk)
    form = forms.AsideForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("请写无法监听的原因"))
        return redirect("payroll:sample_draw", sample.draw_id)
    try:
        samples.set_aside(
            sample=sample, actor=request.user, now=door_time(request), **form.cleaned_data
        )
    except KefuError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("已登记，不再等监听"))
    return redirect("payroll:sample_draw", sample.draw_id)


# Sheets.


@require_http_methods(["GET", "POST"])
@inspectors_only
def sheet(request: DeskRequest) -> HttpResponse:
    """Go through a sheet, of a person, of a sample or of a place."""
    now = door_time(request)
    chosen = forms.SheetForm(request.GET, user=request.user)
    if not chosen.is_valid():
        raise Http404
    about = chosen.cleaned_data
    sample: Sample | None = None
    if about["sample"]:
        sample = get_object_or_404(
            samples_of(request.user).select_related("employee"), pk=about["sample"]
        )
        if request.method == "GET" and hasattr(sample, "inspection"):
            return redirect("payroll:inspection", sample.inspection.pk)
    employee = sample.employee if sample else about["employee"]
    department = employee.department if employee else about["department"]
    if department is None or (employee is None) != (about["occasion"] in OF_A_PLACE):
        messages.warning(request, _("先选检查谁或哪个部门"))
        return redirect("payroll:inspections")
    items = selectors.items_of(department, about["occasion"], now)
    if not items:
        messages.warning(request, _("这个部门的规章没有这张检查表"))
        return redirect("payroll:inspections")
    rules = edition_in_force(department_id=department.pk, at=now).rules
    given = {
        "items": items,
        "occasion": about["occasion"],
        "people": inspected_by(request.user)
        .filter(department=department)
        .exclude(status=Employee.Status.LEFT)
        .order_by("number"),
        "limited": about["occasion"] == "cleaning" and cleaning_limit(rules) is not None,
    }
    form = forms.ScorecardForm(
        request.POST or None,
        request.FILES or None,
        initial={"happened_at": now},
        reply_days=rules.house.finding_reply_days,
        **given,
    )
    if request.method == "POST" and form.is_valid():
        try:
            pk = once(
                request,
                lambda: _record(request, form, about["occasion"], department, employee, sample),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            return _after(request, Inspection.objects.get(pk=pk))
    return page(
        request,
        "sheet.html",
        "day",
        status=422 if form.is_bound else 200,
        form=form,
        lines=form.lines(),
        occasion=Inspection.Occasion(about["occasion"]).label,
        limit=cleaning_limit(rules) if given["limited"] else None,
        department=department,
        employee=employee,
        sample=sample,
    )


def _record(
    request: DeskRequest,
    form: forms.ScorecardForm,
    occasion: str,
    department: Department,
    employee: Employee | None,
    sample: Sample | None,
) -> int:
    data = form.cleaned_data
    return services.record(
        occasion=occasion,
        department=department,
        employee=employee,
        sample=sample,
        marks=form.marks(),
        happened_at=data["happened_at"],
        minutes=data.get("minutes"),
        recording=data.get("recording", ""),
        note=data["note"],
        pictures=data["pictures"],
        reply_by=data["reply_by"],
        actor=request.user,
        now=door_time(request),
    ).pk


def _after(request: DeskRequest, row: Inspection) -> HttpResponse:
    """On to the next sample of the draw, if there is one; else to what was written."""
    n = row.findings.count()
    said = _("已登记，{n} 项不合格").format(n=n) if n else _("已登记，全部合格")
    messages.success(request, said)
    if row.sample is None:
        return redirect("payroll:inspection", row.pk)
    following = selectors.to_hear(request.user).filter(draw=row.sample.draw_id).first()
    if following is None:
        return redirect("payroll:sample_draw", row.sample.draw_id)
    return redirect(f"{reverse('payroll:inspection_sheet')}?occasion=call&sample={following.pk}")


@require_GET
@desk_only
def inspection(request: DeskRequest, pk: int) -> HttpResponse:
    """A sheet as it was filled in."""
    rows = _told(inspections_of(request.user).distinct()).select_related("sample__draw")
    row = get_object_or_404(rows, pk=pk)
    labels = selectors.labels_of(row)
    found = {
        one.mark_id: one
        for one in Finding.objects.filter(inspection=row).select_related("employee")
    }
    return page(
        request,
        "inspection.html",
        "day",
        row=row,
        marks=[
            (one, labels.get((one.clause, one.line), one.clause), found.get(one.pk))
            for one in row.marks.order_by("number")
        ],
        photos=row.photos.defer("photo", "thumbnail"),
        own=row.employee is not None and row.employee.user_id == request.user.pk,
    )


@require_GET
@desk_only
def photo(request: DeskRequest, pk: int, size: str) -> HttpResponse:
    """What proves a finding, for whoever may see the sheet; that it was opened in full is on record."""
    if size not in SIZES:
        raise Http404
    rows = EvidencePhoto.objects.filter(inspection__in=inspections_of(request.user))
    row = get_object_or_404(rows.defer("photo", "thumbnail"), pk=pk)
    if size == "photo":
        audit.record(
            action="look",
            actor=request.user,
            at=door_time(request),
            table=EvidencePhoto._meta.db_table,
            object_id=row.pk,
        )
    return served(row, f"inspection-{row.inspection_id}-{row.number}", small=size == "thumbnail")
