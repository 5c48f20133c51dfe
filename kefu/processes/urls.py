"""The addresses of processes."""

from django.urls import path

from kefu.processes.views import refunds, runs, templates

app_name = "processes"
urlpatterns = [
    path("", runs.processes, name="processes"),
    path("running/", runs.running, name="running"),
    path("refunds/", refunds.refunds, name="refunds"),
    path("refunds/checked/", refunds.checked, name="refunds_checked"),
    path("refunds/<slug:number>/remind/", refunds.remind, name="refunds_remind"),
    path("start/<slug:code>/", runs.start, name="start"),
    path("choose/<slug:number>/", runs.choose, name="choose"),
    path("cases/<slug:number>/<slug:code>/", runs.step, name="step"),
    path("templates/new/", templates.new, name="new"),
    path("templates/<int:pk>/", templates.edit, name="template"),
    path("templates/<int:pk>/<slug:act>/", templates.act, name="template_act"),
]
