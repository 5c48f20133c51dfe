"""Words for customers: plain substitution, checked when saved, approved by another, kept by version."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from inquiries import services as inquiries
from inquiries.models import Incident
from inquiries.selectors import incidents
from kefu.cases.models import Interaction
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.knowledge.models import Wording, WordingVersion
from kefu.knowledge.selectors import wordings as selectors
from kefu.knowledge.services import wordings as services
from kefu.workbench.selectors import desk
from tests.centre import at
from tests.frozen import NO_RULES

pytestmark = pytest.mark.django_db
NOW = at("09:00:00")


def draft(
    centre, text="您好，{{ agent }} 为您查到 {{ waybill }}", *, wording=None, by=None, **given
):
    wording = wording or Wording(**({"name": "查到了", "channel": "sms"} | given))
    return services.draft(wording=wording, text=text, actor=by or centre.wang.user, now=NOW)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("运单 {{ waybil }}", "unknown_variable", "waybil"),
        ("{{ customer_phone }}", "unknown_variable", "customer_phone"),
        ("{{ __class__ }}", "unknown_variable", "__class__"),
        ("{{ waybill.number }}", "broken_variable", "{{"),
        ("{{ waybill|safe }}", "broken_variable", "{{"),
        ("{% include 'x' %}", "broken_variable", "{%"),
        ("{{ waybill }", "broken_variable", "{{"),
        ("", "", ""),
        ("字" * 1_001, "", ""),
    ],
)
def test_an_unknown_variable_is_refused_by_field_and_name(centre, text, code, named):
    with pytest.raises(KefuError) as refused:
        draft(centre, text)

    assert refused.value.field == "text"
    assert named in str(refused.value)
    if code:
        assert refused.value.code == code
    assert not Wording.objects.filter(name="查到了").exists()


def test_filling_in_does_nothing_else():
    values = {"waybill": "{{ agent }}{% now %}", "agent": "小林"}

    said = selectors.fill("{{waybill}} {{  agent }} {{ due }} {{ due }}", values)

    assert said == ("{{ agent }}{% now %} 小林 ＿＿ ＿＿", ("due",))


def test_another_person_approves_and_versions_are_appended(centre):
    first = draft(centre, by=centre.chen.user)
    picked = Wording.objects.in_use().filter(name="查到了")
    assert not picked.exists()
    for actor, error in ((centre.chen.user, NotAllowed), (centre.wang.user, NotAllowed)):
        with pytest.raises(error):  # his own; a lead approves none
            services.approve(version=first, actor=actor, now=NOW)

    services.approve(version=first, actor=centre.he.user, now=NOW)
    second = draft(centre, "第二版 {{ waybill }}", wording=first.wording)
    assert picked.get().version == first.pk  # until the second is approved

    services.approve(version=second, actor=centre.he.user, now=NOW)
    assert (picked.get().version, picked.get().text) == (second.pk, "第二版 {{ waybill }}")
    with pytest.raises(Conflict):
        services.approve(version=second, actor=centre.he.user, now=NOW)
    with pytest.raises(NotAllowed):
        draft(centre, by=centre.lin.user, wording=first.wording)

    services.withdraw(wording=first.wording, actor=centre.he.user, now=NOW)
    assert not picked.exists()


def test_the_database_keeps_words_and_approvals(centre):
    version = draft(centre, by=centre.chen.user)
    mine = WordingVersion.objects.filter(pk=version.pk)
    with pytest.raises(IntegrityError, match="approved_by_another"), transaction.atomic():
        mine.update(approved_by=centre.chen.user, approved_at=NOW)
    services.approve(version=version, actor=centre.he.user, now=NOW)
    for change in ({"text": "别的"}, {"approved_by": None, "approved_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            mine.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        mine.delete()


def test_shipped_words_are_there_in_both_languages_and_pass_our_own_check():
    shipped = Wording.objects.in_use()

    for occasion in ("greeting", "closing", "delay", "storm"):
        spoken = shipped.filter(channel="phone", occasion=occasion)
        assert {one.language for one in spoken} == {"zh-hans", "en"}
    for one in shipped:
        assert services.check_text(one.text) == one.text


def test_a_template_is_filled_with_what_the_page_shows_masked(centre):
    case = centre.inquiry(now=NOW)
    values = selectors.values_for(
        desk=desk(centre.lin.user), employee=centre.lin, case=case, now=NOW
    )

    assert values["customer"] == "陈*梅"
    assert values["waybill"] == centre.waybill.number
    assert values["outlet"] == "成都武侯三部"
    assert "13800004545" not in str(values)
    assert "陈晓梅" not in str(values)
    assert values["due"] == "11-20 09:30"
    late = selectors.values_for(
        desk=desk(centre.lin.user), employee=centre.lin, case=case, now=at("09:31:00")
    )
    assert late["due"] == ""  # nobody is promised what is over


def test_a_departments_own_words_are_for_its_people(centre):
    own = draft(centre, by=centre.chen.user, department=centre.front_desk)
    services.approve(version=own, actor=centre.he.user, now=NOW)

    def names(department):
        found = selectors.templates(department_id=department.pk, values={}, channel="sms")
        return [one.wording.name for one in found]

    assert names(centre.front_desk)[0] == "查到了"
    assert "查到了" not in names(centre.query_desk)


def test_an_answer_keeps_the_version_it_was_written_with(centre):
    case = centre.inquiry(now=NOW)
    version = draft(centre, by=centre.chen.user)

    def answer(wording):
        line = inquiries.answer_customer(
            case=case, text="查到了", channel=Interaction.Channel.PHONE, substantive=False,
            wording=wording, actor=centre.lin.user, now=NOW,
        )  # fmt: skip
        return line.data

    assert answer(version.pk) == {}  # not approved: nobody can have picked it
    services.approve(version=version, actor=centre.he.user, now=NOW)
    assert answer(version.pk) == {"wording": {"version": version.pk, "name": "查到了", "number": 1}}
    assert answer(999_999) == answer(None) == {}


def scripts(centre):
    return selectors.phone_scripts(
        desk=desk(centre.lin.user), employee=centre.lin, case=None, now=NOW
    )


def test_what_the_rulebook_prescribes_goes_before_the_houses_own(centre, settings):
    settings.KEFU_COMPANY_NAME = "顺风快运"
    centre.work_by("SD-1")
    told = scripts(centre)

    assert [(one.clause, one.text) for one in told.prescribed] == [
        ("SD-150.06", "您好，我是 0826，请问有什么可以帮您？")
    ]
    assert told.going_on == []
    greeting = told.house[0]
    assert greeting.wording.occasion == "greeting"
    assert greeting.text.startswith("您好，这里是顺风快运查询部，我是 0826")


@NO_RULES
def test_without_a_rulebook_the_houses_own_words_are_there(centre):
    assert scripts(centre).prescribed == []
    assert scripts(centre).house


def test_while_a_storm_lasts_its_script_is_offered_first(centre, monkeypatch):
    case = centre.inquiry(now=NOW)
    storm = Incident(
        case=case, kind="natural_disaster", stage="running", started_at=NOW,
        rulebook=centre.work_by("ES") or _es(), reason="台风", hub="成都",
        expected_delay_days="3",
    )  # fmt: skip
    storm.save()

    told = scripts(centre)
    assert [one.title for one in told.going_on] == ["自然灾害"]
    assert {one.wording.occasion for one in told.going_on[0].wordings} == {"storm"}
    assert "台风" in told.going_on[0].text
    assert "storm" not in {one.wording.occasion for one in told.house}  # not twice

    Incident.objects.update(is_drill=True)
    assert incidents.to_tell() == []


def _es():
    from kefu.rulebooks.models import RulebookVersion

    return RulebookVersion.objects.get(rulebook__code="ES", number=1)
