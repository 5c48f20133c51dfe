"""Every change is put down to whoever made it, by page, by key or by nobody."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from kefu.audit.middleware import AuditContextMiddleware
from kefu.audit.models import AuditRow

pytestmark = pytest.mark.django_db

CONTEXT = "SELECT current_setting('kefu.context', true)"


def context():
    with connection.cursor() as cursor:
        cursor.execute(CONTEXT)
        return cursor.fetchone()[0]


def through_middleware(request, user, view):
    """Run a view as the handler would: the middleware around it, ``process_view`` before it."""

    def get_response(request):
        middleware.process_view(request, view, (), {})
        return view(request)

    middleware = AuditContextMiddleware(get_response)
    request.user = user
    return middleware(request)


def rename(party):
    def view(request):
        party.name = f"{party.name}（新）"
        party.save()
        return HttpResponse()

    return view


def test_a_change_on_a_page_leaves_a_row_with_its_actor(centre):
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.9")

    through_middleware(request, centre.chen.user, rename(centre.chengdu))

    row = AuditRow.objects.latest("id")
    assert (row.action, row.table) == ("update", "network_party")
    assert row.object_id == str(centre.chengdu.pk)
    assert (row.actor_id, row.actor_name, row.role) == (centre.chen.user.pk, "0801", "supervisor")
    assert row.address == "203.0.113.9"
    assert (row.before["name"], row.after["name"]) == ("成都武侯三部", "成都武侯三部（新）")
    assert not context()


def test_a_change_in_the_admin_leaves_a_row_with_its_actor(client, centre):
    client.force_login(centre.chen.user, "django.contrib.auth.backends.ModelBackend")

    answer = client.post("/admin/network/region/add/", {"name": "江苏"})

    assert answer.status_code == 302, answer.content
    row = AuditRow.objects.filter(table="network_region").get()
    assert (row.action, row.actor_id, row.role) == ("insert", centre.chen.user.pk, "supervisor")
    assert row.address == "127.0.0.1"
    assert row.request_id
    assert not context()


def test_the_next_change_on_the_same_connection_is_not_put_down_to_him(centre):
    through_middleware(RequestFactory().post("/"), centre.chen.user, rename(centre.chengdu))
    rename(centre.xian)(None)

    assert AuditRow.objects.latest("id").actor_id is None


def test_a_view_that_breaks_leaves_no_actor_behind(centre):
    def broken(request):
        assert context()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        through_middleware(RequestFactory().post("/"), centre.chen.user, broken)

    assert not context()


def test_reading_costs_nothing(centre, django_assert_num_queries):
    with django_assert_num_queries(0):
        through_middleware(RequestFactory().get("/"), centre.chen.user, lambda _r: HttpResponse())


def test_what_a_partner_changes_is_put_down_to_his_key(chengdu, centre, path):
    answer = chengdu.send(f"{path}answer/", {"answer": "今晚派送"})

    row = AuditRow.objects.filter(table="inquiries_networkquery").latest("id")
    key = centre.chengdu.api_keys.get()
    assert (row.actor_id, row.actor_name, row.role) == (None, f"CD03 {key.prefix}", "outlet")
    assert (row.address, row.request_id) == ("127.0.0.1", answer["X-Request-ID"])
    assert row.after["state"] == "answered"
