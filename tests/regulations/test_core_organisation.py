"""Who works here, at which desk, on which channel, and who may see what."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from inquiries import services as inquiries
from inquiries.models import Complaint
from kefu.audit.models import AuditRow
from kefu.cases import reveal
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.errors import NotAllowed
from kefu.policy.clauses import Hours
from kefu.policy.phrases import scripts
from kefu.policy.rulebook import Rulebook, RulebookError, load
from kefu.staff import services as staff
from kefu.staff.models import Department, Employee, Position, User
from kefu.staff.permissions import TABLE
from tests.centre import at

CD, ES, LC = load("CD"), load("ES"), load("LC")

pytestmark = pytest.mark.django_db


def words(clause, rules=CD):
    return [item.zh for item in rules[clause].items]


def hired(centre, number, **given):
    """Somebody the supervisor takes on."""
    facts = {
        "name": "赵新",
        "role": User.Role.AGENT,
        "department": centre.query_desk,
        "position": Position.objects.get(name="查询员"),
        "channels": ["phone"],
        "actor": centre.chen.user,
        "now": at("09:00:00"),
    }
    return staff.hire(number=number, **(facts | given))[0]


def signed_in(employee):
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


# -- the department and its desks -------------------------------------------------------------------


@pytest.mark.rule("CD-01.01")
def test_the_centre_has_room_for_the_staff_and_seats_the_regulation_names(centre):
    wanted = CD["CD-01.01"].at_least
    assert wanted == {"workstations": 30, "agents": 20}

    for seat in range(wanted["workstations"]):
        hired(centre, f"1{seat:03}", extension=f"8{seat:03}")

    seats = Employee.objects.exclude(extension="").values_list("extension", flat=True)
    assert len(set(seats)) == wanted["workstations"]
    agents = Employee.objects.assignable().filter(user__role="agent", department=centre.query_desk)
    assert agents.count() >= wanted["agents"]


@pytest.mark.rule("CD-01.01")
def test_the_numbers_are_data(centre):
    content = CD.to_json()
    next(c for c in content["clauses"] if c["id"] == "CD-01.01")["at_least"]["agents"] = 25

    assert Rulebook.from_json(content)["CD-01.01"].at_least["agents"] == 25


@pytest.mark.rule("CD-01.02")
def test_departments_are_a_table_and_each_queue_belongs_to_one(centre, clock):
    names = words("CD-01.02")
    assert len(names) == 7
    desks = [
        Department.objects.get_or_create(name=name, defaults={"code": f"desk{n}"})[0]
        for n, name in enumerate(names)
    ]
    cases = [
        inquiries.open_inquiry(
            kind="consultation", channel="phone", asker="other", text="请问几点下班", department=desk,
            customer_phone="13800004545", actor=centre.lin.user, now=clock("09:00:00"),
        )
        for desk in desks
    ]  # fmt: skip

    for desk, case in zip(desks, cases, strict=True):
        centre.zhou.department = desk
        centre.zhou.save()
        page = signed_in(centre.zhou).get(reverse("workbench:queue"), {"view": "department"})
        assert page.content.decode().count("data-number=") == 1, desk
        assert case.number in page.content.decode()

    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=cases[0].pk).update(department=None)


@pytest.mark.rule("CD-01.02")
def test_a_supervisor_edits_the_departments_and_an_agent_does_not(centre):
    url = reverse("admin:staff_department_change", args=[centre.query_desk.pk])
    changed = {"name": "查件部", "name_en": "", "code": "query", "order": "0", "active": "on"}

    assert signed_in(centre.lin).post(url, changed).status_code in (302, 403)
    centre.query_desk.refresh_from_db()
    assert centre.query_desk.name == "查询部"

    signed_in(centre.chen).post(url, changed)
    centre.query_desk.refresh_from_db()
    assert centre.query_desk.name == "查件部"


@pytest.mark.rule("CD-03.15", "CD-06.34")
def test_the_business_line_is_open_until_half_past_seven(centre):
    (line,) = [clause for clause in CD.in_force(Hours) if clause.line == "business"]

    assert (line.id, str(line.closes)) == ("CD-06.34", "19:30:00")
    earlier = CD["CD-03.15"]
    assert (str(earlier.closes), earlier.yields_to) == ("19:00:00", "CD-06.34")


@pytest.mark.rule("CD-03.15", "CD-06.34")
def test_two_closing_times_of_one_line_are_one_too_many():
    content = CD.to_json()
    del next(c for c in content["clauses"] if c["id"] == "CD-03.15")["yields_to"]

    with pytest.raises(RulebookError, match=r"CD-06\.34: says what CD-03\.15 says already"):
        Rulebook.from_json(content)


# -- posts --------------------------------------------------------------------------------------------


@pytest.mark.rule(
    "LC-06.03", "LC-06.04", "LC-06.05", "LC-06.06", "LC-06.07", "LC-06.08", "LC-06.09", "LC-06.10"
)
@pytest.mark.parametrize(
    ("clause", "post"),
    [
        ("LC-06.03", "查询员"),
        ("LC-06.04", "开票员"),
        ("LC-06.05", "大客户项目主管"),
        ("LC-06.06", "司机"),
        ("LC-06.07", "业务员"),
        ("LC-06.08", "仓管员"),
        ("LC-06.09", "结算员"),
        ("LC-06.10", "兑付员"),
    ],
)
def test_a_complaint_can_be_put_down_to_whoever_holds_the_post(centre, clock, clause, post):
    assert words(clause, LC) == [post]
    position = Position.objects.get_or_create(name=post)[0]
    holder = hired(centre, "0999", position=position)

    complaint = inquiries.file_complaint(
        cause="rude_language", against=holder.party, text="说话很不客气", channel="phone",
        asker="receiver", customer_phone="13800004545", department=centre.query_desk,
        actor=centre.lin.user, now=clock("10:00:00"),
    )  # fmt: skip

    against = Complaint.objects.get(case=complaint).against
    assert against.employee.position.name == post


@pytest.mark.rule("LC-06.15")
def test_the_directory_of_posts_has_their_duties_and_their_holders(centre):
    assert LC["LC-06.15"].fields == ("title", "duties", "holder")
    post = Position.objects.create(name="仓管员", duties="留仓件进出与盘点")
    hired(centre, "0891", name="孙仓", position=post)
    office = signed_in(centre.chen)

    directory = office.get(reverse("admin:staff_position_changelist")).content.decode()
    holders = office.get(
        reverse("admin:staff_employee_changelist"), {"position__id__exact": post.pk}
    ).content.decode()

    assert "仓管员" in directory and "留仓件进出与盘点" in directory
    assert "孙仓" in holders and "林小月" not in holders


# -- channels -----------------------------------------------------------------------------------------


@pytest.mark.rule("ES-202.01")
def test_an_agent_serves_one_or_more_of_three_channels(centre):
    assert words("ES-202.01", ES) == list(Employee.Channel.labels)

    assert hired(centre, "0901", channels=["online", "offline", "phone"]).channels
    with pytest.raises(IntegrityError), transaction.atomic():
        hired(centre, "0902", channels=[])


@pytest.mark.rule("ES-202.01")
@pytest.mark.parametrize(
    ("channel", "clause"), [("chat", "ES-203.05"), ("phone", None), ("counter", None)]
)
def test_the_channel_decides_which_response_time_applies(centre, clock, channel, clause):
    centre.work_by("ES")

    case = centre.inquiry(now=clock("10:00:00"), channel=channel)

    deadline = Deadline.objects.filter(case=case).first()
    assert (deadline and deadline.clause) == clause


@pytest.mark.rule("CD-06.20")
@pytest.mark.parametrize("channel", ["chat", "phone"])
def test_an_inquiry_by_chat_runs_on_the_clock_of_a_call(centre, clock, channel):
    case = centre.inquiry(now=clock("10:00:00"), channel=channel)

    deadline = Deadline.objects.get(case=case)
    assert case.inquiry.channel == channel
    assert (deadline.clause, deadline.due_at) == ("CD-03.23", at("10:30:00"))


@pytest.mark.rule("ES-203.07")
def test_everybody_greets_in_the_same_words_under_his_own_name(centre):
    greeting = scripts(ES, agent="小月", language="zh-hans")[0]

    assert (greeting.clause, greeting.text) == ("ES-203.07", "您好，我是 小月，很高兴为您服务。")
    assert scripts(CD, agent="小月", language="zh-hans") == []


@pytest.mark.rule("ES-203.07", "ES-203.20")
def test_the_reply_form_offers_the_greeting_and_the_closing_words(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    centre.lin.nickname = "小月"
    centre.lin.save()
    page = reverse("workbench:case", args=[case.number])
    client = signed_in(centre.lin)
    closing = words("ES-203.20", ES)[0]
    assert closing not in client.get(page).content.decode()

    centre.work_by("ES")
    html = client.get(page).content.decode()

    assert "您好，我是 小月，很高兴为您服务。" in html and closing in html
    centre.lin.nickname = ""
    centre.lin.save()
    assert "您好，我是 0826，" in client.get(page).content.decode()


# -- confidentiality ----------------------------------------------------------------------------------


@pytest.mark.rule("CD-02.09")
def test_lists_mask_and_a_look_is_recorded_with_its_reason(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    client = signed_in(centre.zhou)

    for url in (
        reverse("workbench:queue") + "?view=department",
        reverse("workbench:case", args=[case.number]),
    ):
        html = client.get(url).content.decode()
        assert "138******45" in html
        assert "13800004545" not in html and "陈晓梅" not in html

    shown = reveal.reveal(
        case=case,
        what="customer",
        reason="回电核对收件人",
        actor=centre.zhou.user,
        now=clock("10:01:00"),
    )
    assert shown["customer_phone"] == "13800004545"
    look = AuditRow.objects.get(action="reveal")
    assert (look.actor_name, look.reason, look.object_id) == (
        "0831",
        "回电核对收件人",
        str(case.pk),
    )


@pytest.mark.rule("CD-02.09")
@pytest.mark.parametrize("role", User.Role.values)
def test_only_supervisors_export_and_only_who_works_cases_looks(centre, clock, role):
    case = centre.inquiry(now=clock("10:00:00"))
    somebody = User(username="0999", role=role, party=centre.xian, is_active=True)
    somebody.save()

    assert somebody.has_perm("cases.export_cases") is (role in ("supervisor", "manager"))
    if role in TABLE["cases.reveal_personal_data"]:
        return
    with pytest.raises(NotAllowed):
        reveal.reveal(
            case=case, what="customer", reason="就是想看看", actor=somebody, now=clock("10:01:00")
        )
    assert not AuditRow.objects.filter(action="reveal").exists()


@pytest.mark.rule("LC-02.04")
def test_a_supervisor_sees_the_team_s_contacts_and_gives_them_to_another(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"), owner=centre.lin)
    client = signed_in(centre.chen)

    seen = client.get(reverse("workbench:queue"), {"view": "department"}).content.decode()
    assert case.number in seen
    client.post(
        reverse("workbench:step", args=[case.number, "transfer"]),
        {
            "version": case.version,
            "department": centre.query_desk.pk,
            "to": centre.zhou.pk,
            "note": "林小月今天休息",
        },
    )

    case.refresh_from_db()
    assert case.owner == centre.zhou
    assert Deadline.objects.get(case=case).party == centre.zhou.party
