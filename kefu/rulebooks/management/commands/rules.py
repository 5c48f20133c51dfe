"""Each rule of the regulations: where it is kept, and whether a test proves it."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import get_language

from kefu.rulebooks import coverage


class Command(BaseCommand):
    help = "Lists the clauses of the rulebooks with the tests that name them. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rulebook", default="", metavar="CODE", help="only this one, such as CD"
        )
        parser.add_argument("--area", default="", help="only this area, such as core")
        parser.add_argument(
            "--json", action="store_true", help="the totals of each rulebook as JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tests = settings.BASE_DIR / "tests"
        try:
            books = coverage.rules(
                tests,
                code=options["rulebook"],
                area=options["area"],
                language=get_language() or settings.LANGUAGE_CODE,
            )
        except KeyError as error:
            raise CommandError(f"There is no rulebook {error}. 没有这本规则手册。") from error
        if not tests.is_dir():
            self.stderr.write(
                "The tests are not here, so nothing counts as covered. 这里没有测试，一律算未覆盖。"
            )
        for clause, where in coverage.unknown(tests).items():
            self.stderr.write(f"{clause}: in no rulebook, but named by {', '.join(where)}")
        totals = {code: _total(rows) for code, rows in books.items()}
        if options["json"]:
            self.stdout.write(json.dumps({"rulebooks": totals}, indent=1))
            return
        for code, rows in books.items():
            for row in rows:
                state = "manual" if row.manual else "covered" if row.covered else "MISSING"
                self.stdout.write(
                    f"{row.id:<11} {row.area:<10} {state:<8} {row.module:<24} {row.title}"
                )
                for test in row.tests:
                    self.stdout.write(f"{'':<12}{test}")
            total = totals[code]
            self.stdout.write(
                f"{code}: {total['total']} rules, {total['manual']} manual,"
                f" {total['covered']} of {total['automatable']} automatable covered\n"
            )


def _total(rows: Sequence[coverage.Rule]) -> dict[str, Any]:
    automatable = [row for row in rows if not row.manual]
    return {
        "total": len(rows),
        "manual": len(rows) - len(automatable),
        "automatable": len(automatable),
        "covered": sum(row.covered for row in automatable),
        "missing": [row.id for row in automatable if not row.covered],
    }
