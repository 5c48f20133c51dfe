"""Intake of one inquiry of any kind, and what both ways in ask on the side: clocks ahead and why, parties, a courier's
number. What is typed is checked as it is typed; saving checks it all again."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from inquiries import services
from inquiries.forms_intake import ACCUSED, COURIERS, OUTLETS, SingleForm
from inquiries.models import Complaint, Inquiry
from inquiries.selectors import complaints as selectors_complaints
from inquiries.selectors import intake as selectors
from inquiries.selectors.complaints import CustomerHistory
from inquiries.selectors.intake import CLOCKS, Ahead, ClockName, Parcel
from inquiries.services import Details, PickupOrder
from inquiries.services.intake import FORWARDED, TIMED
from inquiries.views.paste import by_htmx, frame_template
from kefu.audit.context import address_of, request_id
from kefu.cases.models import Case, Interaction
from kefu.desk import services as desk_services
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.policy.explanation import explain_due
from kefu.privacy.redact import clean_waybill
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department
from kefu.workbench.assignees import Assignee
from kefu.workbench.door import workers_only
from kefu.workbench.forms import SPOKEN, latest
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import new_ticket, once, renewed, sent_before
from kefu.workbench.selectors.desk import Desk

PARTY_KINDS = {
    "outlet": OUTLETS,
    "accused": ACCUSED,
    "courier": COURIERS,
    "complainant": OUTLETS,
}
# Not about one parcel of ours.
WITHOUT_PARCEL = {Inquiry.Kind.PICKUP, Inquiry.Kind.SUGGESTION}
# A case of their own, whatever else is open for the parcel.
ALONE = {Inquiry.Kind.COMPLAINT, Inquiry.Kind.NETWORK_QUERY}
LIVE = ("waybill_number", "customer_phone", "received", "outlet", "against", "courier", "origin")


@dataclass
class Look:
    """What is known about the inquiry so far, beside the form. ``problems``: by field, only of what was typed."""

    form: SingleForm
    parcel: Parcel | None = None
    unknown: str = ""  # a well-formed number that is no waybill of ours
    side: str = ""  # whose phone on the label the one typed is
    open_cases: list[Case] = field(default_factory=list)
    ahead: Ahead = field(default_factory=Ahead)
    pickup: Any = None
    pickup_late: bool = False
    address_full: bool = False
    forwards_to: Department | None = None
    problems: dict[str, str] = field(default_factory=dict)
    # Of a complaint: what the rulebook asks for, by field; what it may be about; who calls.
    wanted: frozenset[str] = frozenset()
    issues: list[tuple[str, str]] = field(default_factory=list)
    issue: str = ""
    history: CustomerHistory | None = None

    @property
    def where(self) -> str:
        """Add to the case that is open already, unless the agent says otherwise; a complaint has a case of its own."""
        if not self.open_cases or self.form["kind"].value() in ALONE:
            return ""
        offered = [f"add:{case.number}" for case in self.open_cases]
        chosen = self.form["where"].value()
        return chosen if chosen in (*offered, "new") else offered[0]

    @property
    def asks(self) -> bool:
        """Whether the delivering outlet can be asked along."""
        kind = self.form["kind"].value()
        possible = (
            self.parcel is not None and self.parcel.outlet is not None and self.forwards_to is None
        )
        return (
            possible
            and kind in FORWARDED
            and kind not in ALONE
            and not self.where.startswith("add:")
        )

    @property
    def ask(self) -> bool:
        """The tick for it: set until somebody who saw it for this parcel took it away."""
        seen = self.form.data.get("ask_for") if self.form.is_bound else None
        if self.parcel is not None and seen == self.parcel.number:
            return bool(self.form["ask"].value())
        return True


def _usual(request: HttpRequest) -> dict[str, Any]:
    number = request.GET.get("waybill", "")[:40]
    kind = request.GET.get("kind", "")
    origin = request.GET.get("origin", "")[:24]
    return {
        "ticket": new_ticket(),
        "kind": kind
        if kind in Inquiry.Kind
        else Inquiry.Kind.COMPLAINT
        if origin
        else Inquiry.Kind.TRACE,
        "channel": Interaction.Channel.PHONE,
        "waybill_number": number,
        "origin": origin,
        "way": "ask",
        "ask": True,
        "priority": 0,
    }


def _form(request: HttpRequest, data: QueryDict | None) -> SingleForm:
    desk, now = desk_of(request), door_time(request)
    form = SingleForm(data, desk=desk, with_fee=_quotes(desk, now), initial=_usual(request))
    form.offer(())
    return form


def _quotes(desk: Desk, now: datetime) -> bool:
    if desk.department_id is None:
        return True
    department = Department.objects.get(pk=desk.department_id)
    try:
        return selectors.quotes_prices(department=department, now=now)
    except KefuError:
        return False


def _look(request: HttpRequest, form: SingleForm) -> Look:
    """Look up whatever the fields hold by now; nothing here refuses."""
    look, now = Look(form), door_time(request)
    kind = form["kind"].value() or ""
    _look_at_parcel(request, look)
    phone = _value(form, "customer_phone", look)
    if phone and look.parcel is not None:
        look.side = selectors.side_of_phone(look.parcel.waybill, phone) or ""
    received = latest(_value(form, "received", look), now)
    for name in ("outlet", "against", "courier"):
        _value(form, name, look)
    if phone and (token := selectors_complaints.token_of_phone(phone)):
        look.history = selectors_complaints.history_of(token)
    origin = (form["origin"].value() or "").replace("\x00", "").strip().upper()
    if origin and not Case.objects.visible_to(request.user).filter(number=origin).exists():
        look.problems["origin"] = _("没有这个单号")
    owner: Any = form.fields["owner"]
    assignee = owner.of(str(form["owner"].value() or ""))
    if kind in FORWARDED and owner.forwards and assignee is not None:
        look.forwards_to = assignee.department
    if kind == Inquiry.Kind.COMPLAINT:
        against = _value(form, "against", look)
        parcel = look.parcel.waybill if look.parcel else None
        look.issues = services.issues(against, parcel)
        look.issue = services.chosen_issue(form["issue"].value() or "", look.issues)
    if assignee is not None:
        look.wanted = services.wanted_fields(
            department=assignee.department, agitated=bool(form["agitated"].value()), now=now
        )
    if assignee is not None:
        _look_ahead(look, assignee, kind=kind, received=received, now=now)
    look.address_full = bool(services.full_address(form["sender_address"].value() or ""))
    return look


def _value(form: SingleForm, name: str, look: Look) -> Any:
    """The field's clean value, or None with the refusal noted; a field still empty has none."""
    raw = form[name].value()
    if not raw:
        return None
    try:
        return form.fields[name].clean(raw)
    except ValidationError as error:
        if (
            error.code != "many_parties"
        ):  # still being typed; the choices are listed below the field
            look.problems[name] = " ".join(error.messages)
        return None


def _look_at_parcel(request: HttpRequest, look: Look) -> None:
    typed = look.form["waybill_number"].value() or ""
    if not typed.strip() or look.form["kind"].value() in WITHOUT_PARCEL:
        return
    try:
        number = clean_waybill(typed, field="waybill_number")
    except KefuError as error:
        look.problems["waybill_number"] = str(error)
        return
    look.parcel = selectors.known_parcels([number]).get(number)
    if look.parcel is None:
        look.unknown = number
    look.open_cases = selectors.open_cases(user=request.user, numbers=[number]).get(number, [])
    look.form.offer(look.open_cases)


def _look_ahead(
    look: Look, assignee: Assignee, *, kind: str, received: datetime | None, now: datetime
) -> None:
    form, department = look.form, assignee.department
    channel = form["channel"].value() or ""
    received = received if channel in SPOKEN else None
    wanted: list[ClockName] = []
    if look.where.startswith("add:"):
        wanted.append("again")
    elif kind in TIMED:
        wanted.append("reply")
    if kind == Inquiry.Kind.NETWORK_QUERY or (look.asks and look.ask):
        wanted.append("feedback")
    look.ahead = selectors.clocks_ahead(
        wanted=wanted, department=department, channel=channel, received_at=received, now=now
    )
    if kind == Inquiry.Kind.PICKUP and not look.ahead.problem:
        look.pickup_late = selectors.past_cut_off(department=department, now=now)
        keep = look.pickup_late and bool(form["same_day"].value())
        look.pickup = selectors.pickup_ahead(department=department, same_day=keep, now=now)


def _context(request: HttpRequest, form: SingleForm, **more: Any) -> dict[str, Any]:
    look = more.pop("look", None) or _look(request, form)
    return {
        "form": form,
        "look": look,
        "tab": "single",
        "desk": desk_of(request),
        "now": door_time(request),
        "whereabouts": look.parcel.whereabouts(door_time(request)) if look.parcel else "",
        "frame_template": frame_template(request),
        **more,
    }


@workers_only
def single(request: HttpRequest) -> HttpResponse:
    """The form of one inquiry; POST registers it and goes to its case."""
    if request.method != "POST":
        return render(request, "inquiries/new/single.html", _context(request, _form(request, None)))
    try:
        if before := sent_before(request):
            return _to_case(request, before)
    except Conflict as error:
        return _other_words(request, error)
    form = _form(request, request.POST)
    look = _look(request, form)
    if form.is_valid():
        _check(look)
    refused = ""
    if not form.errors:
        try:
            number = once(request, lambda: str(_save(request, look).number))
        except KefuError as error:
            refused = _refuse(form, error)
        else:
            return _to_case(request, number)
    return _once_more(request, form, look, checked=True, refused=refused)


def _once_more(
    request: HttpRequest, form: SingleForm, look: Look, *, status: int = 422, **told: Any
) -> HttpResponse:
    context = _context(request, form, look=look, **told)
    page = "inquiries/new/_single_form.html" if by_htmx(request) else "inquiries/new/single.html"
    return render(request, page, context, status=status)


def _other_words(request: HttpRequest, error: Conflict) -> HttpResponse:
    """What stands in the form is not what it registered before its answer got lost: it can be sent, once more."""
    form = _form(request, renewed(request.POST))
    recorded = [error.details["result"]]
    return _once_more(
        request, form, _look(request, form), status=409, conflict=error, recorded=recorded
    )


def _check(look: Look) -> None:
    """What the form alone cannot know: the parcel, and the cases already open for it."""
    form, given = look.form, look.form.cleaned_data
    if "waybill_number" in look.problems:
        form.add_error("waybill_number", look.problems["waybill_number"])
    elif look.unknown and not given["keep_unknown"]:
        form.add_error(
            "waybill_number",
            _("库里没有 {number}；核对后仍要登记，请勾选“查无此单，仍登记”").format(
                number=look.unknown
            ),
        )
    if given["use_label"] and look.parcel is None:
        form.add_error("use_label", _("没有面单可取，请填姓名和回电"))
    if look.open_cases and given["kind"] not in ALONE:
        first = look.open_cases[0]
        if not given["where"]:
            form.add_error(
                "where", _("{case} 还在处理：追加到这一单，还是另建？").format(case=first)
            )
        elif given["where"] == "new" and not given["reason"].strip():
            form.add_error("reason", _("{case} 还在处理，另建要写理由").format(case=first))


def _to_case(request: HttpRequest, number: str) -> HttpResponse:
    url = reverse("workbench:case", args=[number])
    return HttpResponseClientRedirect(url) if by_htmx(request) else redirect(url)


def _save(request: HttpRequest, look: Look) -> Case:
    given, actor, now = look.form.cleaned_data, request.user, door_time(request)
    received = latest(given["received"], now)
    adds_to = next((c for c in look.open_cases if look.where == f"add:{c.number}"), None)
    if adds_to is not None:
        services.customer_again(
            case=adds_to,
            text=given["text"],
            channel=given["channel"],
            happened_at=received,
            actor=actor,
            now=now,
        )
        return adds_to
    waybill = look.parcel.waybill if look.parcel else None
    about: dict[str, Any] = {
        "channel": given["channel"],
        "text": given["text"],
        "department": given["department"],
        "owner": given["owner"],
        "waybill": waybill,
        "waybill_number": look.unknown,
        "actor": actor,
        "now": now,
    }
    kind = Inquiry.Kind(given["kind"])
    if kind == Inquiry.Kind.NETWORK_QUERY:
        return _network_query(given, about)
    name, phone = given["customer_name"], given["customer_phone"]
    if given["use_label"] and waybill is not None:
        side = "sender" if given["asker"] == Inquiry.Asker.SENDER else "receiver"
        name = name or waybill.sealed.get(f"{side}_name", "")
        phone = phone or waybill.sealed.get(f"{side}_phone", "")
    about |= {
        "asker": given["asker"],
        "customer_name": name,
        "customer_phone": phone,
        "received_at": received,
        "priority": int(given["priority"]),
    }
    if kind == Inquiry.Kind.COMPLAINT:
        origin = _origin(request, given["origin"])
        case = services.file_complaint(
            cause=Complaint.Cause(given["cause"]),
            against=given["against"],
            origin=origin,
            details=_details(given, look),
            **about,
        )
    else:
        pickup = _pickup(given) if kind == Inquiry.Kind.PICKUP else None
        case = services.open_inquiry(kind=kind, pickup=pickup, **about)
    if look.where == "new":
        reason = _("同一运单另建的理由：%(reason)s") % {"reason": given["reason"]}
        desk_services.add_note(case=case, text=reason, actor=actor, now=now)
    if look.asks and given["ask"] and look.parcel is not None and look.parcel.outlet is not None:
        services.ask_outlet(
            case=case, outlet=look.parcel.outlet, question=given["text"], actor=actor, now=now
        )
    return case


def _network_query(given: dict[str, Any], about: dict[str, Any]) -> Case:
    """We ask an outlet, or an outlet asks us."""
    actor, now = about["actor"], about["now"]
    if given["way"] == "asked":
        query = services.receive_query(
            asking=given["outlet"],
            waybill=about["waybill"],
            waybill_number=about["waybill_number"],
            question=about["text"],
            channel=about["channel"],
            department=about["department"],
            actor=actor,
            now=now,
        )
        if about["owner"] is not None:
            desk_services.take(case=query.case, employee=about["owner"], now=now)
        return query.case
    case = services.open_inquiry(
        kind=Inquiry.Kind.NETWORK_QUERY,
        case_kind=Case.Kind.NETWORK_QUERY,
        asker=Inquiry.Asker.OTHER,
        priority=int(given["priority"]),
        **about,
    )
    services.ask_outlet(
        case=case, outlet=given["outlet"], question=about["text"], actor=actor, now=now
    )
    return case


def _details(given: dict[str, Any], look: Look) -> Details:
    names = (
        "category", "demand", "contents", "item_value", "promised_on", "promised_for", "agitated", "calmed",
        "complainant", "abusive", "persuasion_failed",
    )  # fmt: skip
    return Details(
        issue=look.issue,
        department=given["blamed"],
        level=given["level"] or Complaint.Level.CENTRE,
        **{name: given[name] for name in names},
    )


def _origin(request: HttpRequest, number: str) -> Case | None:
    number = number.strip().upper()
    if not number:
        return None
    origin = (
        Case.objects.visible_to(request.user)
        .select_related("waybill")
        .filter(number=number)
        .first()
    )
    if origin is None:
        raise KefuError(_("没有这个单号"), code="no_such_case", field="origin")
    return origin


def _pickup(given: dict[str, Any]) -> PickupOrder:
    names = (
        "sender_address", "receiver_address", "goods", "prohibited_checked", "fragile", "eta_told_on", "courier",
        "same_day",
    )  # fmt: skip
    return PickupOrder(fee_told=given.get("fee_told"), **{name: given[name] for name in names})


# What services call a field, where the form calls it otherwise.
FIELDS = {
    "department": "owner", "happened_at": "received", "received_at": "received", "item_type": "goods",
    "recipient_address": "receiver_address", "question": "text", "sender_phone": "customer_phone",
    "recipient_phone": "customer_phone", "contact": "customer_phone", "to": "owner", "delay_days": "promised_on",
}  # fmt: skip


def _refuse(form: SingleForm, error: KefuError) -> str:
    """Put a refusal at the field it names, or return it to be shown above everything."""
    name = FIELDS.get(error.field or "", error.field)
    if name in form.fields:
        form.add_error(name, str(error))
        return ""
    return str(error)


@require_POST
@workers_only
def check(request: HttpRequest) -> HttpResponse:
    """What stands beside the form, and what is wrong with the fields filled in so far."""
    form = _form(request, request.POST)
    look = _look(request, form)
    problems = [(name, look.problems.get(name, "")) for name in LIVE]
    return render(
        request,
        "inquiries/new/_checked.html",
        _context(request, form, look=look, problems=problems),
    )


# -- on the side ------------------------------------------------------------------------------------


def _asked(request: HttpRequest) -> tuple[list[ClockName], Department, str, datetime | None]:
    """Clocks, department, channel and start that an address names. Raises Http404 or BadRequest for nonsense."""
    names = [name for name in CLOCKS if name in request.GET.getlist("clock")]
    try:
        at = parse_datetime(request.GET.get("at", ""))
        department = get_object_or_404(Department, pk=int(request.GET.get("department", "")))
    except ValueError as error:
        raise BadRequest from error
    if not names or (at is not None and at.tzinfo is None):
        raise Http404
    return names, department, request.GET.get("channel", ""), at


@require_GET
@workers_only
def clocks(request: HttpRequest) -> HttpResponse:
    """The clocks that saving would start, as time goes on."""
    names, department, channel, at = _asked(request)
    ahead = selectors.clocks_ahead(
        wanted=names, department=department, channel=channel, received_at=at, now=door_time(request)
    )
    return render(request, "inquiries/new/_clocks.html", {"ahead": ahead})


@require_GET
@workers_only
def why(request: HttpRequest) -> HttpResponse:
    """How the due time of a clock ahead comes about."""
    names, department, channel, at = _asked(request)
    now = door_time(request)
    using = edition_in_force(department_id=department.pk, at=now)
    due = selectors.due_ahead(name=names[0], using=using, channel=channel, starts_at=at or now)
    if due is None:
        raise Http404
    told = explain_due(
        {**due.inputs(), "state": "running"},
        get_language() or "zh-hans",
        using.rules,
        version=using.number,
        effective_on=using.effective_on,
    )
    return render(request, "cases/_why.html", {"told": told})


@require_GET
@workers_only
def parties(request: HttpRequest) -> HttpResponse:
    """Parties to choose from while a code, name or pinyin is typed."""
    kinds = PARTY_KINDS.get(request.GET.get("kind", ""))
    if kinds is None:
        raise Http404
    names = ("outlet", "against", "courier", "complainant", "origin", "contractor")
    text = next((request.GET[name] for name in names if name in request.GET), "")
    found = selectors.parties(text=text[:100].replace("\x00", ""), kinds=kinds)
    return render(request, "inquiries/new/_parties.html", {"parties": found})


@require_POST
@workers_only
def courier(request: HttpRequest) -> HttpResponse:
    """A courier's number for a customer who sends in the morning: after the full address only (CD-06.29)."""
    form = _form(request, request.POST)
    look = Look(form)
    chosen: Party | None = _value(form, "courier", look)
    assignee = form.fields["owner"].of(str(form["owner"].value() or ""))  # type: ignore[attr-defined]
    number, refused = "", look.problems.get("courier", "")
    if chosen is None or assignee is None:
        refused = refused or _("先选业务员")
    else:
        try:
            number = services.courier_number(
                courier=chosen,
                sender_address=form["sender_address"].value() or "",
                department=assignee.department,
                actor=request.user,
                address=address_of(request),
                request_id=request_id(),
                now=door_time(request),
            )
        except KefuError as error:
            refused = str(error)
    context = {"courier": chosen, "number": number, "refused": refused}
    response = render(
        request, "inquiries/new/_courier.html", context, status=422 if refused else 200
    )
    response.headers["Cache-Control"] = "no-store"
    return response
