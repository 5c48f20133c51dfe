"""Addresses of rosters, of one's own shifts, and of what waits for approval."""

from django.urls import path

from payroll.views import requests, rosters, shifts

urlpatterns = [
    path("shifts/", shifts.my_shifts, name="my_shifts"),
    path("shifts/swap/", shifts.ask_swap, name="ask_swap"),
    path("shifts/leave/", shifts.ask_leave, name="ask_leave"),
    path("shifts/outing/", shifts.ask_outing, name="ask_outing"),
    path("shifts/swaps/<int:pk>/", shifts.answer_swap, name="answer_swap"),
    path("shifts/leaves/<int:pk>/", shifts.answer_leave, name="answer_leave"),
    path("shifts/overtime/<int:pk>/", shifts.answer_call, name="answer_call"),
    path("rosters/", rosters.rosters, name="rosters"),
    path("rosters/draw-up/", rosters.draw_up, name="draw_up_roster"),
    path("rosters/<int:pk>/", rosters.roster, name="roster"),
    path("rosters/<int:pk>/cells/", rosters.cells, name="roster_cells"),
    path("rosters/<int:pk>/lunch/", rosters.lunch, name="roster_lunch"),
    path("rosters/<int:pk>/lunch-times/", rosters.plan_lunch, name="roster_lunch_times"),
    path("rosters/<int:pk>/step/", rosters.step, name="roster_step"),
    path("rosters/<int:pk>/import/", rosters.bring, name="roster_import"),
    path("rosters/<int:pk>/roster.xlsx", rosters.file, name="roster_file"),
    path("requests/", requests.requests, name="requests"),
    path("requests/phone/", requests.phone, name="phone_leave"),
    path("requests/promotion/", requests.promotion, name="promotion_shift"),
    path("requests/overtime/", requests.call_overtime, name="call_overtime"),
    path("requests/overtime/<int:pk>/", requests.withdraw_call, name="withdraw_call"),
    path("requests/blame/", requests.blame, name="blame_swap"),
    path("requests/swaps/<int:pk>/", requests.swap, name="decide_swap"),
    path("requests/leaves/<int:pk>/", requests.leave, name="decide_leave"),
    path("requests/outings/<int:pk>/", requests.outing, name="decide_outing"),
]
