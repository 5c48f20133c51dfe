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
    path("new/import/", imports.table, name="new_import"),
    path("new/import/preview/", imports.preview, name="import_preview"),
    path("new/import/template/<slug:form>/", imports.template, name="import_template"),
    path("imports/<uuid:pk>/", imports.job, name="import_job"),
    path("imports/<uuid:pk>/progress/", imports.progress, name="import_progress"),
    path("imports/<uuid:pk>/stop/", imports.stop, name="import_stop"),
    path("imports/<uuid:pk>/refused/", imports.refused, name="import_refused"),
]
