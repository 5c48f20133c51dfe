"""Try out a decision without a browser: ``manage.py calculate air_return --rulebook CD --facts '{…}'``."""

import json
import sys
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from kefu.calculator import kinds, results
from kefu.calculator.faults import Fault
from kefu.calculator.selectors import Using, numbered
from kefu.calculator.trial import try_out
from kefu.policy.calculation import Calculation, Decided
from kefu.policy.explanation import explain
from kefu.policy.rulebook import FILES, RulebookError, load

BAD_FACTS, SILENT = 2, 1
LANGUAGES = {"zh": "zh-hans", "en": "en"}


class Command(BaseCommand):
    help = (
        "Lists the kinds of decisions, prints the JSON Schema of one, or tries one out. Rulebooks are those "
        "shipped with the product (CD) or a version in the database (CD@3); only the latter asks it. "
        "Exit 0: decided; 1: the rulebook does not say; 2: bad facts, each with its field."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", help="one of the listed kinds; none: list them")
        parser.add_argument("--schema", action="store_true", help="print the facts' JSON Schema")
        parser.add_argument(
            "--rulebook", metavar="CODE[@VERSION]", help=f"one of {', '.join(FILES)}"
        )
        parser.add_argument("--facts", metavar="JSON|@FILE|-", help="the facts; - reads them in")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--language", choices=LANGUAGES, default="zh")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(LANGUAGES[options["language"]]):
            if options["kind"] is None:
                self.list()
                return
            try:
                chosen = kinds.calculation(options["kind"])
            except KeyError:
                raise CommandError(
                    f"there is no kind {options['kind']}; list them without one", returncode=2
                ) from None
            if options["schema"]:
                self.stdout.write(_json(chosen.schema()))
                return
            if not options["rulebook"] or not options["facts"]:
                raise CommandError("--rulebook and --facts are needed, or --schema", returncode=2)
            facts = _facts(options["facts"])
            self.decide(chosen, _using(options["rulebook"]), facts, as_json=options["json"])

    def list(self) -> None:
        for subject, rows in kinds.groups():
            self.stdout.write(f"\n{subject}")
            for row in rows:
                self.stdout.write(f"  {row.name:<20}{row.title}")

    def decide(self, chosen: Calculation, using: Using, facts: Any, *, as_json: bool) -> None:
        trial = try_out(chosen, using.rules, facts)
        if trial.decided is None:
            self.refuse(trial.faults, trial.silent, as_json=as_json)
        elif as_json:
            self.stdout.write(_json(_told(chosen, trial.decided, using)))
        else:
            self.tell(chosen, trial.decided, using)

    def refuse(self, faults: tuple[Fault, ...], silent: str, *, as_json: bool) -> None:
        named = {".".join(map(str, fault.loc)) or "facts": fault.text for fault in faults}
        if as_json:
            self.stdout.write(_json({"faults": named} if faults else {"silent": silent}))
        for name, text in named.items():
            self.stderr.write(f"{name}: {text}")
        if not faults:
            self.stderr.write(silent)
        sys.exit(BAD_FACTS if faults else SILENT)

    def tell(self, chosen: Calculation, decided: Decided, using: Using) -> None:
        told = results.shown(chosen, decided, using.rules)
        language = translation.get_language() or "zh-hans"
        self.stdout.write(f"{kinds.title(chosen)} · {using.title(language)}")
        self.stdout.write(f"{told.headline.label}: {told.headline.value}")
        for row in told.others:
            if row.value:
                self.stdout.write(f"  {row.label}: {row.value}")
            for cells in row.lines if not row.value else ():
                self.stdout.write(f"  {row.label}: {'  '.join(cells)}")
        self.stdout.write("")
        for line in explain(decided.steps, language):
            self.stdout.write(f"{line.clause:<10} {line.text}  =>  {line.value}")


def _told(chosen: Calculation, decided: Decided, using: Using) -> dict[str, Any]:
    lines = explain(decided.steps, translation.get_language() or "zh-hans")
    return {
        "kind": chosen.name,
        "rulebook": using.rules.code,
        "version": using.number,
        "result": dict(decided.result),
        "steps": [step.to_json() for step in decided.steps],
        "explanation": [
            {"clause": line.clause, "text": line.text, "value": line.value} for line in lines
        ],
    }


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)


def _using(named: str) -> Using:
    code, at, number = named.partition("@")
    try:
        return _numbered(code, number) if at else Using(load(code))
    except KeyError:
        raise CommandError(
            f"there is no shipped rulebook {code}: {', '.join(FILES)}", returncode=2
        ) from None
    except RulebookError as error:
        raise CommandError(str(error), returncode=2) from error


def _numbered(code: str, number: str) -> Using:
    if not number.isdecimal() or len(number) > 9:
        raise CommandError(f"{number} is no version", returncode=2)
    found = numbered(code, int(number))
    if found is None:
        raise CommandError(f"the database has no version {number} of {code}", returncode=2)
    return found


def _facts(given: str) -> Any:
    """The facts as JSON: an object, with decimals kept as they are written."""
    try:
        text = given
        if given == "-":
            text = sys.stdin.read()
        elif given.startswith("@"):
            text = Path(given[1:]).read_text(encoding="utf-8")
        facts = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"facts: {error}", returncode=BAD_FACTS) from error
    if not isinstance(facts, dict):
        raise CommandError("facts: a JSON object is needed", returncode=BAD_FACTS)
    return facts


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")
