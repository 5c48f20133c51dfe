"""What every page of the admin shares: rights by role, lists that stay quick, searching as people ask.

Facts are looked at here and changed by services: most models are ``ReadOnlyAdmin``.
"""

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, TypeVar, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import display as display
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, Model, Q, QuerySet
from django.forms.widgets import MediaDefiningClass
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold import decorators
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from kefu import punctuation
from kefu.admin import access, finding
from kefu.audit.models import AuditRow
from kefu.errors import KefuError

COUNTED = 10_000  # rows; beyond that a list says "10,000+" and asks for a narrower filter
AT_ONCE = 200  # rows a step is taken on
CONFIRMED = "_confirmed"


Method = TypeVar("Method", bound=Callable[..., object])


def action(
    *, description: Any, permissions: Sequence[str], url_path: str = ""
) -> Callable[[Method], Method]:
    """Django-unfold's decorator with its types: a step on the chosen rows, or one with a page of its own."""
    return cast(
        "Callable[[Method], Method]",
        decorators.action(
            description=description, permissions=permissions, url_path=url_path or None
        ),
    )


class CappedPaginator(Paginator):
    """Pages without counting a whole big table: at most ``COUNTED`` rows are counted and paged."""

    template_name = "admin/_capped_pagination.html"

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: COUNTED + 1].count()
        return len(rows)

    @property
    def capped(self) -> bool:
        return self.count > COUNTED


class OfficeList(ChangeList):
    """Says "n results (show all)" only where a filter or a search is on."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class OfficeAdmin(ModelAdmin):
    """Rights from ``kefu.admin.access``; a list of 50; the audit trail as history."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    list_fullwidth = True
    list_filter_sheet = False
    compressed_fields = True
    warn_unsaved_form = True
    list_disable_select_all = True  # a step is taken on rows one has seen

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OfficeList

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form also shows what the service refused, at the field it named."""
        base = super().get_form(request, obj, change=change, **kwargs)

        class RefusableForm(base):  # type: ignore[misc, valid-type]
            def clean(self) -> Any:
                given = super().clean()
                refused: KefuError | None = getattr(request, "refused", None)
                if refused is not None:
                    field = refused.field if refused.field in self.fields else None
                    self.add_error(field, str(refused))
                return given

        return RefusableForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except KefuError as error:
            # Rolled back; the second time the form carries the refusal, with all that was typed.
            request.refused = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("QuerySet[Any]", super().get_queryset(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_view(request.user, self.model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_view(request.user, self.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access.may_edit(request.user, self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_edit(request.user, self.model)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are ended, not deleted; an admin that may delete says so."""
        return False

    def find(self, text: str) -> Q | None:
        """Return what a search term means here; None: nothing that could be meant."""
        return None

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        # Django shows the search box for a non-empty answer; ``find`` does the searching.
        return self.search_fields or (("pk",) if type(self).find is not OfficeAdmin.find else ())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if type(self).find is OfficeAdmin.find:
            found = super().get_search_results(request, queryset, search_term)
            return cast("tuple[QuerySet[Any], bool]", found)
        term = search_term.strip()
        if not term:
            return queryset, False
        meant = self.find(term)
        return (queryset.none() if meant is None else queryset.filter(meant)), False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What happened to a row stands in the audit trail."""
        if not (
            access.may_view(request.user, self.model) and access.may_view(request.user, AuditRow)
        ):
            raise PermissionDenied
        place = urlencode({"table": self.model._meta.db_table, "object_id": object_id})
        return HttpResponseRedirect(f"{reverse('admin:audit_auditrow_changelist')}?{place}")

    # What changes through services: the admin's own log would only repeat it.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None

    def one(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row a step on a page is about. Raises Http404 for one that is not there or not shown here."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def step(
        self,
        request: HttpRequest,
        rows: Iterable[Any],
        do: Callable[..., object],
        *,
        title: str,
        form_class: type[forms.Form],
        done: str,
        action: str,
        hint: str = "",
        against: str = "",
        back: str = "",
    ) -> HttpResponse | None:
        """Ask for what a step needs on a page of its own, then do it for each row by ``do(row, **answers)``.

        A row the service refuses is told with its reason; the others go through. Is it the only row, and the
        reason an answer, the page asks again. ``done`` is the message with ``%(n)d``; ``against`` is what the
        service would refuse whatever the answers. Returns the page to show, or None when done (Django goes back
        to the list).
        """
        rows = list(rows)
        if len(rows) > AT_ONCE:
            messages.error(request, _("一次最多办理 %(n)d 条，请分几次") % {"n": AT_ONCE})
            return None
        form = form_class(request.POST if CONFIRMED in request.POST else None)
        if CONFIRMED in request.POST and form.is_valid():
            finished = 0
            for row in rows:
                try:
                    do(row, **form.cleaned_data)
                except KefuError as error:
                    if len(rows) == 1 and error.field in form.fields:
                        form.add_error(error.field, str(error))  # asked again, with what was typed
                    else:
                        messages.error(request, punctuation.headed(row, error))
                else:
                    finished += 1
            if finished:
                messages.success(request, done % {"n": finished})
            if not form.errors:
                return HttpResponseRedirect(back) if back else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": title,
            "hint": hint,
            "against": against,
            "form": form,
            "rows": rows,
            "action": action,
            "back": back or reverse(_place(self.model, "changelist")),
            "confirmed": CONFIRMED,
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "media": self.media + form.media,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/step.html", context, status=status)


class ReadOnlyAdmin(OfficeAdmin):
    """Nobody adds, changes or deletes here, a superuser neither."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfCaseAdmin(ReadOnlyAdmin):
    """What belongs to a case; ``path`` leads to it."""

    path = "case__"
    ordering = ("-pk",)
    list_display_links: Any = ("case_number",)
    readonly_fields: tuple[str, ...] = ("shown_case",)
    search_help_text = gettext_lazy("单号、运单号，客户的完整电话、末四位、姓名或拼音")

    def find(self, text: str) -> Q | None:
        return finding.case(text, self.path)

    def case_of(self, row: Any) -> Any:
        for name in self.path.strip("_").split("__"):
            row = getattr(row, name)
        return row

    @display(description=gettext_lazy("工单"))
    def case_number(self, row: Any) -> str:
        return str(self.case_of(row))

    @display(description=gettext_lazy("工单"))
    def shown_case(self, row: Any) -> str:
        return link(self.case_of(row))


class AbstractAdmin(ABCMeta, MediaDefiningClass):
    """Of admins that lack a method: such a one is refused when the site starts, not when somebody clicks."""


class DecidedAdmin(ReadOnlyAdmin, metaclass=AbstractAdmin):
    """Proposals that a second person decides: the open ones first, two steps in the list and on the page.

    An admin names the right that this takes, says in ``bearer`` whom a proposal would relieve and in
    ``decide`` what a decision does.
    """

    decide_permission: ClassVar[str]
    list_display_links = ("proposed_at",)
    date_hierarchy = "proposed_at"
    ordering = (F("approved").asc(nulls_first=True), "-pk")
    actions = ("approve", "refuse")
    actions_detail = ("approve_here", "refuse_here")

    @abstractmethod
    def decide(
        self, request: HttpRequest, rows: Iterable[Any], *, approve: bool, back: str = ""
    ) -> HttpResponse | None:
        """Take the ``step`` that approves or refuses ``rows``; ``back`` as there."""

    @abstractmethod
    def bearer(self, row: Any) -> int | None:
        """The party that bears what ``row`` proposes to take back: it does not decide."""

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer a decision to whom the service lets decide; whoever comes too late is told so by it."""
        row, user = self.get_object(request, str(object_id)), cast("Any", request.user)
        if (
            row is None
            or row.approved is not None
            or row.proposed_by_id == user.pk
            or self.bearer(row) == user.party_id
        ):
            return []
        return cast("list[Any]", super().get_actions_detail(request, object_id))

    @display(description=gettext_lazy("审批"))
    def shown_state(self, row: Any) -> str:
        return decision(row.approved)

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(self.decide_permission))

    @action(description=gettext_lazy("同意"), permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self.decide(request, queryset, approve=True)

    @action(description=gettext_lazy("不同意"), permissions=["decide"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self.decide(request, queryset, approve=False)

    @action(description=gettext_lazy("同意"), permissions=["decide"], url_path="approve")
    def approve_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decide_here(request, object_id, approve=True)

    @action(description=gettext_lazy("不同意"), permissions=["decide"], url_path="refuse")
    def refuse_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decide_here(request, object_id, approve=False)

    def _decide_here(
        self, request: HttpRequest, object_id: str, *, approve: bool
    ) -> HttpResponse | None:
        row = self.one(request, object_id)
        back = reverse(_place(self.model, "change"), args=[row.pk])
        return self.decide(request, [row], approve=approve, back=back)


class ReadOnlyInline(TabularInline):
    """Rows that belong to the one shown."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True
    hide_title = True
    per_page = 20
    ordering: ClassVar[Sequence[str]] = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("QuerySet[Any]", super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_view(request.user, self.model)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReasonForm(forms.Form):
    """The one thing most steps need."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=500,
        min_length=4,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NoForm(forms.Form):
    """A step that only wants to be confirmed."""


def _place(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def link(row: Model | None, text: str = "") -> str:
    """A link to the page of ``row``; its name where it has none."""
    if row is None:
        return "–"
    try:
        url = reverse(_place(type(row), "change"), args=[row.pk])
    except NoReverseMatch:
        return str(text or row)
    return format_html('<a class="kf-link" href="{}">{}</a>', url, text or row)


def list_link(model: type[Model], text: str, **filters: object) -> str:
    """A link to the list of ``model``, filtered."""
    return format_html('<a class="kf-link" href="{}">{}</a>', list_url(model, **filters), text)


def together(*links: str) -> str:
    return format_html_join(" · ", "{}", ((one,) for one in links))


def list_url(model: type[Model], **filters: object) -> str:
    url = reverse(_place(model, "changelist"))
    return f"{url}?{urlencode(filters)}" if filters else url


def badge(text: object, tone: str = "") -> str:
    """A state. Tones: "waits" for what a person must decide; "kept" and "late" for promises only."""
    return format_html('<span class="kf-badge {}">{}</span>', tone, text)


def decision(approved: bool | None) -> str:
    """What became of a proposal."""
    if approved is None:
        return badge(_("待审批"), "waits")
    return badge(_("已同意") if approved else pgettext("state", "不同意"))


def yuan(value: Decimal | None) -> str:
    """Money in a column: right-aligned, tabular."""
    return (
        "–" if value is None else format_html('<span class="kf-number">{}</span>', f"{value:,.2f}")
    )


def amount(kind: str, value: Decimal) -> str:
    """A fine in yuan, a deduction in points."""
    text = (
        _("%(n)s 元") % {"n": f"{value:,.2f}"}
        if kind == "fine"
        else _("%(n)s 分") % {"n": f"{value.normalize():f}"}
    )
    return format_html('<span class="kf-number">{}</span>', text)
