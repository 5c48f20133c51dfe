from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProblemParcelsConfig(AppConfig):
    name = "problem_parcels"
    verbose_name = _("问题件")

    def ready(self) -> None:
        from kefu.api.objects import Thing, register
        from kefu.cases.models import Case
        from kefu.jobs import services as jobs
        from kefu.replay import decisions
        from kefu.reports import columns, definitions
        from kefu.workbench import kinds
        from problem_parcels import replays
        from problem_parcels.columns import PROBLEM_PARCEL
        from problem_parcels.imports import TABLE
        from problem_parcels.kinds import ProblemParcelKind
        from problem_parcels.kinds_receipts import ReceiptsKind
        from problem_parcels.models import Message, ReceiptRequest
        from problem_parcels.selectors.desk import to_handle

        messages, receipts = Message.objects.of_party, ReceiptRequest.objects.of_party
        clocks = ("deadline", "wait")
        register(Thing("parcel_message", "parcel-message-detail", "message", messages, clocks))
        name = "receipt_request"
        register(Thing(name, "receipt-request-detail", name, receipts, ("deadline",)))
        jobs.register(TABLE.kind, TABLE.run)
        decisions.register("problem_record", replays.RECORDS)
        decisions.register("return_fee", replays.RETURN_FEES)
        decisions.register("forwarding_shortfall", replays.SHORTFALLS)
        decisions.register("entry_fee", replays.ENTRY_FEES)
        decisions.register("receipt_keeping", replays.RECEIPT_KEEPING)
        decisions.register("receipt_request", replays.RECEIPT_REQUESTS)
        for kind, shown in (
            (Case.Kind.PROBLEM_PARCEL, ProblemParcelKind()),
            (Case.Kind.RECEIPTS, ReceiptsKind()),
        ):
            kinds.register(kind, shown)
        kinds.add_to_navigation(
            kinds.NavEntry(
                "parcels",
                pgettext_lazy("plural", "问题件"),
                "problem_parcels:desk",
                waiting=to_handle,
            )
        )
        columns.add(Case.Kind.PROBLEM_PARCEL, PROBLEM_PARCEL)
        definitions.stands_elsewhere(
            definitions.Elsewhere(
                pgettext_lazy("page", "错写上报"),
                _("每月一份，带封面清单"),
                "problem_parcels:reports",
            )
        )
        for name, label, url_name in (
            ("store", _("仓库"), "problem_parcels:store"),
            ("receipts", pgettext_lazy("plural", "回单"), "problem_parcels:receipts"),
            ("misroutings", pgettext_lazy("page", "错发登记"), "problem_parcels:misroutings"),
            ("misrouting_reports", pgettext_lazy("page", "错写上报"), "problem_parcels:reports"),
            ("forwardings", pgettext_lazy("page", "转寄"), "problem_parcels:forwardings"),
            ("entry_fee", pgettext_lazy("page", "进仓费"), "problem_parcels:entry_fee"),
        ):
            kinds.add_to_navigation(kinds.NavEntry(name, label, url_name))
