"""Looking at what is masked: a right, a reason, a case in hand, and the look on record before the data."""

import pytest
from django.db import DatabaseError, transaction

from inquiries import services as inquiries
from kefu.audit import services as audit
from kefu.audit.models import AuditRow
from kefu.cases import reveal as revealing
from kefu.cases.models import Case, Interaction
from kefu.cases.reveal import AuditUnavailable, NothingThere, TooManyReveals, reveal
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.services import change_number
from kefu.privacy.fields import Sealed
from kefu.staff.models import User
from tests.centre import at, build

NOW = at("14:00:00")
REASON = "回电核对收件人"

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = NOW
    return build(now=NOW)


@pytest.fixture
def case(centre):
    return centre.inquiry(now=NOW, text="我是陈晓梅，电话 13800004545")


def look(case, centre, what="customer", reason=REASON, actor=None):
    actor = actor or centre.lin.user
    return reveal(
        case=case,
        what=what,
        reason=reason,
        actor=actor,
        address="10.0.0.7",
        request_id="r-1",
        now=NOW,
    )


def looks():
    return AuditRow.objects.filter(action="reveal")


class TestWhatIsShown:
    def test_the_customer_of_a_case_in_plain(self, case, centre):
        shown = look(case, centre)

        assert shown["customer_name"] == "陈晓梅"
        assert shown["customer_phone"] == "13800004545"
        row = looks().get()
        assert (row.actor_name, row.role, row.reason, row.address, row.request_id) == (
            "0826",
            "agent",
            REASON,
            "10.0.0.7",
            "r-1",
        )
        assert (row.table, row.object_id) == ("cases_case", str(case.pk))
        assert row.after == {"fields": ["customer", case.number]}

    def test_the_waybill_and_what_was_said(self, case, centre):
        said = case.interactions.get(kind="contact")

        assert look(case, centre, "waybill")["sender_phone"] == "13800004545"
        assert "13800004545" not in said.text
        assert look(case, centre, f"interaction:{said.pk}") == {
            "text": "我是陈晓梅，电话 13800004545"
        }
        assert looks().count() == 2

    def test_the_number_of_an_outlet_on_the_case(self, case, centre):
        number = change_number(
            party=centre.chengdu,
            kind="duty",
            number="13912345678",
            holder="王强",
            actor=centre.chen.user,
            now=NOW,
        )

        assert look(case, centre, f"contact:{number.pk}") == {
            "number": "13912345678",
            "holder": "王强",
        }

    def test_a_query_to_an_outlet(self, case, centre):
        query = inquiries.ask_outlet(
            case=case,
            outlet=centre.chengdu,
            question="收件人 13800004545 催",
            actor=centre.lin.user,
            now=NOW,
        )

        assert look(case, centre, f"network_query:{query.pk}") == {
            "question": "收件人 13800004545 催"
        }

    def test_the_reason_itself_is_kept_masked(self, case, centre):
        look(case, centre, reason="回电 13800004545 核对")

        assert "13800004545" not in looks().get().reason


class TestRefused:
    """Each refusal shows nothing and leaves no row."""

    @pytest.fixture(autouse=True)
    def nothing_recorded(self, case):
        yield
        assert not looks().exists()

    @pytest.mark.parametrize("role", ["hr", "finance", "outlet"])
    def test_without_the_right(self, role, case, centre):
        actor = User.objects.create_user(f"x-{role}", role=role, party=centre.xian)
        with pytest.raises(NotAllowed):
            look(case, centre, actor=actor)

    @pytest.mark.parametrize("reason", ["", "   ", "查件", "\n\n\n\n"])
    def test_without_a_reason(self, reason, case, centre):
        with pytest.raises(KefuError) as refused:
            look(case, centre, reason=reason)
        assert (refused.value.code, refused.value.field) == ("reason_required", "reason")

    def test_of_a_closed_case(self, case, centre):
        Case.objects.filter(pk=case.pk).update(state="answered")
        Case.objects.filter(pk=case.pk).update(state="closed", closed_at=NOW)
        case.refresh_from_db()
        with pytest.raises(Conflict, match="重新打开"):
            look(case, centre)

    @pytest.mark.parametrize(
        "what",
        [
            "",
            "owner",
            "customer:1",
            "waybill:9",
            "pickup",
            "interaction:",
            "interaction:0",
            "interaction:x",
            "interaction:²",
            "contact:99999999999999999999",
            "sealed",
            "__class__",
        ],
    )
    def test_of_what_is_not_there(self, what, case, centre):
        with pytest.raises(NothingThere):
            look(case, centre, what)

    def test_of_another_case(self, case, centre):
        other = centre.inquiry(now=NOW)
        with pytest.raises(NothingThere):
            look(case, centre, f"interaction:{Interaction.objects.filter(case=other).first().pk}")

    def test_of_an_outlet_that_has_no_part_in_it(self, case, centre):
        number = change_number(
            party=centre.xian, kind="duty", number="13912345678", actor=centre.chen.user, now=NOW
        )
        with pytest.raises(NothingThere):
            look(case, centre, f"contact:{number.pk}")


def test_a_reviewer_may_look_at_a_closed_case(case, centre):
    Case.objects.filter(pk=case.pk).update(state="answered")
    Case.objects.filter(pk=case.pk).update(state="closed", closed_at=NOW)
    case.refresh_from_db()

    assert look(case, centre, actor=centre.chen.user)["customer_name"] == "陈晓梅"


def test_if_it_cannot_be_recorded_nothing_is_decrypted(case, centre, monkeypatch):
    def fail(**_given):
        raise DatabaseError("disk full")

    monkeypatch.setattr(audit, "record_reveal", fail)
    monkeypatch.setattr(Sealed, "open", lambda self: pytest.fail("decrypted without a record"))

    with pytest.raises(AuditUnavailable):
        look(Case.objects.get(pk=case.pk), centre)


def test_no_more_than_so_many_an_hour(case, centre, settings):
    settings.KEFU_REVEALS_PER_HOUR = 2
    look(case, centre)
    look(case, centre)

    with pytest.raises(TooManyReveals, match="最多查看 2 次"):
        look(case, centre)

    assert looks().count() == 2
    assert look(case, centre, actor=centre.zhou.user)  # everybody has his own count
    later = at("15:00:00")
    assert reveal(case=case, what="customer", reason=REASON, actor=centre.lin.user, now=later)


@pytest.mark.django_db(transaction=True)
def test_the_record_is_committed_before_the_data_leaves(settings):
    settings.KEFU_NOW = NOW
    centre = build(now=NOW)
    case = centre.inquiry(now=NOW)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        look(case, centre)
    assert not looks().exists()

    assert look(case, centre)
    assert looks().count() == 1


def test_permission_and_roles_are_those_of_the_table():
    from kefu.staff.permissions import TABLE

    assert revealing.PERMISSION in TABLE
