"""What people do in the admin: waive, decide, release, requeue, hire, let go, change a number."""

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from kefu.api.models import ApiKey
from kefu.api.services import signing_secret
from kefu.audit.models import AuditRow
from kefu.deadlines.models import Deadline, LateEntry
from kefu.errors import Conflict, NotAllowed
from kefu.ledger.models import Entry
from kefu.network.models import ContactNumber, Party
from kefu.partners.models import OutletAccount
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.staff import services as staff
from kefu.staff.models import Employee, User
from tests.admin.conftest import NOW, account

pytestmark = pytest.mark.django_db

WAIVE = {"_confirmed": "1", "ground": "our_fault", "reason": "当天电话线路中断"}


def change(row, page="change"):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}"
    return reverse(name, args=[row.pk])


def waived(office):
    return penalties.propose_waiver(
        penalty=Penalty.objects.get(),
        ground=Waiver.Ground.OUR_FAULT,
        reason="当天电话线路中断",
        actor=office.chen.user,
        now=NOW,
    )


def bears_it(employee, office):
    """What 林小月 did is on this person's account."""
    assert Penalty.objects.get().party_id == office.lin.party_id
    User.objects.filter(pk=employee.user_id).update(party=office.lin.party)


class TestWaiving:
    def test_a_shift_lead_proposes_and_says_why(self, office, as_user):
        penalty = Penalty.objects.get()
        url = change(penalty, "propose_waiver_here")
        client = as_user(office.wang.user)

        asked = client.get(url)
        refused = client.post(url, {"_confirmed": "1", "ground": "our_fault", "reason": ""})
        done = client.post(url, WAIVE)

        assert asked.status_code == 200
        assert refused.status_code == 422
        assert done["Location"] == change(penalty)
        waiver = Waiver.objects.get()
        assert (waiver.proposed_by, waiver.approved) == (office.wang.user, None)
        assert Penalty.objects.get().state == "provisional"

    def test_opening_the_page_alone_changes_nothing(self, office, as_user):
        as_user(office.wang.user).get(change(Penalty.objects.get(), "propose_waiver_here"), WAIVE)

        assert not Waiver.objects.exists()

    def test_from_the_list_for_several_at_once(self, office, as_user):
        url = reverse("admin:penalties_penalty_changelist")
        chosen = {"action": "propose_waiver", "_selected_action": [Penalty.objects.get().pk]}
        client = as_user(office.wang.user)

        asked = client.post(url, chosen)
        client.post(url, chosen | WAIVE)

        assert "提出免罚" in asked.content.decode()
        assert Waiver.objects.count() == 1

    @pytest.mark.parametrize("role", ["inspector", "hr", "finance"])
    def test_others_may_look_but_not_propose(self, role, office, as_user):
        client = as_user(account(role))

        page = client.get(change(Penalty.objects.get()))
        answer = client.post(change(Penalty.objects.get(), "propose_waiver_here"), WAIVE)

        assert page.status_code == 200
        assert "propose-waiver" not in page.content.decode()
        assert answer.status_code == 403
        assert not Waiver.objects.exists()

    def test_another_supervisor_approves_and_the_penalty_is_reversed(self, office, as_user):
        waiver = waived(office)

        as_user(office.he.user).post(change(waiver, "approve_here"), {"_confirmed": "1"})

        waiver.refresh_from_db()
        assert (waiver.approved, waiver.decided_by) == (True, office.he.user)
        assert Penalty.objects.get().state == "reversed"

    def test_never_ones_own(self, office, as_user):
        waiver = waived(office)

        answer = as_user(office.chen.user).post(
            change(waiver, "approve_here"), {"_confirmed": "1"}, follow=True
        )

        assert "不能审批自己提出的免罚" in answer.content.decode()
        waiver.refresh_from_db()
        assert waiver.approved is None
        assert Penalty.objects.get().state == "provisional"

    def test_a_shift_lead_does_not_decide(self, office, as_user):
        answer = as_user(office.wang.user).post(
            change(waived(office), "approve_here"), {"_confirmed": "1"}
        )

        assert answer.status_code == 403

    def test_an_objection_is_for_whoever_bears_it_not_for_his_lead(self, office, as_user):
        url = change(Penalty.objects.get(), "propose_waiver_here")
        client = as_user(office.wang.user)

        assert "本人异议" not in client.get(url).content.decode()
        assert client.post(url, WAIVE | {"ground": "objection"}).status_code == 422
        assert not Waiver.objects.exists()

    def test_the_page_of_a_penalty_explains_it(self, office, as_user):
        page = as_user(office.wang.user).get(change(Penalty.objects.get())).content.decode()

        for words in ("CD-12.17", "CD-03.23", "怎么算的", "还能怎么变", "第 1 版"):
            assert words in page


class TestDeciding:
    """Both steps are offered to whom the service lets decide, as long as there is something to decide."""

    def offered(self, client, row):
        page = client.get(change(row)).content.decode()
        return [step for step in ("approve", "refuse") if change(row, f"{step}_here") in page]

    @pytest.fixture(params=["waiver", "late entry"])
    def proposal(self, request, office):
        """Of 陈立, on something that 林小月 bears."""
        if request.param == "waiver":
            return waived(office)
        deadline = Deadline.objects.get(state="breached")
        return LateEntry.objects.create(
            deadline=deadline,
            interaction=deadline.case.interactions.get(kind="contact"),
            claimed_at=NOW,
            reason="漏记",
            proposed_by=office.chen.user,
            proposed_at=NOW,
        )

    def test_to_another_supervisor_and_not_to_the_one_who_proposed(self, proposal, office, as_user):
        assert self.offered(as_user(office.he.user), proposal) == ["approve", "refuse"]
        assert self.offered(as_user(office.chen.user), proposal) == []
        assert self.offered(as_user(office.wang.user), proposal) == []  # a lead decides nothing

    def test_once(self, proposal, office, as_user):
        he = as_user(office.he.user)
        he.post(change(proposal, "refuse_here"), {"_confirmed": "1"})

        assert self.offered(he, proposal) == []
        told = he.post(change(proposal, "approve_here"), {"_confirmed": "1"}, follow=True)
        assert "已经审批过了" in told.content.decode()
        proposal.refresh_from_db()
        assert proposal.approved is False

    def test_not_to_the_one_who_bears_it(self, proposal, office, as_user):
        bears_it(office.he, office)
        he = as_user(office.he.user)

        assert self.offered(he, proposal) == []
        told = he.post(change(proposal, "approve_here"), {"_confirmed": "1"}, follow=True)
        assert "不能审批自己要承担的" in told.content.decode()


STEPS = [
    ("penalties_penalty", ["propose_waiver_here", "release_here", "confirm_here"]),
    ("penalties_waiver", ["approve_here", "refuse_here"]),
    ("deadlines_lateentry", ["approve_here", "refuse_here"]),
    (
        "staff_employee",
        [
            "change_role",
            "suspend_here",
            "reinstate_here",
            "dismiss_here",
            "reset_password_here",
            "remove_factor_here",
            "unlock_here",
        ],
    ),
    ("network_party", ["change_number"]),
    ("network_contactnumber", ["end_here"]),
    ("api_apikey", ["revoke_here"]),
    ("partners_outletaccount", ["reset_here", "close_here"]),
    ("webhooks_endpoint", ["rotate_here", "test_here", "pause_here", "resume_here"]),
    ("webhooks_delivery", ["again_here"]),
    ("jobs_job", ["stop_here"]),
]


@pytest.mark.parametrize(
    ("page", "step"), [(page, step) for page, steps in STEPS for step in steps]
)
@pytest.mark.parametrize("number", ["abc", "999999999", "9" * 40])
def test_a_step_on_what_is_not_there_is_not_found(page, step, number, office, as_user):
    client = as_user(office.chen.user)
    url = reverse(f"admin:{page}_{step}", args=[number])

    assert client.get(url).status_code == 404
    assert client.post(url, {"_confirmed": "1"}).status_code == 404
    assert client.get(reverse(f"admin:{page}_change", args=[number])).status_code == 302


class TestConfirming:
    """A condition no program can see: somebody finds evidence, or verifies."""

    FOUND = {"_confirmed": "1", "reason": "录音证实，致电 13800004545 核对过"}

    @pytest.fixture
    def penalty(self, office):
        met = Penalty.objects.get()
        return Penalty.objects.create(
            case=met.case,
            clause=met.clause,
            rulebook=met.rulebook,
            party=office.chengdu,
            kind="fine",
            value="200.00",
            condition="evidence",
            state="provisional",
            incurred_at=NOW,
            decided_at=NOW,
            inputs=met.inputs | {"condition": "evidence", "kind": "fine", "value": "200.00"},
        )

    def test_a_supervisor_confirms_with_a_reason_and_it_is_posted(self, penalty, office, as_user):
        as_user(office.chen.user).post(change(penalty, "confirm_here"), self.FOUND)

        penalty.refresh_from_db()
        event = penalty.events.get(kind="confirmed")
        assert (penalty.state, event.actor) == ("payable", office.chen.user)
        assert "录音证实" in event.fact["reason"]
        assert "13800004545" not in event.fact["reason"]
        assert Entry.objects.filter(source=f"penalty:{penalty.pk}").count() == 1

    def test_not_by_a_lead_nor_what_the_program_judges_nor_twice(self, penalty, office, as_user):
        judged = Penalty.objects.exclude(pk=penalty.pk).get()
        lead, chen = as_user(office.wang.user), as_user(office.chen.user)

        assert lead.post(change(penalty, "confirm_here"), self.FOUND).status_code == 403
        told = chen.post(change(judged, "confirm_here"), self.FOUND, follow=True)
        assert "由程序判断" in told.content.decode()
        chen.post(change(penalty, "confirm_here"), self.FOUND)
        told = chen.post(change(penalty, "confirm_here"), self.FOUND, follow=True)
        assert "不是暂记" in told.content.decode()

        judged.refresh_from_db()
        assert judged.state == "provisional"
        assert penalty.events.count() == 1


class TestHeld:
    """Our own doors were shut at the due time: a supervisor reviews it, and only then is he offered to."""

    REVIEWED = {"_confirmed": "1", "reason": "中断只有两分钟，网点照样可以反馈"}

    def offered(self, client, penalty):
        page = client.get(change(penalty)).content.decode()
        return [
            step
            for step in ("propose_waiver", "release", "confirm")
            if change(penalty, f"{step}_here") in page
        ]

    def test_the_review_is_offered_where_it_applies(self, office, as_user):
        penalty, chen = Penalty.objects.get(), as_user(office.chen.user)
        assert self.offered(chen, penalty) == ["propose_waiver"]

        Penalty.objects.update(state="held")
        assert self.offered(chen, penalty) == ["propose_waiver", "release"]
        assert self.offered(as_user(office.wang.user), penalty) == ["propose_waiver"]
        chen.post(change(penalty, "release_here"), self.REVIEWED)

        penalty.refresh_from_db()
        assert penalty.state == "provisional"
        assert self.offered(chen, penalty) == ["propose_waiver"]

    def test_neither_twice_nor_to_the_one_who_bears_it(self, office, as_user):
        penalty, chen = Penalty.objects.get(), as_user(office.chen.user)
        Penalty.objects.update(state="held")
        bears_it(office.chen, office)
        assert self.offered(chen, penalty) == ["propose_waiver"]

        waived(office)

        assert self.offered(chen, penalty) == []
        assert self.offered(as_user(office.he.user), penalty) == ["release"]
        told = chen.post(change(penalty, "propose_waiver_here"), WAIVE, follow=True)
        assert "已有一份免罚申请在等审批" in told.content.decode()

    def test_who_comes_too_late_is_told_so(self, office, as_user):
        answer = as_user(office.chen.user).post(
            change(Penalty.objects.get(), "release_here"), self.REVIEWED, follow=True
        )

        assert "这笔处罚不在待复核状态" in answer.content.decode()


class TestTimers:
    def test_a_deadline_set_aside_goes_back_into_the_queue(self, office, as_user):
        office.inquiry(now=NOW)
        Deadline.objects.filter(state="running").update(state="set_aside", set_aside_reason="坏了")
        row = Deadline.objects.get(state="set_aside")
        url = reverse("admin:deadlines_deadline_changelist")
        chosen = {"action": "requeue", "_selected_action": [row.pk], "_confirmed": "1"}

        as_user(office.wang.user).post(url, chosen)
        assert Deadline.objects.get(pk=row.pk).state == "set_aside"  # a lead may not
        as_user(office.chen.user).post(url, chosen)

        assert Deadline.objects.get(pk=row.pk).state == "running"


class TestPeople:
    NEW = {
        "number": "0840",
        "name": "吕小布",
        "role": "agent",
        "channels": ["phone"],
        "nickname": "",
        "extension": "",
        "duties-TOTAL_FORMS": "0",
        "duties-INITIAL_FORMS": "0",
    }

    def hire(self, office, as_user, actor, **given):
        places = {"department": office.query_desk.pk, "position": office.lin.position_id}
        return as_user(actor).post(
            reverse("admin:staff_employee_add"), self.NEW | places | given, follow=True
        )

    def test_hiring_makes_party_account_and_file_at_once(self, office, as_user):
        page = self.hire(office, as_user, account("hr"))

        employee = Employee.objects.get(number="0840")
        assert (employee.party.kind, employee.party.pinyin) == ("employee", "lvxiaobu")
        assert (employee.user.username, employee.user.is_staff) == ("0840", False)
        password = page.content.decode().split('class="kf-secret">')[1].split("<")[0]
        assert employee.user.check_password(password)
        assert "no-store" in page["Cache-Control"] and not page.redirect_chain

    def test_only_a_manager_appoints_a_supervisor(self, office, as_user):
        refused = self.hire(office, as_user, office.chen.user, role="supervisor")
        assert "要由经理办理" in refused.content.decode()
        assert not Employee.objects.filter(number="0840").exists()

        self.hire(office, as_user, account("manager"), role="supervisor")
        assert Employee.objects.get(number="0840").user.is_staff

    def test_a_number_that_is_taken_is_refused_at_its_field(self, office, as_user):
        page = self.hire(office, as_user, office.chen.user, number="CD03")

        assert "已经有人用了" in page.content.decode()
        assert "吕小布" in page.content.decode()  # nothing typed is lost

    def test_nobody_changes_his_own_office(self, office):
        with pytest.raises(NotAllowed):
            staff.set_role(
                employee=office.chen, role=User.Role.MANAGER, actor=office.chen.user, now=NOW
            )
        assert not staff.may_manage(office.chen.user, office.he.user)  # nor a supervisor another's

    def test_leaving_ends_the_sessions_and_needs_empty_hands(self, office, as_user):
        browser = as_user(office.wang.user)
        assert browser.get(reverse("admin:index")).status_code == 200
        with pytest.raises(Conflict, match="未结工单"):
            staff.dismiss(employee=office.lin, reason="本人辞职", actor=office.chen.user, now=NOW)

        staff.dismiss(employee=office.wang, reason="本人辞职", actor=office.chen.user, now=NOW)

        assert browser.get(reverse("admin:index")).status_code == 302
        assert Employee.objects.get(number="0803").status == "left"
        assert not User.objects.get(username="0803").is_active

    def test_a_new_password_ends_the_sessions_under_the_old_one(self, office, as_user):
        browser = as_user(office.wang.user)

        password = staff.reset_password(employee=office.wang, actor=office.chen.user, now=NOW)

        assert browser.get(reverse("admin:index")).status_code == 302
        assert User.objects.get(username="0803").check_password(password)
        assert AuditRow.objects.filter(action="password_reset").count() == 1
        assert password not in str(list(AuditRow.objects.values()))

    def test_suspended_means_off_duty(self, office, as_user):
        staff.come_on_duty(employee=office.zhou, now=NOW)

        as_user(office.chen.user).post(
            change(office.zhou, "suspend_here"), {"_confirmed": "1", "reason": "考核不合格"}
        )

        assert Employee.objects.get(number="0831").status == "suspended"
        assert not office.zhou.duties.filter(ended_at=None).exists()
        row = AuditRow.objects.get(action="status_changed")
        assert (row.reason, row.actor_name) == ("考核不合格", "0801")

    def test_nobody_is_suspended_while_open_cases_are_his(self, office, as_user):
        as_user(office.chen.user).post(
            change(office.lin, "suspend_here"), {"_confirmed": "1", "reason": "考核不合格"}
        )

        assert Employee.objects.get(number="0826").status == "active"


class TestNumbers:
    def change(self, office, as_user, number, **given):
        body = {"party": office.chengdu.pk, "kind": "duty", "number": number, "holder": "王强"}
        return as_user(office.chen.user).post(
            reverse("admin:network_contactnumber_add"), body | given
        )

    def test_a_new_number_ends_the_old_one_and_both_are_sealed(self, office, as_user):
        self.change(office, as_user, "028-85551234")
        self.change(office, as_user, "138 1234 5678")

        old, new = ContactNumber.objects.order_by("pk")
        assert old.valid_to == NOW
        assert new.valid_to is None
        assert new.sealed == {"number": "13812345678", "holder": "王强"}
        assert (new.number_masked, new.holder_masked) == ("138******78", "王*")
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(c)::text FROM network_contactnumber c")
            assert "13812345678" not in str(cursor.fetchall())

    def test_a_number_that_is_none_is_refused_at_its_field(self, office, as_user):
        page = self.change(office, as_user, "1381234")

        assert page.status_code == 200
        assert page.context["adminform"].form.errors["number"]
        assert not ContactNumber.objects.exists()

    def test_it_is_found_by_its_end_and_by_its_holder(self, office, as_user):
        self.change(office, as_user, "13812345678")
        client = as_user(office.wang.user)
        url = reverse("admin:network_contactnumber_changelist")

        found = {
            q: len(client.get(url, {"q": q}).context["cl"].result_list)
            for q in ("5678", "王强", "wq", "9999", "cdwh")
        }

        assert found == {"5678": 1, "王强": 1, "wq": 1, "9999": 0, "cdwh": 1}

    def test_a_new_outlet_is_found_by_pinyin(self, office, as_user):
        body = {
            "kind": "outlet",
            "code": "LZ01",
            "name": "兰州城关",
            "active": "on",
            "contact_numbers-TOTAL_FORMS": "0",
            "contact_numbers-INITIAL_FORMS": "0",
        }
        as_user(office.chen.user).post(reverse("admin:network_party_add"), body)

        assert Party.objects.get(code="LZ01").pinyin == "lanzhouchengguan"


class TestOutletAccounts:
    def test_the_first_password_is_shown_once_and_a_new_one_too(self, office, as_user):
        client = as_user(office.chen.user)
        body = {"party": office.chengdu.pk, "username": "wuhou", "first_name": "值班"}

        answer = client.post(reverse("admin:partners_outletaccount_add"), body)

        account = OutletAccount.objects.get()
        password = answer.context["password"]
        assert account.check_password(password)
        assert password in answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]
        assert password not in f"{client.cookies} {dict(client.session)}"
        answer = client.post(change(account, "reset_here"), {"_confirmed": "1"})
        account.refresh_from_db()
        assert account.check_password(answer.context["password"])
        assert not account.check_password(password)
        client.post(change(account, "close_here"), {"_confirmed": "1"})
        account.refresh_from_db()
        assert not account.is_active

    def test_a_taken_name_is_refused_at_its_field(self, office, as_user):
        body = {"party": office.chengdu.pk, "username": "0826", "first_name": "值班"}

        answer = as_user(office.chen.user).post(reverse("admin:partners_outletaccount_add"), body)

        assert "username" in answer.context["adminform"].form.errors
        assert not OutletAccount.objects.exists()


class TestKeys:
    def test_the_secret_is_shown_once(self, office, as_user):
        client = as_user(office.chen.user)
        body = {"party": office.chengdu.pk, "name": "对接系统", "scopes": ["network_queries:read"]}

        answer = client.post(reverse("admin:api_apikey_add"), body)

        key = ApiKey.objects.get()
        assert f"{key.prefix}." in answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]
        kept = f"{client.cookies} {dict(client.session)}"
        assert key.prefix not in kept  # neither in the browser nor in the session's row
        assert "messages" not in answer.cookies
        assert f"{key.prefix}." not in client.get(change(key)).content.decode()
        client.post(change(key, "revoke_here"), {"_confirmed": "1"})
        key.refresh_from_db()
        assert key.revoked_at is not None

    def test_a_key_is_bound_to_addresses_one_a_line(self, office, as_user):
        client = as_user(office.chen.user)
        body = {"party": office.chengdu.pk, "name": "对接系统", "scopes": ["claims:read"]}
        add = reverse("admin:api_apikey_add")

        wrong = client.post(add, {**body, "networks": "203.0.113.7\r\n二楼"})
        assert "“二楼”不是 IP 地址或网段" in wrong.content.decode()
        assert not ApiKey.objects.exists()
        client.post(add, {**body, "networks": "203.0.113.7\r\n\r\n2001:db8::/32\r\n"})

        key = ApiKey.objects.get()
        assert key.networks == ["203.0.113.7/32", "2001:db8::/32"]
        assert "203.0.113.7/32、2001:db8::/32" in client.get(change(key)).content.decode()

    def test_the_signing_secret_is_shown_once_beside_the_key(self, office, as_user):
        client = as_user(office.chen.user)
        body = {"party": office.chengdu.pk, "name": "对接系统", "scopes": ["claims:read"]}

        answer = client.post(reverse("admin:api_apikey_add"), {**body, "signed": "on"})

        key = ApiKey.objects.get()
        secret = signing_secret(key)
        assert secret
        assert secret in answer.content.decode()
        shown = client.get(change(key)).content.decode()
        assert secret not in shown
        assert "写入要签名" in shown


JOURNAL = (
    "ledger_entry",
    "ledger_posting",
    "audit_row",
    "audit_auditseal",
    "penalties_penaltyevent",
)


class TestFactsStay:
    @pytest.mark.parametrize(
        "label",
        [
            "cases.case",
            "cases.interaction",
            "deadlines.deadline",
            "deadlines.consequence",
            "penalties.penalty",
            "penalties.penaltyevent",
            "ledger.entry",
            "ledger.posting",
            "audit.auditrow",
            "parcels.scan",
            "notifications.event",
        ],
    )
    def test_a_superuser_neither_adds_nor_changes_nor_deletes(self, label, rf, office):
        from django.apps import apps
        from django.contrib import admin

        request = rf.get("/")
        request.user = User.objects.create_superuser("root", password="x" * 12, role="manager")
        page = admin.site.get_model_admin(apps.get_model(label))

        assert page.has_view_permission(request)
        assert not page.has_add_permission(request)
        assert not page.has_change_permission(request)
        assert not page.has_delete_permission(request)
        assert "delete_selected" not in page.get_actions(request)

    @pytest.mark.parametrize("table", JOURNAL)
    @pytest.mark.parametrize(
        "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"]
    )
    def test_the_database_refuses_it_too(self, table, statement, office):
        with (
            pytest.raises(DatabaseError) as refused,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(table))

        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
