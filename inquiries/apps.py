from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class InquiriesConfig(AppConfig):
    name = "inquiries"
    verbose_name = pgettext_lazy("plural", "查询")

    def ready(self) -> None:
        from inquiries import registers, replays
        from inquiries.columns import COMPLAINT, INQUIRY
        from inquiries.imports import TABLE
        from inquiries.kinds import InquiryKind
        from inquiries.kinds_complaints import ComplaintKind, OfferComplaint
        from inquiries.kinds_incidents import Affected, IncidentKind
        from inquiries.models import Complaint, NetworkQuery
        from inquiries.selectors import incidents, lines
        from inquiries.selectors.complaints import waiting_for_somebody
        from inquiries.services import disasters, force_majeure
        from kefu.api.objects import Thing, register
        from kefu.cases.models import Case
        from kefu.jobs import services as jobs
        from kefu.knowledge import above
        from kefu.replay import decisions
        from kefu.reports import columns
        from kefu.reports import definitions as reports
        from kefu.reports.models import Register
        from kefu.workbench import kinds

        queries = NetworkQuery.objects.of_party
        register(Thing("network_query", "network-query-detail", "query", queries, ("deadline",)))
        register(Thing("complaint", "complaint-detail", "complaint"))
        jobs.register(TABLE.kind, TABLE.run)
        jobs.register(force_majeure.JOB, force_majeure.run)
        jobs.register(disasters.JOB, disasters.run)
        decisions.register("complaint_class", replays.CLASSES)
        decisions.register("finding", replays.FINDINGS)
        decisions.register("mass_incident", replays.MassIncidents())
        above.tells_what_goes_on(incidents.to_tell)
        above.tells_who_was_reached(lines.last_calls)
        for kind in (Case.Kind.INQUIRY, Case.Kind.NETWORK_QUERY):
            kinds.register(kind, InquiryKind())
        kinds.register(Case.Kind.COMPLAINT, ComplaintKind())
        kinds.register(Case.Kind.INCIDENT, IncidentKind())
        kinds.add(OfferComplaint())
        kinds.add(Affected())
        kinds.add_to_navigation(
            kinds.NavEntry(
                "complaints",
                pgettext_lazy("plural", "投诉"),
                "inquiries:complaints",
                waiting=waiting_for_somebody,
            )
        )
        kinds.add_to_navigation(
            kinds.NavEntry("counter", _("前台收件"), "inquiries:counter"),
        )
        kinds.add_to_navigation(
            kinds.NavEntry(
                "incidents",
                pgettext_lazy("plural", "突发事件"),
                "inquiries:incidents",
                incidents.waiting,
            ),
        )
        kinds.add_notice(
            kinds.PageNotice("incidents/_banner.html", incidents.going_on, incidents.banner_for)
        )
        reports.register(
            Register.Kind.WEEKLY_COMPLAINTS,
            reports.Definition(
                registers.weekly,
                with_plans=("complaint_causes",),
                codes={"issue_type": Complaint.Category, "cause": Complaint.Cause},
            ),
        )
        reports.register(Register.Kind.COMPLAINT_RATE, reports.Definition(registers.rate))
        for kind in (Case.Kind.INQUIRY, Case.Kind.NETWORK_QUERY):
            columns.add(kind, INQUIRY)
        columns.add(Case.Kind.COMPLAINT, COMPLAINT)
