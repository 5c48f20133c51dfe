"""Our doors in ``/api/v1/``; ``kefu.api.urls`` includes them by string."""

from rest_framework.routers import SimpleRouter

from kefu.statements.api import StatementViewSet

router = SimpleRouter()
router.register("statements", StatementViewSet, basename="statement")
urlpatterns = router.urls
