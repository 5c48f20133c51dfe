"""What a table of coverage and a table of prices have in common: a place, and rows that take over from a day on."""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu.errors import KefuError
from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.chunks import Refused, Written
from kefu.imports.columns import Column, Columns
from kefu.jobs.models import Job
from kefu.knowledge.models import Coverage, Edition, Place, Rate
from kefu.knowledge.services import places
from kefu.knowledge.services import tables as services
from kefu.knowledge.services.places import NO_CITY, PROVINCES, Path, ensure_places, short
from kefu.network.models import Party
from kefu.privacy import redact
from kefu.staff.models import Department

IMPORT = "knowledge.import_tables"
REASONS: dict[str, Promise] = read.REASONS | {
    "province_required": _("没有省份"),
    "province_unknown": _("没有这个省份"),
    "place_gap": _("写了下级地名，却缺上级"),
    "name_unreadable": _("地名只能是汉字，最多 30 个"),
    "number_unreadable": _("要写数字，如 8 或 8.50"),
    "out_of_range": _("超出可能的范围"),
    "price_required": _("没有价格"),
    "too_many_places": _("价格最多两位小数"),
    "state_unknown": _("派送要写是、否或撤销"),
    "outlet_required": _("派送的地方要写网点"),
    "outlet_unknown": _("没有这个网点"),
    "outlet_shared": _("几个网点同名，请填编号"),
    "clock_unreadable": _("时间要写成 18:00"),
    "row_differs": _("同一地点在表里写了两次，内容不同"),
    "effective_past": _("生效日期不能早于今天：昨天有效的不改写"),
}
PLACE = (
    Column(
        "province",
        _("省"),
        ("省", "省份", "省/直辖市", "目的省", "province"),
        _("必填；省、自治区、直辖市，写不写“省”都可以"),
        "江苏",
        10,
    ),
    Column(
        "city",
        _("市"),
        ("市", "城市", "地市", "地级市", "目的市", "city"),
        _("直辖市空着；整个省一条的也空着"),
        "扬州",
        10,
    ),
    Column(
        "district",
        _("区县"),
        ("区县", "区", "县", "县区", "区/县", "district", "county"),
        _("整个市一条的空着"),
        "邗江区",
        12,
    ),
    Column(
        "town",
        _("街道乡镇"),
        ("街道乡镇", "乡镇", "街道", "镇", "乡镇街道", "town"),
        _("整个区县一条的空着"),
        "蒋王街道",
        14,
    ),
)
_NAME = re.compile(r"[\u3400-\u9fff·]{1,30}")
_AMOUNT = re.compile(r"[¥￥]?\s*(\d{1,7}(?:\.\d+)?)\s*(?:元|公斤|千克|kg|%|％)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2})[:：点](\d{2})?(?:[:：]00)?分?")
_PROVINCE = {short(name, 1): name for name in PROVINCES} | {name: name for name in PROVINCES}


def may_import(user: Any) -> bool:
    return bool(user.has_perm(IMPORT))


@dataclass(slots=True, eq=False)
class Row:
    """A row as the table tells it: a place, what it is about there, and what is said of it. ``said`` None: withdrawn."""

    number: int
    cells: Sequence[str]
    path: Path
    keyword: str
    said: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(chunks.Filing):
    """What holds for all rows. ``outlets``: by code and by name; None: several are called so."""

    effective_on: date
    outlets: Mapping[str, int | None]

    @classmethod
    def about(cls, job: Job, table: tables.Table, columns: Columns) -> dict[str, Any]:
        outlets: dict[str, int | None] = {}
        for pk, code, name in Party.objects.outlets().values_list("pk", "code", "name"):
            outlets[name.casefold()] = None if name.casefold() in outlets else pk
            outlets[code.casefold()] = pk
        return {
            "job": job,
            "columns": columns,
            "places": columns.places_of(table.header),
            "department": Department.objects.get(pk=job.params["department"]),
            "owner": None,
            "effective_on": date.fromisoformat(job.params["effective_on"]),
            "outlets": outlets,
        }

    def prepare(
        self, first: int, part: Sequence[tables.Cells], *, now: datetime, seen: Any = None
    ) -> "chunks.Prepared[Row]":
        rows: dict[tuple[Path, str], Row] = {}
        refused: list[Refused] = []
        duplicates = 0
        for number, cells in enumerate(part, first):
            if not "".join(cells).strip():
                continue
            try:
                row = self.row(number, cells)
            except KefuError as error:
                refused.append(Refused(number, cells, error.field or "", error.code))
                continue
            except Exception as error:  # one bad row does not stop the others
                refused.append(self.set_aside(number, cells, error))
                continue
            there = rows.setdefault((row.path, row.keyword), row)
            if there is row:
                continue
            if there.said == row.said:
                duplicates += 1
            else:
                refused.append(Refused(number, cells, "province", "row_differs"))
        return self.prepared(
            now=now,
            taken=len(part),
            rows=[(row, ()) for row in rows.values()],
            refused=refused,
            duplicates=duplicates,
        )

    @abstractmethod
    def row(self, number: int, cells: Sequence[str]) -> Row:
        """Return what a row says. Raises KefuError naming the column."""

    @abstractmethod
    def prepared(self, **given: Any) -> "chunks.Prepared[Row]":
        """The chunk, ready to be written."""

    def path(self, cells: Sequence[str]) -> Path:
        """Province, city, district and town. Raises KefuError."""
        names = {name: self._name(cells, name) for name in ("province", "city", "district", "town")}
        if not names["province"]:
            raise read.refused("province", "province_required")
        province = _PROVINCE.get(names["province"])
        if province is None:
            raise read.refused("province", "province_unknown")
        city = names["city"]
        if city in NO_CITY or city in (province, short(province, 1)):
            city = ""
        by_itself = province in ("北京市", "天津市", "上海市", "重庆市") or city
        below = names["district"] or names["town"]
        if below and not by_itself and names["city"] not in NO_CITY:
            raise read.refused("city", "place_gap")  # a county right below its province says so
        path: Path = (province, places.city(city), names["district"], names["town"])
        while path and not path[-1]:
            path = path[:-1]
        return path

    def _name(self, cells: Sequence[str], column: str) -> str:
        text = "".join(self.cell(cells, column).split())
        if text and not _NAME.fullmatch(text):
            raise read.refused(column, "name_unreadable")
        return text

    def amount(
        self, cells: Sequence[str], column: str, most: int, *, least: Decimal = Decimal(0)
    ) -> Decimal | None:
        """A number of at most two places, None where the cell is empty. Raises KefuError."""
        text = self.cell(cells, column).strip().replace(",", "")
        if not text:
            return None
        found = _AMOUNT.fullmatch(text)
        if found is None:
            raise read.refused(column, "number_unreadable")
        try:
            number = Decimal(found[1])
        except InvalidOperation:
            raise read.refused(column, "number_unreadable") from None
        if number != number.quantize(Decimal("0.01")):
            raise read.refused(column, "too_many_places")
        if not least <= number <= most:
            raise read.refused(column, "out_of_range")
        return number.quantize(Decimal("0.01"))

    def whole(self, cells: Sequence[str], column: str, most: int) -> int | None:
        number = self.amount(cells, column, most)
        if number is None:
            return None
        if number != int(number):
            raise read.refused(column, "number_unreadable")
        return int(number)

    def clock(self, cells: Sequence[str], column: str) -> time | None:
        text = self.cell(cells, column).strip()
        if not text:
            return None
        found = _CLOCK.fullmatch(text)
        if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
            raise read.refused(column, "clock_unreadable")
        return time(int(found[1]), int(found[2] or 0))

    def words(self, cells: Sequence[str], column: str, most: int) -> str:
        return redact.redact(
            redact.clean(self.cell(cells, column), max_length=most, field=column, multiline=False)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(chunks.Prepared[Row]):
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing
    kind: ClassVar[Edition.Kind]
    fields: ClassVar[tuple[str, ...]]

    @abstractmethod
    def existing(self, places: Sequence[Place]) -> Sequence[Any]:
        """What holds on the day or after it at these places."""

    @abstractmethod
    def made(self, row: Row, place: Place) -> Coverage | Rate:
        """The row to keep."""

    def write(self, rows: Sequence[tuple[Row, Any]]) -> Written:
        """Let the rows take over; what they replace ends on their day."""
        services.lock(self.kind)
        edition = services.edition_of(
            self.filing.job, self.kind, self.filing.effective_on, self.now
        )
        found = [row for row, _line in rows]
        known = ensure_places([row.path for row in found])
        found, again, refused = self._once(found, known)
        held: dict[tuple[int, str], list[Any]] = {}
        for one in self.existing(list(known.values())):
            held.setdefault((one.place_id, getattr(one, "keyword", "")), []).append(one)
        taken = services.supersede(
            edition,
            [None if row.said is None else self.made(row, known[row.path]) for row in found],
            keys=[(known[row.path].pk, row.keyword) for row in found],
            existing=held,
            said=self.fields,
        )
        refused += [
            Refused(found[n].number, found[n].cells, "province", "row_differs")
            for n in taken.contradicting
        ]
        return Written(
            accepted=len(taken.filed), duplicates=len(taken.known) + again, refused=refused
        )

    def _once(
        self, rows: Sequence[Row], places: Mapping[Path, Place]
    ) -> tuple[list[Row], int, list[Refused]]:
        """The rows without those that are about the same by another spelling (武侯 and 武侯区)."""
        kept: dict[tuple[int, str], Row] = {}
        refused, again = [], 0
        for row in rows:
            there = kept.setdefault((places[row.path].pk, row.keyword), row)
            if there is row:
                continue
            if there.said == row.said:
                again += 1
            else:
                refused.append(Refused(row.number, row.cells, "province", "row_differs"))
        return list(kept.values()), again, refused

    def announce(self, accepted: int) -> None:
        """No queue changes by a table."""
