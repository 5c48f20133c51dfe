"""What Prometheus reads: the state of promises, work and machinery, asked of the database when it is read."""

import os
from collections.abc import Iterator
from ipaddress import ip_address

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.deadlines.selectors import standing
from kefu.overview import health
from kefu.retention.selectors import key_uses

CONTENT_TYPE = CONTENT_TYPE_LATEST
QUEUES = ("timers", "work")  # of Celery
WAIT = 1.0  # seconds for Redis: whoever reads metrics must not be held up by what they tell of

# Everything that is open, from the indexes of open rows.
WORK = """
SELECT (SELECT count(*) FROM cases_case WHERE state <> 'closed'),
       (SELECT count(*) FROM cases_case WHERE state <> 'closed' AND owner_id IS NULL),
       (SELECT count(*) FROM cases_case WHERE state <> 'closed' AND next_due_at < %(now)s),
       (SELECT count(*) FROM deadlines_deadline WHERE state = 'running'),
       (SELECT count(*) FROM deadlines_deadline WHERE state = 'running' AND warn_at <= %(now)s),
       (SELECT count(*) FROM deadlines_deadline WHERE state = 'set_aside'),
       (SELECT count(*) FROM deadlines_deadline WHERE state = 'breached' AND detected_at > %(now)s::timestamptz - interval '1 minute'),
       (SELECT count(*) FROM jobs_job WHERE state = 'queued'),
       (SELECT count(*) FROM jobs_job WHERE state = 'running'),
       (SELECT count(*) FROM webhooks_delivery WHERE state = 'pending'),
       (SELECT coalesce(extract(epoch FROM %(now)s::timestamptz - min(d.at)), 0)::float8
        FROM webhooks_delivery d JOIN webhooks_endpoint e ON e.id = d.endpoint_id JOIN network_party p ON p.id = e.party_id
        WHERE d.state = 'pending' AND d.tries = 0 AND e.state = 'active' AND p.active),
       (SELECT count(*) FROM deadlines_countmove),
       (SELECT count(*) FROM staff_duty WHERE ended_at IS NULL),
       coalesce((SELECT violations FROM overview_verification ORDER BY day DESC LIMIT 1), 0),
       (SELECT extract(epoch FROM %(now)s::timestamptz - max(at))::float8 FROM overview_verification)
"""
NAMES = (
    ("kefu_cases_open", "Open cases."),
    ("kefu_cases_unassigned", "Open cases that nobody has."),
    ("kefu_cases_late", "Open cases beyond their next due time."),
    ("kefu_promises_running", "Promises whose clock runs."),
    ("kefu_promises_at_risk", "Running promises whose warning has come."),
    ("kefu_promises_set_aside", "Promises that could not be fired and wait for a person."),
    ("kefu_promises_broken_a_minute", "Promises that the sweep broke within the last minute."),
    ("kefu_jobs_queued", "Long work that waits."),
    ("kefu_jobs_running", "Long work under way."),
    ("kefu_webhooks_waiting", "Events on their way to an outlet."),
    ("kefu_webhooks_untried_seconds", "Age of the oldest event that was not tried once."),
    ("kefu_counts_waiting", "Changes of the counts that nobody has added up."),
    ("kefu_people_on_duty", "People who are on duty."),
    ("kefu_verify_violations", "What the last daily verification found not to hold."),
    ("kefu_verify_age_seconds", "Since the last daily verification; missing before the first."),
)


class State(Collector):
    """Asks the database and Redis; says what it can when one of them is away."""

    def describe(self) -> list[Metric]:
        return []  # nothing is asked when it is registered

    def collect(self) -> Iterator[Metric]:
        yield from _health()
        yield from _queues()
        try:
            yield from _work()
        except Error:  # kefu_database_ok says so
            return


def _health() -> Iterator[Metric]:
    ok = GaugeMetricFamily("kefu_ok", "Whether a measure is within its limit.", labels=["measure"])
    value = GaugeMetricFamily(
        "kefu_measure",
        "The measures of /readyz: seconds, or bytes of the disk.",
        labels=["measure"],
    )
    for reading in health.readings():
        ok.add_metric([reading.name], float(reading.ok))
        if reading.value is not None:
            value.add_metric([reading.name], reading.value)
    yield from (ok, value)


def _work() -> Iterator[Metric]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(WORK, {"now": now})
        numbers = cursor.fetchone()
    for (name, told), number in zip(NAMES, numbers, strict=True):
        if number is not None:
            yield GaugeMetricFamily(name, told, value=float(number))
    yield from _keys()
    today = now.astimezone(SHANGHAI).date()
    promises = GaugeMetricFamily(
        "kefu_promises_today",
        "Promises that fall due today, by clause and by what became of them.",
        labels=["clause", "outcome"],
    )
    for clause, kept in standing(first=today, last=today).clauses.items():
        for outcome, number in (("open", kept.open), ("met", kept.met), ("broken", kept.broken)):
            promises.add_metric([clause, outcome], number)
    yield promises


def _keys() -> Iterator[Metric]:
    """As last counted: a key with 0 may be taken out of the settings."""
    blobs = GaugeMetricFamily(
        "kefu_sealed_values", "Sealed values by the key they stand under.", labels=["key", "held"]
    )
    for use in key_uses():
        blobs.add_metric([use.key_id, "yes" if use.held else "no"], use.blobs)
    yield blobs


def _queues() -> Iterator[Metric]:
    up = GaugeMetricFamily("kefu_redis_up", "Whether Redis answers.")
    depth = GaugeMetricFamily("kefu_queue_depth", "Tasks that wait for a worker.", labels=["queue"])
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=WAIT, socket_connect_timeout=WAIT
        ) as client:
            for queue in QUEUES:
                depth.add_metric([queue], client.llen(queue))
        up.add_metric([], 1)
    except redis.RedisError:
        up.add_metric([], 0)
    yield from (up, depth)


def text() -> bytes:
    """Everything in Prometheus' own format; request times of all processes of this host that share a directory."""
    registry = CollectorRegistry()
    registry.register(State())
    told = generate_latest(registry)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return told + generate_latest(shared)
    return told + generate_latest(REGISTRY)


def may_read(request: HttpRequest) -> bool:
    """Whether the caller stands where metrics are read: on a network named in the settings, and not behind a proxy,
    from where everybody looks near.
    """
    if "X-Forwarded-For" in request.headers:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.KEFU_METRICS_NETWORKS)
