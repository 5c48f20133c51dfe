"""Each rule of the regulations: how it is enforced, where it is kept, and whether it is proved."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import get_language

from kefu.rulebooks import coverage
from kefu.rulebooks.coverage import Rule, State

SHOWN = {
    State.PROVED: "proved",
    State.UNNOTICED: "NOT PROVED",
    State.CHANGED: "CHANGED",
    State.UNTESTED: "NO TEST",
    State.MANUAL: "manual",
}


class Command(BaseCommand):
    help = "Lists the clauses of the rulebooks: how each is enforced, where, and what proves it. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rulebook", default="", metavar="CODE", help="only this one, such as CD"
        )
        parser.add_argument("--area", default="", help="only this area, such as core")
        parser.add_argument(
            "--missing", action="store_true", help="only what is not proved, and why"
        )
        parser.add_argument(
            "--json", action="store_true", help="the totals of each rulebook as JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            books = coverage.rules(code=options["rulebook"], area=options["area"])
        except KeyError as error:
            raise CommandError(f"There is no rulebook {error}. 没有这本规则手册。") from error
        totals = {code: _total(rows) for code, rows in books.items()}
        if options["json"]:
            self.stdout.write(json.dumps({"rulebooks": totals}, indent=1))
            return
        for code, rows in books.items():
            for row in rows:
                if not options["missing"] or row.why:
                    self._tell(row)
            total = totals[code]
            self.stdout.write(
                f"{code}: {total['total']} rules, {total['manual']} manual,"
                f" {total['covered']} of {total['automatable']} automatable proved\n"
            )

    def _tell(self, row: Rule) -> None:
        title = row.clause.label(get_language() or settings.LANGUAGE_CODE)
        how = row.enforced or "people"
        self.stdout.write(
            f"{row.id:<11} {SHOWN[row.state]:<10} {row.clause.area:<10} {how:<12} {row.clause.module:<24} {title}"
        )
        for line in (*row.why, *row.guards, *row.tests):
            self.stdout.write(f"{'':<12}{line}")


def _total(rows: Sequence[Rule]) -> dict[str, Any]:
    """``missing`` says why, clause by clause."""
    automatable = [row for row in rows if row.automatable]
    states = Counter(row.state for row in automatable)
    return {
        "total": len(rows),
        "manual": len(rows) - len(automatable),
        "automatable": len(automatable),
        "covered": states[State.PROVED],
        "missing": {row.id: list(row.why) for row in automatable if row.why},
    }
