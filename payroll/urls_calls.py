"""Addresses of calls and chats."""

from django.urls import path

from payroll.views import calls

urlpatterns = [
    path("calls/", calls.entrance, name="calls"),
    path("calls/team/", calls.team, name="team_calls"),
    path("calls/mine/", calls.mine, name="my_calls"),
    path("calls/people/<slug:number>/", calls.person, name="calls_of"),
    path("calls/ratings/", calls.rate, name="ratings"),
    *calls.CALL_PAGES.urls("calls/import/", "calls/imports/"),
    *calls.CHAT_PAGES.urls("chats/import/", "chats/imports/"),
]
