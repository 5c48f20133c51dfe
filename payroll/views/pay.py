"""The pages of pay: the runs, one run, a slip, my pay; adjustments, the pool, the fund, the terms; the files."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu.audit import services as audit
from kefu.audit.context import address_of, request_id
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.moments import DAY
from kefu.rulebooks.selectors import edition
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll import pay_files
from payroll.forms import pay as forms
from payroll.models import (
    BankAccount,
    FundEntry,
    PayAcknowledgement,
    PayAdjustment,
    PayExport,
    PayRun,
    Payslip,
    PayTerms,
    PoolPayment,
)
from payroll.selectors import pay as selectors
from payroll.selectors.paydays import payday_of
from payroll.selectors.reach import overseen
from payroll.services import adjustments, pay_locks, pay_runs, pay_slips, pool_and_fund
from payroll.services import terms as terms_service
from payroll.views.disclosing import PDF, XLSX, download, record_look

ROWS = 50
SHOWN = 60
STEPS: dict[str, Callable[..., Any]] = {
    "compute": pay_runs.compute,
    "approve": pay_runs.approve,
    "lock": pay_locks.begin_lock,
    "set_aside": pay_runs.set_aside,
}


def _language() -> str:
    return get_language() or "zh-hans"


def _need(request: DeskRequest, *permissions: str) -> None:
    if not any(request.user.has_perm(one) for one in permissions):
        raise PermissionDenied


# Runs.


@require_http_methods(["GET", "POST"])
@desk_only
def runs(request: DeskRequest) -> HttpResponse:
    """The months, the newest first; POST begins one."""
    _need(request, selectors.SEES_ALL)
    # Whoever comes here comes for the month that is over.
    over = door_time(request).astimezone(SHANGHAI).date().replace(day=1) - DAY
    form = forms.BeginForm(request.POST or None, initial={"month": f"{over:%Y-%m}"})
    if request.method == "POST" and form.is_valid():
        given = {"actor": request.user, "now": door_time(request)}
        try:
            number = once(request, lambda: pay_runs.begin(**given, **form.cleaned_data).pk)
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("payroll:run", number)
    rows = PayRun.objects.select_related("begun_by", "approved_by", "job")[:SHOWN]
    context = {"runs": rows, "form": form, **_framed(request, "runs")}
    return render(request, "payroll/pay/runs.html", context, status=422 if form.errors else 200)


@require_GET
@desk_only
def run(request: DeskRequest, pk: int) -> HttpResponse:
    """One run: how far it is, whose pay could not be computed, all of it beside the month before."""
    _need(request, selectors.SEES_ALL)
    return _run_page(request, _find_run(pk), forms.StepForm(), _bank_form())


@require_POST
@desk_only
def step(request: DeskRequest, pk: int) -> HttpResponse:
    """Compute it, approve it, lock it, set it aside."""
    _need(request, selectors.SEES_ALL)
    row, form = _find_run(pk), forms.StepForm(request.POST)
    if not form.is_valid():
        return _run_page(request, row, form, _bank_form())
    name, reason = form.cleaned_data["step"], form.cleaned_data["reason"]
    given: dict[str, Any] = {"run": row, "actor": request.user, "now": door_time(request)}
    if name in ("approve", "set_aside"):
        given["reason"] = reason

    def do() -> int:
        STEPS[name](**given)
        return row.pk

    try:
        once(request, do)
    except KefuError as error:
        form.refuse(error)
        return _run_page(request, _find_run(pk), form, _bank_form())
    said = {
        "compute": _("已开始计算，可以离开这一页"),
        "approve": _("已审批，锁定后不能再改"),
        "lock": _("已开始锁定，可以离开这一页"),
        "set_aside": _("已作废，可以重新发起"),
    }[name]
    messages.success(request, said)
    return redirect("payroll:run", pk)


@require_GET
@desk_only
def progress(request: DeskRequest, pk: int) -> HttpResponse:
    """How far the computation is; the whole page again once it has ended."""
    _need(request, selectors.SEES_ALL)
    row = _find_run(pk)
    if row.state != PayRun.State.COMPUTING and not pay_runs.is_locking(row):
        response = HttpResponse()
        response.headers["HX-Refresh"] = "true"
        return response
    context = {"run": row, "job": row.job, "locking": pay_runs.is_locking(row)}
    return render(request, "payroll/pay/_progress.html", context)


def _find_run(pk: int) -> PayRun:
    rows = PayRun.objects.select_related("job", "terms", "begun_by", "approved_by", "locked_by")
    return get_object_or_404(rows, pk=pk)


def _bank_form() -> forms.BankForm:
    names = [str(pay_files.COLUMNS[one][0]) for one in pay_files.columns_last_used()]
    return forms.BankForm(initial={"columns": _("、").join(names)})


def _run_page(
    request: DeskRequest, row: PayRun, form: forms.StepForm, bank: forms.BankForm
) -> HttpResponse:
    record_look(request, "payroll_payrun", row.pk, ["slips"])
    earlier, user = selectors.before(row), request.user
    page = Paginator(selectors.slips_beside(row, earlier), ROWS).get_page(request.GET.get("page"))
    slips: list[Any] = list(page.object_list)
    widest = max((slip.moved or 0 for slip in slips), default=0) or 1
    states = PayRun.State
    runs_it, approves = user.has_perm(pay_runs.RUN), user.has_perm(pay_runs.APPROVE)
    lost = row.state == states.COMPUTING and row.job is not None and row.job.finished
    locking = pay_runs.is_locking(row)
    context = {
        "run": row,
        "job": row.job,
        "lost": lost,
        "locking": locking,
        "not_locked": row.state == states.APPROVED and row.job is not None and row.job.kind == pay_runs.LOCK_JOB and row.job.finished,
        "totals": selectors.totals(row),
        "earlier": earlier,
        "earlier_totals": selectors.totals(earlier),
        "items": selectors.compared(row, earlier, _language()),
        "slips": [(slip, slip.net - slip.was if slip.was is not None else None,
                   int((slip.moved or 0) * 100 / widest)) for slip in slips],
        "page": page,
        "failures": selectors.failures(row, _language()),
        "blanks": pay_runs.blanks(row),
        "still_held": [] if row.state == states.LOCKED else selectors.still_held(row),
        "form": form,
        "bank": bank,
        "exports": row.exports.select_related("taken_by")[:SHOWN],
        "acknowledged": PayAcknowledgement.objects.filter(slip__run=row).count(),
        "expected": pay_slips.people(row.month).count(),
        "payday": payday_of(row.month),
        "may_compute": runs_it and row.state == states.PREVIEW,
        "may_approve": approves and row.state == states.COMPUTED and row.begun_by_id != user.pk,
        "own": row.state == states.COMPUTED and row.begun_by_id == user.pk,
        "may_lock": approves and row.state == states.APPROVED and not locking,
        "may_set_aside": runs_it
        and not locking
        and (lost or row.state in (states.PREVIEW, states.COMPUTED, states.APPROVED)),
        **_framed(request, "runs"),
    }  # fmt: skip
    bad = form.errors or bank.errors
    return render(request, "payroll/pay/run.html", context, status=422 if bad else 200)


# Slips.


@require_GET
@desk_only
def slip(request: DeskRequest, pk: int) -> HttpResponse:
    """A payslip, line by line: one's own, or another's for those who work on pay."""
    row = _find_slip(request, pk)
    earlier, parts = selectors.previous(row), selectors.shown(row, _language())
    context = {
        "slip": row,
        "own": row.employee.user_id == request.user.pk,
        "parts": parts,
        "earlier": earlier,
        # A month in parts has no line that was the same the month before.
        "beside": earlier is not None and len(parts) == 1,
        "seen": PayAcknowledgement.objects.filter(slip=row).first(),
        **_framed(request, "mine" if row.employee.user_id == request.user.pk else "runs"),
    }
    return render(request, "payroll/pay/slip.html", context)


def _find_slip(request: DeskRequest, pk: int) -> Payslip:
    """The only way to a slip from a page; a look at another's is recorded first."""
    row = get_object_or_404(selectors.slips_visible_to(request.user), pk=pk)
    if row.employee.user_id != request.user.pk:
        record_look(request, "payroll_payslip", row.pk, ["lines"])
    return row


@require_GET
@desk_only
def slip_pdf(request: DeskRequest, pk: int) -> HttpResponse:
    row = _find_slip(request, pk)
    content = pay_files.payslip(row, _language())
    return download(content, PDF, f"payslip-{row.run.month:%Y-%m}-{row.employee.number}.pdf")


@require_GET
@desk_only
def mine(request: DeskRequest) -> HttpResponse:
    """My payslips, the newest first."""
    rows = Payslip.objects.filter(
        employee__user=request.user.pk, run__state=PayRun.State.LOCKED, net__isnull=False
    )
    rows = rows.select_related("run", "acknowledgement").order_by("-run__month")[:SHOWN]
    return render(request, "payroll/pay/mine.html", {"slips": rows, **_framed(request, "mine")})


@require_POST
@desk_only
def acknowledge(request: DeskRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(
        selectors.slips_visible_to(request.user), pk=pk, employee__user=request.user.pk
    )
    pay_runs.acknowledge(slip=row, actor=request.user, now=door_time(request))
    messages.success(request, _("已确认"))
    return redirect("payroll:slip", pk)


# Files.


@require_POST
@desk_only
def register_file(request: DeskRequest, pk: int) -> HttpResponse:
    """Everybody's pay as a workbook; that it was taken is on record."""
    _need(request, selectors.SEES_ALL)
    row = _find_run(pk)
    content = pay_files.register(row, _language())
    _taken(request, row, PayExport.Kind.REGISTER, content)
    return download(content, XLSX, f"pay-{row.month:%Y-%m}-{row.number}.xlsx")


@require_POST
@desk_only
def bank_file(request: DeskRequest, pk: int) -> HttpResponse:
    """What the bank is to pay to whom, as CSV; that it was taken is on record."""
    _need(request, pay_runs.RUN)
    row, form = _find_run(pk), forms.BankForm(request.POST)
    if form.is_valid():
        columns = form.cleaned_data["columns"]
        try:
            content = pay_files.bank_file(row, columns)
        except KefuError as error:
            form.refuse(error)
        else:
            _taken(request, row, PayExport.Kind.BANK, content, columns)
            return download(content, "text/csv; charset=utf-8", f"bank-{row.month:%Y-%m}.csv")
    return _run_page(request, row, forms.StepForm(), form)


@transaction.atomic(durable=True)
def _taken(request: DeskRequest, row: PayRun, kind: str, content: bytes, columns: Any = ()) -> None:
    kept = pay_files.kept(
        row, kind, content, columns=columns, actor=request.user, now=door_time(request)
    )
    audit.record(
        action="pay_taken",
        actor=request.user,
        at=door_time(request),
        table="payroll_payrun",
        object_id=row.pk,
        after={"kind": kind, "columns": list(columns), "digest": kept.digest},
        address=address_of(request),
        request_id=request_id(),
    )


# Adjustments, accounts, the pool, the fund, the terms.


def _posted(request: DeskRequest, form: Any, do: Any) -> bool:
    """Whether what the form says was done; a refusal stands at its field."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        once(request, lambda: do(form.cleaned_data).pk)
    except KefuError as error:
        form.refuse(error)
        return False
    messages.success(request, _("已记下"))
    return True


@require_http_methods(["GET", "POST"])
@desk_only
def adjustment_list(request: DeskRequest) -> HttpResponse:
    """What came late, and the form for what only people know."""
    _need(request, selectors.SEES_ALL)
    form = forms.AdjustmentForm(request.POST or None)

    def do(given: dict[str, Any]) -> PayAdjustment:
        version = forms.version_naming(given["clause"])
        if version is None or given["clause"] not in edition(version.pk).rules:
            said = _("没有条款 %(clause)s") % {"clause": given["clause"]}
            raise KefuError(said, code="no_clause", field="clause")
        common = {"actor": request.user, "now": door_time(request)}
        return adjustments.adjust(rulebook_id=version.pk, **given, **common)

    if _posted(request, form, do):
        return redirect("payroll:adjustments")
    rows = PayAdjustment.objects.select_related("employee", "entered_by")[:SHOWN]
    record_look(request, "payroll_payadjustment", "", ["amount"])
    context = {"rows": rows, "form": form, **_framed(request, "adjustments")}
    return _rendered(request, "payroll/pay/adjustments.html", context, form)


@require_http_methods(["GET", "POST"])
@desk_only
def accounts(request: DeskRequest) -> HttpResponse:
    """Where pay goes: only the last digits are shown."""
    _need(request, pay_runs.RUN)
    form = forms.AccountForm(request.POST or None)
    common = {"actor": request.user, "now": door_time(request)}
    if _posted(request, form, lambda given: pay_files.keep_account(**given, **common)):
        return redirect("payroll:accounts")
    rows = BankAccount.objects.select_related("employee").defer("sealed")
    rows = rows.order_by("employee__number", "-pk").distinct("employee__number")
    context = {"rows": rows, "form": form, **_framed(request, "accounts")}
    return _rendered(request, "payroll/pay/accounts.html", context, form)


@require_http_methods(["GET", "POST"])
@desk_only
def purses(request: DeskRequest) -> HttpResponse:
    """The supervisor's pool and the departments' funds: what came in, what was given out and spent."""
    _need(request, "payroll.share_pool", selectors.SEES_ALL)
    now = door_time(request)
    departments = selectors.purses_of(request.user)
    named = request.POST.get("do", "")
    pool_form = forms.PoolForm(request.POST if named == "give" else None, auto_id="pool-%s")
    fund_form = forms.FundForm(request.POST if named == "spend" else None, auto_id="fund-%s")
    fund_form.choose("department", overseen(request.user))
    common = {"actor": request.user, "now": now}
    if _posted(request, pool_form, lambda given: pool_and_fund.give(**given, **common)):
        return redirect("payroll:purses")
    if _posted(request, fund_form, lambda given: pool_and_fund.spend(**given, **common)):
        return redirect("payroll:purses")
    given = PoolPayment.objects.filter(employee__department__in=departments)
    entries = FundEntry.objects.filter(department__in=departments)
    record_look(request, "payroll_poolpayment", "", ["amount"])
    context = {
        "pool": selectors.pool(now.astimezone(SHANGHAI).date()),
        "given": given.select_related("employee", "given_by")[:SHOWN],
        "funds": selectors.funds(departments),
        "entries": entries.select_related("department", "entered_by")[:SHOWN],
        "pool_form": pool_form,
        "fund_form": fund_form,
        "may_give": request.user.has_perm("payroll.share_pool"),
        **_framed(request, "purses"),
    }
    bad = pool_form.errors or fund_form.errors
    return render(request, "payroll/pay/purses.html", context, status=422 if bad else 200)


@require_http_methods(["GET", "POST"])
@desk_only
def terms(request: DeskRequest) -> HttpResponse:
    """The editions of the place's limits and paydays; POST writes one."""
    _need(request, terms_service.SET)
    form = forms.TermsForm(request.POST or None)
    common = {"actor": request.user, "now": door_time(request)}
    if _posted(request, form, lambda given: terms_service.write(**given, **common)):
        return redirect("payroll:terms")
    rows = PayTerms.objects.select_related("written_by", "confirmed_by")[:SHOWN]
    context = {"rows": rows, "form": form, **_framed(request, "terms")}
    return _rendered(request, "payroll/pay/terms.html", context, form)


@require_POST
@desk_only
def confirm_terms(request: DeskRequest, pk: int) -> HttpResponse:
    _need(request, terms_service.SET)
    row = get_object_or_404(PayTerms, pk=pk)
    try:
        terms_service.confirm(terms=row, actor=request.user, now=door_time(request))
    except KefuError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("已确认，自 %(month)s 起适用") % {"month": f"{row.from_month:%Y-%m}"}
        )
    return redirect("payroll:terms")


def _rendered(request: DeskRequest, template: str, context: Any, form: Any) -> HttpResponse:
    return render(request, template, context, status=422 if form.errors else 200)


def _framed(request: DeskRequest, tab: str) -> dict[str, Any]:
    """What the frame of these pages needs: the tabs somebody may open."""
    user = request.user
    sees = user.has_perm(selectors.SEES_ALL)
    tabs = [
        ("mine", _("我的工资"), reverse("payroll:mine"), True),
        ("runs", _("工资核算"), reverse("payroll:runs"), sees),
        ("adjustments", _("往月调整"), reverse("payroll:adjustments"), sees),
        ("purses", _("奖励池和经费"), reverse("payroll:purses"), sees or user.has_perm("payroll.share_pool")),
        ("accounts", _("工资账户"), reverse("payroll:accounts"), user.has_perm(pay_runs.RUN)),
        ("terms", _("薪资口径"), reverse("payroll:terms"), user.has_perm(terms_service.SET)),
    ]  # fmt: skip
    return {
        "tabs": [(name, label, url) for name, label, url, may in tabs if may],
        "tab": tab,
        "current": "pay_runs" if sees and tab != "mine" else "pay",
        "now": door_time(request),
    }
