"""The demo's reports about weeks and months: drawn up when their period was over, and all but the latest issued by
those whose steps they are.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from kefu.clock import SHANGHAI
from kefu.reports.definitions import RIGHTS
from kefu.reports.models import Register
from kefu.reports.selectors.registers import next_of, plan_of
from kefu.reports.services import registers
from kefu.staff.models import User

WEEKS = 8
AFTER = timedelta(days=2)  # from the end of a period to the work on its report
MORNING, HOUR = time(9, 10), timedelta(hours=1)
ANALYSIS = "数字已与台账核对；主要原因是中转环节的延误，下期重点盯到件后的派送。"
# Who prepares, and who looks through and issues: by the demo's user names.
PREPARE: Mapping[str, str] = {"inspector": "0811", "lead": "0803"}
ISSUE = "0801"


def live(now: datetime) -> None:
    """Draw up the reports of eight weeks; issue those whose period was over for two weeks."""
    for weeks_ago in range(WEEKS, -1, -1):
        registers.draw_up_and_remind(now=now - timedelta(weeks=weeks_ago))
    for row in Register.objects.filter(issued_at=None).order_by("last_on", "pk"):
        begins = datetime.combine(row.last_on + AFTER, MORNING, SHANGHAI)
        if begins < now - timedelta(weeks=1):
            _issue(row, begins)


def _issue(row: Register, at: datetime) -> None:
    plan = plan_of(row)
    users = {user.username: user for user in User.objects.filter(is_active=True)}
    for turn, (step, role) in enumerate(plan.steps):
        candidates = [PREPARE.get(role, ""), ISSUE, *sorted(users)]
        following = next_of(row, plan)
        actor = next(
            users[name]
            for name in candidates
            if name in users
            and users[name].has_perm(RIGHTS[role])
            and not following.prepared_by(users[name])
        )
        row = registers.take_step(
            register=row,
            step=step,
            analysis=ANALYSIS if turn == 0 else "",
            actor=actor,
            now=at + turn * HOUR,
        )
