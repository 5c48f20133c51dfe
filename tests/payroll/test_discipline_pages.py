"""The pages of rewards and sanctions, of suggestions and of awards, as those who use them see them."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.audit.models import AuditRow
from kefu.workbench.once import new_ticket
from payroll.models import AwardRound, Idea, OptIn, Proposal, RegisterEntry
from tests.centre import at
from tests.payroll import people_of_es
from tests.payroll.test_discipline import proposed, suggested, verified
from tests.payroll.test_ideas_and_awards import OCTOBER, scored

NOW = at("12:00")


@pytest.fixture
def desk(db, settings):
    settings.KEFU_NOW = NOW
    return people_of_es.build()


def signed_in(employee):
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client, name, *args, **query):
    answer = client.get(reverse(f"payroll:{name}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def send(client, name, *args, **data):
    return client.post(reverse(f"payroll:{name}", args=args), data)


@pytest.mark.rule("ES-118.01", "ES-138.01", "ES-138.02", "ES-138.03")
def test_a_sanction_from_the_form_to_the_file(desk):
    wang, lin, chen = (signed_in(one) for one in (desk.wang, desk.lin, desk.chen))
    form = page(wang, "propose")
    assert "先选人" in form
    offered = page(wang, "grounds", employee=desk.lin.pk, happened_on="2026-11-19", clause="闲聊")
    assert "ES-138.03" in offered
    assert "ES-138.36" not in page(wang, "grounds", employee=desk.lin.pk)
    kept = page(wang, "grounds", employee=desk.lin.pk, clause="闲聊", chosen="ES-138.05")
    assert 'value="ES-138.05" checked' in kept
    given = {
        "employee": desk.lin.pk, "happened_on": "2026-11-19", "chosen": "ES-138.03", "facts": "闲聊四十分钟",
        "answer_by": "2026-11-23T18:00",
    }  # fmt: skip
    refused = send(wang, "propose", **(given | {"answer_by": "2026-11-19T18:00", "facts": ""}))
    assert refused.status_code == 422
    sent = send(wang, "propose", **given, ticket="a1")
    assert sent.status_code == 302
    assert send(wang, "propose", **given, ticket="a1").url == sent.url  # sent twice, proposed once
    proposal = Proposal.objects.get()

    assert "去陈述" in page(lin, "my_record")
    assert "我的陈述" in page(lin, "proposal", proposal.pk)
    for stranger in (desk.zhou, desk.he):
        for name in ("proposal", "proposal_step"):
            extra = ["answer"] if name == "proposal_step" else []
            answer = signed_in(stranger).post(
                reverse(f"payroll:{name}", args=[proposal.pk, *extra]), {"text": "看看"}
            )
            assert answer.status_code in (404, 405)
        assert (
            signed_in(stranger).get(reverse("payroll:proposal", args=[proposal.pk])).status_code
            == 404
        )
    assert "去陈述" not in page(signed_in(desk.zhou), "my_record")
    assert "还没有陈述" in page(chen, "proposal", proposal.pk)
    assert send(chen, "proposal_step", proposal.pk, "verify", finding="看过").status_code == 422
    assert send(lin, "proposal_step", proposal.pk, "answer", text="系统卡住了").status_code == 302
    assert send(chen, "proposal_step", proposal.pk, "verify", finding="").status_code == 422
    assert send(chen, "proposal_step", proposal.pk, "verify", finding="监控属实").status_code == 302
    shown = page(chen, "proposal", proposal.pk)
    assert "系统卡住了" in shown
    assert "ES-138.01" in shown  # why several warnings are no demerit
    measure = proposal.measures.get()
    decision = {"reason": "第一次，警告", f"given-{measure.pk}": "warning"}
    assert send(chen, "proposal_step", proposal.pk, "decide", **decision).status_code == 302
    assert send(chen, "proposal_step", proposal.pk, "decide", **decision).status_code == 422
    assert "已阅，签字" in page(lin, "proposal", proposal.pk)
    assert send(lin, "proposal_step", proposal.pk, "sign").status_code == 302
    objected = send(lin, "proposal_step", proposal.pk, "object", measure=measure.pk, text="不是我")
    assert objected.status_code == 302
    tan = signed_in(desk.tan)
    assert "异议待答复" in page(tan, "proposals")
    objection = measure.entry.objections.get()
    answer = {"objection": objection.pk, "answer": "监控清楚", "upheld": "0"}
    assert send(chen, "proposal_step", proposal.pk, "review", **answer).status_code == 422
    assert send(tan, "proposal_step", proposal.pk, "review", **answer).status_code == 302
    assert send(tan, "proposal_step", proposal.pk, "file").status_code == 302
    assert "归档" in page(lin, "proposal", proposal.pk)
    assert "警告 1" in page(tan, "record_of", desk.lin.number)
    english = signed_in(desk.luo)
    english.cookies["django_language"] = "en"
    assert "Chatting" in page(english, "proposal", proposal.pk)
    # In her sheet of the month and the department's, and in no colleague's.
    assert "ES-138.03" in page(lin, "score_beside", month="2026-11")
    withdrawn = send(
        chen, "proposal_step", proposal.pk, "withdraw", measure=measure.pk, reason="改"
    )
    assert withdrawn.status_code == 302
    assert "撤销" in page(lin, "proposal", proposal.pk)


def test_a_picture_proves_it_and_each_look_is_recorded(desk):
    proposal = proposed(desk)
    chen = signed_in(desk.chen)
    step = reverse("payroll:proposal_step", args=[proposal.pk, "picture"])

    def sent(name, content, caption=""):
        file = SimpleUploadedFile(name, content)
        return chen.post(step, {"picture": file, "caption": caption, "ticket": new_ticket()})

    # By what it is, whatever its name says.
    for name, content, why in (
        ("a.jpg", b"no picture", "不是照片"),
        ("a.mp3", b"<html>", "不是照片"),
        ("a.pdf", b"%PDF-1.7 cut off", "PDF 不完整"),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVE" + b"0" * 15_000_000, "不能超过 15 MB"),
    ):
        refused = sent(name, content)
        assert refused.status_code == 422
        assert why in refused.content.decode()
    paper = b"%PDF-1.7 shown\n%%EOF"
    assert sent("13812345678.pdf", paper, "签收单").status_code == 302
    assert sent("again.jpg", paper).status_code == 422
    kept = signed_in(desk.lin).get(
        reverse("payroll:proposal_picture", args=[proposal.pk, 1, "full"])
    )
    assert (kept.content, kept["Content-Type"]) == (paper, "application/pdf")
    assert kept["Content-Disposition"] == f'attachment; filename="{proposal.pk}-1.pdf"'
    proposal.pictures.create(
        number=2, photo=b"a photo", thumbnail=b"small", digest="0" * 64, caption="监控", added_by=desk.wang.user,
        added_at=NOW,
    )  # fmt: skip
    address = [proposal.pk, 2, "full"]
    assert (
        signed_in(desk.zhou).get(reverse("payroll:proposal_picture", args=address)).status_code
        == 404
    )
    seen = signed_in(desk.lin).get(reverse("payroll:proposal_picture", args=address))
    assert (seen.content, seen["Content-Type"]) == (b"a photo", "image/jpeg")
    assert AuditRow.objects.filter(action="evidence_seen", actor_id=desk.lin.user_id).count() == 2


@pytest.mark.rule("ES-133.23", "ES-133.24", "ES-138.36")
def test_suggestions_of_the_program_stand_on_the_list_until_a_person_acts(desk):
    first, second = suggested(desk, "ES-133.23", desk.lin), suggested(desk, "ES-138.36", desk.lin)
    wang, chen = signed_in(desk.wang), signed_in(desk.chen)
    shown = page(wang, "proposals")
    assert "系统提示" in shown
    assert "ES-138.36" in shown
    assert send(signed_in(desk.zhou), "hint", first.pk, do="propose").status_code == 404
    assert signed_in(desk.zhou).get(reverse("payroll:proposals")).status_code == 403
    assert (
        send(wang, "hint", second.pk, do="dismiss", reason="另案").status_code == 422
    )  # a supervisor's
    assert send(chen, "hint", second.pk, do="dismiss", reason="").status_code == 422
    assert send(chen, "hint", second.pk, do="dismiss", reason="同一件事").status_code == 302
    given = {"do": "propose", "facts": "三天没有来", "answer_by": "2026-11-23T18:00"}
    assert 'value="dismissal"' in page(wang, "proposals")  # what is asked for is chosen
    assert send(wang, "hint", first.pk, level="merit", **given).status_code == 422
    assert send(wang, "hint", first.pk, level="dismissal", **given).status_code == 302
    assert Proposal.objects.get().measures.get().asked == "dismissal"
    assert "系统提示" not in page(wang, "proposals")
    # The register's own page leaves it alone.
    assert "ES-133.23" not in page(chen, "register")


def test_lists_cost_the_same_however_long_they_are(desk):
    luo = signed_in(desk.luo)

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as found:
            page(luo, "proposals")
        return len(found)

    assert "点“提议”" in page(luo, "proposals")
    nothing = page(signed_in(desk.he), "proposals")  # his desk's rulebook has nothing to propose
    assert "快递客服部" in nothing.partition("没有可以提议的奖惩")[2]
    assert reverse("payroll:propose") not in nothing
    verified(desk, proposed(desk))
    page(luo, "proposals")
    few = asked()
    for day in range(1, 9):
        made = proposed(desk, of=desk.zhou, happened_on=date(2026, 11, day))
        if day % 2:
            verified(desk, made)
    assert asked() <= few


@pytest.mark.rule("ES-115.01", "SD-233.44")
def test_the_board_of_suggestions(desk):
    lin, chen, zhou = (signed_in(one) for one in (desk.lin, desk.chen, desk.zhou))
    assert "还没有答复过的建议" in page(zhou, "ideas")
    given = {"title": "快捷短语", "content": "整理成表", "shown": "unnamed"}
    assert send(lin, "idea_submit", **(given | {"content": ""})).status_code == 422
    assert send(lin, "idea_submit", **given, ticket="b1").status_code == 302
    assert send(lin, "idea_submit", **given, ticket="b1").status_code == 302
    idea = Idea.objects.get()
    assert "整理成表" not in page(zhou, "ideas")
    assert send(zhou, "idea_answer", idea.pk, adopted="1", answer="好").status_code == 404
    assert "等我答复" in page(chen, "ideas")
    assert send(chen, "idea_answer", idea.pk, adopted="1", answer="").status_code == 422
    assert send(chen, "idea_answer", idea.pk, adopted="1", answer="下周用").status_code == 302
    shown = page(zhou, "ideas")
    assert "整理成表" in shown
    assert "林小月" not in shown  # as she wished
    assert "提议记功" in page(chen, "ideas")
    assert "快捷短语" in page(chen, "propose", idea=idea.pk)
    second = Idea.objects.create(
        employee=desk.lin, department=desk.query_desk, title="灯", content="暗", rulebook=idea.rulebook,
        submitted_at=NOW,
    )  # fmt: skip
    assert send(zhou, "idea_withdraw", second.pk).status_code == 404
    assert send(lin, "idea_withdraw", second.pk).status_code == 302


@pytest.mark.rule("ES-116.03", "ES-204.06", "ES-116.04", "ES-603.16")
def test_the_round_of_a_month_and_the_list_beside_a_promotion(desk):
    scored(desk, desk.lin, 93, "excellent")
    chen, luo, zhou = (signed_in(one) for one in (desk.chen, desk.luo, desk.zhou))
    assert "还没有公布过" in page(zhou, "awards")
    opened = {"department": desk.query_desk.pk, "month": f"{OCTOBER:%Y-%m}"}
    assert send(zhou, "awards", **opened).status_code == 403
    assert send(chen, "awards", department=desk.front_desk.pk, month="2026-10").status_code == 422
    assert send(chen, "awards", **opened).status_code == 302
    row = AwardRound.objects.get()
    assert "林小月" in page(chen, "award_round", row.pk)
    assert zhou.get(reverse("payroll:award_round", args=[row.pk])).status_code == 404
    nominated = send(
        chen, "award_step", row.pk, "nominate", employee=desk.zhou.pk, evidence="表扬信"
    )
    assert nominated.status_code == 302
    one = row.nominees.get(employee=desk.lin)
    choice = {"chosen": one.pk, f"evidence-{one.pk}": "响应达标"}
    assert send(chen, "award_step", row.pk, "choose", chosen=one.pk).status_code == 422
    assert send(chen, "award_step", row.pk, "choose", **choice).status_code == 302
    assert send(chen, "award_step", row.pk, "publish").status_code == 422
    assert send(luo, "award_step", row.pk, "publish").status_code == 302
    published = page(zhou, "award_round", row.pk)
    assert "林小月" in published
    assert "表扬信" not in published  # who was not chosen stays unsaid
    assert "ES-204.06" in [one.clause for one in RegisterEntry.objects.all()]
    listed = page(chen, "promotion")
    assert listed.index("林小月") < listed.index("周")
    assert reverse("payroll:training_archive", args=[desk.lin.number]) in listed
    assert zhou.get(reverse("payroll:promotion")).status_code == 403


def test_the_clauses_that_are_shipped_off(desk):
    luo, tan = signed_in(desk.luo), signed_in(desk.tan)
    assert signed_in(desk.chen).get(reverse("payroll:opt_ins")).status_code == 403
    assert "CD-12.66" in page(luo, "opt_ins")
    given = {"rulebook": "CD", "clause": "CD-12.66"}
    assert send(luo, "opt_ins", **given, reason="").status_code == 422
    assert send(luo, "opt_ins", **given, reason="和工会谈过").status_code == 302
    row = OptIn.objects.get()
    assert send(luo, "opt_ins", confirm=row.pk).status_code == 422
    assert send(tan, "opt_ins", confirm=row.pk).status_code == 302
    assert "和工会谈过" in page(luo, "opt_ins")
