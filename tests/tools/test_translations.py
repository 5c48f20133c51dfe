"""The catalogue tool: what it finds in Python and templates, and what it refuses."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.utils.translation import gettext, override

from tools import translations


def found_in(tmp_path: Path, name: str, text: str) -> set[object]:
    (tmp_path / name).write_text(text)
    return {message.id for _, message in translations.strings(tmp_path, tmp_path)}


def test_python_strings_are_found_under_all_our_names(tmp_path: Path) -> None:
    code = '_("工单")\ngettext_lazy("客户")\nngettext_lazy("%d 件", "%d 件多", 2)\npgettext("动词", "派")\n'

    assert found_in(tmp_path, "models.py", code) == {"工单", "客户", ("%d 件", "%d 件多"), "派"}


def test_template_strings_are_found_with_their_variables(tmp_path: Path) -> None:
    template = (
        "{% load i18n %}\n  <p title=\"{% translate '保存' %}\">\n"
        "{% blocktranslate with n=count trimmed %}\n  共 {{ n }} 件\n{% endblocktranslate %}\n"
        '  {{ _("关闭") }}</p>\n    {# 不翻译 #}\n'
    )

    assert found_in(tmp_path, "page.html", template) == {"保存", "共 %(n)s 件", "关闭"}


def catalogues(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: list[str], translated: dict[str, str]
) -> None:
    template, catalog = Catalog(), Catalog(locale="en")
    for text in source:
        template.add(text)
    for text, english in translated.items():
        catalog.add(text, english)
    monkeypatch.setattr(translations, "CATALOGUES", {"en": lambda: template})
    monkeypatch.setattr(translations, "read", lambda language: catalog)


@pytest.mark.parametrize(
    ("source", "translated", "fault"),
    [
        (["工单"], {"工单": "Case"}, None),
        (["工单", "客户"], {"工单": "Case"}, "missing: 客户"),
        (["工单"], {"工单": ""}, "not translated: 工单"),
        (["工单"], {"工单": "Case", "客户": "Customer"}, "no longer used: 客户"),
        (["%(n)s 件"], {"%(n)s 件": "%(m)s cases"}, "%(n)s 件: unknown named placeholder"),
    ],
)
def test_a_catalogue_is_complete_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    source: list[str],
    translated: dict[str, str],
    fault: str | None,
) -> None:
    catalogues(monkeypatch, tmp_path, source, translated)

    status = translations.check()

    assert status == (0 if fault is None else 1)
    assert (fault or "") in capsys.readouterr().out


def test_the_toolkit_of_the_admin_speaks_chinese() -> None:
    with override("zh-hans"):
        assert gettext("Welcome back to") == "欢迎回到"
