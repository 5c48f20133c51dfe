"""Draw a photo anew, in a process of its own: with no keys, no connection, little memory and little time.

What telephones send is read by decoders written in C, whose faults turn up every year, and libheif's own limits let
one picture take gigabytes. So it happens where a crash, a bomb or a take-over reaches nothing: a fresh Python that
imports neither settings nor Django, gets no environment, and limits itself before it reads the first byte.
"""

import resource
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from pillow_heif import register_heif_opener

from kefu import pictures

FORMATS = ("JPEG", "PNG", "HEIF")
PIXEL_LIMIT = 50_000_000  # a telephone's 48 megapixels, and no bomb
SIDE, SMALL = 2_048, 320  # pixels, at most, of the longer side of photo and thumbnail
QUALITY = 85
MEMORY_LIMIT = (
    1_000_000_000  # bytes of address space; the largest photo takes about two thirds of it
)
SECONDS = 20
WHITE = (255, 255, 255)
HEAD = struct.Struct(">III")  # width, height, bytes of the photo; then photo and thumbnail
NO_PHOTO, TOO_MANY_PIXELS = 3, 4  # how the process ends

_at_once = threading.BoundedSemaphore(2)  # however many send photos at the same moment


class NoPhoto(Exception):
    """Not a JPEG, PNG or HEIC that can be read, whatever its name says."""


class TooManyPixels(Exception):
    """More than PIXEL_LIMIT."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A JPEG of its own pixels, and a small one."""

    photo: bytes
    thumbnail: bytes
    width: int
    height: int


def drawn(content: bytes) -> Drawn:
    """Return the photo upright, on white, its longer side at most 2,048 pixels. Raises NoPhoto, TooManyPixels."""
    with _at_once:
        try:
            done = subprocess.run(
                [sys.executable, "-m", __name__],
                input=content,
                capture_output=True,
                check=False,
                cwd=Path(__file__).parents[2],
                env={},
                timeout=2 * SECONDS,  # the machine may be busy
            )
        except subprocess.TimeoutExpired:
            raise NoPhoto from None
    if done.returncode == TOO_MANY_PIXELS:
        raise TooManyPixels
    if done.returncode:
        raise NoPhoto
    width, height, length = HEAD.unpack_from(done.stdout)
    photo = done.stdout[HEAD.size :]
    return Drawn(photo[:length], photo[length:], width, height)


def draw(content: bytes) -> bytes:
    """What the process answers: see HEAD."""
    # Nothing but the picture itself: an embedded thumbnail may show another one.
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    upright = pictures.shrunk(
        content,
        formats=FORMATS,
        fits=lambda size: size[0] * size[1] <= PIXEL_LIMIT,
        box=lambda _size: (SIDE, SIDE),
    ).convert("RGBA")
    # A picture of its own: place, camera and colour profile stay behind with the old one.
    photo = Image.new("RGB", upright.size, WHITE)
    photo.paste(upright, mask=upright)
    large = _jpeg(photo)
    width, height = photo.size
    photo.thumbnail((SMALL, SMALL), reducing_gap=3)
    return HEAD.pack(width, height, len(large)) + large + _jpeg(photo)


def _jpeg(image: Image.Image) -> bytes:
    content = BytesIO()
    image.save(content, "JPEG", quality=QUALITY, optimize=True)
    return content.getvalue()


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no photo is left behind in a core file
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        answer = draw(sys.stdin.buffer.read())
    except Image.DecompressionBombError:
        return TOO_MANY_PIXELS
    except Exception:
        return NO_PHOTO
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
