"""One row of a table: what the clerk would have given, and if it is refused, why. Nothing here asks the database."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.errors import KefuError
from kefu.imports import cells as read
from kefu.imports.columns import word
from kefu.jobs.models import Job
from kefu.network.models import Party
from kefu.policy.clauses import Items
from kefu.policy.problem_records import CHOICES
from kefu.policy.rulebook import Rulebook
from kefu.spreadsheets import unquoted
from problem_parcels.imports import columns
from problem_parcels.models import ProblemParcel
from problem_parcels.services.records import Attempt, Given
from problem_parcels.wording import names_in_words

# Why a row was refused, by code. Rows are told about long after, in the language of whoever asks.
REASONS: dict[str, Promise] = read.REASONS | {
    "problem_unknown": gettext_lazy("没有这个问题类型"),
    "outcome_unknown": gettext_lazy("联系结果要写已联系上、没人接、打不通、正在通话、已停机、已关机、电话故障或其他"),
    "outcome_required": gettext_lazy("有联系时间，没有联系结果"),
    "time_required": gettext_lazy("有联系结果，没有联系时间"),
    "place_unknown": gettext_lazy("存放在要写仓库或营业厅"),
    "courier_unknown": gettext_lazy("没有这个业务员"),
    "parcel_signed": gettext_lazy("这一票已经签收，不能再登记为问题件"),
    "twice_in_file": gettext_lazy("这张表里前面已有这个运单"),
    "contractors_own": gettext_lazy("承包区能确定、又有经营场所的，由承包区自己处理，公司不受理"),
    "before_delivery_scan": gettext_lazy("联系时间早于派件扫描，请核对"),
    "address_short": gettext_lazy("新地址要写到门牌，让派件员找得到"),
    "notified_late": gettext_lazy("要在派送结束之前通知，不能带回来再说"),
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """A problem parcel as a row tells it."""

    number: int  # in the file, from 1
    cells: Sequence[str]
    waybill_number: str
    given: Given


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows of one table. ``chosen``: what people write for what may be chosen, by field; ``couriers``: by
    code and name, in lower case.
    """

    places: Mapping[str, int]
    chosen: Mapping[str, Mapping[str, str]]
    couriers: Mapping[str, Party]

    @classmethod
    def of(cls, places: Mapping[str, int], rules: Rulebook) -> "RowReader":
        chosen = {name: columns.words_of(values) for name, values in columns.VALUES.items()}
        for clause in rules.in_force(Items):
            if clause.of in CHOICES:
                words = chosen.setdefault(clause.of, {})
                for item in clause.items or ():
                    words |= dict.fromkeys((word(item.key), word(item.zh), word(item.en)), item.key)
        couriers: dict[str, Party] = {}
        for party in Party.objects.filter(kind=Party.Kind.COURIER, active=True).order_by("-pk"):
            couriers[party.code.casefold()] = couriers[party.name.casefold()] = party
        return cls(places, chosen, couriers)

    def read(self, number: int, cells: Sequence[str], waybill_number: str) -> Row:
        """Return what the row says. Raises KefuError naming the column."""
        said = {
            field: cells[place]
            for field, place in self.places.items()
            if place < len(cells) and cells[place]
        }
        cell = said.get
        problem = read.one_of(columns.PROBLEMS, cell("problem", ""), "problem", "")
        if not problem:
            raise read.refused("problem", "problem_unknown")
        chosen = {
            name: self.chosen.get(name, {}).get(word(said[name]), said[name].strip())
            for name in columns.CHOSEN
            if name in said
        }
        chosen |= {name: unquoted(said[name]) for name in columns.SAID if name in said}
        for name in columns.MOMENTS:
            if name in said and (at := read.moment(said[name], name)):
                chosen[name] = at.isoformat()
        given = Given(
            problem,
            chosen=chosen,
            remark=unquoted(cell("remark", "")),
            reason=unquoted(cell("reason", "")),
            new_address=unquoted(cell("new_address", "")),
            new_recipient=cell("new_recipient", ""),
            new_phone=read.digits(cell("new_phone", ""), "new_phone"),
            attempts=_attempts(cell("outcome", ""), cell("contacted_at", "")),
            courier=self._courier(cell("courier", "")),
            place=read.one_of(
                columns.PLACES, cell("place", ""), "place", ProblemParcel.Place.WAREHOUSE.value
            ),
        )
        return Row(number, cells, waybill_number, given)

    def _courier(self, cell: str) -> Party | None:
        name = cell.strip().casefold()
        if not name:
            return None
        if name not in self.couriers:
            raise read.refused("courier", "courier_unknown")
        return self.couriers[name]


def _attempts(outcome: str, contacted_at: str) -> tuple[Attempt, ...]:
    """The one call that a row tells of."""
    came = read.one_of(columns.OUTCOMES, outcome, "outcome", "")
    at = read.moment(contacted_at, "contacted_at")
    if came and at is None:
        raise read.refused("contacted_at", "time_required")
    if at is None:
        return ()
    if not came:
        raise read.refused("outcome", "outcome_required")
    return (Attempt(came, at),)


def source_key(job: Job, waybill_number: str) -> bytes:
    """Return what keeps one import from filing a parcel twice: 32 bytes."""
    return hashlib.sha256(job.pk.bytes + waybill_number.encode()).digest()


def details_of(error: KefuError) -> dict[str, Any]:
    """What the reason names: the lacking fields, each with its clause."""
    lacks: Any = error.details.get("lacks", ())
    return {"lacks": [list(lack) for lack in lacks]}


def in_words(code: str, details: Mapping[str, Any]) -> str:
    """The reason that names something, in the reader's language; "" for the others."""
    lacks = details.get("lacks") or [["", ""]]
    clause, names = lacks[0][1], dict.fromkeys(name for name, _clause in lacks)
    match code:
        case "record_incomplete":
            return _("%(clause)s：还要填%(what)s") % {
                "clause": clause,
                "what": names_in_words(names),
            }
        case "not_on_the_list":
            return _("%(clause)s：“%(what)s”不能这样写，请从列出的里面选，写清楚") % {
                "clause": clause,
                "what": names_in_words(names),
            }
        case "in_anothers_hands":
            return _("%(case)s 在%(who)s手上，请找他办理或先转交") % {
                "case": details.get("case", ""),
                "who": details.get("who") or _("部门待领"),
            }
    return ""
