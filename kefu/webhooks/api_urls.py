"""Our doors in ``/api/v1/``; ``kefu.api.urls`` includes them by string."""

from rest_framework.routers import SimpleRouter

from kefu.webhooks.api import ChangesViewSet
from kefu.webhooks.api_endpoints import WebhookViewSet

router = SimpleRouter()
router.register("changes", ChangesViewSet, basename="change")
router.register("webhooks", WebhookViewSet, basename="webhook")
urlpatterns = router.urls
