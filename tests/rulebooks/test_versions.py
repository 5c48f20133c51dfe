"""The life of a version: drafted by one, changed on record, published by another, and then for good."""

from datetime import date, time
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from kefu.audit.models import AuditRow
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.policy import rulebook as policy
from kefu.rulebooks import selectors, services
from kefu.rulebooks.faults import Faulty
from kefu.rulebooks.models import Acknowledgement, Amendment, Assignment, RulebookVersion
from kefu.rulebooks.services import UNWRITTEN
from kefu.staff.models import Department
from tests.centre import at
from tests.rulebooks.conftest import NOW, TODAY, amend, edition, publish, written

pytestmark = pytest.mark.django_db
TOMORROW = date(2026, 11, 21)
# The database goes by its own clock: days that are over, and to come, whenever this runs.
LONG_AGO, FAR_AHEAD = date(2020, 1, 1), date(2999, 1, 1)


class TestDrafting:
    def test_a_draft_is_a_copy_with_the_next_number(self, centre, draft):
        first = edition()

        assert (draft.number, draft.state, draft.base) == (2, "draft", first)
        assert (draft.content, draft.drafted_by) == (first.content, centre.chen.user)
        row = AuditRow.objects.get(action="draft_started")
        assert (row.object_id, row.actor_name, row.after) == (
            str(draft.pk),
            "0801",
            {"from": "CD@1"},
        )

    @pytest.mark.rule("SD-221.01")
    @pytest.mark.parametrize("who", ["lin", "wang"])
    def test_only_supervisors_draft_change_and_discard(self, who, centre, draft):
        actor = getattr(centre, who).user
        before = draft.content

        for step in (
            lambda: services.start_draft(version=edition(), actor=actor, now=NOW),
            lambda: amend(draft, "CD-05.10", actor, fine="100"),
            lambda: services.discard_draft(version=draft, actor=actor, now=NOW),
            lambda: publish(draft, actor),
        ):
            with pytest.raises(NotAllowed):
                step()

        draft.refresh_from_db()
        assert (draft.state, draft.content) == ("draft", before)
        assert RulebookVersion.objects.filter(rulebook__code="CD").count() == 2

    def test_nobody_drafts_from_a_draft(self, centre, draft):
        with pytest.raises(Conflict):
            services.start_draft(version=draft, actor=centre.chen.user, now=NOW)


class TestAmending:
    def test_a_setting_changes_and_is_on_record_with_before_and_after(self, centre, draft):
        assert amend(draft, "CD-05.10", centre.chen.user, fine="100")

        assert written(draft, "CD-05.10")["fine"] == "100"
        assert draft.digest == services.digest(draft.content)
        kept = Amendment.objects.get()
        assert (kept.clause, kept.amended_by, kept.amended_at) == (
            "CD-05.10",
            centre.chen.user,
            NOW,
        )
        assert (kept.before, kept.after) == ({"fine": "200.00"}, {"fine": "100"})
        row = AuditRow.objects.get(action="clause_amended")
        assert (row.before, row.after) == (
            {"clause": "CD-05.10", "fine": "200.00"},
            {"clause": "CD-05.10", "fine": "100"},
        )

    def test_what_changes_nothing_leaves_no_trace(self, centre, draft):
        before = draft.digest

        assert not amend(draft, "CD-05.10", centre.chen.user, fine="200")

        assert edition(number=2).digest == before
        assert not Amendment.objects.exists()

    def test_a_blank_of_the_regulation_is_not_a_setting_that_does_not_stand_there(
        self, centre, draft
    ):
        chen = centre.chen.user
        amend(draft, "CD-05.09", chen, limit=None, unit=None)
        assert written(draft, "CD-05.09")["limit"] is None
        with pytest.raises(Faulty) as refused:
            amend(draft, "CD-05.09", chen, limit=UNWRITTEN)
        assert [(one.clause, one.setting) for one in refused.value.faults] == [
            ("CD-05.09", ("limit",))
        ]

    @pytest.mark.parametrize(
        ("change", "place", "text"),
        [
            ({"fine": "0"}, ("fine",), "要大于 0"),
            ({"fine": "1000000.01"}, ("fine",), "不能大于 1000000"),
            ({"fine": "0.001"}, ("fine",), "小数最多 2 位"),
            ({"fine": "two hundred"}, ("fine",), "要填数字"),
            ({"fine": "NaN"}, ("fine",), "要填数字"),
            ({"fine": 100.5}, ("fine",), "数字要写成小数，不能是浮点数"),
            ({"role": "postman"}, ("role",), None),
            ({"follows": ["CD-5.9"]}, ("follows", 0), "格式不对：条款编号，如 CD-05.10"),
            ({"follows": ["CD-99.99"]}, ("follows",), "没有条款 CD-99.99"),
            ({"follows": ["CD-05.10"]}, ("follows",), "CD-05.10 不是计时条款"),
            ({"oracle": "yes"}, ("oracle",), "这种条款没有这个参数"),
            ({"label_zh": ""}, ("label_zh",), "要填写"),
            ({"yields_to": "CD-99.99"}, ("yields_to",), "没有条款 CD-99.99"),
        ],
    )
    def test_what_the_schema_refuses_is_told_at_its_setting_and_nothing_is_kept(
        self, change, place, text, centre, draft
    ):
        before = draft.digest

        with pytest.raises(Faulty) as refused:
            amend(draft, "CD-05.10", centre.chen.user, **change)

        (fault,) = refused.value.faults
        assert (fault.clause, fault.setting) == ("CD-05.10", place)
        assert text is None or fault.text == text
        assert edition(number=2).digest == before
        assert not Amendment.objects.exists()

    def test_every_fault_is_told_at_once(self, centre, draft):
        with pytest.raises(Faulty) as refused:
            amend(draft, "CD-05.10", centre.chen.user, fine="-1", label_en="")

        assert {one.setting for one in refused.value.faults} == {("fine",), ("label_en",)}

    def test_a_contradiction_with_another_clause_is_found(self, centre, draft):
        """Two clauses cannot both say how long an outlet has."""
        other = {"times": "outlet_reply", "channel": "any", "message": "any", "cases": UNWRITTEN}

        with pytest.raises(Faulty) as refused:
            amend(draft, "CD-03.23", centre.chen.user, **other)

        assert {one.setting for one in refused.value.faults} == {("yields_to",)}

    @pytest.mark.parametrize("name", ["id", "kind", "area", "automation", "module"])
    def test_where_a_clause_stands_in_the_house_stays(self, name, centre, draft):
        with pytest.raises(KefuError) as refused:
            amend(draft, "CD-05.10", centre.chen.user, **{name: "duty"})

        assert (refused.value.code, refused.value.field) == ("setting_fixed", name)

    def test_what_the_rulebook_sets_as_a_whole(self, centre, draft):
        house = {**draft.content["house"], "entry_allowance_minutes": 20}

        assert amend(draft, "", centre.chen.user, name_en="Courier desk rules", house=house)

        assert draft.content["name_en"] == "Courier desk rules"
        assert policy.Rulebook.from_json(draft.content).house.entry_allowance_minutes == 20
        with pytest.raises(KefuError):
            amend(draft, "", centre.chen.user, code="XX")

    def test_the_second_of_two_at_one_clause_gets_the_news(self, centre, draft):
        seen = services.clause_digest(draft.content, "CD-05.10")
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        with pytest.raises(Conflict) as refused:
            services.amend_clause(
                version=draft,
                clause="CD-05.10",
                settings={"fine": "150"},
                seen=seen,
                actor=centre.he.user,
                now=NOW,
            )

        assert refused.value.code == "clause_changed"
        assert written(draft, "CD-05.10")["fine"] == "100"

    def test_two_at_different_clauses_of_one_draft_do_not_disturb_each_other(self, centre, draft):
        seen = services.clause_digest(draft.content, "CD-05.10")
        amend(draft, "CD-05.08", centre.he.user, fine="150")

        services.amend_clause(
            version=draft,
            clause="CD-05.10",
            settings={"fine": "100"},
            seen=seen,
            actor=centre.chen.user,
            now=NOW,
        )

        assert written(draft, "CD-05.08")["fine"] == "150"
        assert written(draft, "CD-05.10")["fine"] == "100"

    def test_there_is_no_changing_what_is_no_draft(self, centre, draft):
        publish(draft, centre.he.user)

        with pytest.raises(Conflict):
            amend(draft, "CD-05.10", centre.chen.user, fine="100")
        with pytest.raises(KefuError):
            amend(
                services.start_draft(version=draft, actor=centre.chen.user, now=NOW),
                "CD-99.99",
                centre.chen.user,
            )


class TestPublishing:
    def test_the_drafter_never_publishes(self, centre, draft):
        with pytest.raises(KefuError) as refused:
            publish(draft, centre.chen.user)
        assert refused.value.code == "own_draft"

        # The database refuses too, also where he would be somebody else, or nobody.
        published = {"state": "published", "effective_on": TODAY, "published_at": NOW}
        for told in (
            {"published_by": centre.chen.user},
            {"published_by": centre.chen.user, "drafted_by": centre.he.user},
            {"published_by": None},
            {"published_by": None, "drafted_by": None},
            {"published_by": None, "state": "superseded"},
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                RulebookVersion.objects.filter(pk=draft.pk).update(**(published | told))
        assert edition(number=2).state == "draft"

    def test_nor_does_whoever_changed_a_clause_of_it(self, centre, draft):
        amend(draft, "CD-05.10", centre.he.user, fine="100")

        with pytest.raises(KefuError, match=r"CD-05\.10") as refused:
            publish(draft, centre.he.user)
        assert refused.value.code == "own_draft"

        with pytest.raises(DatabaseError), transaction.atomic():
            RulebookVersion.objects.filter(pk=draft.pk).update(
                state="published",
                effective_on=TODAY,
                published_at=NOW,
                published_by=centre.he.user,
            )

    def test_a_shipped_draft_that_somebody_changed_is_his(self, centre):
        shipped = a_shipped_change()
        amend(shipped, "CD-05.10", centre.chen.user, fine="120")

        with pytest.raises(KefuError):
            publish(shipped, centre.chen.user)
        publish(shipped, centre.he.user)

        assert shipped.drafted_by == centre.chen.user

    @pytest.mark.rule("SD-221.01")
    def test_a_second_person_publishes_and_the_edition_before_is_superseded(self, centre, draft):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        publish(draft, centre.he.user, effective_on=TOMORROW)

        assert (draft.state, draft.published_by, draft.published_at, draft.effective_on) == (
            "published",
            centre.he.user,
            NOW,
            TOMORROW,
        )
        assert edition().state == "superseded"
        row = AuditRow.objects.get(action="version_published")
        assert row.after == {
            "effective_on": "2026-11-21",
            "digest": draft.digest,
            "supersedes": ["CD@1"],
        }

    def test_not_for_a_day_that_is_over(self, centre, draft):
        with pytest.raises(KefuError) as refused:
            publish(draft, centre.he.user, effective_on=date(2026, 11, 19))
        assert (refused.value.code, refused.value.field) == ("day_is_over", "effective_on")

        publish(draft, centre.he.user, effective_on=TODAY)

    def test_the_day_is_that_of_shanghai(self, centre, draft):
        just_after_midnight = at("2026-11-20 00:10:00")
        assert just_after_midnight.astimezone(SHANGHAI).date() == TODAY

        with pytest.raises(KefuError):
            services.publish(
                version=draft,
                effective_on=date(2026, 11, 19),
                seen=draft.digest,
                actor=centre.he.user,
                now=just_after_midnight,
            )

    def test_what_is_published_is_what_was_seen(self, centre, draft):
        seen = draft.digest
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        with pytest.raises(Conflict) as refused:
            services.publish(
                version=draft, effective_on=TODAY, seen=seen, actor=centre.he.user, now=NOW
            )

        assert refused.value.code == "draft_changed"
        assert edition(number=2).state == "draft"

    def test_an_app_above_may_object_to_the_draft_as_it_stands(self, centre, draft):
        services.before_publishing.append(
            lambda version, now: f"{version} was not tried out" if version.digest == seen else None
        )
        seen = draft.digest
        with pytest.raises(KefuError, match="CD@2 was not tried out") as refused:
            publish(draft, centre.he.user)
        assert refused.value.code == "not_ready"
        assert edition(number=2).state == "draft"

        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        publish(draft, centre.he.user)

    def test_the_second_of_two_who_publish_hears_that_it_is_done(self, centre, draft):
        publish(draft, centre.he.user)

        with pytest.raises(Conflict) as refused:
            publish(draft, centre.he.user)

        assert refused.value.code == "no_draft"

    def test_the_kept_edition_is_the_published_one(self, centre, draft):
        with pytest.raises(RulebookVersion.DoesNotExist):
            selectors.edition(draft.pk)
        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        publish(draft, centre.he.user)

        kept = selectors.edition(draft.pk)

        assert kept.rules["CD-05.10"].fine == Decimal(100)
        assert (kept.number, kept.effective_on) == (2, TODAY)
        assert selectors.edition(edition().pk).rules["CD-05.10"].fine == Decimal(200)


def change_it(version):
    version.content = {**version.content, "name_en": "Other"}
    version.save()


def sql(statement):
    def run(version):
        with connection.cursor() as cursor:
            cursor.execute(statement, [version.pk])

    return run


def updated(**columns):
    return lambda version: RulebookVersion.objects.filter(pk=version.pk).update(**columns)


def in_bulk(version):
    version.number = 9
    RulebookVersion.objects.bulk_update([version], ["number"])


WAYS = {
    "the ORM": change_it,
    "other content with its digest": updated(content={}, digest=services.digest({})),
    "back to draft": updated(state="draft"),
    "discarded": updated(state="discarded"),
    "another author": updated(drafted_by=None),
    "another publisher": updated(published_by=None),
    "another day": updated(effective_on=TOMORROW),
    "of another rulebook": lambda v: updated(rulebook=edition("ES").rulebook)(v),
    "in bulk": in_bulk,
    "deleting": lambda v: v.delete(),
    "deleting in bulk": lambda v: RulebookVersion.objects.filter(pk=v.pk).delete(),
    "SQL": sql("UPDATE rulebooks_rulebookversion SET content = content - 'house' WHERE id = %s"),
    "SQL that only writes a number in another way": sql(
        "UPDATE rulebooks_rulebookversion"
        " SET content = jsonb_set(content, '{house,entry_allowance_minutes}', '30.0') WHERE id = %s"
    ),
    "SQL delete": sql("DELETE FROM rulebooks_rulebookversion WHERE id = %s"),
    "SQL that would switch the guard off": sql(
        "ALTER TABLE rulebooks_rulebookversion DISABLE TRIGGER version_stays;"
        "UPDATE rulebooks_rulebookversion SET state = 'draft' WHERE id = %s"
    ),
    "SQL that would replace it": sql(
        "DROP TRIGGER version_stays ON rulebooks_rulebookversion;"
        "DELETE FROM rulebooks_rulebookversion WHERE id = %s"
    ),
    "truncating": lambda v: connection.cursor().execute(
        "TRUNCATE rulebooks_rulebookversion CASCADE"
    ),
}


class TestWhatWasPublished:
    @pytest.mark.parametrize("way", WAYS)
    def test_stays_whatever_way_one_comes(self, way, centre, draft):
        publish(draft, centre.he.user)
        before = RulebookVersion.objects.values().get(pk=draft.pk)

        with pytest.raises((DatabaseError, psycopg.Error)), transaction.atomic():
            WAYS[way](RulebookVersion.objects.get(pk=draft.pk))

        assert RulebookVersion.objects.values().get(pk=draft.pk) == before

    def test_and_so_does_a_superseded_one(self, centre, draft):
        publish(draft, centre.he.user)

        for way in ("the ORM", "back to draft", "SQL delete"):
            with pytest.raises((DatabaseError, psycopg.Error)), transaction.atomic():
                WAYS[way](edition())

        assert edition().state == "superseded"

    @pytest.mark.parametrize("state", ["published", "superseded"])
    def test_nor_does_another_come_beside_it_without_a_second_person(self, state, centre):
        columns = RulebookVersion.objects.values().get(pk=edition().pk)
        slipped_in = columns | {"id": None, "number": 2, "state": state}

        with pytest.raises(DatabaseError, match="never a draft"), transaction.atomic():
            RulebookVersion.objects.create(**slipped_in)

    @pytest.mark.parametrize("table", ["rulebooks_amendment", "rulebooks_acknowledgement"])
    def test_records_are_added_to_and_never_changed(self, table, centre, draft):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        services.acknowledge(employee=centre.lin, version=edition(), actor=centre.lin.user, now=NOW)

        for change in (f"UPDATE {table} SET version_id = version_id", f"DELETE FROM {table}"):
            with (
                pytest.raises(DatabaseError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(change)


class TestDiscarding:
    def test_a_discarded_draft_stays_to_be_read_and_nothing_else(self, centre, draft):
        amend(draft, "CD-05.10", centre.chen.user, fine="100")

        services.discard_draft(version=draft, actor=centre.he.user, now=NOW)

        draft.refresh_from_db()
        assert (draft.state, written(draft, "CD-05.10")["fine"]) == ("discarded", "100")
        for step in (
            lambda: amend(draft, "CD-05.10", centre.chen.user, fine="90"),
            lambda: publish(draft, centre.he.user),
            lambda: services.discard_draft(version=draft, actor=centre.he.user, now=NOW),
            lambda: services.start_draft(version=draft, actor=centre.he.user, now=NOW),
        ):
            with pytest.raises(Conflict):
                step()
        again = services.start_draft(version=edition(), actor=centre.chen.user, now=NOW)
        assert again.number == 3

    def test_a_draft_is_not_deleted(self, draft):
        with pytest.raises(DatabaseError), transaction.atomic():
            draft.delete()


def a_shipped_change():
    """What an upgrade brings: CD as this release has it, where the centre has an older one."""
    return RulebookVersion.objects.create(
        rulebook=edition().rulebook,
        number=2,
        base=edition(),
        content=edition().content,
        digest="0" * 64,
        shipped_digest="0" * 64,
    )


class TestShippedChanges:
    def test_a_shipped_change_comes_once_whatever_becomes_of_it(self, centre, monkeypatch):
        content = {**policy.shipped("CD"), "name_en": "Courier desk, new"}
        changed = policy.Rulebook.read(content, source="")
        monkeypatch.setattr(policy, "load_all", lambda: {"CD": changed})
        assert services.install_shipped(now=NOW) == ["CD@2 draft"]
        draft = edition(number=2)
        assert (draft.base, draft.drafted_by) == (edition(), None)

        amend(draft, "CD-05.10", centre.chen.user, fine="100")
        assert services.install_shipped(now=NOW) == []
        services.discard_draft(version=draft, actor=centre.he.user, now=NOW)
        assert services.install_shipped(now=NOW) == []


def assign(version, actor, **given):
    return services.assign(
        **{"version": version, "effective_on": TODAY, "actor": actor, "now": NOW} | given
    )


def in_force(**given):
    day = given.pop("at", NOW)
    using = selectors.edition_in_force(**{"department_id": None, "at": day} | given)
    return using.rules.code, using.number


class TestAssigning:
    def test_the_outlets_own_goes_before_the_departments_and_that_before_the_centres(self, centre):
        he, desk, outlet = centre.he.user, centre.query_desk, centre.chengdu
        assert in_force(department_id=desk.pk) == ("CD", 1)

        assign(edition("ES"), he, department=desk)
        assign(edition("LC"), he, outlet=outlet)

        assert in_force(department_id=desk.pk) == ("ES", 1)
        assert in_force(department_id=desk.pk, outlet_id=outlet.pk) == ("LC", 1)
        assert in_force(department_id=desk.pk, outlet_id=centre.xian.pk) == ("ES", 1)
        assert in_force(department_id=centre.front_desk.pk) == ("CD", 1)
        assert in_force(department_id=centre.front_desk.pk, outlet_id=outlet.pk) == ("LC", 1)
        assert in_force() == ("CD", 1)

    def test_a_contract_area_goes_by_its_outlet(self, centre):
        area = Party.objects.create(kind="contractor", code="C1", name="x", parent=centre.chengdu)
        hub = Party.objects.create(kind="hub", code="H1", name="x")

        assert (area.outlet_id, centre.chengdu.outlet_id) == (centre.chengdu.pk,) * 2
        assert hub.outlet_id is None
        with pytest.raises(KefuError) as refused:
            assign(edition(), centre.he.user, outlet=area)
        assert refused.value.field == "outlet"

    def test_an_outlet_is_asked_under_its_own_rules(self, centre):
        from inquiries import services as inquiries

        assign(edition("ES"), centre.he.user, outlet=centre.chengdu)
        case = centre.inquiry(now=NOW)

        for outlet, code in ((centre.chengdu, "ES"), (centre.xian, "CD")):
            query = inquiries.ask_outlet(
                case=case, outlet=outlet, question="在哪里", actor=centre.lin.user, now=NOW
            )
            assert query.deadline is None or query.deadline.rulebook.rulebook.code == code

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            (lambda c: {"department": c.query_desk, "outlet": c.chengdu}, "outlet"),
            (lambda c: {"outlet": c.company}, "outlet"),
            (lambda c: {"effective_on": date(2026, 11, 19)}, "effective_on"),
        ],
    )
    def test_a_line_that_makes_no_sense_is_refused_at_its_field(self, given, field, centre):
        with pytest.raises(KefuError) as refused:
            assign(edition(), centre.he.user, **given(centre))

        assert refused.value.field == field
        assert Assignment.objects.count() == 1

    def test_the_database_too_knows_one_place_only_and_no_drafts(self, centre, draft):
        for given in (
            {"department": centre.query_desk, "outlet": centre.chengdu, "version": edition()},
            {"version": draft},
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                Assignment.objects.create(effective_on=TODAY, **given)

    def test_not_before_the_edition_itself_holds_and_never_a_draft(self, centre, draft):
        with pytest.raises(KefuError) as refused:
            assign(draft, centre.he.user)
        assert refused.value.field == "version"
        publish(draft, centre.he.user, effective_on=TOMORROW)

        with pytest.raises(KefuError) as refused:
            assign(draft, centre.he.user)
        assert refused.value.field == "effective_on"
        assign(draft, centre.he.user, effective_on=TOMORROW)

    def test_once_a_day_and_place(self, centre):
        assign(edition(), centre.he.user, outlet=centre.chengdu)
        assign(edition(), centre.he.user, outlet=centre.xian)

        with pytest.raises(Conflict) as refused:
            assign(edition("ES"), centre.he.user, outlet=centre.chengdu)

        assert refused.value.field == "effective_on"

    def test_a_line_of_the_future_gives_way_one_that_holds_does_not(self, centre):
        he = centre.he.user
        future = assign(edition("ES"), he, effective_on=FAR_AHEAD)
        assign(edition("LC"), he, effective_on=FAR_AHEAD, instead_of=future)
        assert list(Assignment.objects.values_list("version__rulebook__code", flat=True)) == [
            "LC",
            "CD",
        ]
        services.withdraw(assignment=future, actor=he, now=NOW)

        holds = Assignment.objects.get()
        with pytest.raises(Conflict):
            assign(edition("ES"), he, effective_on=TOMORROW, instead_of=holds)
        with pytest.raises(Conflict):
            services.withdraw(assignment=holds, actor=he, now=NOW)

    @pytest.mark.parametrize(
        "change",
        [
            lambda line: line.update(version=edition("ES")),
            lambda line: line.update(effective_on=FAR_AHEAD),
            lambda line: line.update(department=Department.objects.first()),
            lambda line: line.delete(),
            lambda line: connection.cursor().execute(
                "DELETE FROM rulebooks_assignment WHERE id = %s", [line.get().pk]
            ),
            lambda line: connection.cursor().execute("TRUNCATE rulebooks_assignment"),
        ],
    )
    def test_a_line_in_force_stays_whatever_way_one_comes(self, change, centre):
        line = Assignment.objects.create(
            version=edition(), department=centre.query_desk, effective_on=LONG_AGO
        )
        lines = list(Assignment.objects.values())

        with pytest.raises(DatabaseError), transaction.atomic():
            change(Assignment.objects.filter(pk=line.pk))

        assert list(Assignment.objects.values()) == lines

    def test_nor_is_the_past_written_afterwards(self, centre):
        future = assign(edition("ES"), centre.he.user, effective_on=FAR_AHEAD)
        assert (future.assigned_by, future.assigned_at) == (centre.he.user, NOW)

        for change in (
            lambda: Assignment.objects.filter(pk=future.pk).update(effective_on=LONG_AGO),
            lambda: Assignment.objects.create(
                version=edition(), outlet=centre.xian, effective_on=LONG_AGO, assigned_at=NOW
            ),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

        assert in_force(outlet_id=centre.xian.pk) == ("CD", 1)

    def test_only_supervisors_assign(self, centre):
        with pytest.raises(NotAllowed):
            assign(edition(), centre.wang.user, effective_on=TOMORROW)


class TestReading:
    def test_one_says_it_for_oneself_and_once(self, centre):
        lin = centre.lin
        for moment in (NOW, at("10:00:00")):
            services.acknowledge(employee=lin, version=edition(), actor=lin.user, now=moment)

        assert Acknowledgement.objects.values_list("employee", "version", "at").get() == (
            lin.pk,
            edition().pk,
            NOW,
        )
        assert AuditRow.objects.filter(action="rules_read").count() == 1
        with pytest.raises(NotAllowed):
            services.acknowledge(
                employee=lin, version=edition("ES"), actor=centre.chen.user, now=NOW
            )

    def test_a_draft_is_nothing_to_confirm(self, centre, draft):
        with pytest.raises(Conflict):
            services.acknowledge(employee=centre.lin, version=draft, actor=centre.lin.user, now=NOW)
        with pytest.raises(DatabaseError), transaction.atomic():
            Acknowledgement.objects.create(employee=centre.lin, version=draft, at=NOW)

    def test_what_one_has_to_read_is_what_holds_for_ones_department(self, centre):
        lin = centre.lin
        services.acknowledge(employee=lin, version=edition(), actor=lin.user, now=NOW)
        me = {"employee_id": lin.pk, "department_id": lin.department_id}
        assert selectors.to_read(**me, at=NOW) is None

        assign(edition("ES"), centre.he.user, department=lin.department, effective_on=TOMORROW)

        assert selectors.to_read(**me, at=NOW) is None
        due = selectors.to_read(**me, at=at("2026-11-21 00:00:00"))
        assert (due.rulebook, due.number, due.since) == (
            edition("ES").rulebook.name,
            1,
            TOMORROW,
        )
        told = selectors.holdings(**me, at=NOW)
        assert [(one.holds, one.since, one.confirmed_at) for one in told] == [
            (True, date(2026, 8, 22), NOW),
            (False, TOMORROW, None),
        ]

    def test_the_centres_next_edition_does_not_reach_a_department_with_its_own(self, centre):
        he, lin = centre.he.user, centre.lin
        assign(edition("ES"), he, department=lin.department)
        assign(edition("LC"), he, effective_on=TOMORROW)

        mine = selectors.holdings(employee_id=lin.pk, department_id=lin.department_id, at=NOW)
        others = selectors.holdings(employee_id=None, department_id=centre.front_desk.pk, at=NOW)

        assert [one.version_id for one in mine] == [edition("ES").pk]
        assert [one.version_id for one in others] == [edition().pk, edition("LC").pk]

    def test_of_two_that_begin_on_one_day_the_departments_own_is_told(self, centre):
        he, lin = centre.he.user, centre.lin
        assign(edition("LC"), he, effective_on=TOMORROW)
        assign(edition("ES"), he, department=lin.department, effective_on=TOMORROW)

        mine = selectors.holdings(employee_id=lin.pk, department_id=lin.department_id, at=NOW)

        assert [one.version_id for one in mine] == [edition().pk, edition("ES").pk]

    def test_who_has_read_it_and_who_has_not(self, centre, django_assert_num_queries):
        services.acknowledge(employee=centre.lin, version=edition(), actor=centre.lin.user, now=NOW)
        centre.zhou.status = "left"
        centre.zhou.save()

        found = selectors.readers(edition(), at=NOW)

        assert [(one.employee.number, one.confirmed_at) for one in found] == [
            ("0801", None),
            ("0802", None),
            ("0803", None),
            ("0826", NOW),
        ]
        with django_assert_num_queries(4):
            (reading,) = selectors.readings(at=NOW)
        assert (reading.confirmed, reading.missing) == (1, 3)


def test_a_version_is_held_against_what_holds(centre, draft):
    assert selectors.counterpart(draft, at=NOW) == edition()
    publish(draft, centre.he.user, effective_on=TOMORROW)
    third = services.start_draft(version=draft, actor=centre.chen.user, now=NOW)

    # The first edition still holds, though the second is published.
    assert selectors.counterpart(third, at=NOW) == edition()
    assert selectors.counterpart(draft, at=NOW) == edition()
    assert selectors.counterpart(edition(), at=NOW) is None
    assign(draft, centre.he.user, effective_on=TOMORROW)
    assert selectors.counterpart(third, at=at("2026-11-21 08:00:00")) == draft


def test_times_and_decimals_survive_a_change_elsewhere(centre, draft):
    """What nobody touched is written as it was: no float, no other time."""
    before = policy.Rulebook.from_json(edition().content)

    amend(draft, "CD-05.10", centre.chen.user, fine="100.50")

    after = policy.Rulebook.from_json(draft.content)
    assert after["CD-05.10"].fine == Decimal("100.50")
    assert [one for one in after.clauses if one != before.get(one.id)] == [after["CD-05.10"]]
    assert any(isinstance(getattr(one, "at", None), time) for one in after.clauses)
