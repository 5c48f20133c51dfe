"""Every rule of the regulations, for those who answer for them: how it is enforced, where, and what proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from kefu.policy.rulebook import FILES, load
from kefu.rulebooks import coverage, wording
from kefu.rulebooks.coverage import Rule, State
from kefu.rulebooks.terms import AREAS

PER_PAGE = 100
LONGEST = 100  # characters of a search
STATES: dict[str, Any] = {
    State.PROVED: pgettext_lazy("coverage", "已验证"),
    State.UNNOTICED: pgettext_lazy("coverage", "有改动没被发现"),
    State.CHANGED: pgettext_lazy("coverage", "改过，待重新验证"),
    State.UNTESTED: pgettext_lazy("coverage", "没有测试"),
    State.MANUAL: pgettext_lazy("coverage", "靠人执行"),
}
HOW: dict[str, Any] = {
    "timer": pgettext_lazy("coverage", "到时提醒"),
    "refusal": pgettext_lazy("coverage", "不符就拒绝"),
    "computation": pgettext_lazy("coverage", "系统计算"),
    "checklist": pgettext_lazy("coverage", "逐项核对"),
    "report": pgettext_lazy("coverage", "报表"),
    "people": pgettext_lazy("coverage", "靠人执行"),
}


class Filter(forms.Form):
    """What of the rules to show."""

    q = forms.CharField(required=False, max_length=LONGEST)
    rulebook = forms.ChoiceField(label=gettext_lazy("规章"), required=False)
    area = forms.ChoiceField(label=gettext_lazy("主题"), required=False)
    how = forms.ChoiceField(label=gettext_lazy("怎么落实"), required=False)
    state = forms.ChoiceField(label=pgettext_lazy("coverage", "验证"), required=False)

    def __init__(self, data: Mapping[str, Any], language: str) -> None:
        super().__init__(data)
        names = {code: f"{code} {load(code).name(language)}" for code in FILES}
        for field, choices in (
            ("rulebook", names),
            ("area", AREAS),
            ("how", HOW),
            ("state", STATES),
        ):
            chosen: Any = self.fields[field]
            chosen.choices = [("", gettext_lazy("全部")), *choices.items()]
            chosen.widget.attrs["class"] = "input"

    def matching(self, rows: Sequence["Row"]) -> list["Row"]:
        """A filter that cannot be is no filter."""
        wanted = {name: value for name, value in self.cleaned_data.items() if value and name != "q"}
        words = self.cleaned_data.get("q", "").lower().split()
        return [
            row
            for row in rows
            if all(getattr(row, name) == value for name, value in wanted.items())
            and all(word in row.words for word in words)
        ]


@dataclass(frozen=True, slots=True)
class Row:
    """One rule as people read it. ``tests`` go by their own names, with the file as title."""

    rule: Rule
    rulebook: str
    title: str

    @property
    def area(self) -> str:
        return self.rule.clause.area

    @property
    def how(self) -> str:
        return self.rule.enforced if self.rule.automatable and self.rule.enforced else "people"

    @property
    def state(self) -> str:
        return str(self.rule.state)

    @property
    def how_in_words(self) -> str:
        return str(HOW[self.how])

    @property
    def state_in_words(self) -> str:
        return str(STATES[self.rule.state])

    @property
    def area_in_words(self) -> str:
        return wording.area(self.area)

    @property
    def guards(self) -> list[tuple[str, str]]:
        return [_parted(place) for place in self.rule.guards]

    @property
    def tests(self) -> list[tuple[str, str]]:
        return [_parted(test) for test in self.rule.tests]

    @property
    def words(self) -> str:
        clause = self.rule.clause
        told = (clause.id, clause.label_zh, clause.label_en, clause.module, *self.rule.tests)
        return " ".join((*told, self.how_in_words, self.state_in_words)).lower()


def _parted(place: str) -> tuple[str, str]:
    """(file, name in it)"""
    file, _colons, name = place.partition("::")
    return file, name


@dataclass(frozen=True, slots=True)
class Total:
    """The rules of one rulebook, counted; the shares are per cent of all its rules."""

    code: str
    name: str
    rules: int
    automatable: int
    proved: int

    @property
    def proved_share(self) -> float:
        return round(100 * self.proved / self.rules, 2)

    @property
    def automatable_share(self) -> float:
        return round(100 * self.automatable / self.rules, 2)

    @property
    def open(self) -> int:
        return self.automatable - self.proved

    @property
    def people(self) -> int:
        return self.rules - self.automatable


@require_GET
@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """All rules by rulebook, filtered and paged. For the office: an agent reads the rules that hold for him."""
    user: Any = request.user
    if not user.has_perm("rulebooks.view_coverage"):
        raise PermissionDenied
    language = get_language() or "zh-hans"
    books = coverage.rules()
    rows = [
        Row(rule, code, rule.clause.label(language))
        for code, held in books.items()
        for rule in held
    ]
    form = Filter(request.GET, language)
    form.is_valid()
    found = form.matching(rows)
    totals = [_total(code, held, language) for code, held in books.items()]
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "current": "rules",
        "form": form,
        "q": form.cleaned_data.get("q", ""),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "asked": asked.urlencode(),
        "totals": totals,
        "all": _sum(totals),
    }
    return render(request, "rulebooks/coverage.html", context)


def _total(code: str, held: Sequence[Rule], language: str) -> Total:
    automatable = [rule for rule in held if rule.automatable]
    proved = sum(rule.state == State.PROVED for rule in automatable)
    return Total(code, load(code).name(language), len(held), len(automatable), proved)


def _sum(totals: Sequence[Total]) -> Total:
    counted = ((total.rules, total.automatable, total.proved) for total in totals)
    return Total("", "", *map(sum, zip(*counted, strict=True)))
