"""A partner's list of a million rows: how deep one may read, and how many pages a second there are.

Calls go over HTTP to the web server of the product, one after the other by keys of their own (authentication,
counting of calls and all), and to the same server with nothing behind it but the one statement of ``bare_list``.
"""

import http.client
import time
from collections.abc import Iterator
from typing import Any

import orjson

from benchmarks import crowd, place
from benchmarks.web import web
from inquiries import services as inquiries
from kefu import clock
from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.api.pagination import write_cursor
from kefu.api.public_ids import conceal
from kefu.rulebooks.selectors import edition
from tests import centre as world

ROWS = {"small": 50_000, "full": 1_000_000}
DEEP = {"small": 500, "full": 10_000}  # pages
CALLS = 300  # of one key; 600 a minute are allowed
ROUNDS = 3
FIRST = 1_000_000  # the ids begin above
LIST = "/api/v1/network-queries/"


def run(scale: str) -> Iterator[dict[str, Any]]:
    rows, deep = ROWS[scale], DEEP[scale]
    party, secrets = _fill(rows)
    last = FIRST + rows + 1
    depth = last - 50 * deep
    cursor = write_cursor("newest", "", conceal("network_query", depth))
    with web("kefu.asgi:application") as ours, web("benchmarks.bare_list:application") as bare:
        paths = {
            "first": f"{LIST}?direction=received",
            "deep": f"{LIST}?direction=received&cursor={cursor}",
        }
        found: dict[str, list[float]] = {"first": [], "deep": [], "bare": []}
        _check(ours, paths["deep"], secrets[0], depth)
        for secret in secrets:
            for name, path in paths.items():
                found[name].append(_seconds(ours, path, CALLS // 2, secret))
            found["bare"].append(_seconds(bare, f"/{party}/{last}", CALLS // 2))
    best = {name: min(times) * 1000 for name, times in found.items()}
    yield {
        "name": "partner_list_depth",
        "ours": round(best["deep"], 2),
        "limit": round(best["first"], 2),
        "ratio": round(best["deep"] / best["first"], 3),
        "unit": "ms a page",
        "rows": rows,
        "pages_deep": deep,
        "aim": "ratio <= 1.2",
    }
    yield {
        "name": "partner_list_rate",
        "ours": round(1000 / best["first"], 1),
        "limit": round(1000 / best["bare"], 1),
        "ratio": round(best["bare"] / best["first"], 3),
        "unit": "pages of 50 a second, one caller",
        "rows": rows,
        "aim": "ratio >= 0.35",
    }


def _fill(rows: int) -> tuple[int, list[str]]:
    """So many queries that one outlet was asked, each with its clock and price; and keys of the outlet."""
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    centre = world.build(now=now)
    case = centre.inquiry(now=now)
    query = inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="件到成都后没有扫描，请核实",
        actor=centre.lin.user,
        now=now,
    )
    deadline = query.deadline
    assert deadline is not None
    with crowd.stage() as server:
        new = f"{FIRST} + n"
        crowd.copy(
            server,
            "cases.Case",
            case.pk,
            rows,
            id=new,
            number="'CX-B-' || n",
            owner_id="NULL",
            next_due_at="NULL",
        )
        crowd.copy(server, "deadlines.Deadline", deadline.pk, rows, id=new, case_id=new)
        for price in deadline.consequences.all():
            crowd.copy(
                server,
                "deadlines.Consequence",
                price.pk,
                rows,
                id=f"{FIRST} * {price.pk} + n",
                deadline_id=new,
            )
        crowd.copy(
            server, "inquiries.NetworkQuery", query.pk, rows, id=new, case_id=new, deadline_id=new
        )
    place.settle()
    secrets = [
        keys.issue_key(
            party=centre.chengdu, name="测速", scopes=[ApiKey.Scope.READ], expires_at=None,
            actor=centre.chen.user, now=now,
        )[1]
        for _round in range(ROUNDS)
    ]  # fmt: skip
    return centre.chengdu.pk, secrets


def _check(port: int, path: str, secret: str, before: int) -> None:
    """The deep page is the page it should be."""
    page = orjson.loads(_get(_connected(port), path, secret))
    assert len(page["results"]) == 50
    assert page["results"][0]["id"] == conceal("network_query", before - 1)


def _seconds(port: int, path: str, calls: int, secret: str = "") -> float:
    """Return the time a call, of ``calls`` one after the other over one connection."""
    connection = _connected(port)
    _get(connection, path, secret)
    began = time.perf_counter()
    for _call in range(calls):
        _get(connection, path, secret)
    return (time.perf_counter() - began) / calls


def _connected(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def _get(connection: http.client.HTTPConnection, path: str, secret: str) -> bytes:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
    return body
