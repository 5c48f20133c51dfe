"""Our doors in ``/api/v1/``; ``kefu.api.urls`` includes them by string."""

from rest_framework.routers import SimpleRouter

from kefu.penalties.api import PenaltyViewSet

router = SimpleRouter()
router.register("penalties", PenaltyViewSet, basename="penalty")
urlpatterns = router.urls
