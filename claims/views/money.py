"""Money of claims at the desk: what finance pays, one claim's money, what parties owe, papers, self-settled cases."""

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from claims import services
from claims.forms import money as forms
from claims.models import Claim, Document, InsuranceCase, Recovery, SelfSettledCase
from claims.selectors import money as selectors
from claims.services import documents, insurance, payments, recoveries, self_settled
from claims.services.self_settled import Settled
from claims.views.taking import form_of, money_only, taken
from kefu import spreadsheets
from kefu.audit import services as audit
from kefu.audit.context import address_of
from kefu.cases.models import Case
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.policy.moments import day_of
from kefu.workbench.door import DeskRequest, find_case
from kefu.workbench.forms import FIRST_DAY, LAST_DAY, DeskForm
from kefu.workbench.frame import desk_of, door_time

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS = (12, 14, 20, 12, 24, 12, 12, 12, 12)
SETTLED_SHOWN = 100
Stage = Claim.Stage


def page(
    request: DeskRequest, template: str, tab: str, *shown: Any, **context: Any
) -> HttpResponse:
    """``shown``: the forms of the page; where one was refused the answer says so. ``refused``: why there is nothing."""
    context |= {"tab": tab, "current": "claim_money", "now": door_time(request)}
    status = 422 if any(form.is_bound and form.errors for form in shown) else 200
    refused = context.get("refused")
    return render(
        request, f"claims/{template}", context, status=refused.status if refused else status
    )


@require_GET
@money_only
def money(request: DeskRequest) -> HttpResponse:
    """What waits for finance, what is to be recovered, and what was paid lately."""
    return page(
        request,
        "payments.html",
        "payments",
        payables=selectors.payables(),
        recovering=selectors.to_recover(),
        payments=selectors.recent_payments(),
        may_pay=request.user.has_perm(payments.PAY),
    )


# One claim.


@money_only
def claim(request: DeskRequest, number: str) -> HttpResponse:
    """One claim's money: pay, tell and book the liable, insurance, papers; each a form of its own."""
    case = find_case(request, number)
    get_object_or_404(Claim.objects.visible_to(request.user), pk=case.pk)
    found, acts = selectors.money_of(case), ClaimActs(request, case)
    if request.method == "POST" and taken(request, acts.offered()):
        return redirect("claims:claim_money", number)
    user = request.user
    return page(
        request,
        "money.html",
        "claim",
        *(form for form, _do in acts.offered().values()),
        case=case,
        found=found,
        forms=acts.forms,
        plain=forms.PlainForm(auto_id="plain-%s"),
        pressed=request.POST.get("do", ""),
        pressed_row=request.POST.get("recovery", ""),
        may_pay=user.has_perm(payments.PAY),
        may_recover=user.has_perm(recoveries.RECOVER),
        may_work=user.has_perm("claims.work_claim"),
        may_confirm=user.has_perm("claims.confirm_finding"),
        may_reveal=user.has_perm("cases.reveal_personal_data"),
        policies=acts.policies,
    )


class ClaimActs:
    """What can be done with one claim's money, by the names of the buttons."""

    def __init__(self, request: DeskRequest, case: Case) -> None:
        self.request, self.case, self.now = request, case, door_time(request)
        claim: Claim = case.claim
        self.policies = list(selectors.policies_for(claim).select_related("insurer"))
        insured = claim.insurance_cases.standing().first()
        self.insured = insured
        number = {"insurer_number": insured.insurer_number} if insured else {}
        self.forms: dict[str, Any] = {
            "pay": form_of(request, "pay", forms.PayForm),
            "notify": form_of(request, "notify", forms.NotifyForm),
            "acknowledge": form_of(request, "acknowledge", forms.PartyForm),
            "book": form_of(request, "book", DeskForm),
            "reverse": form_of(request, "reverse", forms.ReverseForm),
            "divide": form_of(request, "divide", forms.DivideForm),
            "confirm": form_of(request, "confirm", forms.DivisionForm),
            "send_back": form_of(request, "send_back", forms.DivisionForm),
            "close": form_of(request, "close", forms.CloseForm),
            "issue": form_of(request, "issue", forms.IssueForm),
            "report": form_of(request, "report", forms.ReportForm),
            "hand_in": form_of(request, "hand_in", forms.HandInForm, initial=number),
            "receive": form_of(request, "receive", forms.ReceiveForm),
            "decline": form_of(request, "decline", forms.ReasonForm),
            "withdraw": form_of(request, "withdraw", forms.ReasonForm),
            "contact": form_of(request, "contact", forms.ClaimContactForm),
        }
        self.forms["report"].choose("policy", selectors.policies_for(claim))

    def offered(self) -> dict[str, tuple[Any, Any]]:
        return {name: (form, getattr(self, name)) for name, form in self.forms.items()}

    @property
    def common(self) -> dict[str, Any]:
        return {"actor": self.request.user, "now": self.now}

    def _recovery(self, given: dict[str, Any]) -> Recovery:
        return get_object_or_404(Recovery, pk=given["recovery"], claim=self.case.pk)

    def pay(self, given: dict[str, Any]) -> str:
        payment = payments.pay(case=self.case, **given, **self.common)
        return _("已付款 {amount} 元，转去追偿").format(amount=f"{payment.amount:,.2f}")

    def notify(self, given: dict[str, Any]) -> str:
        party = get_object_or_404(Party, pk=given["party"])
        recoveries.notify(case=self.case, party=party, **self.common)
        return _("已通知 {party}").format(party=party)

    def acknowledge(self, given: dict[str, Any]) -> str:
        row = recoveries.acknowledge(recovery=self._recovery(given), **self.common)
        return _("已记下 {party} 的确认").format(party=row.party)

    def book(self, _given: dict[str, Any]) -> str:
        rows = recoveries.book(case=self.case, **self.common)
        total = sum(row.amount for row in rows)
        return _("已入账 {amount} 元").format(amount=f"{total:,.2f}")

    def reverse(self, given: dict[str, Any]) -> str:
        row = self._recovery(given)
        recoveries.reverse(recovery=row, reason=given["reason"], **self.common)
        return _("已冲销 {party} 的 {amount} 元").format(party=row.party, amount=row.amount)

    def divide(self, given: dict[str, Any]) -> str:
        recoveries.divide_again(case=self.case, **given, **self.common)
        return _("重新划分已提交，等主管确认")

    def _finding(self, given: dict[str, Any]) -> Any:
        return get_object_or_404(self.case.claim.findings, pk=given["finding"])

    def confirm(self, given: dict[str, Any]) -> str:
        recoveries.decide_division(
            finding=self._finding(given), approve=True, note=given["note"], **self.common
        )
        return _("已确认，按新的划分通知和入账")

    def send_back(self, given: dict[str, Any]) -> str:
        recoveries.decide_division(
            finding=self._finding(given), approve=False, note=given["note"], **self.common
        )
        return _("已退回")

    def close(self, given: dict[str, Any]) -> str:
        services.close(case=self.case, **given, **self.common)
        return _("已结案")

    def issue(self, given: dict[str, Any]) -> str:
        recovery = self._recovery(given) if given["recovery"] else None
        row = documents.issue(case=self.case, kind=given["kind"], recovery=recovery, **self.common)
        return _("已出具{kind}").format(kind=row.get_kind_display())

    def report(self, given: dict[str, Any]) -> str:
        row = insurance.report(case=self.case, **given, **self.common)
        return _("已报案，{on} 前交齐材料").format(on=row.documents_due)

    def _insured(self) -> Any:
        standing = InsuranceCase.objects.standing().select_related("claim__case", "policy__insurer")
        return get_object_or_404(standing, claim=self.case.pk)

    def hand_in(self, given: dict[str, Any]) -> str:
        insurance.hand_in(insured=self._insured(), **given, **self.common)
        return _("材料已交，索赔已入账")

    def receive(self, given: dict[str, Any]) -> str:
        insurance.receive(insured=self._insured(), **given, **self.common)
        return _("赔款已到账")

    def decline(self, given: dict[str, Any]) -> str:
        insurance.decline(insured=self._insured(), **given, **self.common)
        return _("已记下拒赔，入账的索赔已冲销")

    def withdraw(self, given: dict[str, Any]) -> str:
        row = insurance.withdraw(insured=self._insured(), **given, **self.common)
        if row.received_amount is not None:
            return _("已撤案，{amount} 元已记退回").format(amount=f"{row.received_amount:,.2f}")
        return _("已撤案，可以重新报案")

    def contact(self, given: dict[str, Any]) -> str:
        insurer = self._insured().policy.insurer
        insurance.log_contact(insurer=insurer, case=self.case, **given, **self.common)
        return _("已记下这次联系")


# Papers.


@money_only
def document(request: DeskRequest, pk: int) -> HttpResponse:
    """A paper as PDF: masked for whoever may see the claim; in plain by POST, with a reason."""
    row = get_object_or_404(Document.objects.visible_to(request.user).select_related("case"), pk=pk)
    now = door_time(request)
    try:
        if request.method != "POST":
            return _file(row, documents.open_masked(document=row, actor=request.user, now=now))
        form = forms.PlainForm(request.POST, auto_id="plain-%s")
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        file = documents.open_plain(
            document=row,
            reason=reason,
            actor=request.user,
            address=address_of(request),
            now=now,
        )
    except KefuError as error:
        return page(request, "no_paper.html", "claim", document=row, refused=error)
    return _file(row, file)


def _file(row: Document, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    name = f"{row.inputs['case']}-{row.number}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


# What parties owe.


@require_GET
@money_only
def debts(request: DeskRequest) -> HttpResponse:
    """Recoveries by party, with the balance of each."""
    return page(request, "recoveries.html", "recoveries", debtors=selectors.debtors())


@require_GET
@money_only
def statement(request: DeskRequest, pk: int) -> HttpResponse:
    """A party's month, fines and recoveries together; ``format`` xlsx or csv to save it, which is on record."""
    party = get_object_or_404(Party.objects.select_related("parent"), pk=pk)
    now = door_time(request)
    month = _month(request.GET.get("month", ""), now)
    found = selectors.statement(party, month)
    kind = request.GET.get("format", "")
    if kind in ("xlsx", "csv"):
        return _export(request, found, kind, now)
    return page(
        request,
        "statement.html",
        "recoveries",
        found=found,
        party=party,
        month=f"{month:%Y-%m}",
        recoveries=selectors.sent_to(party),
    )


def _month(text: str, now: datetime) -> date:
    """The first day of the month asked for; of this one for anything that is no month of a calendar."""
    this = day_of(now).replace(day=1)
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 a month has no zone
    except ValueError:
        return this
    return month if FIRST_DAY <= month < LAST_DAY else this


def _export(
    request: DeskRequest, found: selectors.Statement, kind: str, now: datetime
) -> HttpResponse:
    rows, month = selectors.statement_table(found), f"{found.month:%Y-%m}"
    audit.record(
        action="statement_exported",
        actor=request.user,
        at=now,
        table=Party._meta.db_table,
        object_id=found.party.pk,
        after={"month": month, "rows": len(found.lines)},
    )
    if kind == "csv":
        response = HttpResponse(
            spreadsheets.write_csv(rows), content_type="text/csv; charset=utf-8"
        )
    else:
        sheet = (month, WIDTHS, rows)
        response = HttpResponse(spreadsheets.write_workbook(sheet), content_type=XLSX)
    name = f"statement-{found.party.pk}-{month}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# Self-settled cases.


@money_only
def settled(request: DeskRequest) -> HttpResponse:
    """Record what a unit settled itself; the list; a wrong one is withdrawn."""
    now = door_time(request)
    record = form_of(request, "record", forms.SelfSettledForm, initial={"settled_on": day_of(now)})
    withdraw = form_of(request, "withdraw", forms.WithdrawForm)

    def add(given: dict[str, Any]) -> str:
        row = self_settled.record(
            told=Settled(**given),
            department_id=desk_of(request).department_id,
            actor=request.user,
            now=now,
        )
        return _("已登记 {number}").format(number=row.waybill_number)

    def take_back(given: dict[str, Any]) -> str:
        row = get_object_or_404(SelfSettledCase, pk=given["row"])
        self_settled.withdraw(row=row, reason=given["reason"], actor=request.user, now=now)
        return _("已撤回")

    acts = {"record": (record, add), "withdraw": (withdraw, take_back)}
    if request.method == "POST" and taken(request, acts):
        return redirect("claims:self_settled")
    rows = SelfSettledCase.objects.select_related("party", "recorded_by", "withdrawn_by")
    return page(
        request,
        "self_settled.html",
        "settled",
        record,
        withdraw,
        form=record,
        withdraw=withdraw,
        rows=rows.defer("sealed")[:SETTLED_SHOWN],
        may_work=request.user.has_perm("claims.work_claim"),
    )
