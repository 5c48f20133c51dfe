from django.urls import path

from kefu.overview import views

app_name = "overview"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
