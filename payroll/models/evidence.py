"""What proves a finding or a proposal: a photo drawn anew, a recording or a PDF as it came; sealed, never changed."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from kefu.cases.files import FILE_LIMIT, Media
from kefu.cases.models import PHOTO_LIMIT, THUMBNAIL_LIMIT
from kefu.privacy.fields import SealedFileField
from kefu.staff.models import User
from payroll.models.scores import NEVER_DELETED


class Evidence(models.Model):
    """Numbered within what it proves. Screens, labels and voices tell who somebody is; a file's name is not kept, as
    those of recordings bear telephone numbers.
    """

    Media = Media

    number = models.PositiveSmallIntegerField(_("序号"))
    media = models.CharField(_("格式"), choices=Media, default=Media.JPEG, max_length=15)
    photo = SealedFileField(_("内容"))  # of any format
    thumbnail = SealedFileField(_("缩略图"), null=True)
    digest = models.CharField(_("摘要"), max_length=64)  # SHA-256 of the content, in hex
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    added_at = models.DateTimeField(_("登记时间"))

    class Meta:
        abstract = True

    @property
    def is_photo(self) -> bool:
        return self.media == self.Media.JPEG

    @property
    def is_recording(self) -> bool:
        return self.media.startswith("audio/")


def constraints(
    of: str, most: int, *, numbered: str, once: str, many: str, large: str
) -> list[Any]:
    """What holds for evidence of the column ``of``; the others name the constraints."""
    photo = (
        Q(media=Evidence.Media.JPEG, thumbnail__isnull=False)
        & Q(LessThanOrEqual(Length("photo"), PHOTO_LIMIT))
        & Q(LessThanOrEqual(Length("thumbnail"), THUMBNAIL_LIMIT))
    )
    file = Q(thumbnail__isnull=True) & Q(LessThanOrEqual(Length("photo"), FILE_LIMIT + 1_000))
    return [
        models.UniqueConstraint(fields=[of, "number"], name=numbered),
        models.UniqueConstraint(fields=[of, "digest"], name=once),
        models.CheckConstraint(condition=Q(number__gte=1, number__lte=most), name=many),
        models.CheckConstraint(
            condition=photo | (~Q(media=Evidence.Media.JPEG) & file), name=large
        ),
    ]


TRIGGERS = [
    # Only its seals may change, when keys are rotated.
    pgtrigger.ReadOnly(name="append_only", exclude=["photo", "thumbnail"]),
    NEVER_DELETED,
]
