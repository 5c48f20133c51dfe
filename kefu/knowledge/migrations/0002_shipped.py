"""The thirty-four provinces, and our own first words for the phone and for messages: each may be changed by a new version."""

from django.db import migrations
from django.utils import timezone

PROVINCES = (  # name, as people say it, in pinyin
    "北京市 北京 bei-jing,天津市 天津 tian-jin,河北省 河北 he-bei,山西省 山西 shan-xi,内蒙古自治区 内蒙古 nei-meng-gu,辽宁省 辽宁 liao-ning,"
    "吉林省 吉林 ji-lin,黑龙江省 黑龙江 hei-long-jiang,上海市 上海 shang-hai,江苏省 江苏 jiang-su,浙江省 浙江 zhe-jiang,安徽省 安徽 an-hui,"
    "福建省 福建 fu-jian,江西省 江西 jiang-xi,山东省 山东 shan-dong,河南省 河南 he-nan,湖北省 湖北 hu-bei,湖南省 湖南 hu-nan,"
    "广东省 广东 guang-dong,广西壮族自治区 广西 guang-xi,海南省 海南 hai-nan,重庆市 重庆 chong-qing,四川省 四川 si-chuan,贵州省 贵州 gui-zhou,"
    "云南省 云南 yun-nan,西藏自治区 西藏 xi-zang,陕西省 陕西 shan-xi,甘肃省 甘肃 gan-su,青海省 青海 qing-hai,宁夏回族自治区 宁夏 ning-xia,"
    "新疆维吾尔自治区 新疆 xin-jiang,台湾省 台湾 tai-wan,香港特别行政区 香港 xiang-gang,澳门特别行政区 澳门 ao-men"
)
WORDS = (  # name, channel, occasion, Chinese, English
    (
        ("开头问候", "Opening"), "phone", "greeting",
        "您好，这里是{{ company }}{{ department }}，我是 {{ agent }}，请问有什么可以帮您？",
        "Hello, this is {{ company }}. My name is {{ agent }}; how can I help you?",
    ),
    (
        ("结束语", "Closing"), "phone", "closing",
        "您的事我已经记下，单号是 {{ case }}。还有别的需要吗？谢谢您的来电，再见。",
        "I have noted this under {{ case }}. Is there anything else? Thank you for calling, goodbye.",
    ),
    (
        ("快件延误", "Delayed parcel"), "phone", "delay",
        "您的快件 {{ waybill }} 比预计的慢了，让您久等，很抱歉。我马上向 {{ outlet }} 核实它现在的位置，{{ due }} 之前给您回话。",
        "Your parcel {{ waybill }} is slower than expected and I am sorry for the wait. I am asking {{ outlet }} where it is now and will call you back before {{ due }}.",
    ),
    (
        ("恶劣天气", "Severe weather"), "phone", "storm",
        "受恶劣天气影响，发往{{ destination }}的车辆暂时不能正常通行，您的快件 {{ waybill }} 安全地停在路上的站点。道路一恢复我们就发车，有进展会主动告诉您。",
        "Because of severe weather, vehicles to {{ destination }} cannot run normally. Your parcel {{ waybill }} is safe at a station on the way; it leaves as soon as the roads open, and we will tell you of any news.",
    ),
    (
        ("系统故障", "System failure"), "phone", "failure",
        "很抱歉，我们的查询系统正在抢修，暂时看不到实时的物流信息。我先记下您的单号和电话，系统恢复后第一时间给您回电。",
        "I am sorry, our tracking system is being repaired and I cannot see live data. I will note your number and call you back as soon as it works again.",
    ),
    (
        ("转告结果短信", "Result by SMS"), "sms", "result",
        "【{{ company }}】您的快件 {{ waybill }} 已查到：＿＿。如有疑问请回复单号 {{ case }}。",
        "{{ company }}: your parcel {{ waybill }} was traced: ____. Questions? Quote {{ case }}.",
    ),
    (
        ("延误短信", "Delay by SMS"), "sms", "delay",
        "【{{ company }}】很抱歉，您的快件 {{ waybill }} 有延误，正在催 {{ outlet }}，{{ due }} 前给您答复。",
        "{{ company }}: we are sorry, parcel {{ waybill }} is delayed. We are pressing {{ outlet }} and will answer before {{ due }}.",
    ),
    (
        ("延误说明", "Delay explained"), "wechat", "delay",
        "您好，您的快件 {{ waybill }} 在发往{{ destination }}的途中有延误，给您添麻烦了。我们已联系 {{ outlet }}，{{ due }} 前回复您。",
        "Hello, your parcel {{ waybill }} is delayed on its way to {{ destination }}; we are sorry for the trouble. We have contacted {{ outlet }} and will reply before {{ due }}.",
    ),
    (
        ("查件结果邮件", "Result by e-mail"), "email", "result",
        "尊敬的客户：\n您查询的快件 {{ waybill }}（单号 {{ case }}）结果如下：\n＿＿\n如需进一步帮助，请回复本邮件。\n{{ company }} {{ agent }}\n{{ today }}",
        "Dear customer,\nthis is the result of your inquiry {{ case }} about parcel {{ waybill }}:\n____\nIf you need anything else, please reply to this e-mail.\n{{ company }}, {{ agent }}\n{{ today }}",
    ),
    (
        ("催网点核实", "Ask an outlet"), "network", "other",
        "{{ outlet }}：请核实运单 {{ waybill }} 的位置和派送情况，{{ due }} 前反馈。单号 {{ case }}，{{ agent }}。",
        "{{ outlet }}: please check where waybill {{ waybill }} is and whether it is being delivered, and reply before {{ due }}. Case {{ case }}, {{ agent }}.",
    ),
)  # fmt: skip


def ship(apps, schema_editor):
    place, name = apps.get_model("knowledge", "Place"), apps.get_model("knowledge", "PlaceName")
    for full, short, pinyin in (line.split() for line in PROVINCES.split(",")):
        row, _new = place.objects.get_or_create(name=full, parent=None, level=1)
        keys = {
            "full": full,
            "short": short,
            "pinyin": pinyin.replace("-", ""),
            "initials": "".join(part[0] for part in pinyin.split("-")),
        }
        for kind, key in keys.items():
            name.objects.get_or_create(place=row, kind=kind, key=key)
    wording = apps.get_model("knowledge", "Wording")
    version = apps.get_model("knowledge", "WordingVersion")
    now = timezone.now()
    for titles, channel, occasion, chinese, english in WORDS:
        for title, language, text in zip(titles, ("zh-hans", "en"), (chinese, english), strict=True):
            row, new = wording.objects.get_or_create(
                name=title, channel=channel, occasion=occasion, language=language, department=None
            )
            if new:
                version.objects.create(
                    wording=row, number=1, text=text, drafted_at=now, approved_at=now
                )


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_knowledge")]

    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
