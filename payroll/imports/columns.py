"""The columns of a time clock's table."""

from django.utils.translation import gettext_lazy as _

from kefu.imports.columns import Column, Columns, words
from payroll.models import Punch

COLUMNS = Columns(
    Column(
        "number",
        _("工号"),
        ("工号", "员工编号", "考勤号码", "考勤号", "登记号码", "employee number", "staff number", "user id", "no."),
        _("必填；单元格设为文本，前面的 0 才不会丢"),
        "0826",
        10,
    ),
    Column(
        "at",
        _("打卡时间"),
        ("打卡时间", "刷卡时间", "考勤时间", "日期时间", "签到时间", "punched at", "date/time", "datetime"),
        _("写到几点几分，如 2026-11-20 08:02，按北京时间；日期和时间分两栏的，填后两栏"),
        "2026-11-20 08:02",
        20,
    ),
    Column(
        "day",
        _("日期"),
        ("日期", "考勤日期", "打卡日期", "date"),
        _("日期和时间分两栏时填"),
        "2026-11-20",
        12,
    ),
    Column(
        "clock",
        _("时间"),
        ("时间", "时刻", "time"),
        _("日期和时间分两栏时填"),
        "08:02",
        8,
    ),
    Column(
        "direction",
        _("上下班"),
        ("上下班", "方向", "考勤状态", "打卡类型", "签到签退", "状态", "direction", "in/out", "status"),
        _("上班或下班；空着按排班判断"),
        "上班",
        8,
    ),
    hint=_("工号、打卡时间"),
)  # fmt: skip

DIRECTIONS = words(
    ("上班 上班签到 上班卡 签到 进 进门 in checkin c/in i 0", Punch.Direction.IN.value),
    ("下班 下班签退 下班卡 签退 出 出门 out checkout c/out o 1", Punch.Direction.OUT.value),
)
