"""Addresses of reports about losses, delays and damages, of reports about a week or a month, and of ageing."""

from django.urls import path

from claims.views import registers, reports

urlpatterns = [
    path("reports/", reports.reports, name="reports"),
    path("reports/new/", reports.new_report, name="new_report"),
    path("reports/forgotten/", reports.forgotten, name="forgotten"),
    path("reports/forgotten/<int:pk>/", reports.decide_forgotten, name="decide_forgotten"),
    path("registers/", registers.registers, name="registers"),
    path("registers/draw-up/", registers.draw_up, name="draw_up"),
    path("registers/<int:pk>/", registers.register, name="register"),
    path("registers/<int:pk>/step/", registers.step, name="register_step"),
    path("registers/<int:pk>/report.xlsx", registers.register_file, name="register_file"),
    path("ageing/", registers.ageing, name="ageing"),
    path("ageing/claims/", registers.aged_claims, name="aged_claims"),
]
