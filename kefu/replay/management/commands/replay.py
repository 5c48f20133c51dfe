"""Decide a month anew from its facts: it must come out as it is stored; or see what another version would do."""

import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kefu import clock
from kefu.policy.money import FEN
from kefu.policy.months import Month
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.replay import selectors, services
from kefu.replay.decisions import Missing, borne, changes, differences
from kefu.rulebooks.models import RulebookVersion

MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")


class Command(BaseCommand):
    help = (
        "Decides a month's cases anew from what was recorded, without changing anything. By the versions they "
        "were decided under everything must come out as it is stored: exit 1 if it does not. With --rulebook "
        "it shows who would bear more or less by that version."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", nargs="?", help="YYYY-MM, of Shanghai")
        parser.add_argument("--month", dest="month_too", metavar="YYYY-MM", help="the same")
        parser.add_argument(
            "--rulebook", metavar="CODE@VERSION", help="another version, a draft too"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        month = options["month"] or options["month_too"] or ""
        if not MONTH.fullmatch(month):
            raise CommandError("which month? YYYY-MM")
        with services.snapshot():
            if options["rulebook"]:
                found = what_if(month, _version(options["rulebook"]))
                lines = _told_what_if(found)
                sound = True
            else:
                found = check(month)
                lines = _told_check(found)
                sound = not (found["differences"] or found["missing"])
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            for line in lines:
                self.stdout.write(line)
        if not sound:
            sys.exit(1)


def check(month: Month) -> dict[str, Any]:
    n, different, missing = 0, [], []
    for found in services.each(month, at=clock.now()):
        n += 1
        decision = found.decision
        place = {"kind": found.kind, "key": decision.key, "case": decision.case_number}
        if isinstance(found.outcome, Missing):
            missing.append({**place, **_missing(found.outcome)})
        else:
            different += [{**place, **asdict(one)} for one in differences(decision, found.outcome)]
    return {"month": month, "decisions": n, "differences": different, "missing": missing}


def what_if(month: Month, version: RulebookVersion) -> dict[str, Any]:
    try:
        rules = Rulebook.from_json(version.content)
    except RulebookError as error:
        raise CommandError(str(error)) from error
    n, result, cases, missing = 0, selectors.Result(), [], []
    for found in services.each(month, at=clock.now(), rules=rules, rulebook_id=version.rulebook_id):
        n += 1
        decision = found.decision
        place = {"kind": found.kind, "key": decision.key, "case": decision.case_number}
        if isinstance(found.outcome, Missing):
            stands = {unit: _exact(borne(decision.stored, unit)) for unit in ("fine", "points")}
            missing.append({**place, **_missing(found.outcome), **stands})
            continue
        for one in changes(decision.stored, found.outcome):
            result.add(one, decision.department_id)
            if one.other:
                cases.append({**place, **_plain(asdict(one))})
    tables = selectors.tables(result)
    return {
        "month": month,
        "version": str(version),
        "decisions": n,
        "totals": _both(result.counting),
        "waiting": _both(result.waiting),
        "outlets": _groups(tables.outlets),
        "departments": _groups(tables.departments),
        "people": _groups(tables.people),
        "clauses": _groups(tables.clauses),
        "cases": cases,
        "missing": missing,
    }


def _version(text: str) -> RulebookVersion:
    code, _, number = text.partition("@")
    versions = RulebookVersion.objects.filter(rulebook__code=code).select_related("rulebook")
    if number.isdecimal():
        versions = versions.filter(number=int(number))
    elif number:
        raise CommandError(f"{text}: CODE@VERSION, such as CD@2")
    version = versions.order_by("-number").first()
    if version is None:
        raise CommandError(f"there is no version {text}")
    return version


def _missing(missing: Missing) -> dict[str, str]:
    return {"clause": missing.clause, "what": missing.what, "detail": missing.detail}


def _both(both: selectors.Both) -> dict[str, dict[str, str]]:
    return {
        unit: {
            "before": _exact(sums.before),
            "after": _exact(sums.after),
            "difference": _exact(sums.difference),
        }
        for unit, sums in (("fine", both.fine), ("points", both.points))
    }


def _exact(value: Decimal) -> str:
    return str(value.quantize(FEN))


def _groups(groups: Iterable[selectors.Group]) -> list[dict[str, Any]]:
    return [{"id": one.key, "name": one.name, **_both(one.sums)} for one in groups]


def _plain(fields: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()}


def _told_check(found: dict[str, Any]) -> Iterator[str]:
    different, missing = found["differences"], found["missing"]
    verdict = "FAIL" if different or missing else "ok  "
    yield (
        f"{verdict} {found['month']}: {len(different)} differences, {len(missing)} cannot be decided, "
        f"of {found['decisions']:,}"
    )
    for one in different:
        yield (
            f"       {one['case']} {one['kind']} {one['key']} {one['clause']} {one['field']}: "
            f"stored {one['stored']}, recomputed {one['recomputed']}"
        )
    yield from _told_missing(missing)


def _told_missing(missing: Iterable[dict[str, str]]) -> Iterator[str]:
    for one in missing:
        lacks = " ".join(filter(None, (one["what"], one["detail"])))
        yield f"       {one['case']} {one['kind']} {one['key']} {one['clause']} lacks: {lacks}"


def _told_what_if(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['month']} by {found['version']}: {found['decisions']:,} decisions"
    for name in ("totals", "waiting"):
        for unit, sums in found[name].items():
            yield f"{name:<8} {unit:<7} {_told_sums(sums)}"
    for name in ("outlets", "departments", "people", "clauses"):
        yield f"by {name}"
        for one in found[name]:
            for unit in ("fine", "points"):
                if any(map(Decimal, one[unit].values())):
                    yield f"       {one['name']} {unit} {_told_sums(one[unit])}"
    yield f"{len(found['cases'])} changes"
    for one in found["cases"]:
        yield (
            f"       {one['case']} {one['clause']} party {one['party_id']} {one['unit']}: "
            f"{one['before']} {one['before_state'] or '-'} -> {one['after']} {one['after_state'] or '-'}"
        )
    yield f"{len(found['missing'])} cannot be decided, and are in no total"
    yield from _told_missing(found["missing"])


def _told_sums(sums: dict[str, str]) -> str:
    return f"{sums['before']} -> {sums['after']} ({sums['difference']})"
