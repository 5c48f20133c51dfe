"""A supervisor registers where an outlet is told, exchanges the secret, tries it out and sends again what did not arrive."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from kefu.webhooks import services
from kefu.webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db

ADD = "admin:webhooks_endpoint_add"
YES = {"_confirmed": "1"}


@pytest.fixture
def supervisor(centre) -> Client:
    client = Client()
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def body(centre):
    return {"party": centre.chengdu.pk, "url": "https://wd.example/kefu", "types": ["query.asked"]}


@pytest.fixture
def endpoint(centre, now) -> Endpoint:
    return services.register(
        party=centre.chengdu,
        url="https://wd.example/kefu",
        types=["query.asked"],
        actor=centre.chen.user,
        now=now,
    )[0]


def at(row: Endpoint | Delivery, name: str = "change") -> str:
    return reverse(f"admin:webhooks_{row._meta.model_name}_{name}", args=[row.pk])


def secret_of(endpoint: Endpoint) -> str:
    return endpoint.secrets.get(valid_until=None).sealed["secret"]


def test_the_secret_is_shown_once(supervisor, body):
    answer = supervisor.post(reverse(ADD), body)

    endpoint = Endpoint.objects.get()
    secret = secret_of(endpoint)
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in supervisor.get(at(endpoint)).content.decode()


def test_a_wrong_address_is_told_at_its_field(supervisor, body):
    answer = supervisor.post(reverse(ADD), {**body, "url": "http://wd.example/kefu"})

    form = answer.context["adminform"].form
    assert "https" in form.errors["url"][0]
    assert not Endpoint.objects.exists()


def test_an_exchanged_secret_is_shown_once_beside_the_old_one(supervisor, endpoint):
    old = secret_of(endpoint)

    answer = supervisor.post(at(endpoint, "rotate_here"), YES)

    new = secret_of(endpoint)
    assert new != old
    assert new in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert endpoint.secrets.count() == 2


def test_a_test_waits_to_be_sent(supervisor, endpoint):
    supervisor.post(at(endpoint, "test_here"), YES)

    delivery = Delivery.objects.get()
    assert (delivery.type, delivery.state) == ("webhook.test", "pending")


def test_an_address_is_paused_and_resumed(supervisor, endpoint):
    for step, state in (("pause_here", "paused"), ("resume_here", "active")):
        supervisor.post(at(endpoint, step), YES)
        endpoint.refresh_from_db()
        assert endpoint.state == state

    supervisor.post(at(endpoint, "pause_here"), YES)
    supervisor.post(at(endpoint, "test_here"), YES)
    assert not Delivery.objects.exists()


def test_the_dead_are_listed_and_sent_again(supervisor, endpoint, now):
    dead = endpoint.deliveries.create(
        event_id=1,
        type="query.asked",
        at=now,
        state="dead",
        tries=20,
        give_up_at=now,
        done_at=now,
    )
    listed = supervisor.get(reverse("admin:webhooks_delivery_changelist"), {"state__exact": "dead"})
    assert at(dead) in listed.content.decode()

    supervisor.post(at(dead, "again_here"), YES)

    dead.refresh_from_db()
    assert (dead.state, dead.tries, dead.next_at) == ("pending", 0, now)
    assert dead.give_up_at == now + timedelta(days=3)
