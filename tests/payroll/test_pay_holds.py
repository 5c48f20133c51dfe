"""What always holds of a month's pay: the order in which facts came says nothing, a worker that is killed loses
nothing, and the files are the same bytes whenever they are taken; worked months with their arithmetic in words.
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from kefu.jobs import services as jobs
from payroll import pay_files
from payroll.models import PayRun
from payroll.services import attendance, pay_runs
from problem_parcels.models import Volume
from tests.payroll.house import NOVEMBER, NOW, build, slip, told
from tests.payroll.rostered import on_leave, punched, roster, shifts

rule = pytest.mark.rule
MOMENT = 60.0  # seconds that a worker may take to show a sign of life


def everything(run):
    """The files of a run, and what it was computed from."""
    slips = list(run.slips.order_by("employee_id"))
    papers = [pay_files.payslip(one, "zh-hans") for one in slips]
    facts = [[part.facts for part in one.parts.order_by("number")] for one in slips]
    return pay_files.register(run, "zh-hans"), papers, facts, run.digest


# -- the order of facts ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_order_in_which_facts_came_says_nothing():
    """Five people with the same November, each written down in another order; their fines are more than may come off."""
    house, chance = build(), random.Random(20_261_122)
    facts = [
        ("CD-12.79", "fine", 3, 200), ("CD-12.79", "fine", 3, 150), ("CD-03.12", "fine", 3, 50),
        ("CD-12.79", "fine", 9, 60), ("CD-12.18", "points", 4, None), ("CD-12.66", "points", 4, None),
        ("CD-12.88", "forfeit", 5, None),
    ]  # fmt: skip
    people = [house.hire(f"员工{n}") for n in range(5)]
    for one in people:
        for clause, kind, day, value in chance.sample(facts, len(facts)):
            amount = None if value is None else Decimal(value)
            house.enter(one, clause, kind, date(2026, 11, day), value=amount)

    run = house.run()

    first, *others = [slip(run, one) for one in people]
    assert first.not_deducted > 0
    for other in others:
        assert other.parts.get().facts == first.parts.get().facts
        assert (other.digest, other.net) == (first.digest, first.net)
        lines = [
            [(one.clause, one.amount, one.kept, one.steps) for one in row.parts.get().lines.all()]
            for row in (first, other)
        ]
        assert lines[0] == lines[1]


# -- killed ------------------------------------------------------------------------------------------

WORKER = """
import time
from datetime import timedelta
import django
django.setup()
from kefu.jobs import services as jobs
from payroll.services import pay_slips
pay_slips.FREEZE, pay_slips.COMPUTE, jobs.LEASE = 2, 1, timedelta(seconds=1)
keep = {name: getattr(pay_slips, name) for name in ("_keep_facts", "_keep_slips")}
def slowly(name):
    def kept(*given):
        counts = keep[name](*given)
        time.sleep(0.3)  # in the middle of the transaction
        return counts
    return kept
for name in keep:
    setattr(pay_slips, name, slowly(name))
while True:
    jobs.run_until_next_tick(seconds=5)
    time.sleep(0.02)
"""


def killed_once(holds):
    """A worker of its own, and kill -9 as soon as it ``holds``."""
    address = urlsplit(settings.DATABASE_URL)
    url = address._replace(path="/" + connection.settings_dict["NAME"]).geturl()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "kefu.settings.test",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER], env=environment, cwd=Path(__file__).parents[2]
    )
    try:
        until = time.monotonic() + MOMENT
        while not holds():
            assert process.poll() is None and time.monotonic() < until, "the worker does nothing"
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_worker_is_killed_writes_the_same_slips_and_the_same_files():
    """Once while facts are frozen, once while slips are computed; then the files are taken twice."""
    house = build()
    people = [house.hire(f"员工{n}", hired_on=date(2020 + n, 3, 3)) for n in range(6)]
    for one in people[:3]:
        house.enter(one, "CD-12.79", "fine", value=Decimal(30))
    whole = house.run()
    before = everything(whole)
    pay_runs.set_aside(run=whole, reason="重来", actor=house.tan.user, now=NOW)

    run = house.begin()
    job = pay_runs.compute(run=run, actor=house.tan.user, now=NOW)
    killed_once(lambda: run.slips.count() >= 2)
    assert run.slips.count() < 6 and not run.slips.exclude(net=None).exists()
    killed_once(lambda: run.slips.exclude(net=None).count() >= 2)
    assert 2 <= run.slips.exclude(net=None).count() < 6
    until = time.monotonic() + MOMENT
    while not job.finished and time.monotonic() < until:
        if not jobs.run_until_next_tick():
            time.sleep(0.1)
        job.refresh_from_db()
    run.refresh_from_db()

    assert (job.state, run.state) == ("done", PayRun.State.COMPUTED)
    _register, papers, facts, digest = everything(run)
    assert (papers, facts, digest) == before[1:]
    time.sleep(1.1)  # nothing of the clock is in them
    assert everything(run) == everything(run)
    assert everything(run)[1:] == before[1:]


# -- worked months -----------------------------------------------------------------------------------


@rule(
    "CD-12.57", "CD-12.79", "CD-12.82", "CD-12.83", "CD-12.87", "CD-12.90", "CD-12.92", "CD-12.95",
)  # fmt: skip
@pytest.mark.django_db
def test_a_november_of_the_courier_regime_says_how_each_fen_came_about():
    """From punches, leave, the register and a case to the slip: six years of service, once late, once left early, a
    day of leave, a line of the register and a fine; in the warehouse 1,999 parcels cost four points.
    """
    house = build()
    one = house.hire("老员工", hired_on=date(2020, 3, 1))
    shifts(roster(house.centre), one, "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05")
    punched(one, "2026-11-02", "08:09", "17:30")
    punched(one, "2026-11-03", "07:55", "17:20")
    punched(one, "2026-11-04", "07:55", "17:30")
    on_leave(one, "2026-11-05 08:00", "2026-11-05 17:30")
    attendance.assess_days(one, NOVEMBER, date(2026, 11, 30), NOW)
    house.enter(one, "CD-12.18", "points", date(2026, 11, 4))
    house.enter(one, "CD-12.79", "fine", value=Decimal(30))
    keeper = house.hire("库管", "warehouse")
    Volume.objects.create(
        employee=keeper, month=NOVEMBER, metric="inbound_problem_parcels", number=1999
    )

    run = house.run()

    assert told(run, one) == {
        "CD-12.92": ("1000.00", "基本工资，入职第 81 个月 = 1,000.00 元"),
        "CD-12.83": ("300.00", "350.00 元，封顶 300.00 元 = 300.00 元"),
        "CD-12.87": ("194.00", "48.5 ÷ 50 × 200.00 元 = 194.00 元"),
        "CD-12.82": ("0.00", "请假 1 次，取消 50.00 元 = 0.00 元"),
        "CD-12.79": ("-30.00", "本月应扣 = 30.00 元"),
    }
    assert slip(run, one).net == Decimal("1464.00")
    assert told(run, keeper, "en")["CD-12.87"] == (
        "184.00",
        "46 ÷ 50 × 200.00 yuan = 184.00 yuan",
    )


@rule("SD-233.01", "SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11", "SD-233.14")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lost", "money"),
    [(10, "-100.00"), (15, "-200.00"), (20, "-300.00"), (30, "-600.00"), (40, "-1000.00"), (45, "-1000.00")],
)  # fmt: skip
def test_points_of_a_hundred_cost_more_the_further_they_fall(lost, money):
    """Ten yuan a point down to 90, twenty to 80, thirty to 70, forty to 60; cash and points stand apart."""
    house = build()
    house.works_by("query", "SD-2")
    one = house.hire("孙丽", base=6000)
    for day in range(1, lost // 5 + 1):
        house.enter(one, "SD-233.62", "points", date(2026, 11, 9 + day))
    house.enter(one, "SD-233.30", "fine", date(2026, 11, 12))

    run = house.run()

    lines = told(run, one)
    assert lines["SD-233.08"][0] == money
    assert lines["SD-233.30"][0] == "-50.00"
    assert slip(run, one).net == Decimal("6250.00") + Decimal(money)
