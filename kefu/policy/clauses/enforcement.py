"""How a rule is kept: by a timer that runs out, a refusal, a computation, a checklist or a report."""

from typing import Literal, Protocol

Enforcement = Literal["timer", "refusal", "computation", "checklist", "report"]

# What the kind of a clause decides; duties and staffing say it themselves.
BY_KIND: dict[str, Enforcement] = {
    **dict.fromkeys(
        ("elapsed", "fixed_time", "calendar_days", "notice", "recurring", "retention", "schedule"),
        "timer",
    ),
    **dict.fromkeys(
        ("access", "entry", "fields", "limit", "process", "request", "separation", "shift_requests", "text"),
        "refusal",
    ),
    **dict.fromkeys(("checklist", "course", "items"), "checklist"),
    **dict.fromkeys(("quota", "rate", "report"), "report"),
    **dict.fromkeys(
        (
            "absence_pay", "absence_unit", "allowance", "assessment", "award", "base_pay", "bearer",
            "compensation", "consequence", "criterion", "extra_points", "fee_sum", "fund", "grade",
            "hourly_pay", "hours", "indicator", "late_grace", "performance_pay", "piece_bonus",
            "piece_tariff", "place_tariff", "rating", "remark", "reward", "rotation", "route",
            "score_event", "score_period", "score_sheet", "score_tiers", "season", "seniority", "shifts",
            "tariff", "team_bonus", "time_off", "wage_formula", "wage_rate", "weight",
        ),
        "computation",
    ),
}  # fmt: skip


class _Enforced(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def enforced(self) -> Enforcement | None: ...


def enforcement(clause: _Enforced) -> Enforcement | None:
    """Return how a clause is kept; None for a duty of people that says nothing of it."""
    return clause.enforced or BY_KIND.get(clause.kind)
