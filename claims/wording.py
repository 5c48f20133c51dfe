"""Names of policy in the reader's words."""

from collections.abc import Iterable

from django.utils.translation import get_language

from kefu import punctuation
from kefu.policy.vocabulary import word


def names_in_words(names: Iterable[str]) -> str:
    return punctuation.alike(*(word(name, get_language() or "zh-hans") for name in names))
