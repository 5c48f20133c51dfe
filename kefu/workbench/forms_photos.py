"""What the panel of a case's photos asks for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.cases.models import CAPTION_LIMIT
from kefu.workbench.forms import DeskForm


class PhotoForm(DeskForm):
    picture = forms.FileField(label=_("照片"), max_length=200, allow_empty_file=True)
    caption = forms.CharField(label=_("说明"), max_length=CAPTION_LIMIT, required=False)
