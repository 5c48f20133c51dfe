"""What a process adds to the pages of all cases: its own case, and the case it is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.policy.both import is_chinese
from kefu.policy.plans import Plan
from kefu.processes import services
from kefu.processes.forms import AbandonForm
from kefu.processes.models import ProcessRun
from kefu.processes.refunds import REMINDED
from kefu.processes.roles import CHOICES, DESKS
from kefu.processes.selectors import (
    SEALED,
    Link,
    Standing,
    chain,
    history,
    language,
    standing,
    with_steps,
)
from kefu.workbench.kinds import Addition, CaseKind, Facts, NextStep, next_step
from kefu.workbench.steps import Act, Step


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with its chain of steps. ``history``: when it was found, handled and closed (OS-30.04)."""

    run: ProcessRun
    at: Standing
    links: Sequence[Link]
    history: Sequence[tuple[str, Any]]

    @property
    def open(self) -> list[Link]:
        return [link for link in self.links if link.state in ("next", "open")]

    @property
    def done(self) -> int:
        return sum(link.state == "done" for link in self.links)


def _facts(run: ProcessRun) -> RunFacts:
    at = standing(run)
    return RunFacts(run, at, chain(at.plan, at), history(at))


def _abandon(act: Act) -> str:
    services.abandon(
        case=act.case, reason=act.given["reason"], version=act.given["version"], **act.common
    )
    return _("流程已中止")


def _said(both: object) -> str:
    if not isinstance(both, Mapping):
        return ""
    return str(both.get("zh" if is_chinese(get_language() or "zh-hans") else "en", ""))


def _values(line: Interaction) -> Mapping[str, str]:
    data = line.data
    if line.action == REMINDED:
        return {"who": data["who"]}
    outcome, by = _said(data.get("outcome")), str(data.get("by") or "")
    by = str(dict(CHOICES).get(DESKS.get(by, by)) or "") if by else ""
    return {
        "name": _said(data),
        "outcome": _("：{outcome}").format(outcome=outcome) if outcome else "",
        "who": _("（{who}）").format(who=by) if by else "",
    }


class ProcessKind(CaseKind):
    """A case that goes through a process; ``own`` are its ``RunFacts``."""

    steps = {
        "abandon": Step(
            gettext_lazy("中止流程"),
            gettext_lazy("中止"),
            AbandonForm,
            _abandon,
            gettext_lazy("没办完的步骤不再办，这一单随之结案。"),
        )
    }
    panels = ("processes/_run.html",)
    keys = (
        ("d", gettext_lazy("办这一步")),
        ("i", gettext_lazy("内部备注")),
        ("t", gettext_lazy("转交")),
    )
    words = {
        "process_started": gettext_lazy("发起流程“{name}”"),
        "process_step": gettext_lazy("办好“{name}”{outcome}"),
        "process_waits": gettext_lazy("轮到“{name}”{who}"),
        "process_reminded": gettext_lazy("提醒{who}立即处理"),
        "process_done": gettext_lazy("流程办完，结案"),
        "process_given_up": gettext_lazy("中止流程"),
        "process_abandoned": gettext_lazy("流程中止，结案"),
    }
    clocks = {Deadline.Action.PROCESS_STEP: gettext_lazy("{who}办这一步")}

    def read(self, case: Case) -> RunFacts | None:
        runs = ProcessRun.objects.select_related("about", "template", "started_by__employee")
        run = runs.prefetch_related(with_steps()).filter(case=case).first()
        return _facts(run) if run else None

    def values(self, line: Interaction) -> Mapping[str, str]:
        return _values(line)

    def labels(self, case: Case, names: Iterable[str]) -> Mapping[str, str]:
        """What was filled in and is masked; the rest of a step stands open on the page, in words."""
        run = ProcessRun.objects.prefetch_related(with_steps()).filter(case=case).first()
        if run is None:
            return {}
        plan = Plan.read(run.plan)
        filled = {name for row in run.done.all() for name in row.recorded}
        masked = (name for name in filled.intersection(names) if plan.field(name).type in SEALED)
        return {name: plan.label(name, language()) for name in masked}

    def hint(self, facts: Facts) -> str:
        return super().hint(facts) or _("各步办完自动结案")

    def closable(self, facts: Facts) -> bool:
        """It closes by itself with its last step."""
        return False

    def next_steps(self, facts: Facts) -> list[NextStep]:
        own: RunFacts | None = facts.own
        if own is None or own.run.ended_at is not None:
            return []
        steps: list[NextStep] = []
        for link in own.open:
            if own.at.owner(own.at.step(link.code)).allows(facts.desk.user):
                url = reverse("processes:step", args=[facts.case.number, link.code])
                label = _("办：{step}").format(step=link.name)
                steps.append(NextStep(f"do-{link.code}", label, url, "d" if not steps else ""))
        if facts.desk.user.has_perm("processes.abandon_process"):
            steps.append(next_step(facts.case, "abandon", _("中止流程"), rare=True))
        return steps


class AboutACase(Addition):
    """What processes add to the case they are about; ``own`` are the ``RunFacts`` of each."""

    panel = "processes/_about.html"
    words = {
        "process_begun": gettext_lazy("开始流程“{name}”（{number}）"),
        "process_done_here": gettext_lazy("流程“{name}”办完（{number}）"),
        "process_abandoned_here": gettext_lazy("流程“{name}”中止（{number}）"),
    }

    def read(self, case: Case) -> list[RunFacts] | None:
        if case.kind == Case.Kind.PROCESS:
            return None
        runs = case.processes.select_related("case", "case__owner", "case__department")
        return [_facts(run) for run in runs.prefetch_related(with_steps())] or None

    def values(self, line: Interaction) -> Mapping[str, str]:
        return {"name": _said(line.data)}

    def holds_up(self, own: list[RunFacts]) -> str:
        for facts in own:
            waits = facts.run.ended_at is None and facts.at.plan.after is None
            if waits and facts.at.holds_up:
                return _("流程“{name}”办完后可结案").format(name=facts.run.name)
        return ""

    def next_steps(self, facts: Facts) -> list[NextStep]:
        if facts.case.kind == Case.Kind.PROCESS or facts.case.state == Case.State.CLOSED:
            return []
        if not facts.desk.user.has_perm("processes.start_process"):
            return []
        url = reverse("processes:choose", args=[facts.case.number])
        return [NextStep("process", _("走流程"), url, rare=True)]
