"""Where each part answers."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# Otherwise the admin's own form would let people in without their second factor.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = "kefu.security.server_error"
urlpatterns = [
    path("admin/", admin.site.urls),
    # Those of allauth that we use, one by one: its own list brings addresses of old versions along.
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("kefu.api.urls")),
    path("", include("kefu.overview.urls")),
    path("", include("kefu.staff.urls")),
    path("", include("kefu.rulebooks.urls")),
    path("", include("kefu.calculator.urls")),
    path("", include("kefu.workbench.urls")),
    path("knowledge/", include("kefu.knowledge.urls")),
    path("processes/", include("kefu.processes.urls")),
    path("", include("kefu.customers.urls")),
    path("reports/", include("kefu.reports.urls")),
    path("", include("inquiries.urls")),
    path("parcels/", include("problem_parcels.urls")),
    path("claims/", include("claims.urls")),
    path("people/", include("payroll.urls")),
    path("outlet/", include("kefu.partners.urls")),
]
