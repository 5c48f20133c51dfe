"""Our doors in ``/api/v1/``; ``kefu.api.urls`` includes them by string."""

from rest_framework.routers import SimpleRouter

from inquiries.api import NetworkQueryViewSet

router = SimpleRouter()
router.register("network-queries", NetworkQueryViewSet, basename="network-query")
urlpatterns = router.urls
