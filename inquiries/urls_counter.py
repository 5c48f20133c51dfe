"""Addresses of the counter, and of what a case page asks on the side about a pick-up or a reply."""

from django.urls import path

from inquiries.views import counter, pickups

urlpatterns = [
    path("counter/", counter.counter, name="counter"),
    path("counter/<str:number>/", counter.slip, name="counter_slip"),
    path("cases/<slug:number>/branches/", pickups.branches, name="branches"),
    path("cases/<slug:number>/branches/<int:pk>/", pickups.branch_number, name="branch_number"),
    path("cases/<slug:number>/words/", pickups.words, name="words"),
]
