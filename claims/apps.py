from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = _("理赔")

    def ready(self) -> None:
        """Kinds of cases, navigation, jobs and replayable decisions are told of here."""
        from claims import registers, replays
        from claims.columns import CLAIM
        from claims.kinds import ClaimKind, RegisterAClaim
        from claims.kinds_money import MoneyBeside
        from claims.kinds_reports import ReportKind
        from claims.models import Claim, Finding, Liability, SelfSettledCase
        from claims.selectors.lists import to_handle
        from claims.selectors.money import RIGHTS, to_pay
        from claims.selectors.reports import to_tell
        from claims.selectors.statements import recoveries_told
        from kefu.api.objects import Thing, register
        from kefu.cases.models import Case
        from kefu.replay import decisions
        from kefu.reports import columns
        from kefu.reports import definitions as reports
        from kefu.reports.models import Register
        from kefu.statements import telling
        from kefu.workbench import kinds

        register(Thing("claim", "claim-detail", "claim_id", Claim.objects.of_party, ("deadline",)))
        register(Thing("recovery", in_event="recovery"))
        telling.register("recovery", recoveries_told)
        decisions.register("compensation", replays.COMPENSATIONS)
        decisions.register("liability_division", replays.DIVISIONS)
        decisions.register("report_bonus", replays.REPORT_BONUSES)
        decisions.register("forgotten_report", replays.FORGOTTEN_REPORTS)
        kinds.register(Case.Kind.CLAIM, ClaimKind())
        kinds.register(Case.Kind.REPORT, ReportKind())
        kinds.add(RegisterAClaim())
        kinds.add(MoneyBeside())
        for entry in (
            kinds.NavEntry(
                "claims", pgettext_lazy("plural", "理赔"), "claims:desk", waiting=to_handle
            ),
            kinds.NavEntry(
                "claim_money", _("理赔资金"), "claims:money", waiting=to_pay, rights=RIGHTS
            ),
            kinds.NavEntry(
                "reports", pgettext_lazy("plural", "报告"), "claims:reports", waiting=to_tell
            ),
        ):
            kinds.add_to_navigation(entry)
        columns.add(Case.Kind.CLAIM, CLAIM)
        reports.acts_as("adjuster", "claims.work_claim")
        bearers = {
            "liable_kind": Liability.Kind,
            "loss_type": Claim.Loss,
            "cause": Finding.Cause,
        }
        for kind, definition in {
            Register.Kind.MONTHLY_CLAIMS: reports.Definition(registers.monthly, codes=bearers),
            Register.Kind.INCIDENT_CAUSES: reports.Definition(
                registers.causes, beside=Register.Kind.MONTHLY_CLAIMS, codes=bearers
            ),
            Register.Kind.SELF_SETTLED: reports.Definition(
                registers.self_settled, codes={"party_type": SelfSettledCase.PartyType}
            ),
        }.items():
            reports.register(kind, definition)
        reports.stands_elsewhere(
            reports.Elsewhere(_("理赔账龄"), _("未结的理赔放了多久"), "claims:ageing")
        )
