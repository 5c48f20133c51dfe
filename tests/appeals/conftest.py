"""Chengdu's fine of 200 yuan, payable since 11:40, and the steps of an appeal against it."""

from io import BytesIO

import pytest

from inquiries import services as inquiries
from kefu.appeals import services as appeals
from tests.centre import at
from tests.frozen import centre, clock

__all__ = ["centre", "clock"]

PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


@pytest.fixture
def fine(centre, clock):
    case = centre.inquiry(now=at("08:55:00"))
    inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("09:00:00"),
    )
    inquiries.file_complaint(
        cause="no_reply",
        against=centre.chengdu,
        text="没有答复",
        channel="phone",
        asker="receiver",
        origin=case,
        department=centre.query_desk,
        owner=centre.zhou,
        actor=centre.zhou.user,
        now=clock("11:40:00"),
    )
    return case.penalties.get(clause="CD-05.10")


@pytest.fixture
def filed(centre, fine, clock):
    return file(fine, centre.chengdu, clock("12:00:00"))


def file(penalty, party, now, **given):
    facts = {"reason": "当天 10:50 已电话反馈，有录音", "actor": None}
    return appeals.file(penalty=penalty, party=party, now=now, **(facts | given))


def decide(appeal, who, now, *, uphold=False):
    appeals.decide(appeal=appeal, uphold=uphold, reason="录音核实过", actor=who.user, now=now)


def ask_second(appeal, now):
    appeals.ask_second(appeal=appeal, reason="录音没有听全", actor=None, now=now)


def attach(appeal, now, content=PDF):
    return appeals.add_evidence(appeal=appeal, upload=BytesIO(content), actor=None, now=now)
