from django.urls import path

from kefu.staff import views

app_name = "staff"
urlpatterns = [
    path("avatars/<int:pk>.png", views.avatar, name="avatar"),
    path("tour/seen/", views.tour_seen, name="tour_seen"),
]
