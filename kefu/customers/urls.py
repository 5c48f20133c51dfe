"""The addresses of customers' files, and of the link by which a customer says how he was served."""

from django.urls import path

from kefu.customers.views import files, surveys

app_name = "customers"
urlpatterns = [
    path("customers/", files.customers, name="customers"),
    path("customers/new/", files.new, name="new"),
    path("customers/<int:pk>/", files.customer, name="customer"),
    path("customers/<int:pk>/edit/", files.edit, name="edit"),
    path("customers/<int:pk>/visit/", files.visit, name="visit"),
    path("customers/<int:pk>/visits/<int:visit_pk>/", files.visited, name="visited"),
    path("customers/<int:pk>/grade/", files.grade, name="grade"),
    path("customers/<int:pk>/contract/", files.contract, name="contract"),
    path("customers/<int:pk>/reveal/", files.reveal, name="reveal"),
    path("cases/<slug:number>/survey/", surveys.make_link, name="make_survey"),
    path("s/<slug:secret>/", surveys.survey, name="survey"),
]
