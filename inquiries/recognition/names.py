"""Names in a text, and who of them writes."""

import re
from collections.abc import Iterator
from dataclasses import replace

from inquiries.recognition.found import Confidence, Found, Positions, Role, found_at
from inquiries.recognition.lines import AGENT, Line
from kefu.privacy.names import COMPOUND_READINGS, SINGLE_SURNAMES

_SURNAME = rf"(?:{'|'.join(COMPOUND_READINGS)}|[{''.join(sorted(SINGLE_SURNAMES))}])"
_TITLES = r"女士|先生|小姐|太太|老师|老板娘|老板|经理|师傅|阿姨|大姐|大哥|主任|医生"
_SHORT_TITLES = r"[总姐哥](?=$|[\s,:;。！？!?、说讲问的在要没看帮有给叫让打回也])"
_RECIPIENT = r"收件人|收货人|签收人|收件方|收方"
_SENDER = r"寄件人|发件人|发货人|寄方"
_TITLED = re.compile(
    rf"(?:(?P<recipient>{_RECIPIENT})|(?P<sender>{_SENDER}))?[: 是叫]{{0,2}}(?P<name>(?P<surname>{_SURNAME})(?:{_TITLES}|{_SHORT_TITLES}))"
)
# Surnames after which 先生 is a name, but which are also the words 查, 找, 单 … before one.
_WORD_SURNAMES = frozenset("查寻单于任包计成车常应安和连")
_NO_SURNAMES = frozenset("位向都由全从")
_NICKNAME = re.compile(
    "(?:老|小|阿)[王李张刘陈杨黄赵吴周徐孙朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖董潘袁蔡蒋余杜叶程魏苏吕丁卢姚沈姜崔谭陆汪廖贾夏"
    "方邹熊孟秦邱侯江尹薛阎段雷龙黎陶贺郝顾龚邵钱严覃武戴莫赖樊兰施洪](?!区|时|型|吃|费)"
)
_LABELLED = re.compile(
    rf"(?:(?P<recipient>{_RECIPIENT})|(?P<sender>{_SENDER})|联系人|姓名)(?:姓名|名字)?[ \t]{{0,2}}(?P<sign>[:是叫为]?)[ \t]{{0,2}}"
    rf"(?P<name>{_SURNAME}[\u4e00-\u9fff]{{1,3}})"
)
_NAME_STOPS = frozenset(
    "说没不的在要是电手已未称反讲问打叫也都又就让给拿联换改住把被想还与发寄查到地该位昨今上下裹便名收签你我他她女先"
)
_NO_NAMES = frozenset(
    [  # begin with a surname and are none
        "任何", "方便", "应该", "单位", "于是", "常常", "安排", "平时", "包裹", "全部", "时候", "何时",
        "何地", "高兴", "查询", "申请", "解释", "支付", "付款", "白天", "关机", "计划", "通过", "幸好",
        "能否", "由于", "满意", "习惯", "施工", "师傅", "经理", "常州", "温州", "郑州", "徐州", "苏州",
        "江苏", "江西", "广东", "云南", "武汉", "宁波", "金华", "唐山", "成都", "台州",
    ]
)  # fmt: skip
_FULL_NAME = re.compile(rf"{_SURNAME}[\u4e00-\u9fff]{{1,2}}")


def find_names(text: str, folded: str, lines: list[Line], taken: Positions) -> list[Found]:
    """Return every mention of a person outside the numbers ``taken``, the writers marked as such."""
    names: list[Found] = []
    for found in _TITLED.finditer(folded):
        family = found["surname"]
        if family in _NO_SURNAMES or (family in _WORD_SURNAMES and found["name"][1:] == "师傅"):
            continue
        label = bool(found["recipient"] or found["sender"])
        sure: Confidence = "high" if label else "low" if family in _WORD_SURNAMES else "medium"
        names.append(_name(text, found, "name", sure, "titled"))
    titled = Positions(names)
    for found in _LABELLED.finditer(folded):
        name = found["name"]
        family = 2 if name[:2] in COMPOUND_READINGS else 1
        cut = next(
            (index for index, char in enumerate(name[family:], family) if char in _NAME_STOPS),
            len(name),
        )
        if not found["sign"]:
            cut = min(cut, family + 2)
        if cut > family and name[:2] not in _NO_NAMES and not titled.touch(*found.span("name")):
            sure = "high" if found["sign"] == ":" else "medium"
            reason = "labelled" if found["sign"] == ":" else "after_label"
            names.append(_name(text, found, "name", sure, reason, length=cut))
    places = Positions(names)
    for found in _NICKNAME.finditer(folded):
        agent = AGENT.search(folded, max(0, found.start() - 4), found.start())
        if not agent and not places.touch(found.start(), found.end()):
            names.append(
                found_at("name", text, found.start(), found.end(), found[0], "medium", "nickname")
            )
    names += _header_names(text, folded, lines, Positions(names))
    names = [name for name in names if not taken.touch(name.start, name.end)]
    return _with_writers(folded, lines, names)


def _with_writers(folded: str, lines: list[Line], names: list[Found]) -> list[Found]:
    """Mark the names of who writes: in headers, and before a colon that begins a line (老吴：帮查一下)."""
    spoken = Positions(names)
    headers = [line.who for line in lines if line.header and not AGENT.search(folded, *line.who)]
    writers = {name.start for who in headers for name in spoken.within(*who)}
    begins = {line.start for line in lines}
    writers |= {
        name.start
        for name in names
        if name.start in begins and folded[name.end : name.end + 1] == ":"
    }
    return [replace(name, role="writer") if name.start in writers else name for name in names]


def firm_of(text: str, lines: list[Line], written: list[Found]) -> str:
    """Return what the first header has before the writer's name."""
    for line in lines:
        if line.header and written and line.who[0] <= written[0].start < line.who[1]:
            return text[line.who[0] : written[0].start].strip(" \t\u3000-_:\uff1a")
    return ""


def _header_names(text: str, folded: str, lines: list[Line], names: Positions) -> Iterator[Found]:
    """Yield the writers whose whole header is a person's name: 张三 14:19."""
    for line in lines:
        if line.header and not names.within(*line.who) and _FULL_NAME.fullmatch(folded, *line.who):
            yield found_at("name", text, *line.who, text[slice(*line.who)], "medium", "header")


def _name(
    text: str,
    found: re.Match[str],
    part: str,
    confidence: Confidence,
    reason: str,
    *,
    length: int | None = None,
) -> Found:
    start, end = found.span(part)
    end = end if length is None else start + length
    role: Role = "recipient" if found["recipient"] else "sender" if found["sender"] else ""
    return replace(
        found_at("name", text, start, end, text[start:end], confidence, reason), role=role
    )
