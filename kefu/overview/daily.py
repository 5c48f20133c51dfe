"""The verification of every day: done once in the small hours, kept, and told when something does not hold."""

import logging
import time
from datetime import datetime
from datetime import time as wall_time

from django.db import transaction

from kefu.admin.base import list_url
from kefu.clock import SHANGHAI
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.overview.models import Verification
from kefu.overview.verify import verify
from kefu.staff.selectors import head_ids

log = logging.getLogger(__name__)

SINCE = wall_time(3, 30)  # of Shanghai: nobody works, and the day's statements are drawn up


def verify_daily(*, now: datetime) -> Verification | None:
    """Verify once a day, from ``SINCE`` on or as soon after as somebody asks; None where it is too early or done.

    Heads hear of violations; that there were none stands in the list, and in the metrics.
    """
    local = now.astimezone(SHANGHAI)
    if local.time() < SINCE or Verification.objects.filter(day=local.date()).exists():
        return None
    began = time.monotonic()
    results = verify()
    failed = [one for one in results if not one.ok]
    found = sum(one.found for one in failed)
    with transaction.atomic():
        done, made = Verification.objects.get_or_create(
            day=local.date(),
            defaults={
                "at": now,
                "seconds": round(time.monotonic() - began, 1),
                "checks": len(results),
                "rows": sum(one.n for one in results),
                "violations": found,
                "failed": [one.to_json() for one in failed],
            },
        )
        if made and failed:
            notifications.ring(
                kind=Event.Kind.VERIFIED_BAD,
                at=now,
                user_ids=head_ids(),
                data={"n": found, "url": list_url(Verification)},
            )
    for one in failed:
        log.error("%s does not hold: %s of %s", one.check, one.found, one.n)
    return done if made else None
