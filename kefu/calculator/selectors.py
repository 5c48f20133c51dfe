"""Which rulebook a decision is tried out under."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.policy.explanation import label
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.rulebooks.models import RulebookVersion
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee

State = RulebookVersion.State


@dataclass(frozen=True, slots=True)
class Using:
    """A rulebook in one version; ``number`` None: as it ships with the product."""

    rules: Rulebook
    number: int | None = None
    version_id: int | None = None
    draft: bool = False
    mine: bool = False  # it is in force for whoever asks

    def title(self, language: str) -> str:
        name = self.rules.name(language)
        if self.number is None:
            return _("{name}（随产品提供的版本）").format(name=name)
        told = label("footer.rulebook", language, name=name, version=self.number)
        return _("{name}（草稿）").format(name=told) if self.draft else told


@dataclass(frozen=True, slots=True)
class Offered:
    """A version one may choose."""

    version_id: int
    title: str
    state: str
    mine: bool


def may_see_drafts(user: Any) -> bool:
    return bool(user.has_perm("rulebooks.draft_version"))


def in_force(user: Any, *, at: datetime) -> int | None:
    """The version that is in force for a person, None before there is any."""
    department = Employee.objects.filter(user=user.pk).values_list("department_id", flat=True)
    try:
        return edition_in_force(department_id=department.first(), at=at).version_id
    except KefuError:
        return None


def offered(user: Any, *, mine: int | None, language: str) -> list[Offered]:
    """The versions a person may try out: those that were published, and drafts for those who draft."""
    versions = RulebookVersion.objects.select_related("rulebook").defer("content")
    wanted = versions.issued()
    if may_see_drafts(user):
        wanted = versions.exclude(state=State.DISCARDED)
    states: Mapping[str, str] = {State.DRAFT: _("草稿"), State.SUPERSEDED: _("已被取代")}
    found = []
    for one in wanted.order_by("rulebook__code", "-number"):
        english = language.startswith("en") and one.rulebook.name_en
        name = one.rulebook.name_en if english else one.rulebook.name
        title = label("footer.rulebook", language, name=name, version=one.number)
        state = _("现行") if one.pk == mine else states.get(one.state, "")
        found.append(Offered(one.pk, title, state, one.pk == mine))
    return found


def using(user: Any, version_id: int, *, mine: int | None) -> Using:
    """Return a version to try out. Raises KefuError for one that is not there, not his, or cannot be read."""
    try:
        return issued(version_id, mine=mine)
    except RulebookVersion.DoesNotExist:
        return _draft(user, version_id)
    except RulebookError as error:
        raise KefuError(_("这一版不合现在的格式，不能试算"), code="rulebook_faulty") from error


def issued(version_id: int, *, mine: int | None = None) -> Using:
    """Raises RulebookVersion.DoesNotExist, RulebookError."""
    found = edition(version_id)
    return Using(found.rules, found.number, found.version_id, mine=version_id == mine)


def _draft(user: Any, version_id: int) -> Using:
    draft = RulebookVersion.objects.filter(pk=version_id, state=State.DRAFT).first()
    if draft is None or not may_see_drafts(user):
        raise KefuError(_("没有这一版规章，或不归你看"), code="no_rulebook")
    try:
        rules = Rulebook.from_json(draft.content)
    except RulebookError as error:
        raise KefuError(_("这份草稿还有错，改好才能试算"), code="rulebook_faulty") from error
    return Using(rules, draft.number, draft.pk, draft=True)


def newest_issued(*, apart_from: int) -> Iterator[Using]:
    """The newest published edition of each rulebook, but for one rulebook's and those that cannot be read."""
    own = RulebookVersion.objects.filter(pk=apart_from).values("rulebook")
    rows = RulebookVersion.objects.filter(state=State.PUBLISHED).exclude(rulebook__in=own)
    newest = dict(rows.order_by("rulebook__code", "number").values_list("rulebook__code", "pk"))
    for version_id in newest.values():
        with suppress(RulebookError):
            yield issued(version_id)


def numbered(code: str, number: int) -> Using | None:
    """A version by its number, a draft as well; None if there is none. Raises RulebookError."""
    wanted = RulebookVersion.objects.exclude(state=State.DISCARDED)
    found = wanted.filter(rulebook__code=code, number=number).first()
    if found is None:
        return None
    rules = Rulebook.from_json(found.content)
    return Using(rules, found.number, found.pk, draft=found.state == State.DRAFT)
