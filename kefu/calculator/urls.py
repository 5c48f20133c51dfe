from django.urls import path

from kefu.calculator import views

app_name = "calculator"
urlpatterns = [
    path("calculator/", views.index, name="index"),
    path("calculator/schemas/<slug:kind>.json", views.schema, name="schema"),
    path("calculator/<slug:kind>/", views.calculation, name="calculation"),
]
