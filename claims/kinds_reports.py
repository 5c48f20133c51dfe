"""What a report about a loss, a delay or a damage adds to the pages of all cases."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.models import Fault
from claims.selectors.reports import ReportFacts, report_facts
from claims.services.reports import JUDGE
from claims.steps_reports import STEPS
from kefu.cases.models import Case, Interaction
from kefu.network.models import Party
from kefu.workbench.kinds import CaseKind, Facts, NextStep, next_step


class ReportKind(CaseKind):
    """``own`` are its ``ReportFacts``."""

    steps = STEPS
    in_preview = frozenset({"take", "tell", "answered", "transfer", "reopen"})
    panels = ("claims/reports/_panel.html",)
    keys = (
        ("o", gettext_lazy("通知责任方")),
        ("f", gettext_lazy("记责任方回音")),
        ("i", gettext_lazy("内部备注")),
        ("t", gettext_lazy("转交")),
    )
    words = {
        "report_made": gettext_lazy("打{fault}报告"),
        "report_received": gettext_lazy("收到{fault}报告"),
        "report_notice": gettext_lazy("第 {n} 次通知责任方"),
        "report_answer": gettext_lazy("责任方回音"),
        "report_accepted": gettext_lazy("受理报告"),
        "report_returned": gettext_lazy("退回报告"),
    }

    def read(self, case: Case) -> ReportFacts:
        return report_facts(case)

    def values(self, line: Interaction) -> Mapping[str, str]:
        fault = line.data.get("fault")
        return {
            "n": str(line.data.get("n", "")),
            "fault": str(Fault(fault).label) if fault in Fault.values else "",
        }

    def closable(self, facts: Facts) -> bool:
        own: ReportFacts = facts.own
        return own.incoming and not own.missing and super().closable(facts)

    def hint(self, facts: Facts) -> str:
        own: ReportFacts = facts.own
        if own.incoming and own.missing:
            return _("再通知 {n} 次可结案").format(n=own.missing)
        if not own.incoming:
            return _("受理或退回后结案")
        return super().hint(facts)

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case = facts.case
        own: ReportFacts = facts.own
        if case.state == Case.State.CLOSED:
            return []
        steps = []
        judges = facts.desk.user.has_perm(JUDGE) and not own.is_reporter(facts.desk.user)
        if not own.incoming and judges:
            steps.append(next_step(case, "accept", _("受理"), "o"))
            steps.append(next_step(case, "return", _("退回")))
        tell = _("再次通知") if own.notices else _("通知责任方")
        steps.append(
            next_step(case, "tell", tell, "o" if own.incoming else "", rare=not own.incoming)
        )
        if own.notices:
            steps.append(next_step(case, "answered", _("记责任方回音"), "f"))
        return steps

    def outlets(self, facts: Facts) -> Iterable[tuple[str, Party]]:
        report = facts.own.report
        if report.sender is not None:
            yield _("来报单位"), report.sender
        if report.responsible is not None:
            yield _("责任方"), report.responsible
