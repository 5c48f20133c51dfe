"""The pages of claims, reports to headquarters and registers."""

from django.urls import path

from claims import urls_money, urls_reports
from claims.views import desk

app_name = "claims"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("new/", desk.new, name="new"),
    path("new/parcel/", desk.parcel, name="parcel"),
    path("<slug:number>/why/", desk.why, name="why"),
    *urls_money.urlpatterns,
    *urls_reports.urlpatterns,
]
