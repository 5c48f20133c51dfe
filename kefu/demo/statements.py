"""The demo's statements of outlets: each month that is over drawn up and issued on its first morning."""

from datetime import datetime, time, timedelta

from kefu.clock import SHANGHAI
from kefu.ledger.models import Entry
from kefu.network.models import Party
from kefu.staff.models import User
from kefu.statements import services

MORNING = time(9, 10)
ISSUE = "0801"


def live(now: datetime) -> None:
    """From the first entry of the journal on; silence confirms what is old enough."""
    first = Entry.objects.order_by("at").first()
    if first is None:
        return
    actor = User.objects.get(username=ISSUE)
    month = services.month_of(first.at)
    while (at := datetime.combine(services.month_after(month), MORNING, SHANGHAI)) < now:
        for party in Party.objects.filter(kind__in=Party.HOLDERS).order_by("pk"):
            statement = services.draw_up(party=party, month=month, now=at)
            if statement is not None:
                services.issue(statement=statement, actor=actor, now=at + timedelta(hours=1))
        month = services.month_after(month)
    services.follow(now=now)
