"""What the demo centre is made of: invented people, invented outlets, everyday sentences."""

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛范彭郎鲁韦昌马苗凤花方俞任袁柳"
GIVEN = (
    "明芳静丽强磊洋艳勇军杰娟涛超秀霞平刚桂英华玉兰梅琳宁凯婷雪倩颖帆辰涵若雨思远浩然子轩梓晨佳怡"
)
FIRMS = [
    "云锦布艺",
    "清河五金",
    "青禾茶业",
    "启明文具",
    "安泰医疗器械",
    "远山户外",
    "蓝湾水产",
    "瑞祥灯饰",
]

# province, city, districts
PLACES = [
    ("四川", "成都", ["武侯", "锦江", "高新"]),
    ("陕西", "西安", ["雁塔", "未央"]),
    ("浙江", "杭州", ["下沙", "滨江", "余杭"]),
    ("浙江", "义乌", ["江东", "稠城"]),
    ("山东", "青岛", ["市北", "黄岛"]),
    ("辽宁", "沈阳", ["铁西", "和平"]),
    ("福建", "福州", ["仓山", "台江"]),
    ("湖南", "长沙", ["岳麓", "雨花"]),
    ("湖北", "武汉", ["洪山", "江汉", "汉阳"]),
    ("广东", "广州", ["天河", "白云", "番禺"]),
    ("广东", "深圳", ["南山", "宝安", "龙岗"]),
    ("云南", "昆明", ["官渡", "五华"]),
    ("安徽", "合肥", ["蜀山", "包河"]),
    ("天津", "天津", ["河西", "南开"]),
    ("北京", "北京", ["朝阳", "海淀", "丰台"]),
    ("上海", "上海", ["浦东", "闵行", "嘉定"]),
    ("河南", "郑州", ["金水", "二七"]),
    ("重庆", "重庆", ["渝北", "江北"]),
    ("江苏", "南京", ["江宁", "鼓楼"]),
    ("江苏", "苏州", ["吴中", "园区"]),
    ("江苏", "扬州", ["邗江", "广陵", "江都"]),
    ("西藏", "拉萨", ["城关"]),
]

DEPARTMENTS = [  # code, what the rulebooks call it, name, English, works inquiries
    ("query", "query_desk", "查询部", "Query desk", True),
    ("business", "business_desk", "业务部", "Business desk", False),
    ("on_site", "", "驻点部", "On-site desk", True),
    ("report", "report_desk", "报告部", "Report desk", True),
    ("processing", "processing_desk", "处理部", "Processing desk", True),
    ("front", "front_desk", "前台", "Front desk", True),
    ("warehouse", "warehouse_office", "仓库管理办公室", "Warehouse office", True),
    ("complaint", "", "投诉部", "Complaint desk", True),
    ("claims", "", "理赔部", "Claims desk", True),
    ("after_sale", "after_sale_team", "售后组", "After-sale team", True),
]
SWITCHBOARD = "front"
PHONES = ("query", "business", "on_site")  # desks that are measured by their calls
BOOKS = {
    "complaint": "ES",
    "claims": "ES",
    "after_sale": "SD-2",
    "on_site": "LC",
}  # of desks with rules of their own
POSTS = {"投诉专员": "complaint_specialist"}
AVATARS = ["统一头像一", "统一头像二"]

POSITIONS = [
    ("查询员", "Tracing clerk", "受理查件，30 分钟内答复客户，跟进网点反馈"),
    ("开票员", "Billing clerk", "开具面单和票据"),
    ("大客户项目主管", "Key-account supervisor", "维护大客户，协调异常"),
    ("司机", "Driver", "干线和支线运输"),
    ("业务员", "Courier", "收件派件"),
    ("仓管员", "Warehouse keeper", "留仓件进出与盘点"),
    ("结算员", "Settlement clerk", "网点对账"),
    ("兑付员", "COD pay-out clerk", "代收货款兑付"),
    ("理赔员", "Claims adjuster", "查明事故，协商赔付，通知责任方"),
    ("投诉专员", "Complaint specialist", "重大投诉的核实、方案和回访"),
    ("值班组长", "Shift lead", "当班调度，升级处理"),
    ("客服主管", "Supervisor", "全面管理客服中心"),
]

STAFF = [  # number, role, department, position; the first of a role is its demo account
    ("0800", "manager", "query", "客服主管"),
    ("0801", "supervisor", "query", "客服主管"),
    ("0802", "supervisor", "processing", "客服主管"),
    ("0803", "shift_lead", "query", "值班组长"),
    ("0804", "shift_lead", "processing", "值班组长"),
    ("0811", "inspector", "query", "客服主管"),
    ("0812", "adjuster", "claims", "理赔员"),
    ("0813", "hr", "front", "客服主管"),
    ("0814", "finance", "front", "结算员"),
    ("0815", "adjuster", "claims", "理赔员"),
    ("0826", "agent", "query", "查询员"),
    ("0827", "agent", "query", "查询员"),
    ("0828", "agent", "query", "查询员"),
    ("0829", "agent", "query", "查询员"),
    ("0830", "agent", "query", "查询员"),
    ("0831", "agent", "query", "查询员"),
    ("0832", "agent", "query", "查询员"),
    ("0841", "agent", "business", "查询员"),
    ("0842", "agent", "front", "查询员"),
    ("0851", "agent", "on_site", "查询员"),
    ("0852", "agent", "on_site", "大客户项目主管"),
    ("0861", "agent", "report", "查询员"),
    ("0871", "agent", "processing", "查询员"),
    ("0872", "agent", "processing", "查询员"),
    ("0881", "agent", "front", "开票员"),
    ("0891", "agent", "warehouse", "仓管员"),
    ("0892", "agent", "warehouse", "仓管员"),
    ("0895", "agent", "complaint", "投诉专员"),
    ("0896", "agent", "complaint", "投诉专员"),
    ("0897", "agent", "after_sale", "查询员"),
]

QUESTIONS = {
    "trace": [
        "三天没有扫描，请查一下在哪里",
        "显示已签收，本人没收到，面单上谁签的",
        "派送两天没到，收件人电话一直正常",
        "到分拨后没有发往派件网点，客户急用",
        "一次查 2 票，都没有派件扫描",
        "外包装破了，里面少了一件，请核实",
    ],
    "expedite": [
        "收件人明天出差，今天能不能送到",
        "催一下，已经晚了一天",
        "医院等着用，请优先派送",
    ],
    "change": ["收件地址搬了，要求转送新址", "收件人电话换了，请改一下", "想改成自提，今天方便"],
    "consultation": ["寄到拉萨大概几天", "偏远乡镇能不能送", "易碎品怎么包装"],
    "other": ["想开一张运费发票", "上次的快递员服务很好，想表扬"],
}
COMPLAINTS = {
    "no_reply": "问了几次都没有人给答复，我要投诉",
    "late_reply": "说好半小时回电，等了一下午",
    "shirking": "让我自己打别的电话，推来推去",
    "delayed": "晚到三天，耽误了开业",
    "damaged": "外包装完好，里面的瓷器碎了两件",
}
ANSWERS = [
    "件在派送中，业务员今天 17:00 前送到，已留回电",
    "网点核实为门卫代收，已请业务员当面交付",
    "已改派新地址，明天上午送到",
    "件在分拨滞留，今晚随班车发出，明天派送",
    "已查到签收底单，姓名与收件人一致，照片稍后发您",
]
OUTLET_QUESTIONS = [
    "件到你处后没有派件扫描，请核实是否到件、何时派送",
    "客户说未收到，请提供签收人和底单",
    "请核实包装破损情况并拍照",
]
OUTLET_ANSWERS = [
    "件已到，今天下午派送",
    "签收为门卫代收，业务员正在取回",
    "件未到我处，请查上一站",
    "外包装轻微破损，照片已上传",
]
NOTES = ["客户情绪较急，回电先致歉", "业务员电话占线，10 分钟后再打", "已和仓库确认在库"]
CLOSINGS = ["客户已收到，满意", "已改派完成，客户知悉", "已答复，无其他需求"]
HAND_OVER = ["等网点回底单，明早九点前要回客户", "客户要求上午回电", "已催过一次，接着催"]
