"""The pages of personal data in the admin: from the call to the answer, and what is due next."""

import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kefu.cases.models import Case
from kefu.retention.models import Destruction, Hold, PersonalRequest
from kefu.retention.services import destruction, rotation
from kefu.staff.models import User
from tests.centre import Centre
from tests.retention.conftest import NOW


@pytest.fixture
def office(old: Centre, settings: Any) -> Centre:
    settings.KEFU_SECOND_FACTOR_ROLES = []
    User.objects.filter(role__in=["shift_lead", "supervisor"]).update(is_staff=True)
    return old


def signed_in(user: User) -> Client:
    user.refresh_from_db()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:retention_{name}", args=args)


ASKED = {
    "kind": "deletion", "proof": "called_back", "name": "陈晓梅", "phone": "13800004545", "waybill_number": "",
    "details": "不想再留资料", "new_name": "", "new_phone": "", "new_address": "",
}  # fmt: skip


def test_a_deletion_from_the_call_to_the_end(office: Centre) -> None:
    wang, chen = signed_in(office.wang.user), signed_in(office.chen.user)

    answer = wang.post(page("personalrequest_add"), ASKED)

    assert answer.status_code == 302, answer.context["adminform"].errors
    row = PersonalRequest.objects.get()
    seen = wang.get(page("personalrequest_change", row.pk)).content.decode()
    assert Case.objects.get().number in seen and "保存期已满" in seen
    assert "陈晓梅" not in seen and "13800004545" not in seen
    wang.post(page("personalrequest_propose_here", row.pk), {"_confirmed": "1"})
    row.refresh_from_db()
    assert row.state == "proposed"
    mine = wang.get(page("personalrequest_change", row.pk)).content.decode()
    theirs = chen.get(page("personalrequest_change", row.pk)).content.decode()
    approve = page("personalrequest_approve_here", row.pk)
    assert (approve in mine, approve in theirs) == (False, True)
    chen.post(approve, {"_confirmed": "1"})

    row.refresh_from_db()
    assert row.state == "done"
    assert Case.objects.get().sealed == {}
    assert "逐项结果" in chen.get(page("personalrequest_change", row.pk)).content.decode()


def test_a_refused_form_keeps_what_was_typed(office: Centre) -> None:
    wang = signed_in(office.wang.user)

    answer = wang.post(page("personalrequest_add"), ASKED | {"phone": "12"})

    assert answer.status_code == 200
    assert answer.context["adminform"].errors["phone"]
    assert "不想再留资料" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_copy_is_downloaded_under_the_number_of_the_request(office: Centre) -> None:
    wang = signed_in(office.wang.user)
    wang.post(page("personalrequest_add"), ASKED | {"kind": "copy"})
    row = PersonalRequest.objects.get()
    url = page("personalrequest_copy_here", row.pk)
    assert wang.get(url).status_code == 200  # asks first

    answer = wang.post(url, {"_confirmed": "1"})

    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row}.zip"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert "copy.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


def test_agents_and_inspectors_see_no_requests(office: Centre) -> None:
    inspector = User.objects.create_user("0890", role="inspector", is_staff=True)

    for user in (inspector, office.lin.user):
        assert signed_in(user).get(page("personalrequest_changelist")).status_code in (302, 403)


def test_a_hold_is_placed_by_one_and_lifted_by_another(office: Centre) -> None:
    chen, he = signed_in(office.chen.user), signed_in(office.he.user)
    number = Case.objects.get().number
    assert (
        "没有这张工单"
        in chen.post(page("hold_add"), {"number": "CX-0", "reason": "客户起诉"}).content.decode()
    )

    assert chen.post(page("hold_add"), {"number": number, "reason": "客户起诉"}).status_code == 302

    hold = Hold.objects.get()
    lift = {"_confirmed": "1", "reason": "已调解结束"}
    chen.post(page("hold_lift_here", hold.pk), lift)
    assert Hold.objects.filter(lifted_at=None).exists()
    he.post(page("hold_lift_here", hold.pk), lift)
    assert not Hold.objects.filter(lifted_at=None).exists()


def test_the_records_say_above_what_goes_next(office: Centre) -> None:
    chen = signed_in(office.chen.user)

    seen = chen.get(page("destruction_changelist")).content.decode()

    assert "ES-404.12" in seen and "2025-11-19 及以前" in seen
    destruction.destroy_due(now=NOW)
    record = Destruction.objects.earliest("pk")
    assert "夜间任务" in chen.get(page("destruction_change", record.pk)).content.decode()


def test_the_keys_page_says_which_may_go(office: Centre, settings: Any) -> None:
    settings.KEFU_ENCRYPTION_KEYS = settings.KEFU_ENCRYPTION_KEYS | {"old": "b" * 64}
    rotation.count(now=NOW)

    seen = signed_in(office.chen.user).get(page("sealcount_changelist")).content.decode()

    assert "可以从配置中去掉" in seen and "现用" in seen
