"""Delivery into a warehouse: nothing is computed until the house has filled in its rates, and then line by line."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.replay import services as replay
from kefu.replay.decisions import differences
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from problem_parcels.models import EntryFeeQuote
from problem_parcels.services.entry_fees import quote_entry_fee
from tests.centre import at

NOW = at("2026-11-20 18:00")
RATES = {
    "CD-11.03": {"rows": [{"place": "东港", "charges": {"warehouse_charge": "20", "ticket": "5"}}]},
    "CD-11.04": {"up_to": "10", "base": "30.00"},
    "CD-11.05": {"over": "10", "up_to": "50", "rate": "3.20"},
    "CD-11.06": {"over": "50"},
    "CD-11.07": {
        "max_piece_kg": "20",
        "rows": [
            {"from_pieces": 1, "to_pieces": 5, "base": "40", "each": "6"},
            {"from_pieces": 6, "to_pieces": 10, "base": "70", "each": "5"},
            {"from_pieces": 11, "to_pieces": 20, "base": "95", "each": "4"},
            {"from_pieces": 21, "to_pieces": 50, "base": "135", "each": "3"},
            {"from_pieces": 51, "to_pieces": None, "base": "225", "each": "2"},
        ],
    },
    "CD-11.08": {"base": "15", "rate": "25"},
}


def publish(desk, rates, monkeypatch):
    """Chen fills the rates in, He publishes them; they hold at once."""
    monkeypatch.setattr(rulebooks, "before_publishing", [])
    chen, he = desk.centre.chen.user, desk.centre.he.user
    draft = rulebooks.start_draft(
        version=RulebookVersion.objects.get(rulebook__code="CD"), actor=chen, now=NOW
    )
    for clause, settings in rates.items():
        draft.refresh_from_db()
        rulebooks.amend_clause(
            version=draft,
            clause=clause,
            settings=settings,
            seen=rulebooks.clause_digest(draft.content, clause),
            actor=chen,
            now=NOW,
        )
    draft.refresh_from_db()
    today = NOW.astimezone(SHANGHAI).date()
    rulebooks.publish(version=draft, effective_on=today, seen=draft.digest, actor=he, now=NOW)
    rulebooks.assign(version=draft, department=None, effective_on=today, actor=he, now=NOW)
    return draft


@pytest.fixture
def rates(desk, monkeypatch):
    return publish(desk, RATES, monkeypatch)


def quote(desk, *pieces, **given):
    facts = {"place": "东港", "employee": desk.lin, "now": NOW} | given
    return quote_entry_fee(
        pieces=[(Decimal(weight), Decimal(volume)) for weight, volume in pieces], **facts
    )


@pytest.mark.rule("CD-11.03", "CD-11.04")
def test_as_shipped_nothing_is_computed_and_the_refusal_names_the_blank(desk):
    with pytest.raises(KefuError) as refused:
        quote(desk, ("8", "0"))

    assert (refused.value.code, refused.value.details["clause"]) == ("not_set", "CD-11.03")
    assert not EntryFeeQuote.objects.exists()


@pytest.mark.rule(
    "CD-11.01", "CD-11.02", "CD-11.03", "CD-11.04", "CD-11.05", "CD-11.08", "CD-11.09"
)
@pytest.mark.parametrize(
    ("pieces", "handling"),
    [
        ([("10", "0")], "30.00"),
        ([("10.01", "0")], "32.03"),
        ([("8", "2.5")], "95.00"),  # 30, and 15 + 2 × 25 for what is bulky
        ([("9", "0"), ("9", "0")], "46.00"),
        ([("21", "0"), ("9", "0")], "107.20"),  # the heavy one by weight, the other by count
    ],
)
def test_the_fee_has_three_parts_and_the_customer_reads_one_name(desk, rates, pieces, handling):
    row = quote(desk, *pieces, waybill_number=desk.arrived.number)

    assert row.parts == {"handling": handling, "warehouse_charge": "20.00", "ticket": "5.00"}
    assert row.total == Decimal(handling) + 25
    assert (row.label, row.mark, row.rulebook_id) == ("进仓费", "", rates.pk)
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        EntryFeeQuote.objects.update(total=0)


@pytest.mark.rule("CD-11.06")
def test_what_is_by_agreement_needs_the_agreed_sum_typed_by_a_person(desk, rates):
    with pytest.raises(KefuError) as refused:
        quote(desk, ("50.01", "0"))
    assert (refused.value.code, refused.value.field) == ("to_agree", "agreed")

    row = quote(desk, ("50.01", "0"), agreed=Decimal(200))
    assert (row.total, row.agreed) == (Decimal("225.00"), Decimal("200.00"))

    with pytest.raises(KefuError) as refused:  # and nobody agrees on what the table says
        quote(desk, ("8", "0"), agreed=Decimal(10))
    assert refused.value.field == "agreed"


@pytest.mark.rule("CD-11.07")
def test_many_pieces_go_by_their_number(desk, rates):
    assert quote(desk, *[("1", "0")] * 7).parts["handling"] == "75.00"


@pytest.mark.rule("CD-11.10")
def test_a_contractors_slip_is_marked_paid(desk, rates):
    area = Party.objects.create(
        kind="contractor", code="CD03-1", name="武侯一区", parent=desk.centre.chengdu
    )

    assert quote(desk, ("8", "0"), contractor=area).mark == "费用已付"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"place": "西港"}, None),  # not in the table: named by its clause
        ({"place": " "}, "place"),
        ({"pieces": [("0", "0")]}, "pieces"),
        ({"pieces": [("-1", "0")]}, "pieces"),
        ({"pieces": [("NaN", "0")]}, "pieces"),
        ({"pieces": []}, "pieces"),
        ({"waybill_number": "一二三"}, "waybill_number"),
    ],
)
def test_strange_input_is_refused_with_its_field(desk, rates, given, field):
    pieces = given.pop("pieces", [("8", "0")])

    with pytest.raises(KefuError) as refused:
        quote(desk, *pieces, **given)

    assert refused.value.field == field
    assert not EntryFeeQuote.objects.exists()


def test_a_quote_comes_out_again_and_under_other_rates_it_does_not(desk, rates):
    quote(desk, ("8", "0"))
    (found,) = (one for one in replay.each("2026-11", at=NOW) if one.kind == "entry_fee")
    assert list(differences(found.decision, found.outcome)) == []

    shipped = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    tried = [
        one
        for one in replay.each("2026-11", at=NOW, rules=replay.edition(shipped.pk).rules)
        if one.kind == "entry_fee"
    ]
    assert (tried[0].outcome.what, tried[0].outcome.clause) == ("setting", "CD-11.03")


def test_the_page_names_the_blank_keeps_a_quote_and_shows_the_customer_one_line(
    desk, monkeypatch, settings
):
    settings.KEFU_NOW = NOW
    client, page = Client(), reverse("problem_parcels:entry_fee")
    client.force_login(desk.lin.user, backend="django.contrib.auth.backends.ModelBackend")
    given = {"place": "东港", "pieces": "8"}

    refused = client.post(page, given)
    assert refused.status_code == 422 and "CD-11.03" in refused.content.decode()
    publish(desk, RATES, monkeypatch)
    strange = client.post(page, given | {"pieces": "8 0 1\n"})
    assert list(strange.context["form"].errors) == ["pieces"]
    heavy = client.post(page, given | {"pieces": "60"})
    assert list(heavy.context["form"].errors) == ["agreed"]
    quote = client.post(page, given | {"pieces": "8 2.5\n\n9"}).url

    shown, internal = (
        client.get(f"{quote}{query}").content.decode() for query in ("", "?internal")
    )
    assert "136.00 元" in shown and "手续费" not in shown and "CD-11" not in shown
    assert "手续费" in internal and "CD-11.08" in internal
