"""What a rulebook asks for, put as a refusal that names the field; and what policy refuses, in the reader's words."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.policy.clauses import NotSet
from kefu.policy.refusals import Refused
from kefu.policy.requirements import Composed, requirements
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.rulebooks import wording
from problem_parcels.wording import names_in_words


def demand(
    rules: Rulebook, form: str, recorded: Collection[str], facts: Mapping[str, str] | None = None
) -> tuple[Step, ...]:
    """Refuse a form that lacks what its clauses want, naming clause and first field; return the steps."""
    found = requirements(rules, form, recorded, facts)
    for lack in found.lacks:
        raise KefuError(
            _("按 %(clause)s 还要填写：%(what)s")
            % {"clause": lack.clause, "what": names_in_words(lack.names)},
            code="field_required",
            field=lack.names[0],
            clause=lack.clause,
        )
    return found.steps


def words(found: Composed) -> str:
    """The words that belong on a slip. Raises KefuError naming what they lack."""
    if found.text is None:
        clause = next(step.clause for step in found.steps if step.key == "words_lack")
        raise KefuError(
            _("按 %(clause)s 还缺：%(what)s")
            % {"clause": clause, "what": names_in_words(found.missing)},
            code="words_lack",
            field=found.missing[0],
            clause=clause,
        )
    return found.text


def _titled(rules: Rulebook, clause: str) -> str:
    """A clause with its title; what is missing altogether has none."""
    found = next((one for one in rules.clauses if one.id == clause), None)
    return f"{clause} {found.label(get_language() or 'zh-hans')}" if found else clause


@contextmanager
def refusals(rules: Rulebook, **fields: str) -> Iterator[None]:
    """Turn what policy refuses into a KefuError; ``fields``: what the form calls a fact of policy."""
    try:
        yield
    except NotSet as error:
        raise KefuError(
            _("%(clause)s 还没有填：%(what)s。请主管在规章草稿里填好再发布")
            % {"clause": _titled(rules, error.clause), "what": wording.setting(error.setting)},
            code="not_set",
            field=None,
            clause=error.clause,
            setting=error.setting,
        ) from error
    except Refused as error:
        fact, why = next(iter(error.faults.items()))
        name = fact.partition(".")[0]
        raise KefuError(
            why.said(get_language() or "zh-hans"),
            code="not_decided",
            field=fields.get(name, name) or None,
        ) from error
