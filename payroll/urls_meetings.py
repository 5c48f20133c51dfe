"""Addresses of meetings, announcements and the hand-over book."""

from django.urls import path

from payroll.views import announcements, book, meetings, today

urlpatterns = [
    path("arrive/", today.arrive, name="arrive"),
    path("today/", today.today, name="today"),
    path("today/unsigned/", today.unsigned, name="unsigned"),
    path("today/weekly-report/", today.weekly_report, name="weekly_report"),
    path("meetings/", meetings.meetings, name="meetings"),
    path("meetings/<int:pk>/", meetings.meeting, name="meeting"),
    path("meetings/<int:pk>/reports/", meetings.reports, name="meeting_reports"),
    path("announcements/", announcements.announcements, name="announcements"),
    path("announcements/new/", announcements.compose, name="compose_announcement"),
    path("announcements/audience/", announcements.audience, name="announcement_audience"),
    path("announcements/<int:pk>/", announcements.announcement, name="announcement"),
    path("announcements/<int:pk>/files/<int:file>/", announcements.file, name="announcement_file"),
    path("book/", book.book, name="book"),
    path("book/<int:pk>/", book.page_of, name="book_page"),
]
