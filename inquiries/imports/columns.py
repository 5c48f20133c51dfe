"""The columns of an inquiry as a table: what the template shows and the import understands."""

from django.utils.translation import gettext_lazy as _

from inquiries.models import Inquiry
from kefu.cases.models import Case, Interaction
from kefu.imports.columns import Column, Columns, words
from kefu.privacy import masks

COLUMNS = Columns(
    Column(
        "waybill_number",
        _("运单号"),
        ("运单号", "运单编号", "运单", "单号", "快递单号", "面单号", "waybill", "waybill number", "waybill no.", "tracking number"),
        _("查件和催件要填运单号或电话；单元格设为文本，数字才不会丢"),
        "880612045537",
        18,
    ),
    Column(
        "kind",
        _("类型"),
        ("类型", "查询类型", "问题类型", "业务类型", "kind", "type"),
        _("咨询、查件、催件、改址改收件人、建议、其他协助；空着用导入时选的类型"),
        "查件",
        12,
    ),
    Column(
        "customer_name",
        _("客户姓名"),
        ("客户姓名", "姓名", "客户", "客户名称", "联系人", "来电人", "customer", "customer name", "name"),
        _("可以空着"),
        "陈晓梅",
        12,
        mask=masks.mask_name,
    ),
    Column(
        "customer_phone",
        _("联系电话"),
        (
            "联系电话", "电话", "客户电话", "回电", "回电号码", "手机", "手机号", "手机号码", "电话号码", "来电号码",
            "phone", "phone number", "mobile",
        ),
        _("手机，或带区号的固定电话"),
        "13800004545",
        16,
        mask=masks.mask_phone,
    ),
    Column(
        "text",
        _("事由"),
        ("事由", "内容", "备注", "问题描述", "描述", "查询内容", "来电内容", "text", "subject", "reason", "details"),
        _("必填；客户问了什么"),
        "三天没有扫描，请查一下在哪里",
        48,
    ),
    Column(
        "received_at",
        _("来电时间"),
        ("来电时间", "受理时间", "来信时间", "来电来信时间", "登记时间", "时间", "received", "received at", "time"),
        _("写到几点几分，如 2026-11-20 09:05，按北京时间；空着就是导入的时间"),
        "2026-11-20 09:05",
        18,
    ),
    Column(
        "channel",
        _("渠道"),
        ("渠道", "来源", "受理渠道", "channel"),
        _("电话、柜台、在线聊天、办公系统；空着记为表格导入"),
        "电话",
        12,
    ),
    Column(
        "asker",
        _("谁在问"),
        ("谁在问", "来电方", "客户身份", "身份", "asker", "caller"),
        _("寄件方、收件方、其他人、业务员、网点；空着记为其他人"),
        "收件方",
        12,
    ),
    Column(
        "outlet",
        _("网点"),
        ("网点", "对方网点", "派件网点", "涉及网点", "网点编号", "网点名称", "outlet"),
        _("编号或全称；可以空着"),
        "",
        16,
    ),
    Column(
        "priority",
        _("优先级"),
        ("优先级", "紧急程度", "priority"),
        _("普通或加急；空着是普通"),
        "普通",
        10,
    ),
    hint=_("运单号、联系电话、事由"),
)  # fmt: skip

# What people write in the cells of a column with fixed values.
KINDS = words(
    ("咨询 consultation", Inquiry.Kind.CONSULTATION),
    ("查件 查询 查单 查快递 查件单 trace tracing", Inquiry.Kind.TRACE),
    ("催件 催单 催派 催派件 expedite", Inquiry.Kind.EXPEDITE),
    ("改址改收件人 改址 改地址 改派 改收件人 更改地址 change addresschange", Inquiry.Kind.CHANGE),
    ("建议 suggestion", Inquiry.Kind.SUGGESTION),
    ("其他协助 其他 其它 other otherhelp", Inquiry.Kind.OTHER),
)
# These need more than a row has: the addresses, the cause, the outlet that asks.
KINDS_BY_FORM = words(
    ("下单取件 取件 下单 pickup pickuporder", Inquiry.Kind.PICKUP),
    ("投诉 complaint", Inquiry.Kind.COMPLAINT),
    ("网点查询 network_query networkquery", Inquiry.Kind.NETWORK_QUERY),
)
CHANNELS = words(
    ("电话 来电 phone", Interaction.Channel.PHONE),
    ("柜台 上门 现场 counter", Interaction.Channel.COUNTER),
    ("在线聊天 在线 聊天 微信 网页 chat", Interaction.Channel.CHAT),
    ("办公系统 oa", Interaction.Channel.OA),
    ("表格导入 导入 import tableimport", Interaction.Channel.IMPORT),
)
ASKERS = words(
    ("寄件方 寄件人 发件人 发件方 sender", Inquiry.Asker.SENDER),
    ("收件方 收件人 receiver recipient", Inquiry.Asker.RECEIVER),
    ("其他人 其他 其它 other someoneelse", Inquiry.Asker.OTHER),
    ("业务员 快递员 派件员 courier", Inquiry.Asker.COURIER),
    ("网点 outlet", Inquiry.Asker.OUTLET),
)
PRIORITIES = words(
    ("普通 一般 正常 normal", int(Case.Priority.NORMAL)),
    ("加急 紧急 急 urgent", int(Case.Priority.URGENT)),
)
