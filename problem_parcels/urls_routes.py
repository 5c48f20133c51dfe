"""Addresses of misroutings, returns, forwardings and entry fees."""

from django.urls import path

from problem_parcels.views import carriage, misroutings

urlpatterns = [
    path("misroutings/", misroutings.misroutings, name="misroutings"),
    path("misroutings/destination/", misroutings.destination, name="destination"),
    path("misroutings/<int:pk>/withdraw/", misroutings.withdraw, name="withdraw_misrouting"),
    path("reports/", misroutings.reports, name="reports"),
    path("reports/<int:pk>/", misroutings.report, name="report"),
    path("reports/<int:pk>/list.xlsx", misroutings.electronic_list, name="electronic_list"),
    path("reports/<int:pk>/<slug:name>/", misroutings.step, name="report_step"),
    path("house/", misroutings.house, name="house"),
    path("returns/<slug:number>/", carriage.return_fee, name="return_fee"),
    path("forwardings/", carriage.forwardings, name="forwardings"),
    path("forwardings/register.xlsx", carriage.register_file, name="register_file"),
    path("forwardings/hand-over/", carriage.hand_over, name="hand_over_slips"),
    path("forwardings/slips/<int:pk>/", carriage.receive, name="receive_slips"),
    path("forwardings/<int:pk>/", carriage.forwarding, name="forwarding"),
    path(
        "forwardings/<int:pk>/<slug:name>/",
        carriage.forwarding_step,
        name="forwarding_step",
    ),
    path("entry-fee/", carriage.entry_fee, name="entry_fee"),
    path("entry-fee/<int:pk>/", carriage.entry_fee_quote, name="entry_fee_quote"),
]
