from datetime import date
from typing import Any

import pytest

from kefu.jobs import services as jobs
from kefu.knowledge.imports import coverage, prices
from tests.centre import at
from tests.frozen import centre, clock

__all__ = ["bring", "centre", "clock"]

COVERAGE = "省,市,区县,街道乡镇,关键词,网点,是否派送,加几天,加收,截单时间,说明"
PRICES = "省,市,区县,首重,首重价,续重单位,续重价,体积系数,燃油附加费,附加费,附加费名称,时效"


@pytest.fixture
def bring(centre):
    """``bring(coverage.TABLE, rows, on=...)``: a table from that day on; returns its job when it has ended."""

    def given(table: Any, rows: str, *, on: str = "2026-11-20", header: str = "") -> Any:
        header = header or (COVERAGE if table is coverage.TABLE else PRICES)
        job = table.start(
            file_name="表.csv",
            content=f"{header}\n{rows}\n".encode(),
            department=centre.query_desk,
            owner=None,
            options={"effective_on": date.fromisoformat(on).isoformat()},
            actor=centre.chen.user,
            now=at("09:00:00"),
        )
        jobs.run_until_next_tick()
        job.refresh_from_db()
        return job

    return given


@pytest.fixture
def tables(bring):
    """What most tests look up: two outlets, four districts, prices from two days."""
    bring(
        coverage.TABLE,
        "四川,成都,武侯区,,,CD03,是,,,18:00,\n"
        "四川,成都,武侯区,,科华北路,XA02,是,1,3.00,,\n"
        "陕西,西安,雁塔区,,,XA02,是,,,,\n"
        "陕西,西安,雁塔区,小寨路街道,,,否,,,,自提\n"
        "江苏,南京,鼓楼区,,,CD03,是,,,,\n"
        "江苏,徐州,鼓楼区,,,CD03,是,,,,\n"
        "福建,福州,鼓楼区,,,CD03,是,,,,\n"
        "江苏,扬州,,,,CD03,是,,,,\n"
        "北京,,朝阳区,,,XA02,是,,,,",
    )
    bring(
        prices.TABLE,
        "四川,,,1,12.00,1,8.00,8000,3,0.50,旺季附加费,3\n"
        "四川,成都,,1,10.00,0.5,2.50,8000,,,,2\n"
        "江苏,,,3,6.00,1,1.00,,,,,1",
    )
