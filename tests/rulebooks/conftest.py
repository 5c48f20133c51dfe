from datetime import date

import pytest
from django.test import Client

from kefu.rulebooks import services
from kefu.rulebooks.models import RulebookVersion
from tests.centre import at
from tests.frozen import centre, clock  # noqa: F401

NOW = at("09:00:00")
TODAY = date(2026, 11, 20)


def edition(code="CD", number=1):
    return RulebookVersion.objects.get(rulebook__code=code, number=number)


def amend(version, clause, actor, **settings):
    """Change settings of a clause as somebody does who has the newest draft before him."""
    version.refresh_from_db()
    seen = services.clause_digest(version.content, clause)
    changed = services.amend_clause(
        version=version, clause=clause, settings=settings, seen=seen, actor=actor, now=NOW
    )
    version.refresh_from_db()
    return changed


def publish(version, actor, effective_on=TODAY):
    version.refresh_from_db()
    services.publish(
        version=version, effective_on=effective_on, seen=version.digest, actor=actor, now=NOW
    )
    version.refresh_from_db()


def written(version, clause):
    version.refresh_from_db()
    return services.written_settings(version.content, clause)


@pytest.fixture(autouse=True)
def nothing_else_stands_against_publishing(monkeypatch):
    """What the apps above ask for is theirs to prove."""
    monkeypatch.setattr(services, "before_publishing", [])


@pytest.fixture
def draft(centre):  # noqa: F811
    """Chen's draft of the courier department's rules, from the first edition."""
    return services.start_draft(version=edition(), actor=centre.chen.user, now=NOW)


@pytest.fixture
def as_user():
    """A browser in which this person has signed in."""

    def sign_in(user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
