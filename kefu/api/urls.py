"""``/api/v1/``. Apps above bring their own doors and are named by string."""

from django.urls import include, path, re_path

from kefu.api.views import DocsView, DoorsView, SchemaView, UnknownAddress

urlpatterns = [
    path("", DoorsView.as_view(), name="api-doors"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    path("", include("kefu.webhooks.api_urls")),
    path("", include("inquiries.api_urls")),
    path("", include("problem_parcels.api_urls_receipts")),
    path("", include("problem_parcels.api_urls")),
    path("", include("claims.api_urls")),
    path("", include("kefu.parcels.api_urls")),
    path("", include("kefu.deadlines.api_urls")),
    path("", include("kefu.penalties.api_urls")),
    path("", include("kefu.statements.api_urls")),
    path("", include("kefu.appeals.api_urls")),
    re_path(r"", UnknownAddress.as_view()),
]
