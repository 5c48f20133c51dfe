"""Every sentence an explanation can say, in both languages, in one table.

The words in braces are the same in both columns. Policy has no gettext: a stored decision has to
explain itself the same way in ten years, whatever the catalogues of the pages say by then.
"""

from kefu.policy.both import Both
from kefu.policy.words_desk import DESK
from kefu.policy.words_money import MONEY
from kefu.policy.words_people import PEOPLE
from kefu.policy.words_time import TIME

__all__ = ["WORDS", "Both"]

WORDS: dict[str, Both] = {
    # How values read.
    "unit.day": Both("{n} 天", "{n} d"),
    "unit.hour": Both("{n} 小时", "{n} h"),
    "unit.minute": Both("{n} 分", "{n} min"),
    "unit.whole_minutes": Both("{n} 分钟", "{n} min"),
    "unit.second": Both("{n} 秒", "{n} s"),
    "unit.instant": Both("不到 1 秒", "under 1 s"),
    "unit.fine": Both("{n} 元", "{n} yuan"),
    "unit.points": Both("{n} 分", "{n} points"),
    "unit.complaints": Both("{n} 件", "{n}"),
    "unit.not_set": Both("待主管填写", "to be entered by a supervisor"),
    "unit.none": Both("没有", "none"),
    "unit.recorded": Both("已有", "on record"),
    # Facts.
    "fact.start.reply": Both("收到", "Received"),
    "fact.start.outlet": Both("查询发出", "Asked at"),
    "fact.start.promise": Both("作出承诺", "Promised at"),
    "fact.start.seat": Both("当天", "Day begins"),
    "fact.start": Both("开始计时", "Clock started"),
    "fact.happened": Both("发生", "Happened at"),
    "fact.answered.reply": Both("答复", "Answered at"),
    "fact.answered.outlet": Both("反馈到达", "Feedback at"),
    "fact.answered.promise": Both("回电", "Called back at"),
    "fact.answered.seat": Both("席位就绪", "Seat ready at"),
    "fact.answered": Both("答复", "Answered at"),
    "fact.no_answer": Both("尚无", "not yet"),
    "fact.counting": Both("计时方式", "Counting"),
    "fact.counting.through": Both("连续，未挂起", "without a break, not paused"),
    "fact.counting.paused": Both("连续，挂起不计", "without a break, pauses left out"),
    "fact.counting.fixed": Both("固定时刻，日历日", "fixed time, calendar days"),
    "fact.complaint": Both("关联投诉", "Linked complaints"),
    "fact.repeat_call": Both("再次来电", "Repeat call"),
    # Steps: how a due time or a day comes about.
    "step.due_elapsed": Both("截止 = {start} + {limit}", "Due = {start} + {limit}"),
    "step.due_elapsed.value": Both("{at}", "{at}"),
    "step.due_paused": Both("挂起 {paused}，顺延", "Paused for {paused}, moved on"),
    "step.due_paused.value": Both("{at}", "{at}"),
    "step.before_opening": Both(
        "{received} 收到，{opens} 才上班", "Received {received}, opens at {opens}"
    ),
    "step.before_opening.value": Both("上班前", "before opening"),
    "step.after_closing": Both(
        "{received} 收到，查询线 {closes} 已停",
        "Received {received}, the line closed at {closes}",
    ),
    "step.after_closing.value": Both("停线后", "after closing"),
    "step.unreachable": Both(
        "{duty_from} 起为晚班，{failed} 联系对方无人接",
        "Evening duty from {duty_from}, counterpart called in vain {failed}",
    ),
    "step.unreachable.value": Both("联系不上", "unreachable"),
    "step.due_fixed": Both("截止 = {days} {time}", "Due = {days} {time}"),
    "step.due_fixed.value": Both("{at}", "{at}"),
    "step.due_daily": Both("截止 = 每个工作日 {time}", "Due = every working day {time}"),
    "step.due_daily.value": Both("{at}", "{at}"),
    "step.due_promised": Both("截止 = 承诺的时间", "Due = the promised time"),
    "step.due_promised.value": Both("{at}", "{at}"),
    "step.promise_cut": Both(
        "承诺的 {promised} 更晚，以时限为准",
        "Promised for {promised}, the limit is sooner",
    ),
    "step.promise_cut.value": Both("{at}", "{at}"),
    "step.due_stored": Both("按 {clause} 计时截止", "Due as clause {clause} counts"),
    "step.due_stored.value": Both("{at}", "{at}"),
    "step.pickup_next_day": Both(
        "{recorded} 下单，晚于 {after}，改次日",
        "Ordered {recorded}, after {after}: next day",
    ),
    "step.pickup_next_day.value": Both("{on}", "{on}"),
    "step.pickup_kept": Both(
        "{recorded} 下单，晚于 {after}，主管留在当日",
        "Ordered {recorded}, after {after}; a supervisor kept the day",
    ),
    "step.pickup_kept.value": Both("{on}", "{on}"),
    "step.pickup_window": Both("一般 {time} 起取件", "Pickups are normally from {time}"),
    "step.pickup_window.value": Both("{at}", "{at}"),
    # Steps: whether the counter takes a parcel.
    "step.has.inspected": Both("开箱验视过", "Opened and inspected"),
    "step.has.inspected.value": Both("已验视", "inspected"),
    "step.lacks.inspected": Both("没有验视，不能收", "Not inspected: not taken"),
    "step.lacks.inspected.value": Both("未验视", "not inspected"),
    "step.has.prohibited_checked": Both("对照禁寄清单查过", "Checked against the prohibited list"),
    "step.has.prohibited_checked.value": Both("已核对", "checked"),
    "step.lacks.prohibited_checked": Both(
        "没有对照禁寄清单，不能收", "Not checked against the prohibited list: not taken"
    ),
    "step.lacks.prohibited_checked.value": Both("未核对", "not checked"),
    "step.goods_clear": Both("没有{goods}", "None of: {goods}"),
    "step.goods_clear.value": Both("可收", "may be taken"),
    "step.goods_refused": Both("{goods}，谁都不能放行", "{goods}: nobody may let this pass"),
    "step.goods_refused.value": Both("拒收", "refused"),
    "step.goods_refused_by_air": Both("{goods}不能走航空", "{goods}: not by air"),
    "step.goods_refused_by_air.value": Both("拒收", "refused"),
    "step.goods_stopped": Both("{goods}，要主管放行", "{goods}: a supervisor may let it pass"),
    "step.goods_stopped.value": Both("先不收", "stopped"),
    "step.goods_released": Both("{goods}，主管已放行", "{goods}: a supervisor let it pass"),
    "step.goods_released.value": Both("可收", "may be taken"),
    "step.settled": Both("结算方式：{choice}", "Settlement: {choice}"),
    "step.settled.value": Both("已选", "chosen"),
    "step.unsettled": Both("没有选结算方式", "No settlement chosen"),
    "step.unsettled.value": Both("要选", "missing"),
    "step.form_chosen": Both("用{choice}", "Goes on: {choice}"),
    "step.form_chosen.value": Both("已定", "settled"),
    "step.form_open": Both("付款方式未定，不知用哪种面单", "Payment open: the form is not known"),
    "step.form_open.value": Both("要选", "missing"),
    "step.has.fee_told": Both("费用已告知客户", "The customer was told the fee"),
    "step.has.fee_told.value": Both("已告知", "told"),
    "step.lacks.fee_told": Both("还没有告知客户费用", "The customer was not told the fee"),
    "step.lacks.fee_told.value": Both("要告知", "missing"),
    "step.has.price": Both("面单注明价格", "The waybill shows the price"),
    "step.has.price.value": Both("{price}", "{price}"),
    "step.lacks.price": Both("现付件要注明价格", "A prepaid waybill shows its price"),
    "step.lacks.price.value": Both("要填", "missing"),
    "step.marked": Both("面单右下角写“{mark}”", "Mark, bottom right of the waybill: “{mark}”"),
    "step.marked.value": Both("要写", "to be written"),
    "step.packing_notice": Both(
        "易碎，要提醒客户加固包装", "Fragile: tell the customer to pack it firmly"
    ),
    "step.packing_notice.value": Both("要提醒", "to be told"),
    "days.0": Both("当日", "same day"),
    "days.1": Both("次日", "next day"),
    # Steps: what a breach costs.
    "sum.late": Both("超出 = {answered} − {due}", "Overdue by = {answered} − {due}"),
    "sum.used": Both("用时 = {answered} − {start}", "Taken = {answered} − {start}"),
    "sum.unanswered": Both("截至 {detected} 尚无答复", "No answer by {detected}"),
    "sum.unanswered.value": Both("已超时", "overdue"),
    "sum.each": Both("每次 {each} × {times} 次", "{each} each × {times}"),
    "sum.complaint.met": Both("已有关联投诉，生效", "A complaint is linked: it counts"),
    "sum.complaint.open": Both("关联投诉 0 件，不生效", "No linked complaint: it does not count"),
    "sum.repeat_call.met": Both(
        "超时后、答复前客户再次来电，生效",
        "The customer called again while it was overdue: it counts",
    ),
    "sum.repeat_call.open": Both(
        "超时后客户未再次来电，不生效",
        "The customer did not call again: it does not count",
    ),
    "sum.evidence.met": Both("举证已齐，生效", "Evidence is on file: it counts"),
    "sum.evidence.open": Both("尚无举证，不生效", "No evidence yet: it does not count"),
    "sum.verification.met": Both("已核实，生效", "Verified: it counts"),
    "sum.verification.open": Both("尚未核实，不生效", "Not verified yet: it does not count"),
    "sum.nth.met": Both("次数已到，生效", "The count is reached: it counts"),
    "sum.nth.open": Both("次数未到，不生效", "The count is not reached: it does not count"),
    "sum.at_once.met": Both("超时即生效", "Counts at once"),
    "sum.at_once.open": Both("超时即生效", "Counts at once"),
    "sum.held": Both("本方系统中断，先不执行", "Our own system was down: not applied for now"),
    "sum.reversed": Both("已冲销", "Reversed"),
    "sum.reversed.in_time": Both(
        "答复其实按时，自动冲销", "The answer was in time after all: reversed"
    ),
    "sum.reversed.waiver": Both("主管免除，已审批", "Waived by a supervisor and approved"),
    "sum.reversed.appeal": Both("异议成立，冲销", "The objection was upheld: reversed"),
    "sum.reversed.correction": Both("更正，冲销", "Corrected: reversed"),
    "sum.disputed": Both(
        "有异议在审议，审议完才能结清", "Under appeal: not settled until it is decided"
    ),
    "sum.lapsed": Both("结案时条件仍未成立，失效", "The condition was never met: lapsed"),
    "total.fine": Both("现在要扣", "To pay now"),
    "total.points": Both("现在要扣", "To deduct now"),
    "total.due": Both("截止时间", "Due"),
    # States.
    "state.provisional": Both("暂记", "provisional"),
    "state.payable.fine": Both("应付", "payable"),
    "state.payable.points": Both("应扣", "deducted"),
    "state.held": Both("待复核", "held for review"),
    "state.reversed": Both("已冲销", "reversed"),
    "state.lapsed": Both("已失效", "lapsed"),
    "state.settled": Both("已结清", "settled"),
    "state.running": Both("计时中", "running"),
    "state.met": Both("按时", "in time"),
    "state.breached": Both("超时", "overdue"),
    "state.set_aside": Both("已搁置", "set aside"),
    "state.cancelled": Both("已撤销", "cancelled"),
    # How it can change.
    "change.complaint": Both("客户投诉", "The customer complains"),
    "change.repeat_call": Both("客户再次来电", "The customer calls again"),
    "change.evidence": Both("补齐举证", "Evidence is supplied"),
    "change.verification": Both("主管核实", "A supervisor verifies it"),
    "change.nth": Both("次数达到", "The count is reached"),
    "change.becomes.fine": Both(
        "转为应付，记入当月对账单", "Becomes payable, on that month's statement"
    ),
    "change.becomes.points": Both("转为应扣，记入当月考核", "Is deducted in that month's score"),
    "change.repeat_call.fine": Both(
        "答复前来电才算，转为应付", "Becomes payable, if before the answer"
    ),
    "change.repeat_call.points": Both(
        "答复前来电才算，记入当月考核",
        "Is deducted in that month's score, if before the answer",
    ),
    "change.appeal.outlet": Both("网点提异议", "The outlet objects"),
    "change.appeal.owner": Both("本人提异议", "The employee objects"),
    "change.appeal.then": Both("复核成立则冲销", "Reversed if upheld"),
    "change.appeal.settled": Both("复核成立则下期退回", "Paid back next month if upheld"),
    "change.waiver.fine": Both("主管免罚", "A supervisor waives it"),
    "change.waiver.points": Both("主管免扣", "A supervisor waives it"),
    "change.waiver.then": Both(
        "写理由，另一人审批后冲销",
        "With a reason and another person's approval it is reversed",
    ),
    "change.time.reply": Both("答复时间更正", "The time of the answer is corrected"),
    "change.time.outlet": Both("反馈时间更正", "The time of the feedback is corrected"),
    "change.time.promise": Both("回电时间更正", "The time of the call is corrected"),
    "change.time.seat": Both("就绪时间更正", "The time of the seat is corrected"),
    "change.time": Both("答复时间更正", "The time of the answer is corrected"),
    "change.time.then": Both("不晚于 {due} 则自动冲销", "At {due} or before: reversed by itself"),
    "change.time.met": Both("不晚于 {due} 则改为按时", "At {due} or before: it was in time"),
    "change.review": Both("主管复核", "A supervisor reviews it"),
    "change.review.then": Both(
        "维持则恢复原状，否则冲销", "Upheld it goes on, otherwise it is reversed"
    ),
    "change.set_aside": Both("管理员查明原因", "An administrator finds the cause"),
    "change.set_aside.then": Both("恢复后照原时限判定", "Then it is judged by the same due time"),
    "change.final": Both("已了结", "Closed"),
    "change.final.then": Both("不再变化，原记录保留", "Does not change any more; the record stays"),
    "change.answer.reply": Both("实质答复客户", "A substantive answer to the customer"),
    "change.answer.outlet": Both("网点反馈", "The outlet gives feedback"),
    "change.answer.promise": Both("如约回电", "The call is made"),
    "change.answer": Both("完成", "It is done"),
    "change.answer.seat": Both("席位就绪", "The seat is ready"),
    "change.answer.then": Both(
        "停表；{due} 整仍算按时", "Stops the clock; exactly {due} is in time"
    ),
    "change.interim": Both("只说“正在查”", "Only “we are checking”"),
    "change.interim.then": Both("不停表", "Does not stop the clock"),
    "change.transfer": Both("转交", "Hand-over"),
    "change.transfer.then": Both(
        "时限不变，由接手人承担", "The due time stays, the new owner answers for it"
    ),
    "change.unreachable": Both("晚班联系不上对方", "Counterpart unreachable on evening duty"),
    "change.unreachable.then": Both(
        "记下联系时间，改为{days} {time}", "Log the attempt: due the {days} {time}"
    ),
    # What a breach would cost, in one line.
    "cost.at_once": Both("超时{verb} {each}", "Overdue: {each}"),
    "cost.complaint": Both(
        "超时{verb} {each}，有投诉才罚", "Overdue: {each}, only after a complaint"
    ),
    "cost.repeat_call": Both(
        "超时后客户再来电，{verb} {each}", "Overdue and the customer calls again: {each}"
    ),
    "cost.evidence": Both("超时{verb} {each}，有举证才罚", "Overdue: {each}, only with evidence"),
    "cost.verification": Both("超时{verb} {each}，核实后执行", "Overdue: {each}, once verified"),
    "cost.nth": Both("超时{verb} {each}，满次数才罚", "Overdue: {each}, once the count is reached"),
    "verb.fine": Both("罚", "fine"),
    "verb.points": Both("扣", "minus"),
    # Frame.
    "basis": Both("依据 {clause} {title}", "following {clause} {title}"),
    "promise": Both("承诺的回电", "The promised call"),
    "process": Both("流程模板里的一步", "A step of the house's own process"),
    "footer.lead": Both("规则手册", "Rulebook"),
    "footer.rulebook": Both("{name} 第 {version} 版", "{name}, version {version}"),
    "footer.effective": Both(
        "{on} 起生效；本单按建单时的版本计算，之后修订不影响。",
        "in force from {on}; this case keeps the version it was opened under.",
    ),
    "footer.kept": Both(
        "本单按建单时的版本计算，之后修订不影响。",
        "This case keeps the version it was opened under.",
    ),
    # Complaint causes.
    "cause.late_reply": Both("回复超时", "Late reply"),
    "cause.no_reply": Both("一直没有答复", "No answer at all"),
    "cause.rude_language": Both("用语不文明", "Rude language"),
    "cause.identity_refused": Both("拒报工号或姓氏", "Staff number or surname refused"),
    "cause.shirking": Both("推诿", "Shirking"),
    "cause.phone_unreachable": Both("电话打不通", "Phone unreachable"),
    "cause.claim_delayed": Both("理赔拖延", "Claim delayed"),
    "cause.lost": Both("遗失", "Lost"),
    "cause.damaged": Both("破损", "Damaged"),
    "cause.delayed": Both("延误", "Delayed"),
    "cause.unclear_explanation": Both("解答不清", "Unclear explanation"),
    "cause.other": Both("其他", "Other"),
    # Refusals.
    "refusal.not_set": Both("{clause}：“{setting}”未定", "{clause}: {setting} is not set"),
    "refusal.schema": Both("这里的内容不对：{said}", "{said}"),
    "refusal.no_clause": Both("{code} 没有 {clause} 这一条", "{code} has no clause {clause}"),
    "refusal.no_number": Both("{number} 不是数字", "not a number: {number}"),
    "refusal.two_places": Both(
        "分数最多两位小数，不是 {number}", "points have two places at most, not {number}"
    ),
    "refusal.needs_it": Both("{clause} 要知道这一项", "{clause} needs it"),
    "refusal.hangs_on": Both(
        "{clause} 要看“{fact}”，还没有填",
        "{clause}: whether it applies hangs on {fact}, which is not given",
    ),
    "refusal.not_one_of": Both(
        "“{of}”没有“{names}”；可填：{known}", "{of}: {names} is not one of {known}"
    ),
    "refusal.not_listed": Both("清单上没有：{goods}", "not on any list: {goods}"),
    "refusal.no_settlement": Both(
        "{clause} 没有“{settlement}”这种结算方式", "{clause} knows no settlement '{settlement}'"
    ),
}

# Each subject keeps its own sentences.
WORDS |= TIME
WORDS |= DESK
WORDS |= PEOPLE
WORDS |= MONEY
