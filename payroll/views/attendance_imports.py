"""Punches from a table: the pages of every import, in the frame of attendance."""

from django.http import HttpRequest

from kefu.imports.pages import ImportPages
from payroll.forms.attendance import PunchImportForm
from payroll.imports import TABLE
from payroll.selectors.reach import imports_of


def _frame(request: HttpRequest) -> str:
    return "payroll/attendance/import.html"


PAGES = ImportPages(
    app_name="payroll",
    table=TABLE,
    form=PunchImportForm,
    given=lambda form: {},
    options="",
    frame=_frame,
    jobs_of=imports_of,
)
