"""The journal, to look at. Nobody writes here; money moves by services only."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kefu import punctuation
from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, ReadOnlyInline, display, link, list_link, yuan
from kefu.admin.filters import month
from kefu.ledger.models import Account, Entry, Posting


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("party", "book", "shown_balance", "postings")
    list_filter = ("book", "party__kind")
    list_select_related = ("party",)
    ordering = ("party__pinyin", "party__code")
    search_help_text = _("当事方名称、拼音或编号")
    fields = (("party", "book"), "shown_balance", "postings")
    readonly_fields = ("shown_balance", "postings")

    def find(self, text: str) -> Q:
        return finding.party(text)

    @display(description=_("余额（元）"), ordering="balance")
    def shown_balance(self, row: Account) -> str:
        return yuan(row.balance)

    @display(description=_("明细"))
    def postings(self, row: Account) -> str:
        return list_link(Posting, str(_("看明细")), account__id__exact=row.pk)


class PostingInline(ReadOnlyInline):
    model = Posting
    fields = ("shown_account", "shown_amount")
    readonly_fields = ("shown_account", "shown_amount")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("account__party")

    @display(description=_("账户"))
    def shown_account(self, row: Posting) -> str:
        return link(row.account)

    @display(description=_("金额（元）"))
    def shown_amount(self, row: Posting) -> str:
        return yuan(row.amount)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "source", "shown_lines", "memo", "posted_by")
    list_display_links = ("at",)
    list_filter = ("kind", month("at"))
    list_select_related = ("posted_by",)
    search_help_text = _("来源（如 penalty:17）、当事方名称或编号")
    inlines = (PostingInline,)
    fields = (("kind", "source"), "reverses", ("at", "posted_by"), "memo")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lines = Posting.objects.select_related("account__party").order_by("-amount")
        return super().get_queryset(request).prefetch_related(Prefetch("postings", lines))

    def find(self, text: str) -> Q:
        if ":" in text:
            return Q(source=text)
        owing = Posting.objects.filter(finding.party(text, "account__party__"))
        return Q(pk__in=owing.values("entry_id"))

    @display(description=_("明细"))
    def shown_lines(self, row: Entry) -> str:
        lines = row.postings.all()
        return punctuation.in_turn(*(f"{line.account} {line.amount:,.2f}" for line in lines))


@admin.register(Posting)
class PostingAdmin(ReadOnlyAdmin):
    list_display = ("id", "shown_at", "account", "shown_amount", "shown_entry")
    list_filter = ("account__book", month("entry__at"))
    list_select_related = ("entry", "account__party")
    ordering = ("-pk",)
    search_help_text = _("当事方名称、拼音或编号")
    fields = ("shown_entry", "account", "shown_amount")
    readonly_fields = ("shown_entry", "shown_amount")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "account__id__exact" or super().lookup_allowed(lookup, value, request)

    def find(self, text: str) -> Q:
        return finding.party(text, "account__party__")

    @display(description=_("入账时间"))
    def shown_at(self, row: Posting) -> object:
        return row.entry.at

    @display(description=_("金额（元）"), ordering="amount")
    def shown_amount(self, row: Posting) -> str:
        return yuan(row.amount)

    @display(description=_("分录"))
    def shown_entry(self, row: Posting) -> str:
        return link(row.entry)
