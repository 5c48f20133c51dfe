"""Addresses of the outlets' pages."""

from django.urls import path

from kefu.partners.views import keys, money, webhooks, work

app_name = "partners"
urlpatterns = [
    path("", work.show_todo, name="todo"),
    path("asked/", work.asked, name="asked"),
    path("complaints/", work.complaints, name="complaints"),
    path("parcel/", work.parcel, name="parcel"),
    path("claims/", work.claims, name="claims"),
    path("numbers/", work.numbers, name="numbers"),
    path("penalties/", money.penalties, name="penalties"),
    path("penalties/<slug:public_id>/<slug:name>/", money.step, name="step"),
    path("appeals/", money.appeals, name="appeals"),
    path("appeals/<slug:public_id>/evidence/<int:number>/", money.evidence, name="evidence"),
    path("statements/", money.statements, name="statements"),
    path("statements/<slug:public_id>/confirm/", money.confirm, name="confirm"),
    path("statements/<slug:public_id>.<slug:ending>", money.statement_file, name="statement_file"),
    path("keys/", keys.show_keys, name="keys"),
    path("keys/<int:pk>/revoke/", keys.revoke_key, name="revoke_key"),
    path("webhooks/", webhooks.show_webhooks, name="webhooks"),
    path("webhooks/<slug:public_id>/<slug:name>/", webhooks.webhook_step, name="webhook_step"),
    path("<slug:kind>/<slug:public_id>/", work.answer, name="answer"),
]
