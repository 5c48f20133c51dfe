"""Full-text search without dictionaries: pairs of Chinese characters, whole words, runs of digits.

The lexemes of the redacted text stand in a ``tsvector`` with a GIN index. Every Chinese character begins a lexeme (the
last of a run stands alone), so that a single one is found by prefix.
"""

import re
import unicodedata
from operator import add

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, Expression, F, Func, TextField, Value

MOST_LEXEMES = 4_000  # a text of 20,000 characters has about as many different ones
LONGEST_WORD = 64  # characters; PostgreSQL takes lexemes up to 2 KB
LONGEST_QUERY = 100  # characters
MOST_QUERY_LEXEMES = 32

_HAN = "\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PARTS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_CHINESE = re.compile(rf"[{_HAN}]")
_FEWEST_DIGITS = 3  # shorter numbers are in every text


def bigrams(text: str) -> list[str]:
    """Return the different lexemes of a text, for ``array_to_tsvector(%s::text[])``; at most 4,000."""
    lexemes: list[str] = []
    for part in _PARTS.findall(_fold(text)):
        if _is_han(part):
            lexemes += map(add, part, part[1:])
            lexemes.append(part[-1])
        elif _is_word(part):
            lexemes.append(part[:LONGEST_WORD])
    return list(dict.fromkeys(lexemes))[:MOST_LEXEMES]


def query_lexemes(text: str) -> list[str]:
    """Return the lexemes a text must have to be found by these words; a single Chinese character is a prefix."""
    lexemes: list[str] = []
    for part in _PARTS.findall(_fold(text[:LONGEST_QUERY])):
        if not _is_han(part):
            lexemes += [part[:LONGEST_WORD]] if _is_word(part) else []
        else:
            lexemes += map(add, part, part[1:]) if len(part) > 1 else [part]
    return list(dict.fromkeys(lexemes))[:MOST_QUERY_LEXEMES]


def tsquery(text: str) -> str:
    """Return a query for ``search @@ %s::tsquery``: all lexemes; empty when there is nothing to search for.

    Lexemes consist of letters and digits only and are quoted, so no input can break or widen the query.
    """
    return " & ".join(
        f"'{lexeme}'" + (":*" if len(lexeme) == 1 and _is_han(lexeme) else "")
        for lexeme in query_lexemes(text)
    )


def vector(text: str) -> Expression:
    """Return the expression to store: ``search=vector(redacted)``."""
    lexemes = Value(bigrams(text), output_field=ArrayField(TextField()))
    return Func(
        lexemes,
        function="array_to_tsvector",
        template="%(function)s(%(expressions)s::text[])",
        output_field=SearchVectorField(),
    )


def matching(text: str, *, column: str = "search") -> Expression:
    """Return the condition ``.filter(matching(words))``; words without a lexeme match no row."""
    query = tsquery(text)
    if not query:
        return Value(False, output_field=BooleanField())
    return Func(
        F(column),
        Value(query),
        template="(%(expressions)s::tsquery)",
        arg_joiner=" @@ ",
        output_field=BooleanField(),
    )


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _is_han(part: str) -> bool:
    return _CHINESE.match(part) is not None


def _is_word(part: str) -> bool:
    return len(part) >= _FEWEST_DIGITS or not part.isdigit()
