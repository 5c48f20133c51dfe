"""The columns of problem parcels as a table."""

from collections.abc import Mapping, Sequence

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kefu.imports.columns import Column, Columns, word
from kefu.policy.vocabulary import word as policy_word
from kefu.privacy import masks
from problem_parcels.models import ContactAttempt, ProblemParcel

COLUMNS = Columns(
    Column(
        "waybill_number",
        _("运单号"),
        ("运单号", "运单编号", "运单", "单号", "快递单号", "面单号", "waybill", "waybill number", "waybill no.", "tracking number"),
        _("必填；单元格设为文本，数字才不会丢"),
        "770612045501",
        18,
    ),
    Column(
        "problem",
        _("问题类型"),
        ("问题类型", "类型", "问题", "问题件类型", "problem", "problem type", "type"),
        _("必填；如送无人、地址不详、地址搬迁、改地址、到付拒收、拒收、超区、自取、错分、退回"),
        "送无人",
        12,
    ),
    Column(
        "outcome",
        _("联系结果"),
        ("联系结果", "电话结果", "拨打结果", "outcome", "call outcome", "contact outcome"),
        _("给收件人打电话的结果：已联系上、没人接、打不通、正在通话、已停机、已关机、电话故障、其他"),
        "没人接",
        12,
    ),
    Column(
        "contacted_at",
        _("联系时间"),
        ("联系时间", "拨打时间", "电话时间", "contacted at", "call time", "contact time"),
        _("写到几点几分，如 2026-11-20 16:05，按北京时间；在派件扫描之后"),
        "2026-11-20 16:05",
        18,
    ),
    Column(
        "refusal_reason",
        _("到付拒收理由"),
        ("到付拒收理由", "到付拒收原因", "拒付原因", "refusal reason"),
        _("到付拒收要写：嫌到付费贵、不接受到付、没有发票"),
        "",
        14,
    ),
    Column(
        "refusal_cause",
        _("拒收起因"),
        ("拒收起因", "谁造成拒收", "refusal cause"),
        _("拒收要写：收件人、不送上楼、态度不好"),
        "",
        12,
    ),
    Column(
        "reason",
        _("原因说明"),
        ("原因说明", "说明原因", "退回原因", "reason in words", "why"),
        _("拒收、退回、延误、其他要写；没有原因的次日原址再派"),
        "",
        30,
    ),
    Column(
        "detailed_reason",
        _("拆包原因"),
        ("拆包原因", "验货原因", "详细原因", "detailed reason"),
        _("拆包验货要写详细"),
        "",
        24,
    ),
    Column(
        "notified_party",
        _("通知了谁"),
        ("通知了谁", "被通知人", "notified", "notified party"),
        _("拆包验货要写通知了谁"),
        "",
        12,
    ),
    Column(
        "notified_at",
        _("通知时间"),
        ("通知时间", "notified at"),
        _("拆包验货要写，在派送结束之前"),
        "",
        18,
    ),
    Column(
        "round_ended_at",
        _("派送结束时间"),
        ("派送结束时间", "派送结束", "round ended", "round ended at"),
        _("拆包验货：这一趟几点派完"),
        "",
        18,
    ),
    Column(
        "pickup_answer",
        _("自取答复"),
        ("自取答复", "是否自取", "pickup answer"),
        _("超区要写：愿意来取、不愿来取、今天没空来、过几天来取"),
        "",
        12,
    ),
    Column(
        "pickup_date",
        _("来取日期"),
        ("来取日期", "自取日期", "pickup date"),
        _("过几天来取的要写哪天"),
        "",
        12,
    ),
    Column(
        "pickup_place",
        _("自取地点"),
        ("自取地点", "自提地点", "pickup place"),
        _("自取要写：分点、总公司"),
        "",
        10,
    ),
    Column(
        "pickup_time",
        _("自取时间"),
        ("自取时间", "自提时间", "pickup time"),
        _("自取要写几时来取"),
        "",
        14,
    ),
    Column(
        "agreed",
        _("约定"),
        ("约定", "约定派送", "agreed"),
        _("已约次日派送的写“明天”"),
        "",
        10,
    ),
    Column(
        "changed",
        _("改了什么"),
        ("改了什么", "更改内容", "changed"),
        _("改地址要写：地址、收件人、电话、收件人和电话"),
        "",
        14,
    ),
    Column(
        "new_address",
        _("新地址"),
        ("新地址", "正确地址", "详细地址", "new address", "correct address"),
        _("写到门牌"),
        "",
        30,
        mask=masks.mask_address,
    ),
    Column(
        "new_recipient",
        _("新收件人"),
        ("新收件人", "new recipient"),
        _("改收件人的要写"),
        "",
        12,
        mask=masks.mask_name,
    ),
    Column(
        "new_phone",
        _("新电话"),
        ("新电话", "新收件电话", "new phone"),
        _("改电话的要写"),
        "",
        16,
        mask=masks.mask_phone,
    ),
    Column(
        "requested_delivery_time",
        _("要求派送时间"),
        ("要求派送时间", "约定派送时间", "requested delivery time"),
        _("地址不详、已联系上的要写"),
        "",
        16,
    ),
    Column(
        "contractor",
        _("承包区"),
        ("承包区", "所属承包区", "contractor", "contract area"),
        _("地址不详要写：不明；能确定又有营业场所的由承包区自己处理"),
        "",
        12,
    ),
    Column(
        "return_asked_by",
        _("谁要求退回"),
        ("谁要求退回", "退回要求方", "要求退回方", "return asked by"),
        _("退回要写：发件公司、收件人"),
        "",
        12,
    ),
    Column(
        "routing_text",
        _("大字"),
        ("大字", "目的地大字", "routing text"),
        _("错发要写：缺、写错"),
        "",
        8,
    ),
    Column(
        "correct_destination",
        _("正确目的地"),
        ("正确目的地", "correct destination"),
        _("错发要写"),
        "",
        12,
    ),
    Column(
        "old_destination",
        _("原目的地"),
        ("原目的地", "错写目的地", "old destination"),
        _("大字写错的要写"),
        "",
        12,
    ),
    Column(
        "courier",
        _("业务员"),
        ("业务员", "派件业务员", "派件员", "快递员", "courier"),
        _("编号或姓名；理由不成立、延误归业务员的要写"),
        "",
        12,
    ),
    Column(
        "remark",
        _("备注"),
        ("备注", "问题备注", "remark", "note"),
        _("可以空着；有固定写法的类型自动写"),
        "",
        40,
    ),
    Column(
        "place",
        _("存放在"),
        ("存放在", "存放地点", "存放", "place", "location"),
        _("仓库、营业厅；空着是仓库"),
        "",
        10,
    ),
    hint=_("运单号、问题类型、联系结果"),
)  # fmt: skip

# What is chosen, and not said in the clerk's own words or known from elsewhere, goes to policy by its name.
CHOSEN = (
    "refusal_reason", "refusal_cause", "notified_party", "pickup_answer", "pickup_place", "agreed", "changed",
    "contractor", "return_asked_by", "routing_text",
)  # fmt: skip
# Said in one's own words: the rulebook asks whether they are there, not what they say.
SAID = (
    "detailed_reason", "pickup_date", "pickup_time", "requested_delivery_time", "correct_destination",
    "old_destination",
)  # fmt: skip
MOMENTS = ("notified_at", "round_ended_at")
# The names policy has for what may be chosen where the rulebook lists nothing; its lists are added to these.
VALUES: Mapping[str, Sequence[str]] = {
    "refusal_cause": ("recipient", "not_carried_upstairs", "bad_attitude"),
    "notified_party": ("sending_company", "recipient", "sender"),
    "agreed": ("tomorrow",),
    "changed": ("address", "recipient", "phone", "recipient_and_phone"),
    "contractor": ("unknown", "known", "known_with_premises"),
    "routing_text": ("missing", "wrong"),
}
# Which column a name of policy's is filled in by, where they differ.
COLUMN_OF = {
    "reached": "outcome",
    "contact_attempt": "outcome",
    "contact_confirmed": "outcome",
    "unreachable_reason": "outcome",
    "nobody_home_remark": "outcome",
    "every_number_called": "outcome",
    "contacted_hour_and_minute": "contacted_at",
    "attempt_date": "contacted_at",
    "attempt_hour_and_minute": "contacted_at",
    "full_new_address": "new_address",
    "correct_address": "new_address",
    "notified": "notified_at",
}


def _labelled(
    choices: type[ProblemParcel.Problem | ProblemParcel.Place | ContactAttempt.Outcome],
) -> dict[str, str]:
    """What people write for a choice: its name in either language, and policy's."""
    known = {word(choice.value): choice.value for choice in choices}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            known |= {word(str(choice.label)): choice.value for choice in choices}
    return known


def words_of(values: Sequence[str]) -> dict[str, str]:
    """What people write for names of policy's."""
    said = {word(value): value for value in values}
    return said | {word(policy_word(v, lang)): v for v in values for lang in ("zh-hans", "en")}


PLACES = _labelled(ProblemParcel.Place)
PROBLEMS = _labelled(ProblemParcel.Problem)
OUTCOMES = _labelled(ContactAttempt.Outcome)
