"""Our doors in ``/api/v1/``; ``kefu.api.urls`` includes them by string."""

from rest_framework.routers import SimpleRouter

from problem_parcels.api import MessageViewSet

router = SimpleRouter()
router.register("parcel-messages", MessageViewSet, basename="parcel-message")
urlpatterns = router.urls
