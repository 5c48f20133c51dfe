"""What policy refuses, as people are told of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.policy.clauses.base import NotSet
from kefu.policy.explanation import explain
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.rulebooks import wording


@contextmanager
def refusals(rules: Rulebook) -> Iterator[None]:
    """Turn what policy refuses into a KefuError."""
    language = get_language() or "zh-hans"
    try:
        yield
    except NotSet as error:
        clause = rules[error.clause]
        raise KefuError(
            _("%(clause)s 还没有填：%(what)s。请主管在规章草稿里填好再发布")
            % {
                "clause": f"{clause.id} {clause.label(language)}",
                "what": wording.setting(error.setting),
            },
            code="not_set",
            clause=error.clause,
            setting=error.setting,
        ) from error
    except Refused as error:
        _fact, why = next(iter(error.faults.items()))
        raise KefuError(why.said(language), code="not_decided") from error


def in_words(steps: Sequence[Step]) -> str:
    """夜班不得请假（SD-215.09）；…, in the reader's language."""
    lines = explain(list(steps), get_language() or "zh-hans")
    return _("；").join(f"{line.text} {line.clause}" for line in lines)


def check_allowed(refused: Sequence[Step]) -> None:
    """Raise KefuError (refused_by_rulebook) where there are steps by which the rulebook refuses what was asked for."""
    if refused:
        raise KefuError(
            _("规章不允许：%(why)s") % {"why": in_words(refused)},
            code="refused_by_rulebook",
            clause=refused[0].clause,
        )


def told(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as a row keeps them."""
    return [step.to_json() for step in steps]
