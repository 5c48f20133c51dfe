"""Events delivered to a partner's own server: signed, retried, parked where nobody answers, and only to public addresses."""

import threading
import time
from datetime import timedelta

import orjson
import pytest
from django.db import DatabaseError, connection, transaction
from standardwebhooks import Webhook, WebhookVerificationError

from kefu import clock
from kefu.checks import check_webhook_networks
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.webhooks import queue, services
from kefu.webhooks.addresses import may_connect
from kefu.webhooks.models import Attempt, Delivery, Endpoint
from kefu.webhooks.objects import TYPES, public_event_id
from kefu.webhooks.posting import Answer, Error
from kefu.webhooks.sender import Sender, deliver_due
from tests.threads import at_once
from tests.transactions import wait_until_events_can_be_read
from tests.webhooks.listener import Listener

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def house(settings):
    """The listeners of these tests live on this machine."""
    settings.KEFU_WEBHOOK_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def listener():
    with Listener() as listener:
        yield listener


@pytest.fixture
def register(centre, now):
    def register(url, *, party=None, types=tuple(TYPES)):
        return services.register(
            party=party or centre.chengdu, url=url, types=types, actor=centre.chen.user, now=now
        )

    return register


@pytest.fixture
def endpoint(register, listener) -> Endpoint:
    return register(listener.url)[0]


def states() -> list[str]:
    return [str(row.state) for row in Delivery.objects.order_by("event_id")]


def test_an_event_arrives_signed_as_others_check_it(register, listener, happens, settings):
    settings.KEFU_NOW = None  # the library compares with this machine's clock
    _endpoint, secret = register(listener.url)
    happens(7)

    deliver_due()

    ((headers, body),) = listener.heard
    payload = Webhook(secret).verify(body, headers)
    event = Event.objects.get()
    assert headers["webhook-id"] == public_event_id(event.pk)
    assert payload["type"] == "query.asked"
    assert payload["data"]["type"] == "network_query"
    assert payload["data"]["url"] == f"/api/v1/network-queries/{payload['data']['id']}/"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"asked", b"taken"), headers)
    assert states() == ["delivered"]
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.error) == (204, "")


def test_while_a_secret_is_exchanged_both_are_good(register, listener, happens, settings, centre):
    settings.KEFU_NOW = None
    endpoint, old = register(listener.url)
    new = services.rotate_secret(endpoint=endpoint, actor=centre.chen.user, now=clock.now())
    happens(1)
    deliver_due()

    ((headers, body),) = listener.heard
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)

    endpoint.secrets.exclude(valid_until=None).update(valid_until=clock.now())
    happens(2)
    deliver_due()
    headers, body = listener.heard[1]
    Webhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


def test_a_second_exchange_ends_the_first_secret(endpoint, centre, now):
    for _time in range(3):
        services.rotate_secret(endpoint=endpoint, actor=centre.chen.user, now=now)

    assert endpoint.secrets.count() == 2
    assert endpoint.secrets.filter(valid_until=None).count() == 1


def test_each_event_is_delivered_once_to_each_that_wants_it(register, happens, centre):
    with Listener() as all_of_it, Listener() as answers, Listener() as others:
        register(all_of_it.url)
        register(answers.url, types=["query.answered"])
        register(others.url, party=centre.xian)
        happens(1)
        happens(2, kind=Event.Kind.QUERY_ANSWERED)
        happens(3, kind=Event.Kind.CASE_CHANGED)
        deliver_due()
        deliver_due()

        kinds = [
            sorted(orjson.loads(body)["type"] for _headers, body in one.heard)
            for one in (all_of_it, answers, others)
        ]
    assert kinds == [["query.answered", "query.asked"], ["query.answered"], []]


def test_what_was_before_the_registration_is_not_delivered(happens, register, listener):
    happens(1)
    register(listener.url)
    happens(2)

    deliver_due()

    assert len(listener.heard) == 1


def test_an_event_that_commits_late_is_delivered_too(endpoint, listener, centre, now):
    with transaction.atomic():
        Event.objects.create(kind="query.asked", at=now, party_id=centre.chengdu.pk)
        later = threading.Thread(target=_happens_meanwhile, args=(centre.chengdu.pk, now))
        later.start()
        later.join(timeout=30)
    wait_until_events_can_be_read()

    deliver_due()

    assert len({headers["webhook-id"] for headers, _body in listener.heard}) == 2


def _happens_meanwhile(party_id, now):
    Event.objects.create(kind="query.asked", at=now, party_id=party_id)
    queue.fan_out(now=now)
    connection.close()


def test_a_failure_is_tried_again_later_and_later_with_the_same_id(
    endpoint, listener, happens, settings
):
    listener.answers += [500, 503, 404]
    happens(1)

    pauses = []
    for _try in range(3):
        deliver_due()
        deliver_due()  # it is not due yet
        delivery = Delivery.objects.get()
        pauses.append((delivery.next_at - clock.now()).total_seconds())
        settings.KEFU_NOW = delivery.next_at
    deliver_due()

    for pause, middle in zip(pauses, (5, 15, 45), strict=True):
        assert middle * 0.66 < pause < middle * 1.34
    assert len(listener.heard) == 4
    assert len({headers["webhook-id"] for headers, _body in listener.heard}) == 1
    assert len({body for _headers, body in listener.heard}) == 1
    assert len({headers["webhook-timestamp"] for headers, _body in listener.heard}) == 4
    assert states() == ["delivered"]
    assert list(Attempt.objects.order_by("pk").values_list("status", flat=True)) == [
        500,
        503,
        404,
        204,
    ]


def test_after_three_days_it_is_parked_and_can_be_sent_again(
    endpoint, listener, happens, settings, centre
):
    listener.answers += [500] * 50
    happens(1)
    begun = clock.now()

    deliver_due()
    while (delivery := Delivery.objects.get()).state == "pending":
        settings.KEFU_NOW = delivery.next_at
        deliver_due()

    assert delivery.state == "dead"
    assert clock.now() - begun == timedelta(days=3)
    assert 15 < delivery.tries < 30
    deliver_due()
    assert Attempt.objects.count() == delivery.tries

    listener.answers.clear()
    services.send_again(delivery=delivery, actor=centre.chen.user, now=clock.now())
    deliver_due()
    assert states() == ["delivered"]
    assert len({headers["webhook-id"] for headers, _body in listener.heard}) == 1
    with pytest.raises(Conflict):
        services.send_again(delivery=delivery, actor=centre.chen.user, now=clock.now())


def test_a_redirect_is_not_followed(register, happens):
    with Listener() as elsewhere, Listener([302], elsewhere.url) as listener:
        register(listener.url)
        happens(1)
        deliver_due()

        assert len(listener.heard) == 1
        assert elsewhere.heard == []
    assert Attempt.objects.get().error == "status"
    assert states() == ["pending"]


def test_no_cookie_of_a_listener_is_kept(endpoint, listener, happens, centre):
    with Sender() as sender:
        happens(1)
        while not Delivery.objects.filter(state="delivered").exists():
            sender.step()
        services.send_test(endpoint=endpoint, actor=centre.chen.user, now=clock.now())
        while sender.step():
            pass

    assert len(listener.heard) == 2
    assert not [headers for headers, _body in listener.heard if "cookie" in headers]


def test_whoever_says_it_is_gone_is_told_nothing_more(endpoint, listener, happens, centre):
    listener.answers.append(410)
    happens(1)
    deliver_due()
    happens(2)
    deliver_due()

    endpoint.refresh_from_db()
    assert (endpoint.state, len(listener.heard), states()) == ("gone", 1, ["dead"])

    services.resume(endpoint=endpoint, actor=centre.chen.user, now=clock.now())
    deliver_due()
    assert states() == ["dead", "delivered"]  # what happened meanwhile comes


def test_an_address_in_our_own_house_is_refused_when_connecting(
    endpoint, listener, happens, settings
):
    settings.KEFU_WEBHOOK_NETWORKS = []
    happens(1)

    deliver_due()

    assert listener.heard == []
    assert Attempt.objects.get().error == "address_refused"


def test_a_name_that_leads_into_our_own_house_is_refused_too(register, listener, happens, settings):
    register(listener.url.replace("127.0.0.1", "localhost"))
    settings.KEFU_WEBHOOK_NETWORKS = []
    happens(1)

    deliver_due()

    assert listener.heard == []
    assert Attempt.objects.get().error == "address_refused"


def test_the_host_is_called_by_the_name_that_was_given(register, listener, happens):
    named = listener.url.replace("127.0.0.1", "localhost")
    register(named)
    happens(1)

    deliver_due()

    assert [headers["host"] for headers, _body in listener.heard] == [named.split("/")[2]]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("::10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("2001::1", False),
    ],
)
def test_only_public_addresses_are_connected_to(address, public, settings):
    settings.KEFU_WEBHOOK_NETWORKS = []

    assert may_connect(address) is public


def test_a_slow_endpoint_delays_no_other(register, happens, centre):
    answering = threading.Event()
    with (
        Listener(before_answering=lambda: answering.wait(30)) as slow,
        Listener() as quick,
        Sender() as sender,
    ):
        register(slow.url)
        register(quick.url, party=centre.xian)
        for number in range(queue.SHARE * 2):
            happens(number + 1)
            happens(number + 1, party=centre.xian)
        begun = time.monotonic()
        while len(quick.heard) < queue.SHARE * 2 and time.monotonic() - begun < 4:
            sender.step()
        waited = time.monotonic() - begun
        under_way = len(slow.heard)
        answering.set()
        while sender.collect():
            pass

    assert waited < 4
    assert under_way == queue.SHARE  # it has its share of the room and no more


def test_a_partner_with_many_endpoints_has_no_more_of_the_room(register, happens, centre, now):
    for number in range(4):
        register(f"http://127.0.0.1:{9000 + number}/kefu")
    register("http://127.0.0.1:9100/kefu", party=centre.xian)
    for number in range(queue.SHARE):
        happens(number + 1)
        happens(number + 1, party=centre.xian)
    queue.fan_out(now=now)

    taken = queue.claim(room=100, now=now)
    of_chengdu = [one for one in taken if one.endpoint.party_id == centre.chengdu.pk]

    assert (len(of_chengdu), len(taken)) == (queue.PARTNER_SHARE, queue.PARTNER_SHARE + queue.SHARE)
    assert queue.claim(room=100, now=now) == []


def test_an_endpoint_that_is_being_removed_is_given_nothing_more(endpoint, happens, centre, now):
    happens(1)
    with transaction.atomic():
        services.remove(endpoint=endpoint, actor=centre.chen.user, now=now)
        at_once(lambda: queue.fan_out(now=now))
    queue.fan_out(now=now)

    assert not Delivery.objects.exists()


def test_an_endpoint_that_never_answers_costs_five_seconds(register, happens):
    answering = threading.Event()
    with Listener(before_answering=lambda: answering.wait(30)) as slow:
        register(slow.url)
        happens(1)
        begun = time.monotonic()
        deliver_due()
        lasted = time.monotonic() - begun
        answering.set()

    assert lasted < 7
    assert Attempt.objects.get().error == "timeout"


def test_what_a_killed_sender_had_under_way_is_taken_over(endpoint, listener, happens, settings):
    happens(1)
    queue.fan_out(now=clock.now())
    (lost,) = queue.claim(room=10, now=clock.now())  # and here it was killed

    deliver_due()
    assert listener.heard == []
    settings.KEFU_NOW = clock.now() + queue.LEASE
    deliver_due()

    assert len(listener.heard) == 1
    assert states() == ["delivered"]
    (row,) = Delivery.objects.all()
    assert row.pk == lost.pk


def test_a_late_answer_changes_nothing_that_another_has_done(endpoint, listener, happens, settings):
    happens(1)
    queue.fan_out(now=clock.now())
    (held,) = queue.claim(room=10, now=clock.now())
    settings.KEFU_NOW = clock.now() + queue.LEASE
    deliver_due()

    queue.record([(held, Answer(500, Error.STATUS, 20))], now=clock.now())

    assert states() == ["delivered"]
    assert Attempt.objects.count() == 2


def test_an_event_has_one_delivery_whoever_reads_the_outbox_twice(endpoint, happens, now):
    happens(1)
    queue.fan_out(now=now)
    endpoint.reading.__class__.objects.update(txid=1, event_id=1)
    queue.fan_out(now=now)

    assert Delivery.objects.count() == 1


def test_a_test_is_sent_to_this_address_only(register, listener, centre, now):
    with Listener() as other:
        endpoint, _secret = register(listener.url)
        register(other.url)
        services.send_test(endpoint=endpoint, actor=centre.chen.user, now=now)
        wait_until_events_can_be_read()
        deliver_due()

        assert other.heard == []
    ((_headers, body),) = listener.heard
    assert orjson.loads(body)["type"] == "webhook.test"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://wd.example/",
        "wd.example",
        "https://",
        "https://a:b@wd.example/",
        "https://wd.example/#x",
        "https://[::1",
        "https://wd.example/" + "x" * 500,
    ],
)
def test_what_is_no_address_is_refused_at_its_field(register, url):
    with pytest.raises(KefuError) as refused:
        register(url)

    assert (refused.value.code, refused.value.field) == ("not_a_url", "url")
    assert not Endpoint.objects.exists()


def test_an_address_has_to_be_encrypted(register, settings):
    settings.KEFU_WEBHOOK_NETWORKS = []

    with pytest.raises(KefuError, match="https"):
        register("http://wd.example/kefu")
    register("https://wd.example/kefu")


def test_only_a_supervisor_registers(centre, now):
    with pytest.raises(NotAllowed):
        services.register(
            party=centre.chengdu,
            url="https://wd.example/",
            types=["query.asked"],
            actor=centre.lin.user,
            now=now,
        )


def test_attempts_cannot_be_changed(endpoint, listener, happens):
    happens(1)
    deliver_due()

    with pytest.raises(DatabaseError), transaction.atomic():
        Attempt.objects.update(status=200)


def test_the_secret_is_not_readable_in_the_database(register, listener):
    _endpoint, secret = register(listener.url)

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(s::text, '') FROM webhooks_endpointsecret s")
        (rows,) = cursor.fetchone()
    assert secret not in rows
    assert secret.removeprefix("whsec_").encode().hex() not in rows


def test_a_deployment_with_named_networks_is_refused(settings):
    assert [error.id for error in check_webhook_networks(app_configs=None)] == ["kefu.E004"]

    settings.KEFU_WEBHOOK_NETWORKS = []
    assert check_webhook_networks(app_configs=None) == []


def test_an_outlet_that_was_closed_hears_nothing_more(endpoint, listener, happens, centre):
    happens(1)
    deliver_due()
    happens(2)
    Party.objects.filter(pk=centre.chengdu.pk).update(active=False)
    happens(3)

    deliver_due()

    assert len(listener.heard) == 1


def test_one_that_cannot_be_written_keeps_no_other_waiting(register, listener, happens, centre):
    broken, _secret = register(listener.url)
    register(listener.url, party=centre.xian)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhooks_endpointsecret SET sealed = '\\x00' WHERE endpoint_id = %s",
            [broken.pk],
        )
    happens(1)
    happens(2, party=centre.xian)

    deliver_due()

    assert len(listener.heard) == 1
    row = Delivery.objects.get(endpoint=broken)
    assert (row.state, row.lease, row.attempts.get().error) == ("pending", None, Error.FAILED)
