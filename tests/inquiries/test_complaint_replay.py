"""What was decided on complaints comes out the same from its facts, and otherwise under other rules."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inquiries import services as inquiries
from inquiries.replays import CLASSES, FINDINGS
from inquiries.services import Details, Found
from kefu.deadlines.services import sweep
from kefu.network.models import Party
from kefu.policy import rulebook
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.selectors import edition
from tests import centre as tests
from tests.centre import at

pytestmark = pytest.mark.django_db
MONTH = "2026-11"


def changed(code, clause, **settings):
    content = rulebook.load(code).to_json()
    for one in content["clauses"]:
        if one["id"] == clause:
            one |= settings
    return rulebook.Rulebook.from_json(content)


def again(kind, *, until):
    """The decisions of the month, each with how it differs from what its facts come to."""
    found = replayables()[kind].read(MONTH, None, after=0, limit=50, at=until)
    assert replayables()[kind].count(MONTH, None) >= len(found) > 0
    return [
        (one, list(differences(one, replayables()[kind].decide(one.facts, edition(one.version_id).rules))))
        for one in found
    ]  # fmt: skip


def test_classes_clocks_and_findings_are_decided_anew(settings):
    now = settings.KEFU_NOW = at("10:00:00")
    centre = tests.build(now=now, rules_since=date(2026, 1, 1))
    centre.work_by("ES")
    case = inquiries.file_complaint(
        cause="rude_language",
        against=centre.chengdu,
        text="说好前天到",
        channel="phone",
        asker="receiver",
        customer_name="陈晓梅",
        customer_phone="13800004545",
        waybill=centre.waybill,
        details=Details(category="delay", demand="快送", promised_on=date(2026, 11, 18)),
        received_at=at("09:45:00"),
        department=centre.query_desk,
        owner=centre.lin,
        actor=centre.lin.user,
        now=now,
    )
    midnight = settings.KEFU_NOW = at("2026-11-21 00:00:00")
    sweep()
    assert inquiries.regrade_growing(now=midnight) == 1
    chen = {"case": case, "actor": centre.chen.user, "now": midnight}
    inquiries.record_finding(clause="CD-05.02", **chen)
    wu = Party.objects.create(kind="courier", code="2201", name="吴强", parent=centre.company)
    inquiries.take_points(event="complaint_by_courier", party=wu, reason="分拣属实", **chen)
    courier = {"established": ["wrong_address"], "chosen": Decimal(300)}
    inquiries.record_finding(clause="ES-304.02", party=wu, found=Found(**courier), **chen)
    later = midnight + timedelta(days=3)
    settings.KEFU_NOW = later
    sweep()

    for kind in ("complaint_class", "finding", "promise"):
        assert [(one.clause, found) for one, found in again(kind, until=later) if found] == []

    stricter = changed("ES", "ES-302.07", at_least="4")
    classes = CLASSES.read(MONTH, None, after=0, limit=50, at=later)
    assert [one.stored.fields["grade"] for one in classes] == ["general", "major"]
    assert [CLASSES.decide(one.facts, stricter).fields["grade"] for one in classes] == [
        "general",
        "general",
    ]
    rude = FINDINGS.read(MONTH, None, after=0, limit=50, at=later)[0]
    dearer = changed("CD", "CD-05.02", fine="150")
    assert FINDINGS.decide(rude.facts, dearer).charges[0].value == 150
