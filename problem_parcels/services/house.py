"""What the house fills in where the regulation leaves a blank: set by a supervisor, kept row by row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.errors import NotAllowed
from kefu.privacy import redact
from problem_parcels.models import HouseWord
from problem_parcels.selectors.house import house_words

LIMIT = 40  # characters of one


@transaction.atomic
def set_house_words(*, given: Mapping[str, str], actor: Any, now: datetime) -> int:
    """Set what ``given`` changes, by ``HouseWord.Name``; return how many changed. "" clears one.

    Raises NotAllowed, TextRefused naming the field. Source: CD-06.18, CD-08.09.
    """
    if not actor.has_perm("problem_parcels.set_house_words"):
        raise NotAllowed(_("只有主管可以改这些设置"))
    known = house_words()
    changed = []
    for name in HouseWord.Name.values:
        if name not in given:
            continue
        value = redact.clean(given[name], max_length=LIMIT, field=name, multiline=False)
        if value != known.get(name, ""):
            HouseWord.objects.create(name=name, sealed={"value": value}, set_at=now, set_by=actor)
            changed.append(name)
    if changed:
        audit.record(
            action="house_words_set",
            actor=actor,
            at=now,
            table=HouseWord._meta.db_table,
            after={"names": changed},
        )
    return len(changed)
