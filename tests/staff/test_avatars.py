"""The company's pictures, and who answers online under one of them."""

import random
import subprocess
import sys
from io import BytesIO

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image, PngImagePlugin

from kefu.demo import pictures as demo
from kefu.errors import KefuError, NotAllowed
from kefu.staff import pictures
from kefu.staff import services as staff
from kefu.staff.models import AVATAR_LIMIT, Avatar, Employee, Position, User
from tests.centre import at

NOW = at("09:00:00")
RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(size=(300, 200), form="PNG", colour=RED, **more):
    image = Image.new("RGB", size, colour)
    return encoded(image, form, **more)


def encoded(image, form="PNG", **more):
    content = BytesIO()
    image.save(content, form, **more)
    return content.getvalue()


def drawn(content):
    """The picture we make of an upload."""
    return Image.open(BytesIO(pictures.avatar_png(BytesIO(content))))


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def near(pixel, colour):
    return all(abs(a - b) < 12 for a, b in zip(pixel, colour, strict=False))


def deep(side):
    return Image.new("I;16", (side, side), 0)


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


# -- what is kept of an upload ----------------------------------------------------------------------


@pytest.mark.rule("ES-203.03")
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(300, 200), (1, 1), (2048, 1), (40, 2000)])
def test_a_picture_becomes_a_small_square_png(form, size):
    avatar = drawn(picture(size, form))

    assert (avatar.format, avatar.size) == ("PNG", (128, 128))


def test_the_middle_of_a_picture_is_kept():
    image = Image.new("RGB", (384, 128), BLUE)
    image.paste(RED, (128, 0, 256, 128))

    assert drawn(encoded(image)).getcolors() == [(128 * 128, (*RED, 255))]


def test_a_picture_taken_with_the_telephone_on_its_side_stands_upright():
    image = Image.new("RGB", (128, 128), RED)
    image.paste(BLUE, (0, 0, 128, 64))

    assert drawn(encoded(image, exif=turned(3))).getpixel((64, 127))[:3] == BLUE


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_large_picture_is_shrunk_whole_and_stands_upright_too(form):
    image = Image.new("RGB", (2000, 1000), RED)
    image.paste(BLUE, (0, 0, 1000, 1000))  # on the left

    small = drawn(encoded(image, form, exif=turned(6), quality=95))  # a quarter to the right

    above, below = small.getpixel((64, 20)), small.getpixel((64, 107))
    assert near(above, BLUE) and near(below, RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_kind_of_colour_are_shrunk(mode):
    image = Image.new("L", (1000, 1000), 0).convert(mode) if mode != "I;16" else deep(1000)

    small = drawn(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))

    assert near(small.getpixel((64, 64)), (0, 0, 0))


def test_what_is_transparent_stays_transparent():
    image = Image.new("RGB", (1000, 1000), RED)

    assert drawn(encoded(image, transparency=RED)).getpixel((64, 64))[3] == 0


def test_nothing_foreign_is_kept():
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "https://elsewhere.example")
    exif = Image.Exif()
    exif[0x010F] = "camera of somebody"
    upload = (
        picture(pnginfo=note, exif=exif, icc_profile=b"a profile") + b"<script>alert(1)</script>"
    )

    kept = pictures.avatar_png(BytesIO(upload))

    for foreign in (b"elsewhere", b"somebody", b"profile", b"script", b"iCCP", b"eXIf"):
        assert foreign not in kept
    assert pictures.avatar_png(BytesIO(kept)) == kept


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (b"", "PNG、JPEG 或 WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG、JPEG 或 WebP"),
        (picture(form="GIF"), "PNG、JPEG 或 WebP"),
        (picture(form="BMP"), "PNG、JPEG 或 WebP"),
        (picture()[:-60], "PNG、JPEG 或 WebP"),  # cut off
        (picture((2049, 1)), "2048 像素"),
        (picture((1, 2049)), "2048 像素"),
        (picture() + b"x" * pictures.UPLOAD_LIMIT, "2 MB"),
    ],
    ids=["nothing", "svg", "gif", "bmp", "broken", "too wide", "too high", "too heavy"],
)
def test_what_is_no_fitting_picture_is_refused_at_its_field(upload, said):
    with pytest.raises(KefuError, match=said) as refused:
        pictures.avatar_png(BytesIO(upload))

    assert refused.value.field == "picture"


def largest(form, mode="RGBA", **more):
    """A picture as large as is let in, turned, of almost no bytes."""
    side = pictures.SIDE_LIMIT
    return encoded(Image.new(mode, (side, side)), form, exif=turned(6), **more)


def full_of_text():
    note = PngImagePlugin.PngInfo()
    for n in range(60):
        note.add_text(f"k{n}", "x" * 1_000_000, zip=True)
    return picture(pnginfo=note)


# In a process of its own: how far the memory ever rose above what it held when it began. VmHWM begins
# anew with each program; getrusage's maximum may be that of whoever started it.
MEASURE = r"""
import re, sys
from io import BytesIO
from pathlib import Path
from PIL import Image
from kefu.errors import KefuError
from kefu.staff import pictures

pictures._ = str
small = BytesIO()
Image.new("RGB", (200, 200)).save(small, sys.argv[1])
pictures.avatar_png(BytesIO(small.getvalue()))

def bytes_of(name):
    return int(re.search(name + r":\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

upload, before = sys.stdin.buffer.read(), bytes_of("VmRSS")
try:
    pictures.avatar_png(BytesIO(upload))
    done = "drawn"
except KefuError:
    done = "refused"
print(done, bytes_of("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process takes")
@pytest.mark.parametrize(
    ("make", "form", "said"),
    [
        (lambda: largest("PNG"), "PNG", "drawn"),
        (lambda: largest("PNG", "RGB", transparency=RED), "PNG", "drawn"),
        (lambda: largest("JPEG", "RGB", progressive=True, subsampling=0), "JPEG", "drawn"),
        (lambda: largest("JPEG", "CMYK", progressive=True), "JPEG", "drawn"),
        (lambda: largest("WEBP"), "WEBP", "drawn"),
        (lambda: largest("WEBP", lossless=True), "WEBP", "drawn"),
        (lambda: picture((4096, 4096)), "PNG", "refused"),
        (full_of_text, "PNG", "refused"),
    ],
    ids=["png", "key colour", "jpeg", "cmyk", "webp", "lossless webp", "too large", "text"],
)
def test_no_picture_takes_more_memory_than_the_limit_says(make, form, said):
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, form], input=make(), capture_output=True, check=False
    )

    assert run.returncode == 0, run.stderr.decode()
    done, most = run.stdout.decode().split()
    assert done == said
    assert int(most) < pictures.MEMORY_LIMIT


def test_two_million_bytes_are_the_most():
    upload = picture()
    upload += b"x" * (pictures.UPLOAD_LIMIT - len(upload))

    assert drawn(upload).size == (128, 128)


def test_the_busiest_picture_fits_the_column():
    noise = Image.frombytes("RGBA", (128, 128), random.Random(1).randbytes(128 * 128 * 4))

    assert len(pictures.avatar_png(BytesIO(encoded(noise)))) <= AVATAR_LIMIT


# -- the company's pictures ---------------------------------------------------------------------------


@pytest.fixture
def avatar(centre):
    return staff.add_avatar(name="统一头像", picture=picture(), actor=centre.chen.user, now=NOW)


def upload(client, content, name="统一头像"):
    file = SimpleUploadedFile("logo.png", content, content_type="image/png")
    return client.post(reverse("admin:staff_avatar_add"), {"name": name, "picture": file})


@pytest.mark.rule("ES-203.03")
def test_a_supervisor_adds_a_picture_and_sees_it_in_the_list(centre):
    office = signed_in(centre.chen.user)

    assert upload(office, picture()).status_code == 302

    added = Avatar.objects.get()
    assert (added.name, added.added_by) == ("统一头像", centre.chen.user)
    assert Image.open(BytesIO(bytes(added.png))).size == (128, 128)
    listed = office.get(reverse("admin:staff_avatar_changelist")).content.decode()
    assert reverse("staff:avatar", args=[added.pk]) in listed


@pytest.mark.parametrize("content", [b"<svg/>", picture((2049, 1))], ids=["svg", "too wide"])
def test_a_picture_that_is_refused_is_named_at_its_field(centre, content):
    page = upload(signed_in(centre.chen.user), content)

    assert page.status_code == 200
    assert "picture" in page.context["adminform"].form.errors
    assert "统一头像" in page.content.decode()  # the name that was typed is not lost
    assert not Avatar.objects.exists()


def test_an_upload_is_decoded_once(centre, monkeypatch):
    decoded = []
    draw = pictures._decoded
    monkeypatch.setattr(
        pictures, "_decoded", lambda content: decoded.append(content) or draw(content)
    )

    assert upload(signed_in(centre.chen.user), picture()).status_code == 302
    assert decoded == [picture()]


def test_who_may_not_edit_the_staff_adds_no_picture(centre):
    assert upload(signed_in(centre.wang.user), picture()).status_code == 403
    with pytest.raises(NotAllowed):
        staff.add_avatar(name="我的", picture=picture(), actor=centre.wang.user, now=NOW)

    assert not Avatar.objects.exists()


def test_a_picture_is_never_another_under_the_same_address(centre, avatar):
    for change in (
        lambda: Avatar.objects.filter(pk=avatar.pk).update(png=b"another"),
        lambda: Avatar.objects.filter(pk=avatar.pk).delete(),
    ):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            change()
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    with pytest.raises(IntegrityError, match="avatar_is_small"), transaction.atomic():
        Avatar.objects.create(
            name="大", png=b"x" * (AVATAR_LIMIT + 1), added_by=centre.chen.user, added_at=NOW
        )


def test_people_of_the_centre_get_the_picture_once_for_good(centre, avatar):
    answer = signed_in(centre.lin.user).get(reverse("staff:avatar", args=[avatar.pk]))

    assert answer.content == bytes(avatar.png)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    kept = set(answer.headers["Cache-Control"].split(", "))
    assert kept == {"private", "max-age=31536000", "immutable"}


def test_nobody_else_gets_it(centre, avatar):
    url = reverse("staff:avatar", args=[avatar.pk])
    partner = User.objects.create_user("CD03", role=User.Role.OUTLET, party=centre.chengdu)

    assert Client().get(url).status_code == 302
    assert signed_in(partner).get(url).status_code == 403
    assert signed_in(centre.lin.user).get(reverse("staff:avatar", args=[0])).status_code == 404
    for answer in (Client().get(url), signed_in(partner).get(url)):
        assert "immutable" not in answer.headers.get("Cache-Control", "")


# -- who answers online -------------------------------------------------------------------------------


def hire(centre, **given):
    facts = {
        "number": "0840",
        "name": "吕小布",
        "role": User.Role.AGENT,
        "department": centre.query_desk,
        "position": Position.objects.get(),
        "channels": ["online"],
        "nickname": "小布",
        "actor": centre.chen.user,
        "now": NOW,
    }
    return staff.hire(**(facts | given))[0]


@pytest.mark.rule("ES-203.03")
@pytest.mark.parametrize("lacks", ["avatar", "nickname"])
def test_an_online_agent_has_the_company_s_avatar_and_a_nickname(centre, avatar, lacks):
    centre.work_by("ES")
    account = {"avatar": avatar, "nickname": "小布"}

    with pytest.raises(KefuError, match=r"ES-203\.03") as refused:
        hire(centre, **(account | {lacks: None if lacks == "avatar" else ""}))
    assert refused.value.field == lacks
    assert not User.objects.filter(username="0840").exists()

    hired = hire(centre, **account)
    assert (hired.avatar, hired.nickname) == (avatar, "小布")


@pytest.mark.rule("ES-203.03")
def test_who_serves_other_channels_or_another_rulebook_needs_none(centre):
    assert hire(centre).avatar is None  # the courier department's rulebook does not ask
    centre.work_by("ES")

    hired = hire(centre, number="0841", channels=["phone", "offline"], nickname="")
    assert hired.avatar is None


@pytest.mark.rule("ES-203.03")
def test_who_begins_to_answer_online_gets_both_first(centre, avatar):
    centre.work_by("ES")
    url = reverse("admin:staff_employee_change", args=[centre.lin.pk])
    file = {
        "name": "林小月",
        "department": centre.query_desk.pk,
        "position": centre.lin.position_id,
        "channels": ["phone", "online"],
        "nickname": "小月",
        "avatar": "",
        "extension": "",
        "duties-TOTAL_FORMS": "0",
        "duties-INITIAL_FORMS": "0",
    }
    office = signed_in(centre.chen.user)

    refused = office.post(url, file)
    assert "ES-203.03" in str(refused.context["adminform"].form.errors["avatar"])
    assert Employee.objects.get(number="0826").channels == ["phone"]

    assert office.post(url, {**file, "avatar": avatar.pk}).status_code == 302
    changed = Employee.objects.get(number="0826")
    assert (changed.channels, changed.avatar) == (["phone", "online"], avatar)


# -- as whom one answers ------------------------------------------------------------------------------


@pytest.mark.rule("ES-203.03")
def test_the_reply_form_shows_as_whom_one_answers_online(centre, avatar, clock):
    case = centre.inquiry(now=clock("10:00:00"), channel="chat")
    page = reverse("workbench:case", args=[case.number])
    client = signed_in(centre.lin.user)
    assert "speaker" not in client.get(page).content.decode()

    centre.lin.avatar, centre.lin.nickname = avatar, "小月"
    centre.lin.save()
    spoken = speaker(client.get(page))
    refused = client.post(
        reverse("inquiries:reply", args=[case.number]),
        {"version": case.version, "channel": "chat", "text": ""},
    )

    assert reverse("staff:avatar", args=[avatar.pk]) in spoken and "小月" in spoken
    assert " hidden>" in spoken  # on the telephone nobody sees it
    assert refused.status_code == 422
    assert " hidden>" not in speaker(refused)


def speaker(answer):
    (_before, found) = answer.content.decode().split('<span class="speaker', 1)
    return found.split("</span>", 1)[0]


# -- the demo ---------------------------------------------------------------------------------------


def test_the_demo_s_pictures_are_the_same_every_time():
    first, second = (demo.avatar(random.Random(1)) for _ in range(2))

    assert first == second != demo.avatar(random.Random(2))
    assert drawn(first).size == (128, 128)
