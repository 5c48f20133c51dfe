"""The knowledge base's addresses."""

from django.urls import path

from kefu.knowledge.views import lookup, outlets, wordings

app_name = "knowledge"
urlpatterns = [
    path("lookup/", lookup.page, name="lookup"),
    path("lookup/dialog/", lookup.dialog, name="lookup_dialog"),
    path("lookup/found/", lookup.found, name="found"),
    *lookup.COVERAGE_PAGES.urls("coverage/import/", "coverage/imports/"),
    *lookup.PRICE_PAGES.urls("prices/import/", "prices/imports/"),
    path("scripts/", wordings.scripts, name="scripts"),
    path("scripts/dialog/", wordings.scripts_dialog, name="scripts_dialog"),
    path("cases/<slug:number>/templates/", wordings.templates, name="templates"),
    path("outlets/", outlets.book, name="outlets"),
    path("outlets/reports/", outlets.reports, name="reports"),
    path("outlets/reports/<int:pk>/", outlets.settle, name="settle"),
    path("outlets/<int:pk>/", outlets.file, name="outlet"),
    path("outlets/<int:pk>/hours/", outlets.hours, name="hours"),
    path("numbers/<int:pk>/wrong/", outlets.wrong, name="wrong"),
    path("numbers/<int:pk>/show/", outlets.show, name="show_number"),
]
