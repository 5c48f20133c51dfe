"""Photos bound to a case of any kind: few, small, drawn anew, sealed."""

import hashlib
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.cases import drawing
from kefu.cases import services as cases
from kefu.cases.drawing import Drawn
from kefu.cases.models import CAPTION_LIMIT, PHOTOS, Attachment, Case
from kefu.errors import Conflict, KefuError

__all__ = ["UPLOAD_LIMIT", "Drawn", "attach_photo", "drawn_anew"]

UPLOAD_LIMIT = 15_000_000  # bytes


def attach_photo(
    *, case: Case, picture: IO[bytes], caption: str = "", actor: Any, now: datetime
) -> Attachment:
    """Bind a photo to a case; its timeline tells of it. What is kept is drawn anew (``kefu.cases.drawing``).

    Raises KefuError naming ``picture`` for more than 15 MB or 50 megapixels (``picture_refused``), for what is no
    JPEG, PNG or HEIC by its content, for the 21st of a case (``too_many_photos``) and for one it has already
    (``photo_already_there``); naming ``caption`` for more than 200 characters; Conflict ``case_closed``.
    """
    drawn = drawn_anew(picture)  # takes seconds, so before anything is locked
    digest = hashlib.sha256(drawn.photo).hexdigest()
    with transaction.atomic():
        locked = cases.lock(case=case)
        if locked.state == Case.State.CLOSED:
            raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
        words = cases.shown(case=locked, text=caption, field="caption", limit=CAPTION_LIMIT)
        attachment = Attachment.objects.create(
            case=locked,
            number=_next_number(locked, digest),
            photo=drawn.photo,
            thumbnail=drawn.thumbnail,
            digest=digest,
            width=drawn.width,
            height=drawn.height,
            size=len(drawn.photo),
            caption=words[:CAPTION_LIMIT],
            added_by=actor,
            added_at=now,
        )
        cases.step(
            case=locked,
            action="photo_added",
            text=caption.strip(),
            number=attachment.number,
            actor=actor,
            now=now,
        )
        audit.record(
            action="photo_added",
            table=Attachment._meta.db_table,
            object_id=attachment.pk,
            after={"case": locked.number, "number": attachment.number, "digest": digest},
            actor=actor,
            at=now,
        )
    return attachment


def drawn_anew(picture: IO[bytes]) -> drawing.Drawn:
    """Return what somebody sends as it may be kept. Raises KefuError naming ``picture`` (picture_refused)."""
    content = picture.read(UPLOAD_LIMIT + 1)
    if len(content) > UPLOAD_LIMIT:
        raise _refused(_("照片不能超过 15 MB"))
    try:
        return drawing.drawn(content)
    except drawing.TooManyPixels as error:
        raise _refused(_("照片不能超过 5000 万像素")) from error
    except drawing.NoPhoto as error:
        raise _refused(_("这不是照片，或者文件坏了；请用 JPEG、PNG 或 HEIC")) from error


def _next_number(case: Case, digest: str) -> int:
    """The next place in the locked case."""
    there = dict(case.attachments.values_list("digest", "number"))
    if digest in there:
        raise Conflict(
            _("这张照片已经在这一单里了，是第 {n} 张").format(n=there[digest]),
            code="photo_already_there",
            field="picture",
        )
    if len(there) >= PHOTOS:
        raise Conflict(
            _("一张工单最多 {n} 张照片，已经满了").format(n=PHOTOS),
            code="too_many_photos",
            field="picture",
        )
    return len(there) + 1


def _refused(message: str) -> KefuError:
    return KefuError(message, code="picture_refused", field="picture")
