"""The door for receipts in ``/api/v1/``; ``kefu.api.urls`` includes it by string."""

from rest_framework.routers import SimpleRouter

from problem_parcels.api_receipts import ReceiptRequestViewSet

router = SimpleRouter()
router.register("receipt-requests", ReceiptRequestViewSet, basename="receipt-request")
urlpatterns = router.urls
