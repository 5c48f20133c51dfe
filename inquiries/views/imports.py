"""Intake from a table: the pages of every import, with what is asked of inquiries."""

from typing import Any

from inquiries import imports
from inquiries.forms_intake import ImportForm
from inquiries.views.paste import frame_template
from kefu.imports.forms import OwnerForm
from kefu.imports.pages import ImportPages


def _given(form: OwnerForm) -> dict[str, Any]:
    names = ("kind", "allow_unknown_waybills")
    return {name: form.cleaned_data[name] for name in names}


PAGES = ImportPages(
    app_name="inquiries",
    table=imports.TABLE,
    form=ImportForm,
    given=_given,
    options="inquiries/_import_options.html",
    frame=frame_template,
)
