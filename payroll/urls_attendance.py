"""Addresses of attendance."""

from django.urls import path

from payroll.views import attendance, attendance_team
from payroll.views.attendance_imports import PAGES

urlpatterns = [
    path("attendance/", attendance.my_month, name="attendance"),
    path("attendance/punch/", attendance.punch, name="punch"),
    path("attendance/break/", attendance.take_break, name="break"),
    path("attendance/shifts/<int:pk>/", attendance.shift, name="attendance_shift"),
    path("attendance/overtime/", attendance.my_overtime, name="overtime"),
    path("attendance/team/", attendance_team.team, name="team_attendance"),
    path("attendance/people/<slug:number>/", attendance.persons_month, name="persons_attendance"),
    path("attendance/reports/", attendance_team.reports, name="attendance_reports"),
    path(
        "attendance/reports/<slug:code>/<slug:to>/",
        attendance_team.report_table,
        name="attendance_report",
    ),
    *PAGES.urls("attendance/import/", "attendance/imports/"),
]
