"""Addresses of the desk's pages: lists, scanner, replies, the day, the month."""

from django.urls import path

from problem_parcels.views import desk, scan

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("rows/", desk.rows, name="rows"),
    path("give/", desk.give, name="give"),
    path("scan/", scan.scan, name="scan"),
    path("scan/fields/", scan.fields, name="scan_fields"),
    path("batch/", scan.batch, name="batch"),
    path("batch/run/", scan.run, name="batch_run"),
    path("replies/", desk.replies, name="replies"),
    path("replies/checked/", desk.checked, name="replies_checked"),
    path("replies/<int:pk>/open/", desk.open_reply, name="open_reply"),
    path("undelivered/", desk.undelivered, name="undelivered"),
    path("volumes/", desk.my_volumes, name="volumes"),
]
