"""Names of policy in the reader's words."""

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from kefu import punctuation
from kefu.policy.clauses import is_chinese
from kefu.policy.problem_records import CHOICES
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.policy.vocabulary import word

# What a form asks for besides the names of the clauses.
OWN = {"courier": _("派件业务员"), "round_ended_at": _("派送结束时间")}


def stored(words: object) -> str:
    """Words of ours that are kept, in the house's language: whoever acts, they are read by everybody."""
    with override("zh-hans"):
        return str(words)


def name_in_words(name: str) -> str:
    return str(OWN.get(name) or word(name, get_language() or "zh-hans"))


def names_in_words(names: Iterable[str]) -> str:
    """A list of fields as people call them."""
    return punctuation.alike(*(name_in_words(name) for name in names))


def value_in_words(rules: Rulebook, facts: Mapping[str, str], name: str) -> str:
    """What stands under a name: an item of the rulebook's list where there is one, else a word, or itself."""
    value = facts[name]
    if name in CHOICES:
        for item in offered(rules, name, facts).items:
            if item.key == value:
                return item.zh if is_chinese(get_language() or "zh-hans") else item.en
    return name_in_words(value)
