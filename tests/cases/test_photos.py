"""Photos bound to a case: what is kept of them, which are refused, who may look."""

import base64
from datetime import timedelta
from io import BytesIO

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from PIL import Image
from pillow_heif import register_heif_opener

from kefu.audit.models import AuditRow
from kefu.cases import photos
from kefu.cases.models import PHOTOS, Attachment, Case
from kefu.cases.reveal import PHOTOS_STAY
from kefu.errors import Conflict, KefuError
from kefu.policy.retention import retention_ends
from kefu.policy.rulebook import load
from kefu.privacy.fields import reseal_batch
from kefu.staff.models import User
from tests.centre import at, build
from tests.threads import at_once

NOW = at("14:00:00")
RED, BLUE, WHITE = (200, 30, 30), (30, 30, 200), (255, 255, 255)
PROFILE = b"a colour profile" * 10

pytestmark = pytest.mark.django_db
register_heif_opener()


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = NOW
    return build(now=NOW)


@pytest.fixture
def case(centre):
    return centre.inquiry(now=NOW)


def encoded(image, form="JPEG", **more):
    content = BytesIO()
    image.save(content, form, **more)
    return content.getvalue()


def picture(size=(80, 60), colour=RED, form="JPEG", **more):
    return encoded(Image.new("RGB", size, colour), form, **more)


def from_a_telephone():
    """Lying on its side, with the place it was taken at and the camera's name."""
    exif = Image.Exif()
    exif[0x010F] = "camera of somebody"
    exif[0x0112] = 6  # a quarter to the right
    exif.get_ifd(0x8825).update({1: "N", 2: (32.0, 23.0, 39.0), 29: "2026:11:20"})
    return exif.tobytes()


def attach(case, centre, content=None, caption="", actor=None):
    return photos.attach_photo(
        case=case,
        picture=BytesIO(picture() if content is None else content),
        caption=caption,
        actor=actor or centre.lin.user,
        now=NOW,
    )


def kept(case):
    """The stored photo and its thumbnail, as browsers get them."""
    row = Attachment.objects.get(case=case)
    return row.photo.open(), row.thumbnail.open()


def near(pixel, colour):
    return all(abs(a - b) < 24 for a, b in zip(pixel, colour, strict=True))


# -- what is kept of a photo ------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIF"])
def test_a_telephone_s_photo_is_kept_upright_small_and_without_its_place(form, case, centre):
    image = Image.new("RGB", (3000, 2000), RED)
    image.paste(BLUE, (0, 0, 1500, 2000))  # on the left
    image.info["exif"] = from_a_telephone()  # a HEIC's turn is told beside its EXIF
    upload = encoded(image, form, exif=image.info["exif"], icc_profile=PROFILE)
    assert b"somebody" in upload

    attached = attach(case, centre, upload + b"<script>alert(1)</script>")

    photo, thumbnail = (Image.open(BytesIO(content)) for content in kept(case))
    assert (photo.format, photo.size) == ("JPEG", (1365, 2048))
    assert (attached.width, attached.height) == photo.size
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (213, 320))
    assert near(photo.getpixel((600, 100)), BLUE) and near(photo.getpixel((600, 1900)), RED)
    assert not photo.getexif() and not thumbnail.getexif()
    for content in kept(case):
        for foreign in (b"somebody", b"profile", b"script", b"Exif", b"2026:11:20"):
            assert foreign not in content


def test_what_is_transparent_becomes_white(case, centre):
    image = Image.new("RGBA", (60, 60), (*RED, 0))

    attach(case, centre, encoded(image, "PNG"))

    assert Image.open(BytesIO(kept(case)[0])).getpixel((30, 30)) == WHITE


def test_it_is_sealed_under_the_key_of_the_day(case, centre, settings):
    before = attach(case, centre)
    old = settings.KEFU_ENCRYPTION_KEYS
    new = {"new": base64.b64encode(b"2" * 32).decode()}
    settings.KEFU_ENCRYPTION_KEYS = new | old

    for column in ("photo", "thumbnail"):
        assert reseal_batch(Attachment, field=column) == (1, before.pk)
        assert reseal_batch(Attachment, field=column) == (0, before.pk)

    settings.KEFU_ENCRYPTION_KEYS = new
    stored = Attachment.objects.get().photo
    assert b"JFIF" not in stored.blob()
    assert Image.open(BytesIO(stored.open())).size == (80, 60)


def test_the_timeline_and_the_audit_tell_of_it(case, centre):
    attached = attach(case, centre, caption="外箱破损，电话 13800004545")

    assert attached.caption == "外箱破损，电话 138******45"
    line = case.interactions.get(action="photo_added")
    assert (line.text, line.data, line.author) == (
        attached.caption,
        {"number": 1},
        centre.lin.user,
    )
    row = AuditRow.objects.get(action="photo_added")
    assert (row.table, row.object_id) == ("cases_attachment", str(attached.pk))
    assert row.after == {"case": case.number, "number": 1, "digest": attached.digest}
    page = signed_in(centre.lin.user)
    assert "加了照片 1" in page.get(f"/cases/{case.number}/").content.decode()
    page.cookies["django_language"] = "en"
    with translation.override("en"):
        assert "added photo 1" in page.get(f"/cases/{case.number}/").content.decode()


# -- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (b"", "JPEG、PNG 或 HEIC"),
        (b"MZ\x90\x00" + b"\x00" * 4_000, "JPEG、PNG 或 HEIC"),  # a program by the name of a photo
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "JPEG、PNG 或 HEIC"),
        (b"<html><img src=x></html>", "JPEG、PNG 或 HEIC"),
        (picture(form="GIF"), "JPEG、PNG 或 HEIC"),
        (picture((800, 600), form="PNG")[:-40], "JPEG、PNG 或 HEIC"),  # cut off
        (picture((800, 600), form="HEIF")[:400], "JPEG、PNG 或 HEIC"),
        (encoded(Image.new("1", (10_000, 6_000)), "PNG"), "5000 万像素"),
    ],
    ids=["nothing", "program", "svg", "html", "gif", "cut off", "cut off heic", "bomb"],
)
def test_what_is_no_photo_is_refused_at_its_field_and_leaves_nothing(upload, said, case, centre):
    with pytest.raises(KefuError, match=said) as refused:
        attach(case, centre, upload)

    assert (refused.value.code, refused.value.field) == ("picture_refused", "picture")
    assert not Attachment.objects.exists()
    assert not case.interactions.filter(action="photo_added").exists()


def test_sixty_megabytes_are_not_read_to_the_end(case, centre):
    class Huge(BytesIO):
        def read(self, size=-1):
            assert 0 < size <= photos.UPLOAD_LIMIT + 1
            return super().read(size)

    huge = Huge(picture() + b"\x00" * 60_000_000)

    with pytest.raises(KefuError, match="15 MB") as refused:
        photos.attach_photo(case=case, picture=huge, actor=centre.lin.user, now=NOW)

    assert refused.value.field == "picture"
    assert huge.tell() == photos.UPLOAD_LIMIT + 1


@pytest.mark.rule("SD-331.10")
def test_the_same_photo_twice_and_a_closed_case(case, centre):
    attach(case, centre)
    with pytest.raises(Conflict, match="第 1 张") as twice:
        attach(case, centre)
    assert (twice.value.code, twice.value.field) == ("photo_already_there", "picture")
    assert attach(centre.inquiry(now=NOW), centre).number == 1  # another case may have it

    Case.objects.filter(pk=case.pk).update(state="answered")
    Case.objects.filter(pk=case.pk).update(state="closed", closed_at=NOW)
    with pytest.raises(Conflict) as closed:
        attach(case, centre, picture(colour=BLUE))

    assert closed.value.code == "case_closed"  # what belongs to it is filed while it is worked on
    assert case.attachments.count() == 1


def fill(case, centre, numbers):
    for number in numbers:
        Attachment.objects.create(
            case=case, number=number, photo=b"x", thumbnail=b"x", digest=str(number),
            width=1, height=1, size=1, added_by=centre.lin.user, added_at=NOW,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_of_two_that_arrive_at_once_one_is_the_twentieth(settings):
    settings.KEFU_NOW = NOW
    centre = build(now=NOW)
    case = centre.inquiry(now=NOW)
    fill(case, centre, range(1, PHOTOS))

    done = at_once(
        lambda: attach(case, centre, picture(colour=RED)),
        lambda: attach(case, centre, picture(colour=BLUE), actor=centre.zhou.user),
    )

    refused = [one for one in done if isinstance(one, Conflict)]
    assert [(one.code, one.field) for one in refused] == [("too_many_photos", "picture")]
    assert case.attachments.count() == PHOTOS


@pytest.mark.rule("SD-331.10")
def test_the_database_keeps_it_so(case, centre):
    attached = attach(case, centre)
    # No end is set to keeping what was filed, so nothing takes it away.
    kept = retention_ends("documents", attached.added_at.date(), load("SD-3"))
    assert (kept.last_on, kept.must) == (None, False)
    for change in (
        lambda: Attachment.objects.filter(pk=attached.pk).update(caption="另一张"),
        lambda: Attachment.objects.filter(pk=attached.pk).delete(),
    ):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            change()
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    for wrong in (
        {"number": PHOTOS + 1, "digest": "b"},  # too many
        {"number": 1, "digest": "b"},  # in another's place
        {"number": 2},  # the same again
        {"number": 2, "digest": "b", "photo": b"x" * 6_000_001},
    ):
        fields = {
            name: getattr(attached, name)
            for name in ("case", "digest", "width", "height", "size", "added_by", "added_at")
        }
        with pytest.raises(IntegrityError, match="attachment_"), transaction.atomic():
            Attachment.objects.create(**{"photo": b"x", "thumbnail": b"x"} | fields | wrong)


# -- pages ------------------------------------------------------------------------------------------


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(name, case, *more):
    return reverse(f"workbench:{name}", args=[case.number, *more])


def send(client, case, content, name="照片.jpg", **more):
    file = SimpleUploadedFile(name, content, "image/jpeg")
    return client.post(address("photo_add", case), {"picture": file, **more})


def test_each_refused_file_is_named_and_the_others_go_through(case, centre):
    client = signed_in(centre.lin.user)

    program = send(client, case, b"MZ", "包裹<b>.jpg")
    huge = send(client, case, b"\x00" * 60_000_000, "太大.heic")
    taken = send(client, case, picture(), caption="外箱破损")

    assert (program.status_code, huge.status_code, taken.status_code) == (422, 422, 200)
    assert "包裹&lt;b&gt;.jpg" in program.content.decode()
    assert "太大.heic" in huge.content.decode() and "15 MB" in huge.content.decode()
    assert address("photo_small", case, 1) in taken.content.decode()
    case.refresh_from_db()
    assert f'{{"version": {case.version}}}' in taken.headers["HX-Trigger"]


def test_a_look_in_full_takes_a_reason_and_ends_after_a_quarter_of_an_hour(case, centre, settings):
    attach(case, centre, caption="外箱破损")
    lin, zhou = signed_in(centre.lin.user), signed_in(centre.zhou.user)
    full, look = address("photo", case, 1), address("photos_look", case)

    small = lin.get(address("photo_small", case, 1))
    assert Image.open(BytesIO(small.content)).size == (80, 60)
    assert small.headers["Cache-Control"] == "private, max-age=600"
    assert lin.get(full).status_code == 404
    assert full not in lin.get(look).content.decode()
    assert lin.post(look, {"reason": "other", "detail": ""}).status_code == 422
    assert not AuditRow.objects.filter(action="reveal").exists()

    shown = lin.post(look, {"reason": "verify"})
    assert full in shown.content.decode() and shown.headers["Cache-Control"] == "no-store"
    row = AuditRow.objects.get(action="reveal")
    assert (row.object_id, row.after) == (str(case.pk), {"fields": ["photos", case.number]})
    seen = lin.get(full)
    assert seen.headers["Content-Disposition"] == f'inline; filename="{case.number}-1.jpg"'
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["Content-Type"] == "image/jpeg"
    assert (
        "private" in seen.headers["Cache-Control"] and "no-store" in seen.headers["Cache-Control"]
    )
    assert full in lin.get(look).content.decode()  # no second reason for the next photo
    assert zhou.get(full).status_code == 404  # everybody gives his own

    settings.KEFU_NOW = NOW + PHOTOS_STAY + timedelta(seconds=1)
    assert lin.get(full).status_code == 404


def test_who_may_not_look_gets_nothing(case, centre):
    attach(case, centre)
    outlet = User.objects.create_user("CD03", role=User.Role.OUTLET, party=centre.chengdu)
    finance = User.objects.create_user("0850", role=User.Role.FINANCE)
    places = [address(name, case, 1) for name in ("photo", "photo_small")]

    assert [signed_in(outlet).get(place).status_code for place in places] == [403, 403]
    assert [signed_in(finance).get(place).status_code for place in places] == [404, 403]
    assert [Client().get(place).status_code for place in places] == [302, 302]
    assert send(signed_in(finance), case, picture()).status_code == 403
    other = centre.inquiry(now=NOW)
    assert signed_in(centre.lin.user).get(address("photo_small", other, 1)).status_code == 404
    assert address("photo_small", case, 1) not in (
        signed_in(finance).get(f"/cases/{case.number}/").content.decode()
    )


def test_twenty_photos_cost_the_page_no_more_queries_than_one(case, centre):
    client, parts = signed_in(centre.lin.user), address("parts", case)
    fill(case, centre, range(1, 2))
    client.get(parts)

    with CaptureQueriesContext(connection) as one:
        client.get(parts)
    fill(case, centre, range(2, PHOTOS + 1))
    with CaptureQueriesContext(connection) as twenty:
        page = client.get(parts)

    assert len(twenty) == len(one)
    assert page.content.decode().count("/small/") == PHOTOS
