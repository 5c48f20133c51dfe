"""A regulation with other settings in one clause, as the house might edit it."""

from typing import Any

from kefu.policy.rulebook import Rulebook


def edited(rulebook: Rulebook, clause: str, **settings: Any) -> Rulebook:
    """``edited(ES, "ES-403.03", house_pattern="[0-9]{12}")``"""
    content = rulebook.to_json()
    next(found for found in content["clauses"] if found["id"] == clause).update(settings)
    return Rulebook.from_json(content)
