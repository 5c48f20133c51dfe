"""How long requests take, for Prometheus. What the database knows is asked when somebody reads (``kefu.overview.metrics``)."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Histogram

# From the fastest list to what a person would no longer wait for; seconds.
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10)
REQUESTS = Histogram(
    "kefu_request_seconds",
    "Time from the first middleware to the answer, by the name of the page or door.",
    ["page", "method", "status"],
    buckets=BUCKETS,
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOWHERE = "nowhere"  # no page has this address


class TimedMiddleware:
    """Observe each request under its page's name: an address holds numbers, and anybody may invent one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        page = (match.view_name or match.route) if match else NOWHERE
        method = request.method if request.method in METHODS else "other"
        took = time.perf_counter() - began
        REQUESTS.labels(page, method, f"{response.status_code // 100}xx").observe(took)
        return response
