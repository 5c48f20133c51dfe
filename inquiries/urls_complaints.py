"""Addresses of what is written and listed about complaints, beside their case pages."""

from django.urls import path

from inquiries.views import complaints

urlpatterns = [
    path("complaints/", complaints.board, name="complaints"),
    path("complaints/inspection/", complaints.inspection, name="inspection"),
    path("complaints/rates/", complaints.rates, name="rates"),
    path("complaints/lines/", complaints.lines, name="lines"),
    path("complaints/lines/<int:pk>/case/", complaints.line_case, name="line_case"),
    path("complaints/numbers/", complaints.numbers, name="numbers"),
    path("cases/<slug:number>/findings/", complaints.findings, name="findings"),
]
