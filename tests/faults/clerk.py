"""The people of the main story in a process of their own, so that it can be killed between any two steps.

``python -m tests.faults.clerk 17 18``: takes the fines of these deadlines on to their end, one step after
the other, by what is in the database: a complaint makes one payable, a lead proposes to waive it, a
supervisor approves. Ends when no fine is left that waits for a step.
"""

import sys

import django

django.setup()

from inquiries import services as inquiries  # noqa: E402
from kefu import clock  # noqa: E402
from kefu.penalties import services as penalties  # noqa: E402
from kefu.penalties.models import Penalty  # noqa: E402
from kefu.staff.models import Employee  # noqa: E402


def step(deadlines: list[int]) -> bool:
    """Do the next step of the oldest fine that waits for one; return whether there was any."""
    people = {employee.number: employee for employee in Employee.objects.select_related("user")}
    now = clock.now()
    waiting = Penalty.objects.filter(deadline__in=deadlines, state__in=["provisional", "payable"])
    fine = waiting.select_related("case", "party").order_by("pk").first()
    if fine is None:
        return False
    waiver = fine.waivers.filter(approved=None).first()
    if fine.state == "provisional":
        inquiries.file_complaint(
            cause="no_reply",
            against=fine.party,
            text="没有人答复",
            channel="phone",
            asker="receiver",
            origin=fine.case,
            department=people["0831"].department,
            owner=people["0831"],
            actor=people["0831"].user,
            now=now,
        )
    elif waiver is None:
        penalties.propose_waiver(
            penalty=fine,
            ground="force_majeure",
            reason="当日成都暴雨停电",
            actor=people["0803"].user,
            now=now,
        )
    else:
        penalties.decide_waiver(waiver=waiver, approve=True, actor=people["0801"].user, now=now)
    return True


if __name__ == "__main__":
    while step([int(key) for key in sys.argv[1:]]):
        pass
