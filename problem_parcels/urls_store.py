"""Addresses of the store, its shifts and what is asked of it."""

from django.urls import path

from problem_parcels.views import shifts, store

urlpatterns = [
    path("store/", store.enter, name="store"),
    path("store/out/", store.leave, name="store_out"),
    path("store/stock/", store.stock, name="store_stock"),
    path("store/left/", store.left, name="store_left"),
    path("store/stays/<int:pk>/", store.stay, name="store_stay"),
    path("store/incidents/<int:pk>/price/", store.price, name="store_price"),
    path("store/collections/", store.sheets, name="store_sheets"),
    path("store/collections/<int:pk>/", store.sheet, name="store_sheet"),
    path("store/requests/", store.requests, name="store_requests"),
    path("store/requests/<int:pk>/", store.request_slip, name="store_request"),
    path("store/shift/", shifts.shift, name="store_shift"),
    path("store/shift/<int:pk>/", shifts.hand_over, name="store_hand_over"),
    path("store/keys/", shifts.keys, name="store_keys"),
]
