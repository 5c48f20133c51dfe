"""A text in both languages."""

from typing import NamedTuple


def is_chinese(language: str) -> bool:
    return language.lower().startswith("zh")


class Both(NamedTuple):
    zh: str
    en: str

    def said(self, language: str) -> str:
        return self.zh if is_chinese(language) else self.en
