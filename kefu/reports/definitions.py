"""What each report holds and who may look at it: told by the app whose facts it counts. How reports are made and
issued: ``kefu.reports.services.registers``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu.policy.measures import Plan
from kefu.policy.rulebook import Rulebook
from kefu.reports.content import Span, Table


@dataclass(frozen=True, slots=True)
class Definition:
    """``compute``: its tables for a period. ``with_plans``: further reports of the rulebook that are part of it.
    ``beside``: the report that it is due with. ``codes``: the choices that its codes are of, by what they are about.
    ``plan``: how it is made where no clause names it as a report; raises NotInRulebook. ``seen_by``: the right to
    look at it; without, everybody of the centre does.
    """

    compute: Callable[[Span, Plan, Rulebook], list[Table]]
    with_plans: tuple[str, ...] = ()
    beside: str = ""
    codes: Mapping[str, Any] = field(default_factory=dict)
    plan: Callable[[Rulebook], Plan] | None = None
    seen_by: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A report that is made on pages of its own."""

    label: str | Promise
    what: str | Promise
    url_name: str
    right: str = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name)


# By Register.Kind.
DEFINITIONS: dict[str, Definition] = {}
ELSEWHERE: list[Elsewhere] = [
    Elsewhere(
        _("网点对账单"),
        _("每月每个网点一份：出单、确认、锁定"),
        "admin:statements_statement_changelist",
        right="statements.issue_statement",
    )
]
# By which right somebody acts in a role of the rulebook.
RIGHTS = {
    "agent": "cases.work_case",
    "lead": "reports.prepare_register",
    "inspector": "reports.inspect_register",
    "supervisor": "reports.issue_register",
    "centre": "reports.issue_register",
}


def register(kind: str, definition: Definition) -> None:
    """Called from ``AppConfig.ready()``."""
    DEFINITIONS[kind] = definition


def acts_as(role: str, right: str) -> None:
    """Whoever has the right acts in the role of the rulebook. Called from ``AppConfig.ready()``."""
    RIGHTS[role] = right


def stands_elsewhere(report: Elsewhere) -> None:
    """Called from ``AppConfig.ready()``, in the order of the apps."""
    ELSEWHERE.append(report)
