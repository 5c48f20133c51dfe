"""Addresses of reports about losses, delays and damages, and of the ageing of claims."""

from django.urls import path

from claims.views import ageing, reports

urlpatterns = [
    path("reports/", reports.reports, name="reports"),
    path("reports/new/", reports.new_report, name="new_report"),
    path("reports/forgotten/", reports.forgotten, name="forgotten"),
    path("reports/forgotten/<int:pk>/", reports.decide_forgotten, name="decide_forgotten"),
    path("ageing/", ageing.ageing, name="ageing"),
    path("ageing/claims/", ageing.aged_claims, name="aged_claims"),
]
