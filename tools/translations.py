"""The catalogues without gettext's own tools: ``update``, ``check`` and ``compile``.

Our source strings are Chinese, so English needs a catalogue (locale/en). Libraries whose strings have no
Chinese translation of their own get one from us (locale/zh_Hans).
"""

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parents[1]
OURS = ("kefu", "inquiries", "problem_parcels", "claims", "payroll", "templates")
UNTRANSLATED_LIBRARIES = ("unfold", "axes")
UNUSED = ("unfold/contrib/", "unfold/templates/unfold_crispy/")  # except unfold.contrib.filters
KEYWORDS = DEFAULT_KEYWORDS | {
    f"{name}_lazy": DEFAULT_KEYWORDS[name]
    for name in ("gettext", "ngettext", "pgettext", "npgettext")
}
KEYWORDS["gettext_noop"] = None


def strings(root: Path, base: Path) -> Iterator[tuple[str, Message]]:
    """Yield (file, message) of all Python and template files under ``root``."""
    for file in sorted(root.rglob("*")):
        if file.suffix not in {".py", ".html", ".txt"} or "migrations" in file.parts:
            continue
        code = file.read_bytes()
        if file.suffix != ".py":
            # Python that only lacks Python's indentation: its own tool does not mind, Babel does.
            lines = templatize(code.decode(), origin=str(file)).splitlines()
            code = "\n".join(line.lstrip() for line in lines).encode()
        for _, text, comments, context in extract(
            "python", BytesIO(code), KEYWORDS, ("Translators:",)
        ):
            yield (
                file.relative_to(base).as_posix(),
                Message(text, context=context, auto_comments=comments),
            )


def english_template() -> Catalog:
    return template(found for name in OURS for found in strings(PROJECT / name, PROJECT))


def chinese_template() -> Catalog:
    """What the libraries say in English and neither they nor Django say in Chinese."""
    known: set[tuple[str, str | None]] = set()
    for package in ("django", "allauth", *UNTRANSLATED_LIBRARIES):
        for file in home(package).rglob("locale/zh_Hans/LC_MESSAGES/django.mo"):
            with file.open("rb") as compiled:
                known |= {key(message) for message in read_mo(compiled) if is_translated(message)}
    return template(
        (file, message)
        for package in UNTRANSLATED_LIBRARIES
        for file, message in strings(home(package), home(package).parent)
        if key(message) not in known
        and (not file.startswith(UNUSED) or file.startswith("unfold/contrib/filters/"))
    )


def key(message: Message) -> tuple[str, str | None]:
    """What a message is looked up by: its text, in the singular, and its context."""
    text = message.id if isinstance(message.id, str) else message.id[0]
    return text, message.context


CATALOGUES: dict[str, Callable[[], Catalog]] = {"en": english_template, "zh_Hans": chinese_template}


def template(found: Iterable[tuple[str, Message]]) -> Catalog:
    catalog = Catalog(charset="utf-8")
    for file, message in found:
        if message.id and message.id != ("", ""):
            catalog.add(
                message.id,
                locations=[(file, 0)],
                auto_comments=message.auto_comments,
                context=message.context,
            )
    return catalog


def home(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec and spec.origin
    return Path(spec.origin).parent


def path(language: str) -> Path:
    return PROJECT / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    if not path(language).exists():
        catalog = Catalog(locale=language, charset="utf-8", fuzzy=False)
    else:
        with path(language).open("rb") as file:
            catalog = read_po(file, locale=language, charset="utf-8")
    catalog.header_comment = f"# kefu, {language}"
    catalog.project, catalog.version = "kefu", "1"
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    return catalog


def update() -> int:
    for language, current in CATALOGUES.items():
        catalog = read(language)
        catalog.update(current(), no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        path(language).parent.mkdir(parents=True, exist_ok=True)
        with path(language).open("wb") as file:
            write_po(file, catalog, width=100, include_lineno=False, sort_by_file=True)
        missing = sum(not is_translated(message) for message in catalog if message.id)
        print(
            f"{path(language).relative_to(PROJECT)}: {len(catalog)} strings, {missing} to translate"
        )
    return 0


def check() -> int:
    faults: list[str] = []
    for language, current in CATALOGUES.items():
        catalog, wanted = read(language), current()
        where = path(language).relative_to(PROJECT)
        ours = {key(message): message for message in catalog if message.id}
        source = {key(message): message for message in wanted if message.id}
        faults += [f"{where}: missing: {name[0]}" for name in source.keys() - ours.keys()]
        faults += [f"{where}: no longer used: {name[0]}" for name in ours.keys() - source.keys()]
        faults += [f"{where}: obsolete: {name}" for name in catalog.obsolete]
        for message in ours.values():
            if message.fuzzy or not is_translated(message):
                faults.append(f"{where}: not translated: {message.id}")
            faults += [f"{where}: {message.id}: {error}" for error in message.check(catalog)]
    print("\n".join(sorted(faults)))
    if faults:
        print(
            f"{len(faults)} faults in the catalogues: make messages, then translate.",
            file=sys.stderr,
        )
    return bool(faults)


def is_translated(message: Message) -> bool:
    parts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return bool(parts) and all(parts)


def compile_catalogues() -> int:
    for language in CATALOGUES:
        if path(language).exists():
            with path(language).with_suffix(".mo").open("wb") as file:
                write_mo(file, read(language))
    return 0


COMMANDS: dict[str, Callable[[], int]] = {
    "update": update,
    "check": check,
    "compile": compile_catalogues,
}

if __name__ == "__main__":
    settings.configure(USE_I18N=True, INSTALLED_APPS=[])
    django.setup()
    sys.exit(COMMANDS[sys.argv[1]]())
