"""The demo company's avatars: somebody with a headset, in a colour that chance picks."""

import random
from io import BytesIO

from PIL import Image, ImageDraw

SIDE = 512  # drawn large and kept small, so that the edges are smooth


def avatar(chance: random.Random) -> bytes:
    """Return a PNG; the same chance draws the same picture."""
    hue = chance.randrange(360)
    image = Image.new("RGB", (SIDE, SIDE), f"hsl({hue}, 55%, 45%)")
    draw = ImageDraw.Draw(image)
    hair, skin, shirt = f"hsl({hue}, 30%, 20%)", "#f3d6bf", "#ffffff"
    draw.ellipse((96, 350, 416, 670), fill=shirt)
    draw.ellipse((152, 96, 360, 304), fill=hair)
    draw.ellipse((168, 136, 344, 360), fill=skin)
    draw.arc((128, 80, 384, 336), 180, 360, fill=shirt, width=20)
    for left in (112, 352):
        draw.rounded_rectangle((left, 192, left + 48, 280), 20, fill=shirt)
    draw.arc((136, 200, 376, 352), 20, 90, fill=shirt, width=12)
    png = BytesIO()
    image.save(png, "PNG")
    return png.getvalue()
