"""Addresses of the outlets' pages."""

from django.urls import path

from kefu.partners import views

app_name = "partners"
urlpatterns = [
    path("", views.show_todo, name="todo"),
    path("asked/", views.asked, name="asked"),
    path("claims/", views.claims, name="claims"),
    path("numbers/", views.numbers, name="numbers"),
    path("keys/", views.show_keys, name="keys"),
    path("keys/<int:pk>/revoke/", views.revoke_key, name="revoke_key"),
    path("<slug:kind>/<slug:public_id>/", views.answer, name="answer"),
]
