"""What comes in as a picture is drawn anew from its pixels, so that nothing foreign is ever kept or served."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageOps, PngImagePlugin

Size = tuple[int, int]

# What Pillow shrinks as it is; anything else it would shrink badly or not at all.
SHRINKABLE = {"L", "LA", "RGB", "RGBA", "CMYK"}

# A PNG may carry text that unpacks to many times its size; nobody reads it here.
PngImagePlugin.MAX_TEXT_MEMORY = 4_000_000


def shrunk(
    content: bytes,
    *,
    formats: tuple[str, ...],
    fits: Callable[[Size], bool],
    box: Callable[[Size], Size],
) -> Image.Image:
    """Return a picture upright and no larger than ``box`` makes of its size; sizes are (width, height) in pixels.

    Shrunk first: to turn or to convert a picture makes a second one as large. Raises DecompressionBombError,
    before anything is decoded, for a size that does not fit; whatever else it raises, it is no such picture:
    each decoder fails in kinds of its own, down to struct.error.
    """
    with Image.open(BytesIO(content), formats=formats) as found:  # decodes nothing yet
        if not fits(found.size):
            raise Image.DecompressionBombError
        plain = found.mode in SHRINKABLE and "transparency" not in found.info
        small = found if plain else found.convert("RGBA")
        small.thumbnail(box(found.size), reducing_gap=3)  # keeps the shape
        return ImageOps.exif_transpose(small)
