"""The pictures of the docs: each in both languages, each from the table, each that is shown is there."""

import re
from pathlib import Path

from tools.screenshots import HOME, LANGUAGES, SCREENS

PROJECT = Path(__file__).resolve().parents[2]
SHOWN = re.compile(r"!\[[^\]]*\]\(([^)]+\.png)\)")


def test_each_screen_has_its_picture_in_both_languages_and_nothing_else_lies_there():
    wanted = sorted(screen.name for screen in SCREENS)
    for language in LANGUAGES:
        assert sorted(file.stem for file in (HOME / language).glob("*.png")) == wanted
    assert len(set(wanted)) == len(wanted)


def test_each_picture_that_is_shown_is_there():
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
    shown = [page.parent / name for page in pages for name in SHOWN.findall(page.read_text())]
    assert shown
    assert [str(picture) for picture in shown if not picture.is_file()] == []


def test_pictures_stay_small():
    """They are kept with the code for ever."""
    sizes = {file: file.stat().st_size for file in HOME.rglob("*.png")}
    assert {file.name: size for file, size in sizes.items() if size > 400_000} == {}
