"""Who may see or do what, and which duties are kept apart."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kefu.policy.clauses.base import ClauseBase, ClauseId, Name
from kefu.policy.clauses.desk import When


class Access(ClauseBase):
    """Who may do any of ``acts``, where ``when`` holds.

    ``roles``: only these, or everybody if none is named. ``relations``: the actor stands to the
    object in one of these ways; ``barred``: in none of these. ``needs``: what is on record first.
    ``allowed`` false: nobody. ``exception``: whose recorded consent, or what, lets it pass
    nevertheless; in a clause that ``lifts`` another one it is that one's exception. ``logged``: each
    time is recorded.
    """

    kind: Literal["access"]
    acts: Annotated[tuple[Name, ...], Field(min_length=1)]
    when: When = {}
    roles: tuple[Name, ...] = ()
    relations: tuple[Name, ...] = ()
    barred: tuple[Name, ...] = ()
    needs: tuple[Name, ...] = ()
    allowed: bool = True
    exception: tuple[Name, ...] = ()
    lifts: ClauseId | None = None
    logged: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        conditions = (self.roles, self.relations, self.barred, self.needs)
        if not self.allowed and any(conditions):
            raise ValueError("what nobody may do has no further conditions")
        if self.lifts is not None and (not self.exception or any(conditions) or not self.allowed):
            raise ValueError("what lifts another clause names the exception and nothing else")
        if self.allowed and not any(conditions) and self.lifts is None and not self.logged:
            raise ValueError("an access clause restricts something")
        return self

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        if self.lifts is not None:
            yield "lifts", self.lifts


class Separation(ClauseBase):
    """Duties of which nobody has both in one case."""

    kind: Literal["separation"]
    pairs: Annotated[tuple[tuple[Name, Name], ...], Field(min_length=1)]
