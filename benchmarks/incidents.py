"""A thousand complaints of one issue within an hour, each registered as at the desk.

``incident_open``: the complaint that is one too many, from the call to the commit, by which the incident is open and
the supervisors are told; the limit is two seconds. ``incident_register``: registering the others beside complaints
that are all of different issues. ``incident_page_…``: pages of the workbench with a thousand in the incident beside
few, queries included. ``ratio`` is few to many, or limit to ours.
"""

import statistics
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import place
from inquiries import services as inquiries
from inquiries.models import Incident
from kefu import clock
from kefu.rulebooks.selectors import edition
from tests.centre import Centre, build

COMPLAINTS = {"small": 200, "full": 1_000}
TOO_MANY = 21
BESIDE = 100  # complaints of as many issues
FEW = 25  # in the incident when the pages are first looked at
WITHIN = 2_000.0  # ms
VISITS = 15
NUMBERS = count(1)


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    call_command("collectstatic", verbosity=0, interactive=False)
    place.fresh_database()
    edition.cache_clear()
    centre = build(now=clock.now())
    centre.work_by("ES")
    n = COMPLAINTS[scale]
    others = [_complain(centre, f"topic:{number}") for number in range(BESIDE)]
    first = [_complain(centre, "topic:storm") for _n in range(FEW)]
    few = _visit(centre)
    rest = [_complain(centre, "topic:storm") for _n in range(n - FEW)]
    many = _visit(centre)
    assert Incident.objects.get().complaints.count() == n
    opened = first[TOO_MANY - 1]
    yield {
        "name": "incident_open",
        "ours": round(opened, 1),
        "limit": WITHIN,
        "ratio": round(WITHIN / opened, 1),
        "unit": "ms from the 21st call to the commit",
        "n": n,
        "aim": "ratio >= 1",
    }
    ours, limit = statistics.median(rest), statistics.median(others)
    yield {
        "name": "incident_register",
        "ours": round(ours, 1),
        "limit": round(limit, 1),
        "ratio": round(limit / ours, 3),
        "unit": "ms a complaint, the median",
        "n": n,
        "slowest": round(max(rest), 1),
        "aim": "ratio >= 0.5",
    }
    for name in few:
        yield {
            "name": f"incident_page_{name}",
            "ours": round(many[name]["ms"], 1),
            "limit": round(few[name]["ms"], 1),
            "ratio": round(few[name]["ms"] / many[name]["ms"], 3),
            "unit": "ms a page, the best of n",
            "n": VISITS,
            "complaints": n,
            "beside": FEW,
            "queries": many[name]["queries"],
            "queries_beside": few[name]["queries"],
            "aim": "ratio >= 0.33, the same number of queries",
        }


def _complain(centre: Centre, issue: str) -> float:
    """Register one, of a customer of its own; return how many milliseconds it took."""
    who = next(NUMBERS)
    began = time.perf_counter()
    inquiries.file_complaint(
        cause="delayed",
        against=centre.chengdu,
        text="等了五天还没到",
        channel="phone",
        asker="receiver",
        customer_name=f"陈{chr(0x4E00 + who)}",
        customer_phone=f"139{who:08}",
        waybill=centre.waybill,
        details=inquiries.Details(category="other", demand="给个说法"),
        issue=issue,
        department=centre.query_desk,
        owner=centre.zhou,
        actor=centre.zhou.user,
        now=clock.now(),
    )
    return (time.perf_counter() - began) * 1000


def _visit(centre: Centre) -> dict[str, dict[str, Any]]:
    client = Client(SERVER_NAME="localhost")
    client.force_login(centre.wang.user, backend="django.contrib.auth.backends.ModelBackend")
    number = Incident.objects.get().case.number
    found = {}
    for name, path in {
        "queue": "/",
        "list": "/incidents/",
        "case": f"/cases/{number}/",
        "complaints": f"/incidents/{number}/complaints/",
    }.items():
        client.get(path)
        with CaptureQueriesContext(connection) as taken:
            assert client.get(path).status_code == 200
        queries = len(taken)  # now: the next request begins to count anew
        times = []
        for _n in range(VISITS):
            began = time.perf_counter()
            client.get(path)
            times.append((time.perf_counter() - began) * 1000)
        found[name] = {"ms": min(times), "queries": queries}
    return found
