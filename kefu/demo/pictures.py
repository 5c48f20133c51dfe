"""What the demo draws: avatars with a headset, in a colour that chance picks, and evidence of a check."""

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


def untidy_desk(chance: random.Random) -> bytes:
    """Return a JPEG of what somebody who checks desks finds."""
    image = Image.new("RGB", (960, 720), "#c9b79c")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 960, 250), fill="#e8e4da")
    draw.rounded_rectangle((300, 60, 660, 300), 16, fill="#2f3640")
    draw.rectangle((455, 300, 505, 350), fill="#4b535d")
    for _sheet in range(9):
        left, top = chance.randrange(40, 780), chance.randrange(380, 600)
        slant = chance.randrange(-40, 40)
        corners = [(left, top), (left + 130, top + slant), (left + 140, top + 90 + slant), (left + 10, top + 90)]  # fmt: skip
        draw.polygon(corners, fill="#f7f4ec", outline="#8d8579")
    draw.ellipse((730, 330, 850, 450), fill="#7a3b2e", outline="#4b2119", width=8)
    jpeg = BytesIO()
    image.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()
