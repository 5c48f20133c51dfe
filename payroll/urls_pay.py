"""The pages of pay."""

from django.urls import path

from payroll.views import pay

urlpatterns = [
    path("pay/", pay.mine, name="mine"),
    path("pay/slips/<int:pk>/", pay.slip, name="slip"),
    path("pay/slips/<int:pk>/pdf/", pay.slip_pdf, name="slip_pdf"),
    path("pay/slips/<int:pk>/acknowledge/", pay.acknowledge, name="acknowledge"),
    path("pay/runs/", pay.runs, name="runs"),
    path("pay/runs/<int:pk>/", pay.run, name="run"),
    path("pay/runs/<int:pk>/step/", pay.step, name="run_step"),
    path("pay/runs/<int:pk>/progress/", pay.progress, name="run_progress"),
    path("pay/runs/<int:pk>/register/", pay.register_file, name="register_file"),
    path("pay/runs/<int:pk>/bank/", pay.bank_file, name="bank_file"),
    path("pay/adjustments/", pay.adjustment_list, name="adjustments"),
    path("pay/accounts/", pay.accounts, name="accounts"),
    path("pay/purses/", pay.purses, name="purses"),
    path("pay/terms/", pay.terms, name="terms"),
    path("pay/terms/<int:pk>/confirm/", pay.confirm_terms, name="confirm_terms"),
]
