"""What the clocks, the calendar and the rosters say."""

from kefu.policy.both import Both

TIME: dict[str, Both] = {
    "calendar": Both("工作日历", "The working calendar"),
    "fact.counting.working": Both("只计工作时间", "working time only"),
    "fact.counting.days": Both("日历日，到最后一天 24:00", "calendar days, to 24:00 of the last"),
    "fact.counting.working_days": Both(
        "工作日，到最后一天 24:00", "working days, to 24:00 of the last"
    ),
    # Working time.
    "step.working_length": Both(
        "自 {start} 起计工作时间 {limit}", "{limit} of working time from {start}"
    ),
    "step.working_length.value": Both("{limit}", "{limit}"),
    "step.working_window": Both(
        "{opens_at} 至 {closes_at} 计 {counted}，还剩 {left}",
        "{opens_at} to {closes_at} counts {counted}, left {left}",
    ),
    "step.working_window.value": Both("{counted}", "{counted}"),
    "step.working_pause": Both(
        "{opens_at} 至 {closes_at} 挂起，不计", "{opens_at} to {closes_at} paused, not counted"
    ),
    "step.working_pause.value": Both("不计", "not counted"),
    "step.year_unknown": Both(
        "日历没有 {year} 年的节假日，按周计", "The calendar has no holidays of {year}: by the week"
    ),
    "step.year_unknown.value": Both("节假日未知", "holidays unknown"),
    "step.working_due": Both("截止 = 用满之时", "Due = when it is used up"),
    "step.working_due.value": Both("{at}", "{at}"),
    # Days, months and years.
    "step.due_days": Both(
        "截止 = {from_on} 之后第 {n} 天 24:00", "Due = 24:00, {n} day(s) after {from_on}"
    ),
    "step.due_days.value": Both("{at}", "{at}"),
    "step.due_days_with_first": Both(
        "截止 = 从 {from_on} 当天算起第 {n} 天 24:00",
        "Due = 24:00 of day {n}, {from_on} being the first",
    ),
    "step.due_days_with_first.value": Both("{at}", "{at}"),
    "step.due_working_days": Both(
        "截止 = {from_on} 之后第 {n} 个工作日 24:00",
        "Due = 24:00, {n} working day(s) after {from_on}",
    ),
    "step.due_working_days.value": Both("{at}", "{at}"),
    "step.due_working_days_with_first": Both(
        "截止 = 从 {from_on} 当天算起第 {n} 个工作日 24:00",
        "Due = 24:00 of working day {n}, {from_on} being the first",
    ),
    "step.due_working_days_with_first.value": Both("{at}", "{at}"),
    "step.due_months": Both(
        "截止 = {from_on} 之后 {n} 个月那天 24:00", "Due = 24:00, {n} month(s) after {from_on}"
    ),
    "step.due_months.value": Both("{at}", "{at}"),
    "step.due_years": Both(
        "截止 = {from_on} 之后 {n} 年那天 24:00", "Due = 24:00, {n} year(s) after {from_on}"
    ),
    "step.due_years.value": Both("{at}", "{at}"),
    "step.day_not_worked": Both("{rest_on} 不上班", "{rest_on} is not worked"),
    "step.day_not_worked.value": Both("不计", "not counted"),
    "step.days_paused": Both(
        "挂起 {paused}，按整天顺延", "Paused for {paused}, moved on by whole days"
    ),
    "step.days_paused.value": Both("{at}", "{at}"),
    # Before something else.
    "step.due_ahead_minutes": Both(
        "最晚 = {event_at} 前 {n} 分钟", "At the latest {n} min before {event_at}"
    ),
    "step.due_ahead_minutes.value": Both("{at}", "{at}"),
    "step.due_ahead_hours": Both(
        "最晚 = {event_at} 前 {n} 小时", "At the latest {n} h before {event_at}"
    ),
    "step.due_ahead_hours.value": Both("{at}", "{at}"),
    "step.due_ahead_days": Both(
        "最晚 = {event_on} 之前第 {n} 天 24:00",
        "At the latest 24:00, {n} day(s) before {event_on}",
    ),
    "step.due_ahead_days.value": Both("{at}", "{at}"),
    "step.due_ahead_weeks": Both(
        "最晚 = {event_on} 之前 {n} 周那天 24:00",
        "At the latest 24:00, {n} week(s) before {event_on}",
    ),
    "step.due_ahead_weeks.value": Both("{at}", "{at}"),
    # Other turns a clock can take.
    "step.reclassed_from_start": Both(
        "{classed_at} 改类别，仍从 {start} 起算",
        "Classed anew {classed_at}, still counted from {start}",
    ),
    "step.reclassed_from_start.value": Both("重算", "computed anew"),
    "step.reclassed_from_then": Both(
        "{classed_at} 改类别，从此时起算", "Classed anew {classed_at}, counted from then"
    ),
    "step.reclassed_from_then.value": Both("重算", "computed anew"),
    "step.estimate": Both(
        "只是告知客户的预计，逾时不违规", "An estimate told to the customer, no breach"
    ),
    "step.estimate.value": Both("{at}", "{at}"),
    "step.no_limit": Both(
        "规章没有时限：只计时长，不判超时",
        "No time is set: the age is measured and nothing breaches",
    ),
    "step.no_limit.value": Both("不设时限", "no limit"),
    "step.age": Both("{start} 至 {now_at}", "{start} to {now_at}"),
    "step.age.value": Both("{age}", "{age}"),
    "step.remind": Both(
        "规章没有时限，公司自定提醒", "No time is set; the house likes to be reminded"
    ),
    "step.remind.value": Both("{at}", "{at}"),
    "step.dispatch_same_day": Both(
        "{received} 付款，早于 {after}，当日发出",
        "Paid {received}, before {after}: leaves the same day",
    ),
    "step.dispatch_same_day.value": Both("{at}", "{at}"),
    "step.dispatch_next_day": Both(
        "{received} 付款，已到 {after}，次日发出",
        "Paid {received}, not before {after}: leaves the next day",
    ),
    "step.dispatch_next_day.value": Both("{at}", "{at}"),
    # What comes round again.
    "step.house_rhythm_day": Both(
        "规章没有写间隔，公司定为每天", "No interval is given; the house says daily"
    ),
    "step.house_rhythm_day.value": Both("每天", "daily"),
    "step.house_rhythm_week": Both(
        "规章没有写间隔，公司定为每周", "No interval is given; the house says weekly"
    ),
    "step.house_rhythm_week.value": Both("每周", "weekly"),
    "step.house_rhythm_month": Both(
        "规章没有写间隔，公司定为每月", "No interval is given; the house says monthly"
    ),
    "step.house_rhythm_month.value": Both("每月", "monthly"),
    "step.house_rhythm_year": Both(
        "规章没有写间隔，公司定为每年", "No interval is given; the house says yearly"
    ),
    "step.house_rhythm_year.value": Both("每年", "yearly"),
    "step.due_recurring": Both("{due_on} 到期", "Due {due_on}"),
    "step.due_recurring.value": Both("{at}", "{at}"),
    "step.round_times": Both("当天要做 {n} 次", "{n} times on that day"),
    "step.round_times.value": Both("{n} 次", "{n} times"),
    "step.round_about": Both("内容：{what}", "About: {what}"),
    "step.round_about.value": Both("内容", "subject"),
    "step.round_after": Both("在此之后：{what}", "Not before: {what}"),
    "step.round_after.value": Both("先后", "order"),
    "step.round_until": Both("到 {ends_at} 结束", "Over at {ends_at}"),
    "step.round_until.value": Both("{ends_at}", "{ends_at}"),
    "step.covers": Both("所报期间 {from_on} 至 {to_on}", "About {from_on} to {to_on}"),
    "step.covers.value": Both("含首尾", "both included"),
    # Keeping and destroying.
    "step.kept_days": Both(
        "保存到 {from_on} 之后第 {n} 天", "Kept until {n} day(s) after {from_on}"
    ),
    "step.kept_days.value": Both("{last_on}", "{last_on}"),
    "step.kept_days_with_first": Both(
        "从 {from_on} 当天算起保存 {n} 天", "Kept for {n} day(s), {from_on} being the first"
    ),
    "step.kept_days_with_first.value": Both("{last_on}", "{last_on}"),
    "step.kept_months": Both(
        "自 {from_on} 起保存 {n} 个月", "Kept for {n} month(s) from {from_on}"
    ),
    "step.kept_months.value": Both("{last_on}", "{last_on}"),
    "step.kept_years": Both("自 {from_on} 起保存 {n} 年", "Kept for {n} year(s) from {from_on}"),
    "step.kept_years.value": Both("{last_on}", "{last_on}"),
    "step.kept_without_end": Both(
        "自 {from_on} 起保存，规章没有写期限", "Kept from {from_on}; no end is given"
    ),
    "step.kept_without_end.value": Both("不自动销毁", "never destroyed by itself"),
    "step.kept_while_open": Both("还有未结的工单或理赔", "A case or a claim is still open"),
    "step.kept_while_open.value": Both("继续保存", "kept on"),
    "step.may_destroy": Both("{destroy_on} 起可以销毁", "May be destroyed from {destroy_on}"),
    "step.may_destroy.value": Both("{destroy_on}", "{destroy_on}"),
    "step.must_destroy": Both("{destroy_on} 起应当销毁", "Has to be destroyed from {destroy_on}"),
    "step.must_destroy.value": Both("{destroy_on}", "{destroy_on}"),
    # Rosters.
    "step.leave_refused": Both("这个班次不得请假", "No leave on this shift"),
    "step.leave_refused.value": Both("拒绝", "refused"),
    "step.rest_refused": Both("这个班次不得休息", "No rest day on this shift"),
    "step.rest_refused.value": Both("拒绝", "refused"),
    "step.swap_refused": Both("这个班次不得换班", "This shift is not swapped"),
    "step.swap_refused.value": Both("拒绝", "refused"),
    "step.limit_times": Both("第 {n} 次，上限 {most} 次", "Number {n} of {most} at most"),
    "step.limit_times.value": Both("在限内", "within the limit"),
    "step.limit_times_passed": Both("第 {n} 次，上限 {most} 次", "Number {n} of {most} at most"),
    "step.limit_times_passed.value": Both("超限", "beyond the limit"),
    "step.limit_minutes": Both("{n} 分钟，上限 {most} 分钟", "{n} min of {most} at most"),
    "step.limit_minutes.value": Both("在限内", "within the limit"),
    "step.limit_minutes_passed": Both("{n} 分钟，上限 {most} 分钟", "{n} min of {most} at most"),
    "step.limit_minutes_passed.value": Both("超限", "beyond the limit"),
    "step.limit_hours": Both("{n} 小时，上限 {most} 小时", "{n} h of {most} at most"),
    "step.limit_hours.value": Both("在限内", "within the limit"),
    "step.limit_hours_passed": Both("{n} 小时，上限 {most} 小时", "{n} h of {most} at most"),
    "step.limit_hours_passed.value": Both("超限", "beyond the limit"),
    "step.beyond_refuse": Both("超出的不受理", "More is not accepted"),
    "step.beyond_refuse.value": Both("拒绝", "refused"),
    "step.beyond_warn": Both("超出的提醒，仍可批准", "More is warned about and may be approved"),
    "step.beyond_warn.value": Both("提醒", "warning"),
    "step.beyond_flag": Both("超出的标出来", "More is marked"),
    "step.beyond_flag.value": Both("标记", "marked"),
    "step.report_due": Both("公司定在 {due_on} 前出具", "The house wants it by {due_on}"),
    "step.report_due.value": Both("{at}", "{at}"),
    # Many complaints at once.
    "step.mass_incident": Both(
        "{from_at} 至 {until_at}，{minutes} 分钟内 {n} 件，超过 {most} 件",
        "{from_at} to {until_at}: {n} within {minutes} min, more than {most}",
    ),
    "step.mass_incident.value": Both("启动预案", "an incident"),
    # Refusals.
    "refusal.no_clock": Both(
        "{code} 没有给“{times}”（{case}）定时限",
        "{code} has no clock for '{times}' of case '{case}'",
    ),
    "refusal.when_was": Both("{clause} 要知道“{event}”是什么时候", "{clause}: when was '{event}'?"),
    "refusal.needs_calendar": Both(
        "{clause} 按工作时间计，要填工作日历", "{clause} counts working time: it needs a calendar"
    ),
    "refusal.working_days_calendar": Both("按工作日算要填工作日历", "working days need a calendar"),
    "refusal.no_such_pause": Both(
        "{clause} 不因“{pause}”挂起", "{clause} does not pause for '{pause}'"
    ),
    "refusal.pause_without_length": Both(
        "挂起的结束要晚于开始：{begins_at} 至 {ends_at}",
        "a pause ends after it begins: {begins_at} to {ends_at}",
    ),
    "refusal.paused_for_ever": Both(
        "一百年之内全在挂起，算不出", "the pauses leave no day within a hundred years"
    ),
    "refusal.promised_before": Both(
        "承诺 {promised_at} 办到，早于作出承诺的 {starts_at}",
        "promised for {promised_at}, before the promise at {starts_at}",
    ),
    "refusal.promised_before_start": Both(
        "承诺 {promised_at} 办到，早于开始的 {starts_at}",
        "promised for {promised_at}, before it began at {starts_at}",
    ),
    "refusal.before_start": Both(
        "{until_at} 早于开始计时的 {starts_at}", "{until_at} lies before the start at {starts_at}"
    ),
    "refusal.days_range": Both(
        "天数要在 0 到 {most} 之间，不能是 {n}", "a number of days is from 0 to {most}, not {n}"
    ),
    "refusal.months_below_nought": Both(
        "月数不能小于 0：{n}", "a number of months is not below 0: {n}"
    ),
    "refusal.months_beyond": Both(
        "{n} 个月，自 {on} 起，超出了日历能算的年份",
        "{n} months after {on} lie beyond the calendar",
    ),
    "refusal.days_beyond": Both(
        "{n} 天，自 {on} 起，超出了日历能算的年份", "{n} days after {on} lie beyond the calendar"
    ),
    "refusal.year_range": Both("年份要在 {first} 到 {last} 之间", "a year from {first} to {last}"),
    "refusal.out_of_calendar": Both(
        "日历只排 {first} 到 {last} 年，算不到 {year} 年",
        "the calendar reaches from {first} to {last}, not to {year}",
    ),
    "refusal.no_working_day": Both("{month} 没有工作日", "{month} has no working day"),
    "refusal.idle_week": Both("一周没有工作时段", "a week without working time"),
    "refusal.day_twice": Both("有一天写了两次", "a day is named twice"),
    "refusal.day_of_unknown_year": Both(
        "{on} 不在排定的年份里", "{on} lies in a year the edition does not know"
    ),
    "refusal.made_up_by_idle_day": Both(
        "{on} 按一个不上班的日子上班", "{on} is worked like a day that is not worked"
    ),
    "refusal.work_length": Both(
        "工作时间要大于 0，最多 {hours} 小时",
        "a length of working time is above 0 and up to {hours} hours",
    ),
    "refusal.too_long": Both(
        "{first_on} 至 {last_on} 超过十年，不算",
        "from {first_on} to {last_on} is more than ten years",
    ),
    "refusal.not_due_soon": Both(
        "{clause} 十年之内都轮不到", "{clause} is not due within ten years"
    ),
    "refusal.no_recurring": Both(
        "{code} 没有规定“{subject}”", "{code} has no recurring '{subject}'"
    ),
    "refusal.no_report_day": Both(
        "{code} 没有规定“{report}”什么时候交", "{code} does not say when '{report}' is due"
    ),
    "refusal.nothing_about_keeping": Both(
        "{code} 没有规定“{kept}”保存多久", "{code} says nothing about keeping '{kept}'"
    ),
    "refusal.no_mass_incident": Both(
        "{code} 没有规定什么算集中投诉", "{code} does not say what a mass incident is"
    ),
    "refusal.no_shifts": Both(
        "{code} 没有给“{post}”定工作时段，要填每天的", "{code} has no shifts of '{post}'"
    ),
    "refusal.no_shift": Both(
        "{code} 没有“{shift}”这个班（{post}）", "{code} has no shift '{shift}' of '{post}'"
    ),
    "refusal.no_rotation": Both(
        "{code} 没有规定“{shift}”怎么轮", "{code} has no rotation of '{shift}'"
    ),
    "refusal.no_swaps": Both(
        "{code} 没有规定能不能连着换班", "{code} does not speak of swaps in a row"
    ),
    "refusal.no_limit": Both(
        "{code} 没有限定“{what}”的次数（{per}）", "{code} sets no limit for '{what}' per {per}"
    ),
    "refusal.no_course": Both("{code} 没有“{course}”这门培训", "{code} has no course '{course}'"),
    "refusal.no_month": Both("月份是 1 到 12，不能是 {n}", "a month is from 1 to 12, not {n}"),
    "refusal.day_before": Both("{on} 早于 {began_on}", "{on} lies before {began_on}"),
    "refusal.not_later": Both("{on} 不晚于 {worked_on}", "{on} is not later than {worked_on}"),
    "refusal.nobody_in_turn": Both("没有人可轮", "nobody to take a turn"),
    "refusal.number_below_nought": Both("数目不能小于 0：{n}", "a number is not below 0: {n}"),
}
