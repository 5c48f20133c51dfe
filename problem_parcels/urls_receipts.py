"""Addresses of the receipt clerks."""

from django.urls import path

from problem_parcels.views import receipts, receipts_kept

urlpatterns = [
    path("receipts/", receipts.day, name="receipts"),
    path("receipts/hand-over/", receipts.hand_over, name="receipts_hand_over"),
    path("receipts/missing/", receipts.missing, name="receipts_missing"),
    path("receipts/missing.xlsx", receipts.missing_workbook, name="receipts_missing_workbook"),
    path("receipts/wanted/", receipts_kept.wanted, name="receipts_wanted"),
    path("receipts/wanted/<slug:number>/", receipts_kept.one_wanted, name="receipt_request"),
    path("receipts/over/", receipts_kept.over, name="receipts_over"),
    path("receipts/over/<int:pk>/", receipts_kept.decide, name="receipts_decide"),
    path("receipts/<slug:number>/", receipts.batch, name="receipt_batch"),
    path("receipts/<slug:number>/enter/", receipts.enter, name="receipt_enter"),
    path("receipts/<slug:number>/count/", receipts.count, name="receipt_count"),
    path("receipts/<slug:number>/cover/", receipts.cover, name="receipt_cover"),
    path("receipts/<slug:number>/<int:pk>/account/", receipts.account, name="receipt_account"),
    path("receipts/<slug:number>/<int:pk>/correct/", receipts.correct, name="receipt_correct"),
]
