"""The calculator: choose a kind of decision, type facts, see what follows by which clause. Nothing is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kefu import clock
from kefu.calculator import kinds, selectors, words
from kefu.calculator.address import holds_all, query_of
from kefu.calculator.examples import example
from kefu.calculator.faults import Fault
from kefu.calculator.reading import Field, Loc, nearest, read
from kefu.calculator.selectors import Using
from kefu.calculator.shapes import shape_of
from kefu.calculator.telling import Told, tell
from kefu.calculator.trial import try_out
from kefu.calculator.typed import Typed, names_of, typed_of, written
from kefu.errors import KefuError
from kefu.policy.calculation import Calculation
from kefu.staff.models import User

LONGEST_QUERY = 30_000
LONGEST_BODY = 300_000  # bytes; a second's work at the most
FEW = 6  # facts that are shown although they may be left out
View = Callable[..., HttpResponse]


def for_the_centre(view: View) -> View:
    """For everybody of the centre; a partner's account has no business here."""

    @login_required
    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        if user.role == User.Role.OUTLET:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


@require_GET
@for_the_centre
def index(request: HttpRequest) -> HttpResponse:
    """The kinds of decisions by subject, found by words."""
    text = request.GET.get("q", "")[:100].strip()
    context = {"current": "calculator", "q": text, "groups": kinds.groups(text)}
    return render(request, "calculator/index.html", context)


@require_GET
@for_the_centre
def schema(request: HttpRequest, kind: str) -> HttpResponse:
    found = _calculation(kind).schema()
    return JsonResponse(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **found},
        content_type="application/schema+json",
        json_dumps_params={"ensure_ascii": False},
    )


@dataclass(slots=True)
class Page:
    """One calculation as it is shown."""

    calculation: Calculation
    form: Field | None = None
    using: Using | None = None
    told: Told | None = None
    silent: str = ""
    others: list[tuple[str, str]] = field(
        default_factory=list
    )  # rulebooks that do say: title, address
    needed: list[Field] = field(default_factory=list)  # what is not filled in yet
    faulty: list[Field] = field(default_factory=list)
    general: list[str] = field(default_factory=list)  # faults of no single field
    query: str = ""
    empty: bool = True
    moved: bool = False  # a row was added or taken away

    @property
    def fits_into_an_address(self) -> bool:
        return bool(self.query and self.form and holds_all(self.form) and not self.moved)

    @property
    def fields(self) -> list[Field]:
        return list(self.form.shown()) if self.form else []

    @property
    def optional(self) -> list[Field]:
        parts = self.form.parts if self.form else []
        return [one for one in parts if not one.shape.required and not one.idle]

    @property
    def idle(self) -> list[Field]:
        """Facts that nothing hangs on as long as nothing else is chosen: not shown, but not lost."""
        return [one for one in self.form.parts if one.idle] if self.form else []

    @property
    def more_open(self) -> bool:
        """Few are shown at once; many when something is written there or was asked for."""
        return len(self.optional) <= FEW or any(
            one.holds_something or one in self.needed or (one.parts and self.moved)
            for one in self.optional
        )

    @property
    def rulebook(self) -> str:
        return self.using.title(words.language()) if self.using else ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_centre
def calculation(request: HttpRequest, kind: str) -> HttpResponse:
    """The form and what comes of it; with htmx only what changed. POST keeps what is typed out of the logs."""
    chosen = _calculation(kind)
    page, status = Page(chosen), 200
    mine = selectors.in_force(request.user, at=clock.now())
    htmx: Any = getattr(request, "htmx", None)
    try:
        data = _sent(request)
        page.using = _using(request, data, mine)
        _work_out(page, data, strict=not htmx or "check" in data)
    except KefuError as error:
        page.general.append(str(error))
        status = error.status
    if request.method == "POST" and not htmx and page.fits_into_an_address:
        return redirect(f"{reverse('calculator:calculation', args=[kind])}?{page.query}")
    language = words.language()
    context = {
        "current": "calculator",
        "page": page,
        "title": kinds.title(chosen),
        "rulebooks": selectors.offered(request.user, mine=mine, language=language),
        "address": request.build_absolute_uri(f"{request.path}?{page.query}") if page.query else "",
        "form": page.form,
    }
    return render(request, _template(htmx), context, status=status)


def _template(htmx: Any) -> str:
    if htmx and htmx.target == "outcome":
        return "calculator/_changed.html"
    if htmx and htmx.target == "calculator":
        return "calculator/_calculator.html"
    return "calculator/calculation.html"


def _calculation(kind: str) -> Calculation:
    try:
        return kinds.calculation(kind)
    except KeyError:
        raise Http404 from None


def _sent(request: HttpRequest) -> QueryDict:
    """What was typed. Raises KefuError for more than any form of ours sends."""
    too_much = KefuError(
        _("填的太多，页面算不了；多的用命令行 manage.py calculate 算"), code="too_much"
    )
    if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
        raise too_much
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
        raise too_much
    try:
        return request.POST if request.method == "POST" else request.GET
    except TooManyFieldsSent as error:
        raise too_much from error


def _using(request: HttpRequest, data: QueryDict, mine: int | None) -> Using:
    """The rulebook asked for, or the one in force for whoever asks. Raises KefuError."""
    asked = data.get("rulebook", "")
    if asked.isdecimal() and len(asked) <= 18:
        return selectors.using(request.user, int(asked), mine=mine)
    if asked:
        raise KefuError(_("没有这一版规章，或不归你看"), code="no_rulebook")
    if mine is None:
        raise KefuError(_("还没有适用的规则手册，请主管先发布并指定"), code="no_rulebook")
    return selectors.using(request.user, mine, mine=mine)


def _work_out(page: Page, data: QueryDict, *, strict: bool) -> None:
    """Read the form, decide, and put every fault at its field. ``strict``: what is missing is a fault."""
    assert page.using is not None
    chosen, rules = page.calculation, page.using.rules
    shape = shape_of(chosen)
    typed = typed_of(data.lists())
    if data.get("do") == "example":
        typed = written(example(chosen, rules), shape)
        if not typed.parts:
            page.silent = _("这本规章对此没有规定")
            page.others = _who_says(page, {})
    page.moved = _rows_changed(typed, data)
    form = page.form = read(chosen.name, shape, typed, rules)
    page.empty = not form.holds_something
    if page.empty:
        return
    page.query = query_of(form, page.using.version_id)
    trial = try_out(chosen, rules, form.fact)
    places = form.places()
    for fault in trial.faults:
        _place(page, places, fault, strict=strict and not page.moved)
    page.faulty = [one for one in form.walk() if one.faults]
    if page.faulty:
        return
    page.silent = trial.silent
    if trial.silent:
        page.others = _who_says(page, form.fact)
    elif trial.decided:
        page.told = tell(chosen, trial.decided, form, page.using)


def _place(page: Page, places: Mapping[Loc, Field], fault: Fault, *, strict: bool) -> None:
    """Put a fault at its field; a condition of a clause stands among the facts by name."""
    parts = page.form.parts if page.form else []
    wanted: list[Loc] = [fault.loc]
    wanted += [(part.shape.name, *fault.loc) for part in parts if part.kind == "entries"]
    near = [(at, one) for at in wanted if (one := nearest(places, at)) is not None]
    if not near:
        page.general.append(fault.text)
        return
    loc, where = next(((at, one) for at, one in near if one.loc == at), near[0])
    if not fault.missing:
        where.blame(loc, fault.text)
    elif not where.faults:  # what could not be read is missing, too
        page.needed.append(where)
        if strict:
            where.blame(loc, fault.text)


def _rows_changed(typed: Typed, data: QueryDict) -> bool:
    """Add or take away the row that a button was pressed for."""
    names = names_of(data.get("add", "")) or names_of(data.get("remove", ""))
    if not names:
        return False
    if "add" in data:
        typed.make(names).add_row()
    else:
        typed.make(names[:-1]).parts.pop(names[-1], None)
    return True


def _who_says(page: Page, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where this rulebook is silent: those that decide on the same facts, or on an example of their own."""
    assert page.using is not None
    shape = shape_of(page.calculation)
    found: list[tuple[str, str]] = []
    for other in selectors.newest_issued(apart_from=page.using.version_id or 0):
        given = facts or example(page.calculation, other.rules)
        decided = try_out(page.calculation, other.rules, given).decided
        form = read(page.calculation.name, shape, written(given, shape), other.rules)
        query = query_of(form, other.version_id)
        if decided and decided.steps and query:
            found.append((other.title(words.language()), f"?{query}"))
    return found
