"""What comes in as a picture is drawn anew, so that nothing foreign is ever kept or served."""

from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from kefu.errors import KefuError

FORMATS = ("PNG", "JPEG", "WEBP")
UPLOAD_LIMIT = 2_000_000  # bytes
SIDE_LIMIT = 4_096  # pixels; what is decoded stays under 70 MB
SIDE = 128  # pixels of an avatar


def avatar_png(picture: IO[bytes]) -> bytes:
    """Return the middle square of a picture as a PNG of 128 × 128: its pixels and nothing else of it.

    Raises KefuError naming ``picture`` for what is too large or none of PNG, JPEG and WebP.
    """
    content = picture.read(UPLOAD_LIMIT + 1)
    if len(content) > UPLOAD_LIMIT:
        raise _refused(_("图片不能超过 2 MB"))
    try:
        upright = _decoded(content)
    except Image.DecompressionBombError as error:
        raise _refused(_("图片每边不能超过 {n} 像素").format(n=SIDE_LIMIT)) from error
    except Exception as error:  # each decoder fails in kinds of its own, down to struct.error
        raise _refused(_("请上传 PNG、JPEG 或 WebP 图片")) from error
    # A picture of its own: colour profile, place and camera stay behind with the old one.
    avatar = Image.new("RGBA", (SIDE, SIDE))
    avatar.paste(ImageOps.fit(upright, avatar.size))
    png = BytesIO()
    avatar.save(png, "PNG", optimize=True)
    return png.getvalue()


def _decoded(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content), formats=FORMATS) as found:  # reads no more than the head
        if max(found.size) > SIDE_LIMIT:
            raise Image.DecompressionBombError
        return ImageOps.exif_transpose(found).convert("RGBA")


def _refused(message: str) -> KefuError:
    return KefuError(message, code="picture_refused", field="picture")
