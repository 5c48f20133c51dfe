"""The hand-over book: what waits to be read and signed, and one's own page as the shift ends."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.policy.explanation import explain
from kefu.rulebooks.selectors import edition_in_force
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from payroll.forms import book as forms
from payroll.models import BookEntry
from payroll.selectors import book as selectors
from payroll.selectors.meetings import staff_of
from payroll.services import book as services
from payroll.views.acting import act, sent
from payroll.views.today import page

PAGE = 30


@desk_only
def book(request: DeskRequest) -> HttpResponse:
    """Left: one's own page. Right: pages that wait to be read and signed. Below: the book."""
    me, now = employee_of(request), door_time(request)
    rules = edition_in_force(department_id=me.department_id, at=now).rules
    form = forms.PageForm(
        request.POST if request.POST.get("do") == "write" else None,
        asked=selectors.fields_of(rules),
        ticks=selectors.ticks_at_end(rules),
        takers=staff_of(me.department_id).exclude(pk=me.pk),
    )
    status = 200
    if request.POST.get("do") == "write":
        if sent(request, form, lambda given: _write(request, form, given)):
            return redirect("payroll:book")
        status = 422
    elif request.method == "POST":
        return act(request, _steps(request, rules), "payroll:book")
    found = Paginator(selectors.visible_to(request.user), PAGE).get_page(request.GET.get("page"))
    shift = selectors.shift_ending(me, now)
    written = BookEntry.objects.filter(giver=me, withdrawn_at=None, shift=shift) if shift else None
    done, steps = services.leaving(me, now=now)
    return page(
        request,
        "book/book.html",
        "book",
        status,
        me=me,
        form=form,
        shift=shift,
        written=written.first() if written is not None else None,
        wanted=selectors.wants_signature(rules),
        handed=list(selectors.case_hand_overs(me, now)),
        left=selectors.cases_left(me).count(),
        tasks=[] if done else list(selectors.tasks_left(me, now)),
        warned=explain(list(steps), get_language() or "zh-hans") if not done else [],
        waiting=[
            (one, _lines(one), list(one.cases.select_related("case")))
            for one in selectors.to_sign(me, me.department_id)[:PAGE]
        ],
        start_form=forms.TicksForm(ticks=selectors.ticks_at_start(rules), auto_id=False),
        rows=found,
    )


def _lines(entry: BookEntry) -> list[tuple[str, str]]:
    """What a page says, under the names the rulebook gives its fields."""
    return [(selectors.in_words(name), text) for name, text in entry.content.items()]


def _write(request: DeskRequest, form: forms.PageForm, given: dict[str, Any]) -> str:
    services.write(
        giver=employee_of(request),
        content=form.content,
        addressee=given["addressee"],
        ticked=given.get("ticked", ()),
        actor=request.user,
        now=door_time(request),
    )
    return _("交接本已写好并签名，等接班的人签字")


def _steps(request: DeskRequest, rules: Any) -> dict[str, Any]:
    pk = request.POST.get("pk", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 12):
        raise Http404
    entry = get_object_or_404(selectors.visible_to(request.user), pk=int(pk))
    who: dict[str, Any] = {"actor": request.user, "now": door_time(request)}

    def sign(given: dict[str, Any]) -> str:
        services.sign(
            entry=entry, taker=employee_of(request), ticked=given.get("ticked", ()), **who
        )
        return _("已读并签字接班")

    def take_back(_given: dict[str, Any]) -> str:
        services.take_back(entry=entry, **who)
        return _("已撤回，可以重写")

    return {
        "sign": (forms.TicksForm(request.POST, ticks=selectors.ticks_at_start(rules)), sign),
        "take_back": (None, take_back),
    }


@require_GET
@desk_only
def page_of(request: DeskRequest, pk: int) -> HttpResponse:
    """One page of the book, with the cases that were handed over with it."""
    entry = get_object_or_404(selectors.visible_to(request.user), pk=pk)
    handed = entry.cases.select_related("case", "taker").order_by("at")
    return page(
        request, "book/page.html", "book", entry=entry, lines=_lines(entry), handed=list(handed)
    )
