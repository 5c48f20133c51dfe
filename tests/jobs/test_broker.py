"""What carries wake-ups goes on after Redis has hung."""

import logging
import signal
import subprocess
import time

import pytest
import redis
from django.conf import settings
from kombu import Connection, Consumer, Producer, Queue

from kefu import celery
from kefu.embedded import servers

WORK = Queue("work", routing_key="work")


@pytest.fixture
def server(tmp_path):
    """A Redis of our own, which may be frozen."""
    ours = servers.Redis(tmp_path, password="only-for-tests")
    program = ours.program()
    process = subprocess.Popen(program.argv, env=program.env, stdin=subprocess.PIPE)
    process.stdin.write(program.standard_input)
    process.stdin.close()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            redis.Redis.from_url(ours.url()).ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    yield ours.url(), process
    process.send_signal(signal.SIGCONT)
    process.terminate()
    process.wait(timeout=10)


def test_a_worker_whose_slot_was_taken_when_redis_hung_takes_the_next_message(server):
    assert celery.app.main == "kefu"  # which installs our transport
    url, process = server
    heard = []
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, "visibility_timeout": 300}
    with Connection(url, transport_options=options) as line:
        producer = Producer(line.channel())
        for n in (1, 2):
            producer.publish(n, routing_key="work", declare=[WORK])
        channel = line.channel()
        channel.basic_qos(0, 1, False)
        with Consumer(
            channel, [WORK], callbacks=[lambda body, message: heard.append((body, message))]
        ):
            line.drain_events(timeout=5)
            process.send_signal(signal.SIGSTOP)
            heard[0][1].ack_log_error(logging.getLogger(), line.connection_errors)
            process.send_signal(signal.SIGCONT)
            until = time.monotonic() + 10
            while len(heard) < 2 and time.monotonic() < until:
                try:
                    line.drain_events(timeout=1)
                except (TimeoutError, *line.connection_errors):
                    continue

    assert [body for body, _message in heard] == [1, 2]
