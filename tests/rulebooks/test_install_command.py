import pytest
from django.core.management import call_command

from kefu.policy.rulebook import FILES
from kefu.rulebooks.models import Assignment, RulebookVersion

pytestmark = pytest.mark.django_db


def test_a_new_centre_gets_every_shipped_rulebook_and_a_second_run_adds_nothing(capsys):
    call_command("install_rulebooks")
    first = capsys.readouterr().out

    call_command("install_rulebooks")

    versions = RulebookVersion.objects.values_list("rulebook__code", "number", "state")
    assert sorted(versions) == [(code, 1, "published") for code in sorted(FILES)]
    assert len(first.splitlines()) == len(FILES)
    assert capsys.readouterr().out == ""
    assert Assignment.objects.get().version.rulebook.code == "CD"
