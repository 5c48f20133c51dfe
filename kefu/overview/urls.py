from django.urls import path

from kefu.overview import views

app_name = "overview"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("overview.xlsx", views.dashboard_file, name="dashboard_file"),
    path("wallboard/", views.wallboard, name="wallboard"),
    path("wallboard/<str:token>/", views.shared_wallboard, name="shared_wallboard"),
]
