"""Addresses of what is written and done on inquiries; those of all cases are the workbench's."""

from django.urls import path

from inquiries import urls_complaints, urls_counter, urls_incidents, urls_intake
from inquiries.views import compose

app_name = "inquiries"
urlpatterns = [
    path("cases/<slug:number>/reply/", compose.reply, name="reply"),
    path("cases/<slug:number>/outlet/", compose.outlet, name="outlet"),
    path("cases/<slug:number>/answer/", compose.answer_query, name="answer_query"),
    *urls_intake.urlpatterns,
    *urls_counter.urlpatterns,
    *urls_complaints.urlpatterns,
    *urls_incidents.urlpatterns,
]
