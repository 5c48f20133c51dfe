"""The store: in and out by scanner, what lies there, what was left behind, who collects, what agents ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.privacy import redact
from kefu.workbench.door import DeskRequest, employee_of
from kefu.workbench.frame import door_time
from kefu.workbench.selectors.views import COUNT_CAP, shown_count
from problem_parcels.forms import store as forms
from problem_parcels.models import (
    Collection,
    CollectionLine,
    MissingOutScans,
    ProblemParcel,
    Stay,
    StoreIncident,
    StoreRound,
    WarehouseRequest,
)
from problem_parcels.selectors import shifts as shift_selectors
from problem_parcels.selectors import store as selectors
from problem_parcels.services import collections, stays, warehouse_requests
from problem_parcels.services import store as services
from problem_parcels.views.door import act, sent, store_only
from problem_parcels.wording import name_in_words

LISTED = 100  # rows of a list that is not paged
DECIDED_SHOWN = 30


def _page(
    request: DeskRequest, template: str, tab: str, status: int = 200, **context: Any
) -> HttpResponse:
    context = {"tab": tab, "current": "store", "now": door_time(request), **context}
    return render(request, f"problem_parcels/store/{template}", context, status=status)


# In and out.


@dataclass(frozen=True, slots=True)
class Scanned:
    """One number of a scan: what became of it, or why nothing did."""

    number: str
    done: str = ""
    refused: str = ""
    number_there: str = ""  # of the case it belongs to


def _each(numbers: list[str], do: Callable[[str], Scanned]) -> list[Scanned]:
    """Every number by itself: one that is refused says why, the others go through."""
    found = []
    for number in numbers:
        try:
            found.append(do(number))
        except KefuError as error:
            found.append(Scanned(number, refused=str(error)))
    return found


def _scanned(
    request: DeskRequest,
    form: Any,
    template: str,
    tab: str,
    do: Callable[[str], Scanned],
    **more: Any,
) -> HttpResponse:
    """A scan answers with a row for each number; where the form itself is wrong, with why."""
    rows = _each(form.cleaned_data["numbers"], do) if form.is_valid() else []
    refused = [row for row in rows if row.refused] or form.errors
    context = {"rows": rows, "form": form, "at": door_time(request), **more}
    if not request.htmx:
        return _page(request, template, tab, 422 if refused else 200, **context)
    return render(request, "problem_parcels/store/_scanned.html", context)


@store_only
def enter(request: DeskRequest) -> HttpResponse:
    """Scan in: the settings hold for all that follows, each number comes in by itself."""
    now, keeper = door_time(request), employee_of(request)
    rules = selectors.warehouse_edition(at=now).rules
    zones = {
        sort.value: name_in_words(zone) if (zone := selectors.zone_for(sort, rules)) else ""
        for sort in Stay.Sort
    }
    start = {"sort": Stay.Sort.OTHER}
    form = forms.EnterForm(request.POST or None, zones=zones, user=request.user, initial=start)

    def one(number: str) -> Scanned:
        given = form.cleaned_data
        stay = stays.enter(
            number=number,
            sort=given["sort"],
            location=given["location"],
            reason=given["reason"],
            waybill_present=given["waybill_present"],
            override_by=given["override_by"],
            keeper=keeper,
            actor=request.user,
            now=now,
        )
        done = _("入库 {location}").format(location=stay.location)
        return Scanned(
            stay.waybill_number, done, number_there=stay.case.number if stay.case else ""
        )

    more: dict[str, Any] = {"problems": ProblemParcel.Problem.labels}
    if request.method == "POST":
        return _scanned(request, form, "in.html", "in", one, **more)
    return _page(request, "in.html", "in", form=form, **more)


@store_only
def leave(request: DeskRequest) -> HttpResponse:
    """Scan out what was dealt with."""
    now, by = door_time(request), employee_of(request)
    start = {
        "numbers": request.GET.get("number", "")[:24],
        "left_for": str(Stay.LeftAs.DELIVERY.label),
    }
    form = forms.LeaveForm(request.POST or None, initial=start)

    def one(number: str) -> Scanned:
        number = redact.clean_waybill(number, field="number")
        stay = stays.open_stay(number)
        if stay is None:
            raise KefuError(_("不在库，没有可出的"), code="not_in_store")
        to = {name: form.cleaned_data[name] for name in ("left_as", "left_for")}
        stay = stays.leave(stay=stay, **to, by=by, actor=request.user, now=now)
        done = _("出库 {left_for}").format(left_for=stay.went)
        return Scanned(number, done, number_there=stay.case.number if stay.case else "")

    if request.method == "POST":
        return _scanned(request, form, "out.html", "out", one)
    return _page(request, "out.html", "out", form=form)


# What lies there.


@require_GET
@store_only
def stock(request: DeskRequest) -> HttpResponse:
    """The oldest first, with age, keeper, reason, place and case; or one parcel by its number."""
    now, band = door_time(request), request.GET.get("band", "")
    unposted = band == "unposted"
    text = request.GET.get("number", "").strip()[:40]
    page = (
        _of_number(text)
        if text
        else selectors.stock_page(
            band=band, unposted=unposted, after=request.GET.get("after", ""), now=now
        )
    )
    counts = selectors.stock_counts(user=request.user, now=now)
    bands = [("", _("全部"), "all"), *((b.name, b.label, b.name) for b in selectors.BANDS.values())]
    bands.append(("unposted", _("还没上网"), "unposted"))
    return _page(
        request,
        "stock.html",
        "stock",
        page=page,
        rows=[(stay, (stay.left_at or now) - stay.entered_at) for stay in page.rows],
        band=band,
        number=text,
        later=bool(request.GET.get("after")),
        bands=[(name, label, shown_count(counts[count])) for name, label, count in bands],
    )


def _of_number(text: str) -> selectors.StockPage:
    """All stays of one parcel, the latest first."""
    try:
        number = redact.clean_waybill(text, field="number")
    except KefuError:
        return selectors.StockPage([], "")
    found = selectors.complete(Stay.objects.filter(waybill_number=number)).order_by("-pk")
    return selectors.StockPage(list(found[: selectors.PAGE_ROWS]), "")


@store_only
def stay(request: DeskRequest, pk: int) -> HttpResponse:
    """One stay: who kept it from when on, what befell it."""
    now = door_time(request)
    there = get_object_or_404(selectors.complete(Stay.objects.all()), pk=pk)
    form = forms.IncidentForm(request.POST or None, initial={"happened_at": now})

    def record(given: dict[str, Any]) -> str:
        incident = services.record_incident(
            stay=there,
            text=given["text"],
            happened_at=given["happened_at"],
            actor=request.user,
            now=now,
        )
        return _("已登记，按 {clause} 由 {who} 负责；金额由主管填").format(
            clause=incident.clause, who=incident.liable
        )

    if request.method == "POST" and sent(request, form, record):
        return redirect("problem_parcels:store_stay", pk)
    return _page(
        request,
        "stay.html",
        "stock",
        422 if form.errors else 200,
        stay=there,
        form=form,
        age=(there.left_at or now) - there.entered_at,
        keepings=there.keepings.select_related("keeper", "by").order_by("since", "pk"),
        incidents=there.incidents.select_related("liable", "recorded_by", "priced_by"),
        may_price=request.user.has_perm("problem_parcels.price_incident"),
    )


@require_POST
@store_only
def price(request: DeskRequest, pk: int) -> HttpResponse:
    """A supervisor types what an incident comes to."""
    incident = get_object_or_404(StoreIncident.objects.visible_to(request.user), pk=pk)

    def do(given: dict[str, Any]) -> str:
        services.price_incident(
            incident=incident, amount=given["amount"], actor=request.user, now=door_time(request)
        )
        return _("已填金额")

    steps = {"price": (forms.PriceForm, do)}
    return act(request, steps, "problem_parcels:store_stay", incident.stay_id)


# What went wrong today.


@store_only
def left(request: DeskRequest) -> HttpResponse:
    """Rounds that ended and what they left behind; what was dealt with and not scanned out."""
    now = door_time(request)

    def close_round(given: dict[str, Any]) -> str:
        moment = datetime.combine(selectors.day_of(now), given["closed_at"], SHANGHAI)
        closed = services.close_round(
            trigger=given["trigger"], closed_at=moment, actor=request.user, now=now
        )
        return _("已登记：{what}").format(what=closed.get_trigger_display())

    if request.method == "POST":
        steps = {"round": (forms.RoundForm, close_round)}
        return act(request, steps, "problem_parcels:store_left")
    rules = selectors.warehouse_edition(at=now).rules
    rounds = {one.trigger: one for one in selectors.rounds_of(selectors.day_of(now))}
    behind = selectors.leftovers(now=now)
    page = selectors.page_of(behind, after=request.GET.get("after", ""))
    handled = selectors.handled_in_store(until=now)
    evening, unlocked = shift_selectors.not_locked_up(now=now, rules=rules)
    return _page(
        request,
        "left.html",
        "left",
        rounds=[(trigger, rounds.get(trigger)) for trigger in StoreRound.Trigger],
        clock_time=f"{now.astimezone(SHANGHAI):%H:%M}",
        today=selectors.midnight(selectors.day_of(now)),
        page=page,
        rows=[(stay, now - stay.entered_at) for stay in page.rows],
        behind=shown_count(behind.order_by()[:COUNT_CAP].count()),
        handled=selectors.with_stays(handled[:LISTED]),
        handled_count=len(handled),
        drawn_up=MissingOutScans.objects.first(),
        evening=evening,
        unlocked=unlocked,
    )


# Who collects.


@store_only
def sheets(request: DeskRequest) -> HttpResponse:
    """This morning's sheets, one a bulk driver."""
    now = door_time(request)

    def open_sheet(given: dict[str, Any]) -> str:
        one = collections.open_sheet(driver=given["driver"], actor=request.user, now=now)
        return _("{driver} 的提货单已开，把要提的票扫上去").format(driver=one.driver)

    if request.method == "POST":
        return act(request, {"open": (forms.SheetForm, open_sheet)}, "problem_parcels:store_sheets")
    found = (
        Collection.objects.visible_to(request.user)
        .select_related("driver", "finished_by")
        .prefetch_related("lines")
    )
    rules = selectors.warehouse_edition(at=now).rules
    today = selectors.day_of(now)
    return _page(
        request,
        "sheets.html",
        "sheets",
        sheets=[(one, _progress(one)) for one in found[:DECIDED_SHOWN]],
        today=today,
        form=forms.SheetForm(),
        tidy=shift_selectors.tidy_due(on=today, rules=rules),
    )


def _progress(sheet: Collection) -> dict[str, int]:
    lines = list(sheet.lines.all())
    waiting = [line for line in lines if line.ticked_at is None and line.struck_at is None]
    return {"all": len(lines), "waiting": len(waiting)}


@store_only
def sheet(request: DeskRequest, pk: int) -> HttpResponse:
    """A driver's sheet: what goes on it, then every parcel ticked as he takes it; a wrong one is told loudly."""
    now, by = door_time(request), employee_of(request)
    one = get_object_or_404(
        Collection.objects.visible_to(request.user).select_related("driver", "finished_by"), pk=pk
    )

    def put_on(given: dict[str, Any]) -> str:
        refused = collections.put_on(sheet=one, numbers=given["numbers"], now=now)
        n = len(given["numbers"]) - len(refused)
        told = ngettext("已放上 %(n)d 票", "已放上 %(n)d 票", n) % {"n": n}
        return "；".join([told, *(f"{row.number}: {row.why}" for row in refused)])

    def put_bulk_on(_given: dict[str, Any]) -> str:
        return put_on({"numbers": collections.bulk_in_store()})

    def strike(given: dict[str, Any]) -> str:
        line = get_object_or_404(CollectionLine, pk=given["line"], collection=one)
        collections.strike(line=line, reason=given["reason"], by=by, now=now)
        return _("已划去，这一票留在仓库")

    def finish(_given: dict[str, Any]) -> str:
        collections.finish(sheet=one, by=by, now=now)
        return _("{driver} 提完了").format(driver=one.driver)

    def tick(number: str) -> Scanned:
        line = collections.tick(sheet=one, number=number, by=by, actor=request.user, now=now)
        return Scanned(line.stay.waybill_number, _("对，给他，已出库"))

    form, rows = forms.TickForm(), []
    if request.method == "POST":
        if "do" in request.POST:
            steps = {
                "put": (forms.PutOnForm, put_on),
                "bulk": (None, put_bulk_on),
                "strike": (forms.StrikeForm, strike),
                "finish": (None, finish),
            }
            return act(request, steps, "problem_parcels:store_sheet", pk)
        form = forms.TickForm(request.POST)
        rows = _each(form.cleaned_data["numbers"], tick) if form.is_valid() else []
    lines = one.lines.select_related("stay", "ticked_by", "struck_by").order_by(
        "ticked_at", "struck_at", "pk"
    )
    context: dict[str, Any] = {
        "sheet": one,
        "lines": lines,
        "rows": rows,
        "form": form,
        "progress": _progress(one),
    }
    if request.htmx:
        return render(
            request, "problem_parcels/store/_sheet.html", {**context, "now": now, "at": now}
        )
    return _page(request, "sheet.html", "sheets", put=forms.PutOnForm(), at=now, **context)


# What agents ask for.


@store_only
def requests(request: DeskRequest) -> HttpResponse:
    """What waits to be done for agents, what was decided, and the form to ask."""
    now, me = door_time(request), employee_of(request)
    form = forms.AskForm(
        request.POST or None, initial={"signed_on": selectors.day_of(now), "signed_by": me.name}
    )

    def ask(given: dict[str, Any]) -> str:
        made_by = given.pop("made_by") or me
        warehouse_requests.ask(made_by=made_by, **given, actor=request.user, now=now)
        return _("已交给仓库")

    if request.method == "POST" and sent(request, form, ask):
        return redirect("problem_parcels:store_requests")
    found = WarehouseRequest.objects.visible_to(request.user).select_related(
        "made_by", "decided_by", "liable"
    )
    waiting = list(found.waiting()[:LISTED])
    return _page(
        request,
        "requests.html",
        "requests",
        422 if form.errors else 200,
        form=form,
        waiting=[(one, now - one.made_at) for one in waiting],
        decided=found.filter(decided_at__isnull=False).order_by("-decided_at")[:DECIDED_SHOWN],
    )


@store_only
def request_slip(request: DeskRequest, pk: int) -> HttpResponse:
    """One request, to print and to decide."""
    now, by = door_time(request), employee_of(request)
    one = get_object_or_404(
        WarehouseRequest.objects.visible_to(request.user).select_related(
            "made_by__department", "decided_by", "liable"
        ),
        pk=pk,
    )
    form = forms.DecideForm(request.POST or None)

    def decide(given: dict[str, Any]) -> str:
        if given["refusal"]:
            warehouse_requests.refuse(
                request=one, reason=given["refusal"], note=given["note"], by=by, now=now
            )
            return _("已记下不办的原因")
        warehouse_requests.carry_out(request=one, note=given["note"], by=by, now=now)
        return _("已记下办好")

    if request.method == "POST" and sent(request, form, decide):
        return redirect("problem_parcels:store_requests")
    return _page(
        request, "request.html", "requests", 422 if form.errors else 200, slip=one, form=form
    )
