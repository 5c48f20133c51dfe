"""The addresses of the money of claims."""

from django.urls import path

from claims.views import insurance, money

urlpatterns = [
    path("money/", money.money, name="money"),
    path("money/<slug:number>/", money.claim, name="claim_money"),
    path("documents/<int:pk>/", money.document, name="document"),
    path("recoveries/", money.debts, name="recoveries"),
    path("recoveries/<int:pk>/", money.statement, name="statement"),
    path("insurance/", insurance.desk, name="insurance"),
    path("insurance/policies/new/", insurance.policy, name="new_policy"),
    path("insurance/policies/<int:pk>/", insurance.policy, name="policy"),
    path("self-settled/", money.settled, name="self_settled"),
]
