"""Problem parcels from a table: the pages of every import, in the frame of this app."""

from django.http import HttpRequest

from kefu.imports.forms import OwnerForm
from kefu.imports.pages import ImportPages
from problem_parcels.imports import TABLE


def _frame(request: HttpRequest) -> str:
    return "problem_parcels/import.html"


PAGES = ImportPages(
    app_name="problem_parcels",
    table=TABLE,
    form=OwnerForm,
    given=lambda form: {},
    options="",
    frame=_frame,
)
