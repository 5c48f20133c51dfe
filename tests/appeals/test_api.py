"""An outlet appeals through its key, and never against what is not its own."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.appeals import services as appeals
from kefu.appeals.models import Appeal
from tests.api.conftest import Outlet
from tests.appeals.conftest import PDF, decide, file
from tests.centre import at

pytestmark = pytest.mark.django_db
APPEALS = "/api/v1/appeals/"
BOTH = [ApiKey.Scope.READ_APPEALS, ApiKey.Scope.WRITE_APPEALS]


def outlet(centre, party, scopes=BOTH):
    _key, secret = keys.issue_key(
        party=party,
        scopes=scopes,
        name="业务系统",
        expires_at=None,
        actor=centre.chen.user,
        now=at("09:00:00"),
    )
    return Outlet(secret)


@pytest.fixture
def chengdu(centre):
    return outlet(centre, centre.chengdu)


@pytest.fixture
def xian(centre):
    return outlet(centre, centre.xian)


def path_of(appeal, more=""):
    return f"{APPEALS}{conceal('appeal', appeal.pk)}/{more}"


def filing(penalty):
    return {"penalty": conceal("penalty", penalty.pk), "reason": "当天 10:50 已电话反馈"}


def send_file(who, path, content, key=None):
    upload = SimpleUploadedFile("13800004545.pdf", content, "application/pdf")
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return who.post(path, {"file": upload}, format="multipart", headers=headers)


def codes(answer):
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def test_an_outlet_appeals_once_however_often_it_repeats_itself(centre, fine, chengdu):
    first = chengdu.send(APPEALS, filing(fine), key="appeal-1")
    again = chengdu.send(APPEALS, filing(fine), key="appeal-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    appeal = Appeal.objects.get()
    told = first.json()
    assert first["Location"].endswith(path_of(appeal))
    assert (told["state"], told["penalty_state"]) == ("first", "payable")
    assert told["due_at"] == "2026-12-01T00:00:00+08:00"
    assert chengdu.get(path_of(appeal)).json() == told
    refused = chengdu.send(APPEALS, filing(fine))
    assert (refused.status_code, codes(refused)) == (409, [("penalty", "already_appealed")])


def test_what_is_not_ones_own_is_not_there(centre, fine, xian):
    assert xian.send(APPEALS, filing(fine)).status_code == 404
    appeal = file(fine, centre.chengdu, at("12:00:00"))
    appeals.add_evidence(
        appeal=appeal, upload=SimpleUploadedFile("a", PDF), actor=None, now=at("12:01:00")
    )

    for more in ("", "evidence/1/"):
        assert xian.get(path_of(appeal, more)).status_code == 404
    for more, body in (("withdraw/", {}), ("second-instance/", {"reason": "再看一次"})):
        assert xian.send(path_of(appeal, more), body).status_code == 404
    assert send_file(xian, path_of(appeal, "evidence/"), PDF + b"1").status_code == 404
    assert xian.get(APPEALS).json() == {"results": [], "next_cursor": None}
    appeal.refresh_from_db()
    assert (appeal.state, appeal.evidence.count()) == ("first", 1)


def test_a_file_is_added_once_and_comes_back_as_it_was(filed, chengdu):
    path = path_of(filed, "evidence/")
    first = send_file(chengdu, path, PDF, key="file-1")
    again = send_file(chengdu, path, PDF, key="file-1")
    other = send_file(chengdu, path, PDF + b"1", key="file-1")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    (told,) = first.json()["evidence"]
    assert (told["number"], told["media"], told["size"]) == (1, "application/pdf", len(PDF))
    answer = chengdu.get(f"{path}1/")
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert chengdu.get(f"{path}2/").status_code == 404


def test_a_bad_file_is_refused_at_its_field(filed, chengdu):
    path = path_of(filed, "evidence/")

    refused = send_file(chengdu, path, b"MZ no file of ours")
    assert (refused.status_code, codes(refused)) == (422, [("file", "picture_refused")])
    none = chengdu.post(path, {}, format="multipart", headers={"Idempotency-Key": "none"})
    assert (none.status_code, codes(none)) == (422, [("file", "required")])
    large = send_file(chengdu, path, b"%PDF-" + b"x" * (16 * 1024 * 1024))
    assert large.status_code == 413
    assert chengdu.send(path, {"file": "x"}).status_code == 415
    assert not filed.evidence.exists()


def test_the_second_instance_is_asked_for_by_whoever_saw_the_first(centre, filed, chengdu):
    seen = chengdu.get(path_of(filed))["ETag"]
    decide(filed, centre.chen, at("13:00:00"))
    path, body = path_of(filed, "second-instance/"), {"reason": "录音没有听全"}

    assert chengdu.send(path, body, **{"If-Match": seen}).status_code == 412
    now = chengdu.get(path_of(filed))
    told = now.json()["decisions"]
    assert [(each["instance"], each["upheld"]) for each in told] == [(1, False)]
    answer = chengdu.send(path, body, **{"If-Match": now["ETag"]})
    assert (answer.status_code, answer.json()["state"]) == (200, "second")
    assert chengdu.send(path, body).status_code == 409


def test_an_appeal_is_withdrawn_for_good(fine, filed, chengdu):
    answer = chengdu.send(path_of(filed, "withdraw/"), {})

    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert chengdu.send(path_of(filed, "withdraw/"), {}).status_code == 409
    assert chengdu.send(APPEALS, filing(fine)).status_code == 409


def test_the_list_asks_as_much_for_ten_files_as_for_none(
    filed, chengdu, django_assert_max_num_queries
):
    def asked():
        with django_assert_max_num_queries(50) as caught:
            assert len(chengdu.get(APPEALS, {"open": "true"}).json()["results"]) == 1
        return len(caught.captured_queries)

    chengdu.get(APPEALS)
    before = asked()
    for n in range(3):
        send_file(chengdu, path_of(filed, "evidence/"), PDF + b"%d" % n)
    assert asked() == before


def test_a_key_for_reading_changes_nothing(centre, fine, filed):
    reader = outlet(centre, centre.chengdu, [ApiKey.Scope.READ_APPEALS])

    assert reader.get(path_of(filed)).status_code == 200
    assert reader.send(path_of(filed, "withdraw/"), {}).status_code == 403
