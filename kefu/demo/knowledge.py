"""The demo's knowledge base: who delivers where, what it costs, opening hours, a number found wrong, words of a department."""

import itertools
from datetime import time, timedelta
from typing import Any

from kefu.clock import SHANGHAI
from kefu.demo import words
from kefu.demo.seeder import Seeder
from kefu.imports.services import TableImport
from kefu.jobs import services as jobs
from kefu.knowledge.imports import coverage, prices
from kefu.knowledge.models import Wording
from kefu.knowledge.services import outlets, wordings
from kefu.network.models import ContactNumber, Party

# Districts that several cities have: the lookup asks which.
SHARED = [("江苏", "徐州", "鼓楼区"), ("福建", "福州", "鼓楼区"), ("河南", "开封", "鼓楼区")]
TOWNS = [("江苏", "扬州", "邗江区", town) for town in ("蒋王街道", "汊河街道", "瓜洲镇", "方巷镇")]
STREETS = [("江苏", "扬州", "邗江区", "文昌西路"), ("江苏", "扬州", "邗江区", "邗江中路")]
# first price, further kilogram, days; by how far it is
ZONES = {
    "江苏": (6, 1, 1),
    "浙江": (8, 2, 2),
    "上海": (8, 2, 2),
    "安徽": (8, 2, 2),
    "西藏": (25, 18, 7),
}
USUAL = (12, 6, 3)


class Knowledge:
    def __init__(self, seeder: Seeder) -> None:
        self.seeder = seeder
        self.lead = seeder.by_number["0801"]

    def build(self) -> None:
        """Bring the tables by the import that offices use, the prices of next month too."""
        then = self.seeder.now - timedelta(days=45)
        self.bring(coverage.TABLE, "派送范围.csv", self.coverage(), then, then)
        self.bring(prices.TABLE, "运价表.csv", self.prices(0), then, then)
        coming = self.seeder.now + timedelta(days=30)
        self.bring(prices.TABLE, "下月运价.csv", self.prices(1), self.seeder.now, coming)
        self.contacts()
        self.words()

    def bring(self, table: TableImport, name: str, text: str, at: Any, on: Any) -> None:
        job = table.start(
            file_name=name,
            content=text.encode(),
            department=self.lead.department,
            owner=None,
            options={"effective_on": on.astimezone(SHANGHAI).date().isoformat()},
            actor=self.lead.user,
            now=at,
        )
        while not job.finished:
            jobs.run_until_next_tick()
            job.refresh_from_db()
        assert job.counts.get("accepted") and not job.counts["refused"], (name, job.error)

    def coverage(self) -> str:
        lines = ["省,市,区县,街道乡镇,关键词,网点编号,是否派送,加几天,加收,截单时间,说明"]
        numbers = itertools.count(1)
        for province, city, districts in words.PLACES:
            for district in districts:
                remote = "2,5.00" if province == "西藏" else ","
                name = district if district.endswith("区") else f"{district}区"
                lines.append(f"{province},{city},{name},,,WD{next(numbers):03},是,{remote},16:00,")
        lines += [f"{p},{c},{d},,,WD001,是,1,,16:00,由邻近网点代派" for p, c, d in SHARED]
        lines += [f"{p},{c},{d},{t},,WD048,是,1,2.00,15:00," for p, c, d, t in TOWNS[:3]]
        lines += [f"{p},{c},{d},{t},,,否,,,,超出派送范围，请客户自提" for p, c, d, t in TOWNS[3:]]
        lines += [f"{p},{c},{d},,{s},WD049,是,,,18:00," for p, c, d, s in STREETS]
        return "\n".join(lines)

    def prices(self, more: int) -> str:
        """``more``: yuan that the first kilogram costs more."""
        lines = ["省,市,首重,首重价,续重单位,续重价,体积系数,燃油附加费,附加费,附加费名称,时效"]
        for province in dict.fromkeys(place[0] for place in words.PLACES):
            first, step, days = ZONES.get(province, USUAL)
            lines.append(
                f"{province},,1,{first + more}.00,1,{step}.00,8000,3,0.50,旺季附加费,{days}"
            )
        lines.append(f"江苏,扬州,3,{5 + more}.00,1,1.00,,,,,1")
        return "\n".join(lines)

    def contacts(self) -> None:
        found = list(Party.objects.outlets().filter(kind=Party.Kind.OUTLET).order_by("code")[:30])
        for number, party in enumerate(found):
            weekend = (time(9), time(17)) if number % 3 else (None, None)
            outlets.set_hours(
                party=party,
                opens=time(8, 30 * (number % 2)),
                closes=time(18 + number % 3),
                weekend_opens=weekend[0],
                weekend_closes=weekend[1],
                actor=self.lead.user,
                now=self.seeder.now - timedelta(days=40),
            )
        agent = self.seeder.by_number["0826"]
        numbers = ContactNumber.objects.filter(party__in=found, kind="duty", valid_to=None)
        for wrong in numbers.order_by("party__code")[2:4]:
            outlets.report_wrong(number=wrong, actor=agent.user, now=self.seeder.now)

    def words(self) -> None:
        """A template of the desk's own, approved by the other supervisor; and a draft that waits for her."""
        at = self.seeder.now - timedelta(days=20)
        own = wordings.draft(
            wording=Wording(
                name="承诺回电",
                channel=Wording.Channel.SMS,
                occasion=Wording.Occasion.RESULT,
                department=self.lead.department,
            ),
            text="【{{ company }}】您好，{{ agent }} 正在为您核实快件 {{ waybill }}，{{ due }} 前给您回电。",
            actor=self.lead.user,
            now=at,
        )
        wordings.approve(version=own, actor=self.seeder.by_number["0802"].user, now=at)
        storm = Wording.objects.get(channel="phone", occasion="storm", language="zh-hans")
        wordings.draft(
            wording=storm,
            text="受台风影响，发往{{ destination }}的车辆今天停运，您的快件 {{ waybill }} 在站点妥善保管，恢复后当天发出。",
            actor=self.lead.user,
            now=self.seeder.now,
        )
