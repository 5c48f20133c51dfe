"""Redis as Celery's broker: it carries wake-ups, which may be lost or come twice."""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual


class QoS(redis.QoS):
    """Counts what a worker has in hand."""

    def ack(self, delivery_tag: str) -> None:
        """Put a message away, here in any case.

        When Redis cannot be told, kombu would go on counting the message as in hand: after two seconds of a hanging Redis
        a worker with two slots waits for ever. Redis gives such a message out once more later, which does no harm.
        """
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise


class Channel(redis.Channel):
    QoS: Any = QoS


class Transport(redis.Transport):
    Channel: Any = Channel


def install() -> None:
    """Have every address that begins with redis:// served by this."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "kefu.broker:Transport"
