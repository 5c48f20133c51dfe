"""The pages of people's files, as human resources, a supervisor, the manager and an agent use them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.audit.models import AuditRow
from kefu.network.models import Party
from kefu.staff.models import Employee, User
from kefu.workbench.models import SentForm
from payroll.models import Article, Candidate, Employment, Leaving, Placement, Vacancy, Wage
from payroll.services import employment, equipment, personnel, probation
from tests.payroll import joined
from tests.payroll.joined import NOW, SINCE, TODAY

PHONE, ID_NUMBER = "13951440016", "320102199803070023"
CRITERIA = ("job_knowledge", "attitude", "skills", "potential", "experience")


@pytest.fixture
def house(transactional_db, settings):
    settings.KEFU_NOW = NOW
    return joined.build()


def door(employee):
    client = Client(SERVER_NAME="localhost")
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def at(name, *args):
    return reverse(f"payroll:{name}", args=args)


def words(client, name, *args, query=""):
    page = client.get(at(name, *args) + query)
    assert page.status_code == 200, (name, page.status_code)
    return page.content.decode()


def hired(house, *people):
    for one in people:
        stay = employment.hire(
            employee=one, hired_on=SINCE, department=one.department, position=one.position, **house.ask()
        )  # fmt: skip
        probation.begin(employment=stay, coach=None, **house.ask())


def looks(table):
    return AuditRow.objects.filter(action="reveal", table=table).count()


@pytest.mark.rule(
    "ES-116.04", "ES-121.01", "ES-121.02", "ES-122.01", "ES-123.01", "ES-123.02", "ES-123.05",
    "ES-111.01",
)  # fmt: skip
def test_a_post_is_filled_page_by_page_from_the_vacancy_to_the_first_signature(house):
    tan, chen = door(house.tan), door(house.centre.chen)
    hired(house, house.centre.zhou)
    made = {"department": house.centre.query_desk.pk, "position": house.centre.lin.position_id}
    refused = tan.post(at("vacancies"), {"do": "open", "wanted": "1", **made, "department": ""})
    assert refused.status_code == 422 and not Vacancy.objects.exists()
    assert tan.post(at("vacancies"), {"do": "open", "wanted": "2", **made}).status_code == 302
    vacancy = Vacancy.objects.get()
    page = at("vacancy", vacancy.pk)
    assert "内部选拔" in words(tan, "vacancy", vacancy.pk)
    assert "登记外部候选人" not in words(tan, "vacancy", vacancy.pk)
    assert tan.post(page, {"do": "apply", "name": "沈佳", "phone": PHONE}).status_code == 403
    none = tan.post(page, {"do": "outside"})
    assert none.status_code == 422 and "ES-121.02" in none.content.decode()
    tan.post(page, {"do": "outside", "reasons": ["special_skill"], "note": "要会扬州话"})
    bad = tan.post(page, {"do": "apply", "name": "沈佳", "phone": "12"})
    assert bad.status_code == 422 and "沈佳" in bad.content.decode()  # nothing typed is lost
    tan.post(page, {"do": "apply", "name": "沈佳", "phone": PHONE, "about": "驿站两年"})
    someone = Candidate.objects.get()
    own = at("candidate", someone.pk)

    # The supervisor sees her own department's, masked, and judges; the office may not.
    shown = words(chen, "candidate", someone.pk)
    assert "沈*" in shown and "沈佳" not in shown and PHONE not in shown
    marks = dict.fromkeys(CRITERIA, "4") | {"do": "evaluate", "result": "pass"}
    assert tan.post(own, marks).status_code == 403
    lacking = chen.post(own, marks | {"skills": ""})
    assert lacking.status_code == 422
    chen.post(own, marks | {"skills_remark": "打字快"})
    looked = chen.post(own, {"do": "look"}).content.decode()
    assert PHONE in looked and looks("payroll_candidate") == 1
    assert chen.get(at("offer_letter", someone.pk)).status_code == 403

    # The figures of another department's people are not hers, unless they are put forward.
    assert "谭人事" in words(tan, "vacancy", vacancy.pk)
    seen = words(chen, "vacancy", vacancy.pk).replace("谭人事 10:00", "")  # who opened it, and when
    assert "谭人事" not in seen

    # The office writes the letter; the newcomer reports with it.
    tan.post(own, {"do": "offer", "starts_on": TODAY.isoformat(), "base": "2400"})
    assert "2,400.00" not in words(chen, "candidate", someone.pk)
    assert not looks("payroll_offerletter")
    assert "2,400.00" in words(tan, "candidate", someone.pk)
    assert looks("payroll_offerletter") == 1
    letter = tan.get(at("offer_letter", someone.pk))
    assert letter.content.startswith(b"%PDF") and looks("payroll_candidate") == 2
    taken = {"do": "report", "hired_on": TODAY.isoformat(), "role": "agent", "channels": ["phone"]}
    clash = tan.post(own, taken | {"number": "0826"})
    assert clash.status_code == 422 and "已经有人用了" in clash.content.decode()
    taken |= {"number": "0850", "coach": "0803", "ticket": "first-day"}
    done = tan.post(own, taken)
    password = done.content.decode().split('class="secret">')[1].split("<")[0]
    shen = Employee.objects.get(number="0850")
    assert shen.user.check_password(password)
    # In this one answer: neither in a cookie nor, sent again, anywhere else.
    assert (done.status_code, done["Cache-Control"]) == (200, "no-store")
    assert "messages" not in tan.cookies or not tan.cookies["messages"].value
    assert password not in tan.post(own, taken, follow=True).content.decode()
    assert SentForm.objects.count() == 1 and password not in str(SentForm.objects.values())
    assert Wage.objects.get(employee=shen).base == Decimal(2400)

    papers = at("file_papers", "0850")
    assert "还没有交" in words(tan, "file_papers", "0850")
    few = tan.post(papers, {"do": "receive", "kind": "photos", "count": "2"})
    assert few.status_code == 422 and "要 3 张" in few.content.decode()
    tan.post(papers, {"do": "receive", "kind": "id_card"})
    tan.post(papers, {"do": "verify", "kind": "id_card"})
    missing = tan.post(papers, {"do": "brief", "told": ["rules_told"], "supervisor": "0801"})
    assert missing.status_code == 422 and "ES-123.05" in missing.content.decode()
    told = ["rules_told", "benefits_told", "work_told"]
    tan.post(papers, {"do": "brief", "told": told, "supervisor": "0801"})
    newcomer = door(shen)
    assert "请签收" in words(newcomer, "my_file")
    newcomer.post(at("my_file"), {"do": "sign"})
    assert "请签收" not in words(newcomer, "my_file")
    assert "本人签收" in words(tan, "file_papers", "0850")


@pytest.mark.rule("ES-123.04", "ES-125.03", "ES-125.04", "ES-134.03", "ES-116.02")
def test_an_agent_sees_what_is_kept_of_her_and_reports_what_changed(house):
    lin = house.centre.lin
    hired(house, lin)
    personnel.fill_form(employee=lin, values={"id_number": {"value": ID_NUMBER}}, **house.ask())
    shirt = Article.objects.create(
        name="春秋工作服", category="uniform", price=Decimal(128), in_set=1
    )
    equipment.hand_out_set(employee=lin, size="M", **house.ask())
    agent, tan = door(lin), door(house.tan)

    page = words(agent, "my_file")
    assert ID_NUMBER not in page and "0023" in page and str(shirt) in page
    assert ID_NUMBER in agent.post(at("my_file"), {"do": "look"}).content.decode()
    assert looks("payroll_personalfact") == 1

    change = {"do": "change", "changed_on": TODAY.isoformat()}
    early = agent.post(
        at("my_file"), change | {"field": "phone", "value": PHONE, "changed_on": "2026-07-01"}
    )
    assert early.status_code == 422 and "入职" in early.content.decode()
    contact = {"contact_name": "林国强", "contact_relation": "父亲", "contact_phone": "1380000"}
    wrong = agent.post(at("my_file"), change | {"field": "emergency_contact", **contact})
    assert wrong.status_code == 422 and "林国强" in wrong.content.decode()
    late = change | {
        "field": "address",
        "value": "扬州市广陵区汶河南路 12 号",
        "changed_on": "2026-10-01",
    }
    said = agent.post(at("my_file"), late, follow=True).content.decode()
    assert "已超过期限" in said and "ES-125.03" in said

    piece = lin.issues.get()
    agent.post(
        at("my_file"), {"do": "ask", "issue": piece.pk, "what": "damaged", "text": "领口磨破"}
    )
    asked = words(tan, "replacements")
    assert "领口磨破" in asked
    tan.post(
        at("replacements"),
        {"do": "replace", "asked": piece.replacements.get().pk, "cause": "natural"},
    )
    assert lin.issues.filter(outcome="").get().replaces == piece
    assert "已补发" in words(agent, "my_file")

    # The office sees the late report, masked; in plain only for a reason.
    file = words(tan, "file_personal", lin.number)
    assert "逾期报告" in file and "汶河南路 12" not in file
    assert (
        tan.post(at("file_personal", lin.number), {"do": "look", "reason": "看"}).status_code == 422
    )
    plain = tan.post(at("file_personal", lin.number), {"do": "look", "reason": "办理社保增员"})
    assert ID_NUMBER in plain.content.decode() and looks("payroll_personalfact") == 2

    # Whoever is employed has a post description, attendance and an assessment; what is lacking is said.
    file = words(tan, "file", lin.number)
    assert file.count("ES-116.02") == 3
    lin.position.duties = "接听查询电话，登记并跟进查件"
    lin.position.save()
    assert words(tan, "file", lin.number).count("ES-116.02") == 2


@pytest.mark.rule("ES-124.02", "ES-124.03", "ES-125.01", "ES-134.05", "ES-135.03")
def test_a_probation_and_a_leaving_go_through_the_pages_of_whom_they_concern(house):
    home = house.centre
    lin, zhou = home.lin, home.zhou
    hired(house, lin, zhou)
    case = home.inquiry(now=NOW)
    headset = Article.objects.create(name="耳麦", category="stationery", price=Decimal(260))
    equipment.hand_out(employee=lin, article=headset, **house.ask())
    tan, chen, luo = door(house.tan), door(home.chen), door(house.luo)

    assert "已满，待评估" in words(chen, "probations")
    trial = at("file_probation", zhou.number)
    assert (
        tan.post(trial, {"do": "review", "outcome": "confirm", "evaluation": "好"}).status_code
        == 403
    )
    longer = {"do": "review", "outcome": "extend", "evaluation": "再看看"}
    assert chen.post(trial, longer).status_code == 422  # until when?
    chen.post(trial, {"do": "coach", "coach": "0803"})
    chen.post(trial, {"do": "review", "outcome": "confirm", "evaluation": "接线稳"})
    assert chen.get(at("confirmation", zhou.number)).status_code == 404
    within = luo.post(trial, {"do": "confirm", "confirmed_on": "2026-11-03"})
    assert within.status_code == 422 and "2026-11-03" in within.content.decode()
    luo.post(trial, {"do": "confirm", "confirmed_on": "2026-11-04"})
    assert chen.get(at("confirmation", zhou.number)).content.startswith(b"%PDF")
    assert door(zhou).get(at("my_confirmation")).content.startswith(b"%PDF")

    way_out = at("file_leaving", lin.number)
    early = {"do": "leave", "kind": "resigned", "reason": "另有安排"}
    before = tan.post(way_out, early | {"last_day": "2026-07-01"})
    assert before.status_code == 422 and "早于入职" in before.content.decode()
    assert "另有安排" in before.content.decode()
    tan.post(way_out, early | {"last_day": TODAY.isoformat()})
    page = words(tan, "file_leaving", lin.number)
    assert case.number in page and "ES-135.03" in page
    assert "你的最后工作日是" in words(door(lin), "my_file")
    silent = tan.post(way_out, {"do": "hand_over", "case": case.pk, "to": zhou.pk, "note": ""})
    assert silent.status_code == 422
    tan.post(way_out, {"do": "hand_over", "case": case.pk, "to": zhou.pk, "note": "等成都回话"})
    case.refresh_from_db()
    assert case.owner == zhou
    agent = door(lin)
    assert agent.get(at("my_file")).status_code == 200
    tan.post(way_out, {"do": "end_access"})
    assert agent.get(at("my_file")).status_code == 302
    kept = tan.post(way_out, {"do": "close"})
    assert kept.status_code == 422 and "还没有办完" in kept.content.decode()
    tan.post(
        at("file_equipment", lin.number),
        {"do": "settle", "issue": lin.issues.get().pk, "outcome": "returned"},
    )
    tan.post(way_out, {"do": "close"})
    assert Leaving.objects.get().closed_at
    assert "已办结" in words(tan, "leavings")
    assert "已离职" in words(tan, "people", query="?state=left")


def test_each_looks_at_whom_it_concerns_and_every_look_at_a_wage_is_on_record(house):
    home = house.centre
    lin, chen = home.lin, home.chen
    hired(house, lin)
    front = Employee.objects.get(pk=home.he.pk)
    Employee.objects.filter(pk=home.he.pk).update(department=home.front_desk)
    party = Party.objects.create(kind="employee", code="0910", name="钱出纳")
    purse = User.objects.create(username="0910", first_name="钱出纳", role="finance", party=party)
    clerk = Employee.objects.create(
        user=purse, party=party, number="0910", name="钱出纳", channels=["phone"],
        department=home.front_desk, position=lin.position,
    )  # fmt: skip
    may = {
        # by role: list, file, papers, personal, wages, leaving of another
        house.tan: (200, 200, 200, 200, 200, 200),
        house.luo: (200, 200, 200, 200, 200, 200),
        clerk: (200, 200, 403, 403, 200, 403),
        chen: (200, 200, 403, 403, 403, 403),
        front: (200, 404, 404, 404, 404, 404),
        home.wang: (403, 404, 404, 404, 404, 404),
        home.zhou: (403, 404, 404, 404, 404, 404),
    }
    parts = ("file", "file_papers", "file_personal", "file_wages", "file_leaving")
    for who, expected in may.items():
        client = door(who)
        found = (
            client.get(at("people")).status_code,
            *(client.get(at(one, lin.number)).status_code for one in parts),
        )
        assert found == expected, who
        assert client.get(at("my_file")).status_code == 200
    assert looks("payroll_wage") == 3  # human resources, the manager, finance
    # Who pays the wages needs no rewards and sanctions for it.
    assert "<h2>奖励</h2>" in words(door(chen), "file", lin.number)
    assert "<h2>奖励</h2>" not in words(door(clerk), "file", lin.number)

    tan = door(house.tan)
    agreed = {"do": "agree", "from_on": TODAY.isoformat(), "base": "2600", "reason": "转正"}
    refused = tan.post(at("file_wages", lin.number), agreed | {"from_on": "2026-07-01"})
    assert refused.status_code == 422 and "不在职" in refused.content.decode()
    tan.post(at("file_wages", lin.number), agreed)
    assert "2,600.00" in words(tan, "file_wages", lin.number)
    assert door(clerk).post(at("file_wages", lin.number), agreed).status_code == 403
    own = words(tan, "file_wages", house.tan.number)
    assert "这是你自己的档案" in own and 'value="agree"' not in own

    # An employee without a department is refused at the field; one without employment can be given one.
    nobody = tan.post(
        at("file", home.zhou.number),
        {"do": "hire", "hired_on": TODAY.isoformat(), "position": lin.position_id},
    )
    assert nobody.status_code == 422 and not Employment.objects.filter(employee=home.zhou).exists()
    move = {
        "do": "place",
        "department": home.front_desk.pk,
        "position": lin.position_id,
        "reason": "支援前台",
    }
    assert tan.post(at("file", lin.number), move | {"from_on": "2026-08-01"}).status_code == 422
    tan.post(at("file", lin.number), move | {"from_on": (TODAY + timedelta(days=3)).isoformat()})
    assert Placement.objects.filter(employee=lin).count() == 2
    assert "支援前台" in words(tan, "file", lin.number)


def test_the_list_finds_by_name_pinyin_department_and_state_in_as_many_questions(house):
    home = house.centre
    tan = door(house.tan)
    hired(house, home.lin)
    Party.objects.filter(employee=home.lin).update(pinyin="linxiaoyue", initials="lxy")
    # What is looked for is sent, and stands in no address.
    for text in ("林小", "lxy", "0826"):
        page = tan.post(at("people"), {"q": text}).content.decode()
        assert "林小月" in page and "周明" not in page, text
    page = words(tan, "people", query="?state=probation")
    assert "林小月" in page and "周明" not in page and 'method="post"' in page
    assert "没有任职记录" in words(tan, "people", query="?state=none")
    assert "没有找到" in tan.post(at("people"), {"q": "不存在"}).content.decode()
    assert "周明" in words(tan, "people", query="?q=林小")
    narrowed = tan.post(at("people"), {"q": "", "state": "probation"})
    assert narrowed.url == f"{at('people')}?state=probation"

    def asked(query=""):
        with CaptureQueriesContext(
            connection,
        ) as questions:
            words(tan, "people", query=query)
        return len(questions)

    few = asked()
    hired(house, home.zhou, home.wang, home.chen, home.he)
    assert asked() <= few
    assert asked() <= 20
