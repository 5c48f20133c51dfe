"""Guarantee 39: keys are changed while people work, and an old one goes only when nothing stands under it."""

import base64
import json
from contextlib import suppress
from io import BytesIO, StringIO
from typing import Any

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from PIL import Image
from psycopg.conninfo import make_conninfo

from kefu import clock
from kefu.audit.models import AuditRow
from kefu.cases import photos
from kefu.cases.models import Case, Interaction
from kefu.overview.privacy_checks import sealed_contents
from kefu.privacy import places
from kefu.privacy.fields import SealedColumn
from kefu.privacy.keys import encryption_keys
from kefu.retention import selectors
from kefu.retention.models import SealCount
from kefu.retention.services import rotation
from kefu.staff.second_factor import SealingAdapter
from tests.centre import Centre, build

NEW = {"new": base64.b64encode(b"2" * 32).decode()}


@pytest.fixture
def centre(db: None) -> Centre:
    centre = build(now=clock.now())
    centre.inquiry(now=clock.now())
    return centre


def rotate(**options: Any) -> dict[str, Any]:
    told = StringIO()
    with suppress(SystemExit):  # 1 while anything is left
        call_command("rotate_keys", json=True, stdout=told, stderr=StringIO(), **options)
    found: dict[str, Any] = json.loads(told.getvalue())
    return found


def test_every_sealed_column_of_every_model_is_found_and_may_be_sealed_anew(db: None) -> None:
    found = {place.name for place in places.places()}
    columns = {
        f"{model._meta.db_table}.{column.column}"
        for model in apps.get_models()
        for column in model._meta.local_concrete_fields
        if isinstance(column, SealedColumn)
    }
    assert columns | {"mfa_authenticator.data"} == found
    assert "jobs_jobfile.content" in found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) name WHERE NOT has_column_privilege(current_user,"
            " split_part(name, '.', 1), split_part(name, '.', 2), 'UPDATE')",
            [sorted(found)],
        )
        assert cursor.fetchall() == []


def test_no_blob_of_bytes_is_sealed_behind_the_back_of_a_plain_column() -> None:
    """A service that seals into a BinaryField would be forgotten: those there are hold digests and pictures."""
    plain = {
        f"{model._meta.label_lower}.{column.name}"
        for model in apps.get_models()
        for column in model._meta.local_concrete_fields
        if column.get_internal_type() == "BinaryField" and not isinstance(column, SealedColumn)
    }
    assert plain == {
        "api.apikey.secret_digest", "api.idempotentanswer.request_digest", "audit.auditanchor.digest", "audit.auditanchor.signature", "audit.auditseal.digest",
        "cases.case.source_key", "reports.builtfile.content", "staff.avatar.png", "workbench.sentform.digest",
    }  # fmt: skip


def test_everything_is_sealed_anew_also_what_is_never_changed(
    centre: Centre, settings: Any
) -> None:
    case = Case.objects.get()
    picture = BytesIO()
    Image.new("RGB", (60, 60)).save(picture, "PNG")
    photos.attach_photo(
        case=case,
        picture=BytesIO(picture.getvalue()),
        actor=centre.lin.user,
        now=clock.now(),
    )
    secret = SealingAdapter().encrypt("JBSWY3DP")
    Authenticator.objects.create(user=centre.chen.user, type="totp", data={"secret": secret})
    said = case.interactions.get(kind="contact")
    before = (dict(case.sealed), dict(said.sealed))
    audited = AuditRow.objects.count()
    settings.KEFU_ENCRYPTION_KEYS = NEW | settings.KEFU_ENCRYPTION_KEYS

    run = rotate()

    assert run["whole"] and run["current"] == "new" and run["removable"] == ["t1"]
    assert run["resealed"]["cases_interaction.sealed"] >= 1
    assert run["resealed"]["cases_attachment.photo"] == 1
    assert run["resealed"]["mfa_authenticator.data"] == 1
    settings.KEFU_ENCRYPTION_KEYS = NEW
    assert Case.objects.get().sealed == before[0]
    assert Interaction.objects.get(pk=said.pk).sealed == before[1]
    assert case.attachments.get().photo.open().startswith(b"\xff\xd8")
    kept = Authenticator.objects.get().data["secret"]
    assert SealingAdapter().decrypt(kept) == "JBSWY3DP"
    assert kept != secret
    # Of the values nothing is told: one row about the run.
    assert AuditRow.objects.count() == audited + 1
    assert AuditRow.objects.latest("pk").action == "keys_rotated"


def test_a_second_run_writes_nothing(centre: Centre, settings: Any) -> None:
    settings.KEFU_ENCRYPTION_KEYS = NEW | settings.KEFU_ENCRYPTION_KEYS
    rotate()
    before = bytes_of_case()

    assert rotate()["resealed"] == {}
    assert bytes_of_case() == before


def test_killed_in_the_middle_it_goes_on_where_it_was(centre: Centre, settings: Any) -> None:
    for _n in range(4):
        centre.inquiry(now=clock.now())
    settings.KEFU_ENCRYPTION_KEYS = NEW | settings.KEFU_ENCRYPTION_KEYS
    place = next(one for one in places.places() if one.name == "cases_case.sealed")
    step = place.reseal(after=None, limit=2, ring=encryption_keys())
    assert (step.resealed, place.counts()) == (2, {"new": 2, "t1": 3})

    run = rotate(batch=2)

    assert run["resealed"]["cases_case.sealed"] == 3
    assert place.counts() == {"new": 5}


def test_a_blob_that_was_altered_is_told_and_stops_nothing(centre: Centre, settings: Any) -> None:
    other = centre.inquiry(now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET sealed = set_byte(sealed, octet_length(sealed) - 1,"
            " get_byte(sealed, octet_length(sealed) - 1) # 1) WHERE id = %s",
            [other.pk],
        )
    settings.KEFU_ENCRYPTION_KEYS = NEW | settings.KEFU_ENCRYPTION_KEYS

    run = rotate()

    assert run["broken"] == {"cases_case.sealed": [str(other.pk)]}
    assert run["left"] == {"cases_case.sealed": 1} and not run["whole"]
    assert run["resealed"]["cases_case.sealed"] == 1
    assert run["needed"] == ["t1"] and run["removable"] == []


def test_a_key_that_is_still_needed_and_missing_is_told_by_verify_the_check_and_the_page(
    centre: Centre, settings: Any
) -> None:
    rotation.count(now=clock.now())
    assert sealed_contents().ok
    assert [use.key_id for use in selectors.key_uses()] == ["t1"]
    settings.KEFU_ENCRYPTION_KEYS = NEW

    found = sealed_contents()

    assert not found.ok and found.found == found.n
    assert "stand under the key t1" in found.violations[0]
    assert [(use.key_id, use.held) for use in selectors.key_uses()] == [
        ("new", True),
        ("t1", False),
    ]
    told = run_checks(include_deployment_checks=True, databases=["default"])
    assert "kefu.E011" in {one.id for one in told}
    with pytest.raises(DatabaseError), transaction.atomic():
        Interaction.objects.update(text="")  # nothing beside the seal may change
    run = rotate()
    assert run["missing"] == ["t1"] and run["resealed"] == {}


def test_the_count_is_taken_once_a_day(centre: Centre) -> None:
    now = clock.now()
    assert rotation.count_daily(now=now)
    assert not rotation.count_daily(now=now)
    assert set(SealCount.objects.values_list("key_id", flat=True)) == {"t1"}


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_for_the_next_pass_and_makes_nobody_wait(
    settings: Any,
) -> None:
    centre = build(now=clock.now())
    case = centre.inquiry(now=clock.now())
    centre.inquiry(now=clock.now())
    settings.KEFU_ENCRYPTION_KEYS = NEW | settings.KEFU_ENCRYPTION_KEYS
    url = make_conninfo(django_settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(url) as somebody:
        somebody.execute("SELECT FROM cases_case WHERE id = %s FOR UPDATE", [case.pk])
        run = rotate()
        assert run["resealed"]["cases_case.sealed"] == 1
        assert run["left"] == {"cases_case.sealed": 1}
        somebody.rollback()

    assert rotate()["whole"]


def bytes_of_case() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM cases_case")
        return bytes(cursor.fetchone()[0])
