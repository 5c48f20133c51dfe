"""The page of notification settings: one's own, secrets shown to nobody."""

import pytest
from django.urls import reverse

from kefu.notifications.models import Channel, Preference
from kefu.notifications.services import channels
from tests.api.conftest import centre, now

__all__ = ["centre", "now"]
pytestmark = pytest.mark.django_db
URL = "/notifications/settings/"
TOKEN = "693a91f6-7aaa-4bc4-97a0-0ec2sifa5bbb"


def test_a_robot_is_added_shown_masked_and_never_again_in_full(centre, client, now):
    client.force_login(centre.lin.user)
    address = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={TOKEN}"

    added = client.post(URL, {"save": "channel", "kind": "wecom", "address": address})
    again = client.post(URL, {"save": "channel", "kind": "wecom", "address": address})
    wrong = client.post(URL, {"save": "channel", "kind": "feishu", "address": address})

    assert (added.status_code, again.status_code, wrong.status_code) == (302, 422, 422)
    page = client.get(URL).content.decode()
    assert "••••5bbb" in page
    for shown in (page, again.content.decode(), wrong.content.decode()):
        assert TOKEN not in shown
    assert Channel.objects.get().sealed["address"] == TOKEN


def test_anothers_channel_is_not_there(centre, client, now):
    kept = channels.add_channel(
        kind="wecom", address=TOKEN, department=None, actor=centre.lin.user, now=now
    )
    client.force_login(centre.chen.user)

    step = reverse("workbench:notification_channel", args=[kept.pk])

    assert client.post(step, {"do": "remove"}).status_code == 404
    assert "••••5bbb" not in client.get(URL).content.decode()


def test_an_agent_cannot_add_a_departments_robot(centre, client, now):
    client.force_login(centre.lin.user)

    answer = client.post(
        URL,
        {"save": "channel", "kind": "wecom", "address": TOKEN, "department": centre.query_desk.pk},
    )

    assert answer.status_code == 422
    assert not Channel.objects.exists()


def test_only_what_differs_from_the_defaults_is_kept(centre, client, now):
    client.force_login(centre.lin.user)
    page = client.get(URL).context["chosen"]
    form = {f"on_{kind}": page[f"on_{kind}"].initial for kind in page.kinds}
    form["on_case.new"] = ["mail"]

    assert (
        client.post(
            URL, {"save": "preference", "quiet_from": "22:00", "quiet_until": "07:00", **form}
        ).status_code
        == 302
    )
    assert Preference.objects.get().ways == {"case.new": ["mail"]}
    assert (
        client.post(URL, {"save": "preference", "quiet_from": "22:00", **form}).status_code == 422
    )
