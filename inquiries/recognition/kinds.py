"""What the customer wants, by the words he uses."""

import re
from collections.abc import Iterable

from inquiries.recognition.found import SURE, Confidence, Found, found_at, once

# What the customer wants: kind, reason, confidence, words. Where two kinds are equally sure, the earlier row wins.
_KINDS: tuple[tuple[str, str, Confidence, str], ...] = (
    ("complaint", "complaint", "high", r"(?<![不没])投诉|举报|12305|申诉|曝光"),
    ("claim", "compensation", "high", r"理赔|索赔|赔偿|赔付|赔钱|(?:要|怎么|给)赔"),
    ("claim", "damaged", "medium", r"破损|压坏|摔坏|坏了|碎了|烂了|漏了|湿了"),
    ("claim", "lost", "medium", r"丢件|丢了|弄丢|遗失|丢失|少件|短少|少了.{0,2}件"),
    ("refusal", "refused", "high", r"拒收|拒签|不想要了|不要了"),
    ("return", "intercept", "high", r"拦截|截单|截下|追回|别送了|不要送"),
    ("return", "return", "high", r"退回|退件|退货|拉回"),
    ("address_change", "address_change", "high", r"[改换]个?(?:一下|下)?(?:收货|收件)?地址|地址.{0,2}[写填发]?错|改派|改送|改寄|改到"),
    ("address_change", "phone_change", "high", r"[改换]个?(?:一下|下)?(?:收件人)?的?(?:电话|手机|号码|联系方式)|(?:电话|手机号?|号码).{0,2}[写填留]?错"),
    ("address_change", "name_change", "high", r"[改换]个?(?:一下|下)?(?:收件人|名字|姓名)(?!的?(?:电话|手机|地址|号码))"),
    ("self_pickup", "self_pickup", "high", r"自提|自取|[放存](?:在|到)?.{0,2}(?:驿站|代收点|快递柜|丰巢)"),
    ("trace", "not_moving", "high", r"[没不]动|[没不未]更新|没有更新|无更新|[没无](?:有)?(?:扫描|物流|轨迹|信息)|停滞|卡在|没走"),
    ("trace", "signed_not_received", "medium", r"签收.{0,20}[没未]有?(?:收到|拿到|见到)|[没未]有?(?:收到|拿到|见到).{0,20}签收|虚假签收|[非不]是?本人签"),
    ("trace", "not_received", "medium", r"[没未]有?(?:收到|拿到|送到|到货)|还没到"),
    ("trace", "asked_to_trace", "high", r"查件|查询|到哪|在哪|什么情况|查(?:一?下|几|个|个?单)|帮.{0,2}查"),
    ("expedite", "urged", "high", r"催|加急"),
    ("trace", "asked_to_look", "medium", r"看一?下|看看|跟进|核实|问一?下"),
    ("expedite", "hurried", "medium", r"快点|尽快|抓紧|赶紧|着急|急用|[很都挺好太]急"),
    ("pickup", "pickup", "high", r"上门[取揽收]|[取揽]件(?!码)|揽收"),
    ("pickup", "wants_to_send", "medium", r"[要想]寄|寄件(?![人方地时])|寄个?(?:快递|东西|包裹)"),
)  # fmt: skip
_KIND = [re.compile(words) for _kind, _reason, _sure, words in _KINDS]
_KIND_RANK = {reason: rank for rank, (_kind, reason, _sure, _words) in enumerate(_KINDS)}


def find_kinds(text: str, folded: str) -> list[Found]:
    """Return every mention of a wish; the value is its kind, the reason what it was known by."""
    return [
        found_at("kind", text, found.start(), found.end(), kind, sure, reason)
        for pattern, (kind, reason, sure, _words) in zip(_KIND, _KINDS, strict=True)
        for found in pattern.finditer(folded)
    ]


def likeliest(kinds: Iterable[Found]) -> tuple[Found, ...]:
    """Return the kinds, the likeliest first. Signed for, yet not received, says more than not received."""
    found = once(kinds)
    reasons = {kind.reason for kind in found}
    if "signed_not_received" in reasons:
        found = tuple(kind for kind in found if kind.reason != "not_received")
    return tuple(sorted(found, key=lambda kind: (SURE[kind.confidence], _KIND_RANK[kind.reason])))
