"""Bring the shipped regulations into the database; hold a form against its clause."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy import rulebook as shipped
from kefu.policy.clauses import Fields
from kefu.rulebooks.models import Assignment, Rulebook, RulebookVersion

MAIN = "CD"


@transaction.atomic
def install_shipped(*, now: datetime, since: date | None = None) -> list[str]:
    """Add what this release ships and the database lacks; return what was done, a line each.

    The first edition of a rulebook is published at once and, for the main one, put in force for the
    whole centre. A shipped change to a rulebook that is already there becomes a draft: a person decides.
    Running twice adds nothing.
    """
    done = []
    for code, rules in shipped.load_all().items():
        book, _new = Rulebook.objects.get_or_create(
            code=code, defaults={"name": rules.name_zh, "name_en": rules.name_en}
        )
        content = rules.to_json()
        if book.versions.filter(digest=digest(content)).exists():
            continue
        last = book.versions.order_by("-number").first()
        version = RulebookVersion(
            rulebook=book,
            number=last.number + 1 if last else 1,
            content=content,
            digest=digest(content),
        )
        first_day = since or now.astimezone(SHANGHAI).date()
        if last is None:
            version.state = RulebookVersion.State.PUBLISHED
            version.effective_on = first_day
            version.published_at = now
        version.save()
        done.append(f"{version} {version.state}")
        if last is None and code == MAIN and not Assignment.objects.exists():
            Assignment.objects.create(version=version, effective_on=first_day)
    return done


def digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def require(rules: shipped.Rulebook, form: str, **given: object) -> None:
    """Refuse a form that lacks what the rulebook's clause for it wants, naming field and clause."""
    for clause in rules.in_force(Fields):
        if clause.form != form or clause.fields is None:
            continue
        missing = [field for field in clause.fields if not given.get(field)]
        enough = len(missing) < len(clause.fields) if clause.required == "any" else not missing
        if not enough:
            raise KefuError(
                _("按 %(clause)s 还要填写") % {"clause": clause.id},
                code="field_required",
                field=missing[0],
            )
