"""Evidence first, then who is liable, then the confirmation by another person."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction

from claims import services
from claims.models import Claim, Evidence, Finding
from claims.selectors.checklist import missing
from claims.services import Share
from kefu.cases.models import Attachment
from kefu.errors import Conflict, KefuError, NotAllowed
from tests.centre import at

NINE, TEN = at("09:30"), at("10:00")


@pytest.fixture
def lc(desk):
    desk.work_by("LC")
    return desk


def shares(*percents):
    return [Share("unattributable", None, Decimal(one)) for one in percents]


@pytest.mark.rule("LC-01.17", "LC-04.05")
def test_what_is_missing_is_shown_and_who_collected_it_is_kept(lc):
    case = lc.register(loss="damage", place="inner")
    add = services.add_evidence
    assert [k.value for k in missing(lc.claim(case), [])] == ["waybill", "photo", "value_proof"]

    row = add(case=case, kind="waybill", note="底单 13800004545", actor=lc.gu.user, now=NINE)

    assert (row.collected_by, row.collected_at) == (lc.gu.user, NINE)
    assert "13800004545" not in row.note and "13800004545" in row.sealed["text"]
    assert "photo" in missing(lc.claim(case), ["waybill"])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "waybill"}, "note"),  # nothing to see
        ({"kind": "video", "note": "监控"}, "kind"),
        ({"kind": "identity", "note": "身份证"}, "kind"),  # nobody needs it
        ({"kind": "photo", "picture": BytesIO(b"%PDF-1.7")}, "picture"),
        ({"kind": "tracking", "note": "轨迹", "collected_at": at("09:30:01")}, "collected_at"),
        (
            {"kind": "tracking", "note": "轨迹", "collected_at": at("2026-11-16 09:00")},
            "collected_at",
        ),
    ],
)
def test_evidence_that_is_none_is_refused(lc, given, field):
    case = lc.register()

    with pytest.raises(KefuError) as refused:
        services.add_evidence(case=case, actor=lc.gu.user, now=NINE, **given)

    assert refused.value.field == field
    assert not Evidence.objects.exists() and not Attachment.objects.exists()
    assert not case.interactions.filter(action="evidence_added").exists()


@pytest.mark.rule("LC-01.18", "LC-03.19", "LC-04.12")
@pytest.mark.parametrize(
    ("liable", "message"),
    [
        ([], ""),
        (shares("99.99"), "99.99"),
        (shares("100", "100"), ""),  # the same twice
        ([*shares("50"), Share("customer", None, Decimal("50.01"))], "100.01"),
        (shares("0"), ""),
        (shares("-1"), ""),
        (shares("100.001"), ""),
        (shares("NaN"), ""),
        ([Share("ghost", None, Decimal(100))], ""),
        ([Share("outlet", None, Decimal(100))], ""),
    ],
)
def test_shares_that_are_no_whole_are_refused(lc, liable, message):
    case = lc.register()

    with pytest.raises(KefuError) as refused:
        lc.investigated(case, now=TEN, liable=liable)

    assert refused.value.field == "liable" and message in str(refused.value)
    assert not Finding.objects.exists() and lc.claim(case).stage == Claim.Stage.EVIDENCE


def test_a_person_is_no_outlet_and_nobody_has_no_name(lc):
    case = lc.register()
    for share in (
        Share("outlet", lc.gu.party, Decimal(100)),
        Share("unattributable", lc.chengdu, Decimal(100)),
        Share("line_haul_vehicle", lc.chengdu, Decimal(100)),
    ):
        with pytest.raises(KefuError) as refused:
            lc.investigated(case, now=TEN, liable=[share])
        assert refused.value.field == "liable"


@pytest.mark.rule("LC-01.07", "LC-04.02", "LC-04.06")
def test_another_person_confirms_or_sends_back(lc):
    case = lc.register()
    first = lc.investigated(case, now=TEN)
    chen = lc.centre.chen.user

    with pytest.raises(NotAllowed):
        services.confirm_finding(finding=first, actor=lc.gu.user, now=at("10:05"))
    with pytest.raises(KefuError) as silent:
        services.send_back(finding=first, note=" ", actor=chen, now=at("10:05"))
    assert silent.value.field == "note"
    services.send_back(finding=first, note="缺末端扫描", actor=chen, now=at("10:10"))
    assert lc.claim(case).stage == Claim.Stage.EVIDENCE
    with pytest.raises(Conflict):
        lc.agreed(case, "100.00", now=at("10:20"))  # no amount before the liability stands

    second = lc.investigated(case, now=at("11:00"))
    services.confirm_finding(finding=second, actor=chen, now=at("11:10"))
    assert lc.claim(case).stage == Claim.Stage.NEGOTIATION
    with pytest.raises(Conflict):
        services.confirm_finding(finding=second, actor=lc.centre.he.user, now=at("11:20"))
    with pytest.raises(IntegrityError, match="finding_two_people"), transaction.atomic():
        Finding.objects.create(
            claim_id=case.pk,
            facts="x",
            cause="other",
            reason="x",
            submitted_by=chen,
            submitted_at=TEN,
            outcome="confirmed",
            decided_by=chen,
            decided_at=TEN,
        )


@pytest.mark.rule("LC-01.07", "LC-04.02")
def test_a_head_who_investigated_confirms_nothing_of_his_own(desk):
    case = desk.register()
    finding = desk.investigated(case, now=TEN)
    desk.gu.user.role = "supervisor"  # promoted over lunch
    desk.gu.user.save()

    with pytest.raises(KefuError) as refused:
        services.confirm_finding(finding=finding, actor=desk.gu.user, now=at("13:00"))

    assert refused.value.code == "own_finding"
    finding.refresh_from_db()
    assert (finding.outcome, finding.decided_by) == (Finding.Outcome.PENDING, None)
    assert desk.claim(case).stage == Claim.Stage.CONFIRMATION


@pytest.mark.rule("LC-04.02")
def test_investigating_and_settling_is_the_adjusters_where_the_rulebook_says_so(lc):
    case = lc.register()
    wang = lc.centre.wang.user  # a shift lead, who may elsewhere
    services.add_evidence(case=case, kind="waybill", note="底单", actor=wang, now=NINE)

    with pytest.raises(NotAllowed) as refused:
        services.submit_finding(
            case=case,
            facts="无到件",
            cause="other",
            reason="未交接",
            liable=lc.chengdu_alone(),
            actor=wang,
            now=TEN,
        )

    assert "LC-04.02" in str(refused.value)


@pytest.mark.rule("LC-01.15")
def test_nothing_is_confirmed_that_nobody_owns(lc):
    case = lc.register()
    finding = lc.investigated(case, now=TEN)
    type(case).objects.filter(pk=case.pk).update(owner=None)

    with pytest.raises(KefuError) as refused:
        services.confirm_finding(finding=finding, actor=lc.centre.chen.user, now=at("10:10"))

    assert refused.value.field == "owner" and "LC-01.15" in str(refused.value)
    assert lc.claim(case).stage == Claim.Stage.CONFIRMATION


@pytest.mark.rule("LC-01.19")
def test_each_attempt_to_reach_the_claimant_is_on_record(lc):
    case = lc.register()
    for result in ("no_answer", "reached"):
        services.contact_claimant(
            case=case, result=result, channel="phone", actor=lc.gu.user, now=TEN
        )
    for given, field in (
        ({"result": "thought of him"}, "result"),
        ({"actor": lc.fang.user}, None),  # finance talks to no customer
        ({"happened_at": at("10:00:01")}, "happened_at"),
        ({"happened_at": at("08:59:59")}, "happened_at"),  # before he demanded anything
    ):
        facts = {"result": "reached", "channel": "phone", "actor": lc.gu.user} | given
        with pytest.raises(KefuError) as refused:
            services.contact_claimant(case=case, now=TEN, **facts)
        assert refused.value.field == field

    lines = case.interactions.filter(action="claimant_contacted")
    assert [line.data["result"] for line in lines] == ["no_answer", "reached"]
