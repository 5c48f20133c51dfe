"""Addresses of intake: paste, one inquiry, import."""

from django.urls import path

from inquiries.views import imports, intake, paste

urlpatterns = [
    path("new/", paste.new, name="new"),
    path("new/read/", paste.read, name="new_read"),
    path("new/save/", paste.save, name="new_save"),
    path("new/single/", intake.single, name="new_single"),
    path("new/single/check/", intake.check, name="new_check"),
    path("new/clocks/", intake.clocks, name="new_clocks"),
    path("new/why/", intake.why, name="new_why"),
    path("new/parties/", intake.parties, name="new_parties"),
    path("new/courier/", intake.courier, name="new_courier"),
    *imports.PAGES.urls("new/import/", "imports/"),
]
