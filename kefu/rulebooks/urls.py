from django.urls import path

from kefu.rulebooks import coverage_views, views

app_name = "rulebooks"
urlpatterns = [
    path("rules/", views.rules, name="rules"),
    path("rules/coverage/", coverage_views.rules, name="coverage"),
    path("rules/<int:pk>/", views.rules, name="version"),
    path("rules/<int:pk>/read/", views.read, name="read"),
]
