"""Our doors in ``/api/v1/``; ``kefu.api.urls`` includes them by string."""

from rest_framework.routers import SimpleRouter

from kefu.appeals.api import AppealViewSet

router = SimpleRouter()
router.register("appeals", AppealViewSet, basename="appeal")
urlpatterns = router.urls
