"""Addresses of importing problem parcels."""

from problem_parcels.views.imports import PAGES

urlpatterns = PAGES.urls("import/", "imports/")
