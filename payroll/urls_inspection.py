"""Addresses of inspection: the day, draws, sheets, findings and what they come to."""

from django.urls import path

from payroll.views import findings, inspections

urlpatterns = [
    path("inspection/", inspections.day, name="inspections"),
    path("inspection/draw/", inspections.draw, name="draw_samples"),
    path("inspection/draws/<int:pk>/", inspections.drawn, name="sample_draw"),
    path("inspection/samples/<int:pk>/aside/", inspections.aside, name="sample_aside"),
    path("inspection/sheet/", inspections.sheet, name="inspection_sheet"),
    path("inspection/sheets/<int:pk>/", inspections.inspection, name="inspection"),
    path("inspection/photos/<int:pk>/<slug:size>/", inspections.photo, name="evidence_photo"),
    path("inspection/mine/", findings.mine, name="my_findings"),
    path("inspection/findings/", findings.found, name="findings"),
    path("inspection/findings/settle/", findings.settle_accepted, name="settle_accepted"),
    path("inspection/findings/<int:pk>/", findings.finding, name="finding"),
    path("inspection/overview/", findings.overview, name="inspection_overview"),
    path("inspection/away/", findings.long_aways, name="long_aways"),
]
