"""How the papers of a claim read: from the facts that were kept when they were issued, and from nothing else.

A paper that was issued is drawn by the layout of its day: when its words change, a new layout is put beside the old
one. The words are those of the contract and are Chinese whatever the reader's language, so they are not translated.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from claims.models import Document
from kefu.pdf import Block, Facts, Heading, Paper, Rows, Signatures, Words
from kefu.policy.money import in_capitals

Given = Mapping[str, Any]
Kind = Document.Kind
LAYOUT = 1
TITLES: Mapping[str, str] = {
    Kind.CLAIM_FORM: "理赔申请表",
    Kind.AGREEMENT: "理赔和解协议书",
    Kind.LIABILITY_NOTICE: "理赔责任告知书",
    Kind.DEDUCTION_NOTE: "扣款通知单",
}
NUMERALS = "一二三四五六七八九十"


def paper(kind: str, layout: int, number: str, given: Given) -> Paper:
    """Return the paper that ``given`` makes; raises KeyError for a layout there never was."""
    blocks = LAYOUTS[kind, layout](given)
    return Paper(TITLES[kind], number, str(given["company"]), blocks)


def _yuan(amount: str) -> str:
    return f"{Decimal(amount):,.2f} 元"


def _written_out(amount: str) -> str:
    return f"人民币 {_yuan(amount)}（大写：{in_capitals(Decimal(amount))}）"


def _said(given: Given, *pairs: tuple[str, str]) -> Facts:
    return Facts([(label, str(given.get(name) or "—")) for label, name in pairs])


def _money(given: Given, *pairs: tuple[str, str]) -> Facts:
    return Facts([(label, _yuan(given[name]) if given.get(name) else "—") for label, name in pairs])


def _numbered(lines: Sequence[str]) -> list[Block]:
    return [Words(f"{n}．{line}") for n, line in enumerate(lines, 1)]


PARCEL = (("理赔单号", "case"), ("运单号", "waybill"))
CLAIMANT = (("索赔人", "claimant"), ("联系电话", "phone"))


def _claim_form(given: Given) -> Sequence[Block]:
    evidence = [[str(n), kind, day] for n, (kind, day) in enumerate(given["evidence"], 1)]
    return [
        _said(given, *PARCEL, *CLAIMANT, ("身份", "role"), ("提出时间", "demanded_at")),
        Heading("一、货物与损失"),
        _said(
            given,
            ("类型", "loss"),
            ("始发", "origin"),
            ("目的", "destination"),
            ("寄件日期", "accepted_on"),
        ),
        _money(
            given,
            ("运费", "freight"),
            ("声明价值", "insured_amount"),
            ("证明价值", "proved_value"),
            ("索赔金额", "demanded_amount"),
        ),
        Words(f"经过：{given['summary'] or '—'}"),
        Heading("二、材料"),
        Rows(["序号", "材料", "收到日期"], evidence or [["—", "还没有材料", "—"]], [1, 5, 3]),
        Words("索赔人声明：以上情况属实，所附材料真实有效。"),
        Signatures(["索赔人", "受理人"]),
    ]


def _agreement(given: Given) -> Sequence[Block]:
    payee = (
        [f"收款人：{given['payee']}，账号：{given['account'] or '—'}。"]
        if given.get("payee")
        else []
    )
    return [
        _said(given, *PARCEL, ("甲方", "company"), ("乙方（索赔人）", "claimant"), ("联系电话", "phone"), ("签订日期", "agreed_on")),
        Words(
            f"运单 {given['waybill']} 发生{given['loss']}，乙方于 {given['demanded_at']} 提出索赔。"
            "双方协商一致，达成如下协议："
        ),
        *_numbered(
            [
                f"甲方一次性向乙方赔付{_written_out(given['amount'])}。",
                *payee,
                "甲方付清上述款项后，双方就本票货物再无其他争议，乙方不再以任何方式向甲方主张权利。",
                "乙方收到赔款后，货物如被找回，由双方另行商定处理办法。",
                "本协议自双方签字或盖章之日起生效，一式两份，双方各执一份，具有同等效力。",
            ]
        ),
        Signatures(["甲方", "乙方"]),
    ]  # fmt: skip


def _shared(given: Given) -> list[Block]:
    """What happened, and how it is divided, to one of the liable: his own line among the others'."""
    rows = [[name, f"{percent}%", _yuan(amount)] for name, percent, amount in given["shares"]]
    return [
        _said(given, *PARCEL, ("责任方", "party"), ("编号", "party_code"), ("类型", "loss"), ("定责日期", "found_on")),
        Heading(f"{NUMERALS[0]}、查明的情况"),
        Words(given["facts"] or "—"),
        Words(f"原因：{given['cause']}。划分理由：{given['reason'] or '—'}。"),
        Heading(f"{NUMERALS[1]}、责任划分"),
        Rows(["责任方", "比例", "金额"], rows, [6, 2, 3], frozenset({1, 2})),
    ]  # fmt: skip


def _liability_notice(given: Given) -> Sequence[Block]:
    how = "计入贵单位当月对账单" if given["form"] == "statement" else "以扣款通知单扣收"
    return [
        *_shared(given),
        Heading(f"{NUMERALS[2]}、应承担的金额"),
        Words(
            f"本票已与客户谈定赔付 {_yuan(given['settled'])}。按 {given['percent']}% 的责任，"
            f"{given['party']}应承担{_written_out(given['amount'])}，{how}。"
        ),
        Words("特此告知。对责任划分有异议的，请在收到后书面提出。"),
        Signatures(["告知人", "责任方（收到）"]),
    ]


def _deduction_note(given: Given) -> Sequence[Block]:
    return [
        *_shared(given),
        Heading(f"{NUMERALS[2]}、扣款"),
        Words(
            f"按 {given['percent']}% 的责任，{given['party']}应承担{_written_out(given['amount'])}，"
            "由财务按规定扣收；属于员工的，每月扣款不超过法定比例。"
        ),
        Words("本单已同时记入公司台账，扣款更正时另出冲销凭证。"),
        Signatures(["经办人", "责任人（知悉）", "财务"]),
    ]


LAYOUTS: Mapping[tuple[str, int], Callable[[Given], Sequence[Block]]] = {
    (Kind.CLAIM_FORM, 1): _claim_form,
    (Kind.AGREEMENT, 1): _agreement,
    (Kind.LIABILITY_NOTICE, 1): _liability_notice,
    (Kind.DEDUCTION_NOTE, 1): _deduction_note,
}
