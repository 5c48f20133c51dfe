"""Our door in ``/api/v1/``; ``kefu.api.urls`` includes it by string."""

from rest_framework.routers import SimpleRouter

from kefu.parcels.api import WaybillViewSet

router = SimpleRouter()
router.register("waybills", WaybillViewSet, basename="waybill")
urlpatterns = router.urls
