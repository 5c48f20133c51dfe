"""The settings of a clause in the words of the office."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from kefu import punctuation
from kefu.policy.clauses import Clause, Item, is_chinese

KINDS = {
    "elapsed": _("计时"),
    "fixed_time": _("定时"),
    "entry": _("补记"),
    "hours": _("营业时间"),
    "schedule": _("时刻"),
    "consequence": _("处罚"),
    "checklist": _("检查项"),
    "items": _("清单"),
    "fields": _("必填项"),
    "staffing": _("人数"),
    "duty": _("职责"),
}
AUTOMATION = {"full": _("自动"), "assisted": _("系统协助"), "manual": _("人工")}
# Settings that a supervisor asks about; the rest is how the program is wired.
SETTINGS = {
    "times": _("计时对象"),
    "channel": _("渠道"),
    "message": _("消息"),
    "limit": _("时限"),
    "unit": _("单位"),
    "day": _("日"),
    "at": _("时刻"),
    "applies_from": _("起用时刻"),
    "minutes": _("分钟"),
    "opens": _("开始"),
    "closes": _("结束"),
    "edge": _("界限"),
    "role": _("责任方"),
    "follows": _("所依条款"),
    "fine": _("罚款（元）"),
    "points": _("扣分"),
    "condition": _("生效条件"),
    "also": _("另须"),
    "causes": _("投诉原因"),
    "evidence_any_of": _("证据（任一）"),
    "nth": _("第几次起"),
    "pause_reasons": _("可挂起的理由"),
    "occasion": _("场合"),
    "items": _("内容"),
    "fields": _("栏目"),
    "at_least": _("至少"),
    "counts": _("数目"),
    "warn_before_minutes": _("提前预警（分钟）"),
    "lead_before_minutes": _("提前通知组长（分钟）"),
    "yields_to": _("让位于"),
}
VALUES: dict[str, Any] = {
    "customer_reply": _("回复客户"),
    "unreachable_reply": _("联系不上时回复客户"),
    "outlet_reply": _("网点反馈"),
    "promise": _("承诺回电"),
    "handling": _("办理"),
    "any": _("不限"),
    "phone": _("电话"),
    "chat": _("在线聊天"),
    "first": _("首条"),
    "later": _("后续"),
    "seconds": _("秒"),
    "hours": _("小时"),
    "same": _("当天"),
    "next": _("次日"),
    "by": _("不晚于"),
    "from": _("自"),
    "after": _("之后"),
    "owner": _("负责人"),
    "queried_outlet": _("被查询网点"),
    "asking_outlet": _("查询网点"),
    "liable_outlet": _("责任网点"),
    "origin_outlet": _("发件网点"),
    "delivery_outlet": _("派件网点"),
    "at_once": _("立即"),
    "complaint": _("引起投诉"),
    "repeat_call": _("客户再次来电"),
    "evidence": _("有证据"),
    "verification": _("经核实"),
    "late_reply": _("回复超时"),
    "no_reply": _("一直没有答复"),
    "rude_language": _("不文明用语"),
    "identity_refused": _("拒报工号或姓氏"),
    "shirking": _("推诿"),
    "phone_unreachable": _("电话打不通"),
    "claim_delayed": _("拖延理赔"),
    "lost": _("遗失"),
    "damaged": _("破损"),
    "delayed": _("延误"),
    "other": _("其他"),
    "agents": _("坐席"),
    "workstations": _("席位"),
    "open_extensions": _("在线坐席"),
    "query_seats": _("查询席"),
    "switchboards": _("总机"),
    "avatar": _("头像"),
    "contact": _("联系人"),
    "customer_informed": _("已告知客户"),
    "customer_phone": _("客户电话"),
    "delivery_on": _("送达日"),
    "department_reply": _("部门答复"),
    "duties": _("职责"),
    "fee": _("费用"),
    "fee_told": _("已告知费用"),
    "full_address": _("详细地址"),
    "further_needs_asked": _("已问其他需要"),
    "holder": _("接听人"),
    "inspected": _("已查验"),
    "item_type": _("物品类型"),
    "nickname": _("对外称呼"),
    "notes": _("备注"),
    "price": _("价格"),
    "prohibited_checked": _("已核对禁寄"),
    "recipient_address": _("收件地址"),
    "recipient_phone": _("收件电话"),
    "sender_address": _("寄件地址"),
    "sender_phone": _("寄件电话"),
    "title": _("称谓"),
    "waybill_number": _("运单号"),
    "consecutive": _("连续次数"),
    "rings": _("响铃次数"),
    "training_days": _("培训天数"),
    "landline": _("座机"),
    "staff_number": _("工号"),
    "surname": _("姓氏"),
    "appearance": _("仪容"),
    "closing": _("收班"),
    "conduct": _("行为"),
    "daily": _("每日"),
    "quality": _("质检"),
}
VALUES_OF = {("condition", "nth"): _("达到次数")}


def kind(code: str) -> str:
    return str(KINDS.get(code, code))


def automation(code: str) -> str:
    return str(AUTOMATION[code])


def value_in_words(setting: str, code: str) -> str:
    return str(VALUES_OF.get((setting, code)) or VALUES.get(code, code))


def settings(clause: Clause, language: str) -> list[tuple[str, str]]:
    """Return what the clause sets, in the order of the rulebook; a blank of the regulation says so."""
    found = []
    for name, value in _flat(clause):
        if name in SETTINGS and value not in ((), "any", {}):
            found.append((str(SETTINGS[name]), _text(name, value, language)))
    return found


def _flat(model: BaseModel) -> list[tuple[str, Any]]:
    """The fields with those of the house tables among them; one that is not given at all is left out."""
    found: list[tuple[str, Any]] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name == "house":
            found += _flat(value) if value is not None else []
        elif value is not None or name in model.model_fields_set:
            found.append((name, value))
    return found


def _text(name: str, value: Any, language: str) -> str:
    if value is None:
        return str(_("规章未定"))
    if isinstance(value, Item):
        return value.zh if is_chinese(language) else value.en
    if isinstance(value, tuple):
        return punctuation.alike(*(_text(name, one, language) for one in value))
    if isinstance(value, dict):
        return punctuation.alike(
            *(
                f"{value_in_words(name, key)} {_text(name, one, language)}"
                for key, one in value.items()
            )
        )
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if name == "fine" else f"{value.normalize():f}"
    if hasattr(value, "strftime"):
        return str(value.strftime("%H:%M"))
    return value_in_words(name, str(value))
