"""The company's pictures: drawn anew as small squares."""

from io import BytesIO
from math import ceil
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from kefu import pictures
from kefu.errors import KefuError

FORMATS = ("PNG", "JPEG", "WEBP")
UPLOAD_LIMIT = 2_000_000  # bytes
SIDE_LIMIT = 2_048  # pixels
SIDE = 128  # pixels of an avatar
# Bytes a picture may take while it is drawn. The most is a WebP's: its decoder holds three copies of
# 2,048 × 2,048 × 4 bytes while we make ours.
MEMORY_LIMIT = 80_000_000


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
    except Exception as error:
        raise _refused(_("请上传 PNG、JPEG 或 WebP 图片")) from error
    # A picture of its own: colour profile, place and camera stay behind with the old one.
    avatar = Image.new("RGBA", (SIDE, SIDE))
    avatar.paste(ImageOps.fit(upright, avatar.size))
    png = BytesIO()
    avatar.save(png, "PNG", optimize=True)
    return png.getvalue()


def _decoded(content: bytes) -> Image.Image:
    return pictures.shrunk(
        content, formats=FORMATS, fits=lambda size: max(size) <= SIDE_LIMIT, box=_covering
    ).convert("RGBA")


def _covering(size: pictures.Size) -> pictures.Size:
    """The shorter side becomes that of the avatar."""
    times = max(1, min(size) / SIDE)
    return ceil(size[0] / times), ceil(size[1] / times)


def _refused(message: str) -> KefuError:
    return KefuError(message, code="picture_refused", field="picture")
