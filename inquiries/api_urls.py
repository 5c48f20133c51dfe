"""Our doors in ``/api/v1/``; ``kefu.api.urls`` includes them by string."""

from rest_framework.routers import SimpleRouter

from inquiries.api import NetworkQueryViewSet
from inquiries.api_complaints import ComplaintViewSet
from inquiries.api_lines import ReachabilityViewSet
from inquiries.api_numbers import ContactNumberViewSet

router = SimpleRouter()
router.register("network-queries", NetworkQueryViewSet, basename="network-query")
router.register("complaints", ComplaintViewSet, basename="complaint")
router.register("contact-numbers", ContactNumberViewSet, basename="contact-number")
router.register("reachability", ReachabilityViewSet, basename="reachability")
urlpatterns = router.urls
