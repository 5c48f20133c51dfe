"""One proposal of a reward or a sanction, from its facts to the file."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.errors import KefuError
from kefu.policy.sanctions import proposable
from kefu.rulebooks.selectors import edition
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.forms import DeskForm
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms import discipline as forms
from payroll.forms.inspections import ACCEPTED
from payroll.models import Objection, Proposal, ProposedMeasure, RegisterEntry
from payroll.selectors import discipline as selectors
from payroll.selectors.people import people_of
from payroll.services import decisions, proof, register
from payroll.services import discipline as services
from payroll.views.evidence import served


def _find(request: DeskRequest, pk: int) -> Proposal:
    """The only way to a proposal: who may not see it cannot tell that it exists."""
    return get_object_or_404(selectors.with_all(selectors.visible_to(request.user)), pk=pk)


@require_GET
@desk_only
def proposal(request: DeskRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


def _page(
    request: DeskRequest, row: Proposal, opened: str = "", form: DeskForm | None = None
) -> HttpResponse:
    user, now = request.user, door_time(request)
    measures = list(row.measures.all())
    lines = {one.pk: _line(one.entry) for one in measures}
    mine = row.employee.user_id == user.pk
    may = _may(request, row, mine)
    blank: dict[str, Any] = {
        "answer": forms.StatementForm(),
        "verify": _verify_form(row),
        "decide": _decide_form(row),
        "not_upheld": forms.ReasonForm(prefix="not"),
        "picture": forms.PictureForm(),
    }
    if form is not None:
        blank[opened] = form
    counted = selectors.counted_levels([row.employee_id])[row.employee_id]
    context = {
        "row": row,
        "measures": [(one, selectors.title_of(one.entry), lines[one.pk]) for one in measures],
        "mine": mine,
        "may": may,
        "forms": blank,
        "opened": opened,
        "accepted": ACCEPTED,
        "pictures": row.pictures.defer("photo", "thumbnail").select_related("added_by"),
        "lines": selectors.explained(row),
        "record": selectors.in_words(counted),
        "using": edition(measures[0].entry.rulebook_id) if measures else None,
        "now": now,
        "current": "my_record" if mine else "proposals",
    }
    status = 422 if form is not None else 200
    return render(request, "payroll/discipline/proposal.html", context, status=status)


def _line(entry: RegisterEntry) -> Any:
    return proposable(edition(entry.rulebook_id).rules).get(entry.clause)


def _verify_form(row: Proposal, data: Any = None) -> forms.VerifyForm:
    first = next(iter(row.measures.all()), None)
    line = _line(first.entry) if first is not None else None
    needs = [*line.needs, *line.needs_any] if line is not None and not row.rewards else []
    return forms.VerifyForm(data, needs=needs, language=get_language() or "zh-hans")


def _decide_form(row: Proposal, data: Any = None) -> forms.DecideForm:
    measures = [
        (one, line.levels if (line := _line(one.entry)) else [one.asked])
        for one in row.measures.all()
    ]
    return forms.DecideForm(data, measures=measures, rewards=row.rewards)


def _may(request: DeskRequest, row: Proposal, mine: bool) -> dict[str, bool]:
    """Which steps this user can take now."""
    user, now, state = request.user, door_time(request), Proposal.State
    verifies = selectors.to_verify(user).filter(pk=row.pk).exists()
    decides = selectors.to_decide(user).filter(pk=row.pk).exists()
    waiting = row.state in (state.PROPOSED, state.VERIFIED)
    heard = row.stated_at is not None or (row.answer_by is not None and row.answer_by <= now)
    return {
        "answer": mine and row.state == state.PROPOSED and not row.rewards and not row.stated_at,
        "verify": verifies and heard,
        "wait": verifies and not heard,
        "decide": decides,
        "refuse": verifies or decides,
        "sign": mine and row.state == state.DECIDED and row.signed_at is None,
        "file": selectors.to_file(user).filter(pk=row.pk).exists(),
        "add": waiting,
        "object": mine and row.state == state.DECIDED and not row.rewards,
        "review": user.has_perm(selectors.REVIEW)
        and user.pk not in (row.decided_by_id, row.proposed_by_id)
        and not mine,
        "withdraw": row.state == state.DECIDED
        and not mine
        and people_of(user).filter(pk=row.employee_id).exists(),
    }


def _step(
    request: DeskRequest,
    pk: int,
    name: str,
    form: DeskForm,
    do: Callable[[dict[str, Any]], Any],
    said: str,
) -> HttpResponse:
    """Do a step of a proposal once; refused, the page keeps what was written."""
    if form.is_valid():
        try:
            once(request, lambda: do(form.cleaned_data) or True)
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, said)
            return redirect("payroll:proposal", pk)
    return _page(request, _find(request, pk), name, form)


@require_POST
@desk_only
def step(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """One step of a proposal, by its name in the address."""
    row = _find(request, pk)
    by: dict[str, Any] = {"actor": request.user, "now": door_time(request)}

    def take(form: DeskForm, do: Callable[[dict[str, Any]], Any], said: str) -> HttpResponse:
        return _step(request, pk, name, form, do, said)

    match name:
        case "answer":
            return take(
                forms.StatementForm(request.POST),
                lambda data: services.answer(proposal=row, **data, **by),
                _("已收到你的陈述"),
            )
        case "verify":
            return take(
                _verify_form(row, request.POST),
                lambda data: services.verify(proposal=row, **data, **by),
                _("已核实，等决定"),
            )
        case "decide":
            decision = _decide_form(row, request.POST)
            return take(
                decision,
                lambda data: (
                    decisions.decide(
                        proposal=row,
                        given=decision.given(),
                        amount=data.get("amount"),
                        reason=data["reason"],
                        **by,
                    ).pk
                ),
                _("已决定"),
            )
        case "not_upheld":
            return take(
                forms.ReasonForm(request.POST, prefix="not"),
                lambda data: decisions.not_upheld(proposal=row, **data, **by),
                _("已定为不成立"),
            )
        case "sign":
            return take(
                DeskForm(request.POST), lambda data: decisions.sign(proposal=row, **by), _("已签阅")
            )
        case "file":
            return take(
                DeskForm(request.POST), lambda data: decisions.file(proposal=row, **by), _("已归档")
            )
        case "withdraw":
            return take(
                forms.WithdrawForm(request.POST),
                lambda data: decisions.withdraw(
                    measure=_measure(row, data["measure"]), reason=data["reason"], **by
                ),
                _("已撤销"),
            )
        case "object":
            return take(
                forms.ObjectForm(request.POST),
                lambda data: (
                    register.object_to(
                        entry=_measure(row, data["measure"]).entry, text=data["text"], **by
                    ).pk
                ),
                _("异议已提交，由没有参与决定的人答复"),
            )
        case "review":
            return take(
                forms.AnswerObjectionForm(request.POST),
                lambda data: register.decide_objection(
                    objection=_objection(row, data["objection"]),
                    upheld=data["upheld"],
                    answer=data["answer"],
                    **by,
                ),
                _("已答复"),
            )
        case "picture":
            return take(
                forms.PictureForm(request.POST, request.FILES),
                lambda data: proof.add(proposal=row, **data, **by).pk,
                _("已补上"),
            )
    raise Http404


def _measure(row: Proposal, pk: int) -> ProposedMeasure:
    return get_object_or_404(row.measures.select_related("entry", "proposal"), pk=pk)


def _objection(row: Proposal, pk: int) -> Objection:
    return get_object_or_404(Objection, pk=pk, entry__measure__proposal=row, outcome="")


@require_GET
@desk_only
def picture(request: DeskRequest, pk: int, number: int, size: str) -> HttpResponse:
    """What proves a proposal; in full, the look is recorded first."""
    found = get_object_or_404(_find(request, pk).pictures, number=number)
    if size == "full":
        proof.record_look(picture=found, actor=request.user, now=door_time(request))
    return served(found, f"{pk}-{number}", small=size != "full")
