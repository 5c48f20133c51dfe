"""Our door in ``/api/v1/``; ``kefu.api.urls`` includes it by string."""

from rest_framework.routers import SimpleRouter

from kefu.webhooks.api import ChangesViewSet

router = SimpleRouter()
router.register("changes", ChangesViewSet, basename="change")
urlpatterns = router.urls
