"""What is said to a customer in the same words by everybody, and what had better not be said.

A warning only: nothing is ever stopped for a word.
"""

import unicodedata
from dataclasses import dataclass

from kefu.policy.clauses import Items
from kefu.policy.rulebook import Rulebook

SCRIPTS = ("greeting", "closing_phrase")


@dataclass(frozen=True, slots=True)
class Script:
    """Words the house has set, as they are said to the customer; ``title`` in the reader's language."""

    clause: str
    title: str
    text: str


def scripts(rulebook: Rulebook, *, agent: str, language: str) -> list[Script]:
    """Return the greeting and the closing words, ``agent`` being the name an agent goes by.

    Customers are spoken to in Chinese, whatever language the agent reads. Source: ES-203.03 (the
    name), ES-203.07, ES-203.20. A rulebook without the clauses has no set words.
    """
    clauses = [clause for clause in rulebook.in_force(Items) if clause.of in SCRIPTS]
    return [
        Script(clause.id, clause.label(language), item.zh.replace("{agent}", agent))
        for clause in sorted(clauses, key=lambda clause: SCRIPTS.index(clause.of))
        for item in clause.items or ()
    ]


def banned_words(text: str, rulebook: Rulebook) -> list[str]:
    """Return the words of the house's list that ``text`` contains, in the order of the list.

    Width, case and spaces do not hide a word; what lies between two words does not make one.
    Source: ES-203.04. A rulebook without the clause bans nothing.
    """
    said, closed_up = _folded(text), _folded(text).replace(" ", "")
    found = []
    for clause in rulebook.in_force(Items):
        if clause.of != "banned_words":
            continue
        for item in clause.items or ():
            if _folded(item.zh).replace(" ", "") in closed_up:
                found.append(item.zh)
            elif f" {_folded(item.en)} " in f" {_spoken(said)} ":
                found.append(item.en)
    return found


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").casefold().split())


def _spoken(text: str) -> str:
    """The words alone, so that a comma or a full stop after one does not hide it."""
    letters = "".join(sign if sign.isalnum() or sign == "'" else " " for sign in text)
    return " ".join(letters.split())
