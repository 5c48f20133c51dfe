"""Out of the house: once, not at night but for a breach, joined where it is too much, and nobody's name in it."""

import json
from datetime import time, timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction

from kefu.errors import Conflict, NotAllowed
from kefu.notifications import robots, sending, services, ways
from kefu.notifications.models import Channel, Delivery, Event, Message, Planning, Preference
from kefu.notifications.outbox import here
from kefu.notifications.services import channels, deliveries
from tests.api.conftest import centre, now
from tests.centre import at
from tests.threads import at_once
from tests.transactions import wait_until_events_can_be_read
from tests.webhooks.listener import Listener

__all__ = ["centre", "now"]
pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def robot(monkeypatch):
    """WeCom's server, on this machine."""
    with Listener(answers=[200] * 100, says=b'{"errcode":0,"errmsg":"ok"}') as listener:
        for kind in Channel.Kind.WECOM, Channel.Kind.DINGTALK, Channel.Kind.FEISHU:
            monkeypatch.setitem(robots.ADDRESSES, kind, listener.url)
        yield listener


@pytest.fixture
def channel(centre, now, robot):
    begin()
    return channels.add_channel(
        kind="wecom", address=TOKEN, department=None, actor=centre.lin.user, now=now
    )


def begin():
    Planning.objects.create(txid=here().txid, event_id=0)


def rings(centre, kind=Event.Kind.WARNING, *, times=1, case=None, user=None, now):
    for _n in range(times):
        services.publish(
            kind=kind,
            at=now,
            user_id=(user or centre.lin.user).pk,
            case_id=case.pk if case else None,
            data={"due_at": "2026-11-20T16:30:00+08:00"},
        )
    wait_until_events_can_be_read()
    deliveries.plan(now=now)


def said(robot):
    return [json.loads(body)["text"]["content"] for _headers, body in robot.heard]


def states():
    return sorted(Delivery.objects.values_list("state", flat=True))


def test_a_robot_says_what_number_when_and_where_and_no_name(centre, channel, robot, now, settings):
    settings.KEFU_PUBLIC_URL = "https://kefu.example/"
    case = centre.inquiry(now=now)
    rings(centre, case=case, now=now)

    deliveries.send_due()

    assert (
        f"即将超时 · {case.number} · 11-20 16:30 到期 · https://kefu.example/cases/{case.number}/"
        in said(robot)
    )
    assert not [one for one in said(robot) if "陈晓梅" in one or "4545" in one]


def test_two_workers_at_once_send_each_thing_once(centre, channel, robot, now):
    rings(centre, times=6, now=now)

    def work():
        deliveries.plan(now=now)
        deliveries.send_due()

    assert at_once(work, work, work) == [None, None, None]

    assert len(robot.heard) == 6
    assert states() == ["sent"] * 6


def test_the_night_spans_midnight_and_its_end_belongs_to_the_day():
    night = {"since": time(22), "until": time(7)}

    assert [ways.is_quiet(at(text), **night) for text in ("21:59:59", "22:00:00", "00:00:00", "06:59:59", "07:00:00")] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert not ways.is_quiet(at("12:00:00"), since=time(13), until=time(14))


def test_what_comes_by_night_is_one_message_in_the_morning_but_a_breach_goes_at_once(
    centre, channel, robot, settings
):
    Preference.objects.create(user=centre.lin.user, quiet_from=time(22), quiet_until=time(7))
    settings.KEFU_NOW = at("23:30:00")
    rings(centre, times=3, now=at("23:30:00"))
    rings(centre, Event.Kind.BREACH, now=at("23:30:00"))
    deliveries.send_due()
    assert [text.split(" · ")[0] for text in said(robot)] == ["已超时"]

    settings.KEFU_NOW = at("2026-11-21 06:59:59")
    deliveries.send_due()
    assert len(robot.heard) == 1
    settings.KEFU_NOW = at("2026-11-21 07:00:00")
    deliveries.send_due()

    assert len(robot.heard) == 2
    assert said(robot)[1].startswith("客服工作台：3 条通知\n即将超时")


def test_a_daily_digest_waits_for_its_hour(centre, channel, now):
    Preference.objects.create(user=centre.lin.user, digest_at=time(9))
    rings(centre, now=now)

    assert Delivery.objects.get().due_at == at("2026-11-21 09:00:00")


def test_what_is_too_much_for_a_robot_is_joined_and_then_waits_a_minute(
    centre, channel, robot, now, settings
):
    rings(centre, times=50, now=now)
    deliveries.send_due()
    assert len(robot.heard) == 20
    assert said(robot)[-1].startswith("客服工作台：31 条通知")
    assert said(robot)[-1].endswith("还有 23 条，请到工作台看")
    assert max(len(text.encode()) for text in said(robot)) < 2048

    rings(centre, now=now)
    deliveries.send_due()
    assert len(robot.heard) == 20
    settings.KEFU_NOW = now + timedelta(minutes=1)
    deliveries.send_due()
    assert len(robot.heard) == 21


def test_a_robot_that_refuses_is_tried_five_times_and_its_owner_is_told(
    centre, channel, robot, now, settings
):
    robot.answers[:0] = [500] * 5
    rings(centre, now=now)
    tried = []
    for minutes in (0, 1, 6, 36, 66):
        settings.KEFU_NOW = now + timedelta(minutes=minutes) - timedelta(seconds=1)
        deliveries.send_due()
        settings.KEFU_NOW = now + timedelta(minutes=minutes)
        deliveries.send_due()
        tried.append(len(robot.heard))

    assert tried == [1, 2, 3, 4, 5]
    assert states() == ["gave_up"]
    told = Event.objects.get(kind=Event.Kind.CHANNEL_FAILED)
    assert told.user_id == centre.lin.user.pk
    channel.refresh_from_db()
    assert channel.failing_since == now
    wait_until_events_can_be_read()
    deliveries.plan(now=settings.KEFU_NOW)
    assert Delivery.objects.count() == 1, "a broken way out is not told by itself"


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000"),
        (b'{"code":19024,"msg":"Key Words Not Found"}', "19024"),
        (b'{"StatusCode":0,"StatusMessage":"success"}', ""),
        (b"<html>", "answer"),
        (b"[0]", "answer"),
        (b"{}", "answer"),
        (b'{"errcode":0,"x":"' + b"x" * 20_000 + b'"}', "answer"),
    ],
)
def test_a_robot_refuses_with_status_200_and_its_answer_says_so(robot, now, settings, says, error):
    settings.KEFU_NOW = now
    robot.says = says

    assert robots.say(kind="wecom", token=TOKEN, secret="", words="好") == error


def test_each_maker_hears_his_own_words_and_his_own_signature(robot, settings):
    settings.KEFU_NOW = at("2026-11-20 10:00:00")
    for kind in ("wecom", "dingtalk", "feishu"):
        assert robots.say(kind=kind, token=TOKEN, secret="SECabc", words="好") == ""

    wecom, dingtalk, feishu = [json.loads(body) for _headers, body in robot.heard]
    assert wecom == dingtalk == {"msgtype": "text", "text": {"content": "好"}}
    assert feishu["content"] == {"text": "好"}
    # openssl's own words: printf '' | openssl dgst -sha256 -hmac $'1795140000\nSECabc' -binary | base64
    assert feishu["timestamp"] == "1795140000"
    assert feishu["sign"] == "OAjhfeArgfBc7w4EP4vCRZ0EONhG1k2n6MAQlzW7KUQ="
    assert robot.paths[0] == f"/kefu?key={TOKEN}"
    assert robot.paths[1] == (
        f"/kefu?access_token={TOKEN}&timestamp=1795140000000"
        "&sign=mNVqjZKslQzj5KRHFgzbmKud5y%2BiYqLZEjhlg39mLRM%3D"
    )


def test_what_a_dead_worker_held_is_sent_by_the_next(centre, channel, robot, now, settings):
    rings(centre, now=now)
    (lost,) = deliveries.claim(channel_id=channel.pk, now=now)
    deliveries.send_due()
    assert robot.heard == []

    settings.KEFU_NOW = now + deliveries.LEASE
    deliveries.send_due()
    deliveries.finish(letter=lost, error="not_taken", now=settings.KEFU_NOW)

    assert len(robot.heard) == 1
    assert states() == ["sent"]


def test_a_mail_goes_where_it_is_wanted(centre, now):
    begin()
    channels.add_channel(
        kind="mail", address="lin@example.com", department=None, actor=centre.lin.user, now=now
    )
    rings(centre, now=now)
    rings(centre, Event.Kind.ROSTER, now=now)

    deliveries.send_due()

    (letter,) = mail.outbox
    assert letter.to == ["lin@example.com"]
    assert letter.body.startswith("排班表已发布")


def test_whoever_left_is_told_nothing_outside(centre, channel, robot, now):
    rings(centre, now=now)
    type(centre.lin.user).objects.filter(pk=centre.lin.user.pk).update(is_active=False)

    deliveries.send_due()

    assert robot.heard == []
    assert states() == ["gave_up"]


def test_a_departments_robot_is_its_supervisors_alone(centre, now, robot):
    given = {"kind": "wecom", "address": TOKEN, "department": centre.query_desk, "now": now}
    with pytest.raises(NotAllowed):
        channels.add_channel(**given, actor=centre.lin.user)
    kept = channels.add_channel(**given, actor=centre.chen.user)
    with pytest.raises(Conflict):
        channels.add_channel(**given, actor=centre.chen.user)
    with pytest.raises(NotAllowed):
        channels.try_channel(channel=kept, actor=centre.lin.user, now=now)

    assert channels.try_channel(channel=kept, actor=centre.chen.user, now=now) == ""
    robot.answers.insert(0, 500)
    assert channels.try_channel(channel=kept, actor=centre.chen.user, now=now) == "HTTP 500"
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "text", "token"),
    [
        ("wecom", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={TOKEN}", TOKEN),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=abcdef123456", "abcdef123456"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/abcdef123456/", "abcdef123456"),
        ("wecom", TOKEN, TOKEN),
        ("wecom", f"https://evil.example/send?key={TOKEN}", None),
        ("wecom", f"https://qyapi.weixin.qq.com@evil.example/?key={TOKEN}", None),
        ("feishu", "abcdef123456/../../x", None),
        ("wecom", "abcdefgh?cto=900", None),
        ("dingtalk", "http://[", None),
    ],
)  # fmt: skip
def test_a_token_is_read_out_of_what_is_pasted_and_chooses_no_host(kind, text, token):
    assert sending.token_of(kind, text) == token


def test_the_database_keeps_what_was_sent_and_to_whom(centre, channel, robot, now):
    rings(centre, now=now)
    deliveries.send_due()

    for change in (
        "UPDATE notifications_delivery SET state = 'pending', due_at = now()",
        "UPDATE notifications_message SET error = 'x'",
        "UPDATE notifications_channel SET hint = 'x'",
        "DELETE FROM notifications_delivery",
        "DELETE FROM notifications_channel",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM notifications_channel")
        assert TOKEN.encode() not in bytes(cursor.fetchone()[0])
    assert Channel.objects.get().hint == "••••5aaa"
