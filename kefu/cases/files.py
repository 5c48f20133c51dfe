"""Take in what proves something: known by its content, never by its name (ES-137.01, ES-138.01)."""

import hashlib
from dataclasses import dataclass
from typing import IO, Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.photos import drawn_anew
from kefu.errors import KefuError

FILE_LIMIT = 15_000_000  # bytes as they come
HEAD = 12  # bytes by which a file is known
LAST_WORDS = 1_024  # bytes within which a PDF says that it is whole


class Media(models.TextChoices):
    JPEG = "image/jpeg", gettext_lazy("照片")
    PDF = "application/pdf", "PDF"
    WAV = "audio/wav", gettext_lazy("录音 WAV")
    MP3 = "audio/mpeg", gettext_lazy("录音 MP3")
    M4A = "audio/mp4", gettext_lazy("录音 M4A")
    AMR = "audio/amr", gettext_lazy("录音 AMR")


@dataclass(frozen=True, slots=True)
class Kept:
    """As it may be kept: the columns of a row of evidence."""

    media: str
    photo: bytes
    thumbnail: bytes | None
    digest: str

    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def taken_in(upload: IO[bytes], *, field: str) -> Kept:
    """Return what somebody sends as it may be kept: a photo drawn anew, a recording or a PDF as it came.

    Takes seconds: call it before anything is locked. Raises KefuError naming ``field`` (evidence_refused,
    picture_refused).
    """
    media = _media(upload.read(HEAD))
    upload.seek(0)
    if media is None:
        try:
            drawn = drawn_anew(upload)
        except KefuError as error:
            raise KefuError(str(error), code=error.code, field=field) from error
        return Kept(Media.JPEG, drawn.photo, drawn.thumbnail, _digest(drawn.photo))
    content = upload.read(FILE_LIMIT + 1)
    if len(content) > FILE_LIMIT:
        raise _refused(_("录音和 PDF 不能超过 {n} MB").format(n=FILE_LIMIT // 1_000_000), field)
    if media == Media.PDF and b"%%EOF" not in content[-LAST_WORDS:]:
        raise _refused(_("这个 PDF 不完整，请重新导出"), field)
    return Kept(media, content, None, _digest(content))


def _media(head: bytes) -> str | None:
    """By how it begins; None: a photo, or nothing we take."""
    if head.startswith(b"%PDF-"):
        return Media.PDF
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return Media.WAV
    # With a tag, or beginning with a frame of MPEG layer III.
    if head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] and head[1] & 0xE6 == 0xE2):
        return Media.MP3
    if head[4:8] == b"ftyp" and head[8:12] in (b"M4A ", b"mp42"):
        return Media.M4A
    return Media.AMR if head.startswith(b"#!AMR") else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _refused(message: str, field: str) -> KefuError:
    return KefuError(message, code="evidence_refused", field=field)
