"""The addresses of the problem-parcel desks."""

from django.urls import path

from problem_parcels import urls_desk, urls_imports, urls_receipts, urls_routes, urls_store
from problem_parcels.views import compose

app_name = "problem_parcels"
urlpatterns = [
    *urls_store.urlpatterns,
    path("cases/<slug:number>/message/", compose.message, name="message"),
    path("cases/<slug:number>/answer/", compose.answer, name="answer"),
    *urls_desk.urlpatterns,
    *urls_routes.urlpatterns,
    *urls_receipts.urlpatterns,
    *urls_imports.urlpatterns,
]
