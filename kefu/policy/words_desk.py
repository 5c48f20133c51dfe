"""What the desk's rules say: forms, choices, texts, processes, requests, rights, numbers, rates."""

from kefu.policy.both import Both

DESK: dict[str, Both] = {
    # What a form holds.
    "step.fields_there": Both("要有：{what}", "Asked for: {what}"),
    "step.fields_there.value": Both("已填", "filled in"),
    "step.fields_lack": Both("还缺：{what}", "Still lacking: {what}"),
    "step.fields_lack.value": Both("要填", "missing"),
    "step.fields_lack_any": Both("至少要有一项：{what}", "At least one of: {what}"),
    "step.fields_lack_any.value": Both("要填", "missing"),
    "step.fields_not_set": Both("要填哪些栏目，规章未给", "The regulation names no fields"),
    "step.fields_not_set.value": Both("待公司设定", "for the house to set"),
    # What may be chosen.
    "step.offered": Both("可选：{what}", "To choose from: {what}"),
    "step.offered.value": Both("任选其一", "one of them"),
    "step.list_not_set": Both("清单由公司填写，尚未填写", "The house's list is still empty"),
    "step.list_not_set.value": Both("待公司设定", "for the house to set"),
    # Texts.
    "step.text_accepted": Both("文字符合要求", "The text is in order"),
    "step.text_accepted.value": Both("可用", "accepted"),
    "step.text_not_set": Both("格式由公司设定，尚未设定", "The house has not set a pattern yet"),
    "step.text_not_set.value": Both("未核对", "not checked"),
    "step.text_forbidden": Both("不能只写“{text}”", "Not “{text}” alone"),
    "step.text_forbidden.value": Both("不收", "refused"),
    "step.text_only_digits": Both("不能全是数字", "Not digits alone"),
    "step.text_only_digits.value": Both("不收", "refused"),
    "step.text_digits": Both("应为 {number} 位数字", "{number} digits are wanted"),
    "step.text_digits.value": Both("不收", "refused"),
    "step.text_checksum": Both("校验位不符", "The check digit does not fit"),
    "step.text_checksum.value": Both("不收", "refused"),
    "step.text_pattern": Both("不合公司设定的格式", "Not the pattern the house has set"),
    "step.text_pattern.value": Both("不收", "refused"),
    "step.words": Both("写：{text}", "To write: {text}"),
    "step.words.value": Both("要写", "to be written"),
    "step.words_lack": Both("还缺：{what}", "Still lacking: {what}"),
    "step.words_lack.value": Both("要填", "missing"),
    # Checklists.
    "step.line_points": Both("每次 {each_points} × {times} 次", "{each_points} each × {times}"),
    "step.line_points.value": Both("扣 {taken_points}", "minus {taken_points}"),
    "step.line_fine": Both("每次 {each_yuan} × {times} 次", "{each_yuan} each × {times}"),
    "step.line_fine.value": Both("罚 {taken_yuan}", "fine {taken_yuan}"),
    "step.line_kept": Both("只记录，不扣分，{times} 次", "Kept on record only, × {times}"),
    "step.line_kept.value": Both("已记", "on record"),
    # Processes.
    "step.step_done": Both("{step}", "{step}"),
    "step.step_done.value": Both("已做", "done"),
    "step.step_done_with": Both("{step}：{what}", "{step}: {what}"),
    "step.step_done_with.value": Both("已做", "done"),
    "step.step_next": Both("下一步：{step}", "Next: {step}"),
    "step.step_next.value": Both("待办", "to do"),
    "step.step_next_by": Both("下一步：{step}（{who}）", "Next: {step} ({who})"),
    "step.step_next_by.value": Both("待办", "to do"),
    "step.step_lacks": Both("之前要有：{what}", "Before that: {what}"),
    "step.step_lacks.value": Both("缺", "missing"),
    "step.process_finished": Both("各步骤都已完成", "Every step is done"),
    "step.process_finished.value": Both("完成", "finished"),
    # Requests.
    "step.request_met": Both("要求都已符合", "Everything it asks for is there"),
    "step.request_met.value": Both("符合", "met"),
    "step.request_lacks": Both("还缺：{what}", "Still lacking: {what}"),
    "step.request_lacks.value": Both("未生效", "not in effect"),
    "step.request_in_time": Both(
        "{filed_at} 提出，不晚于{event} {limit_at}", "Filed {filed_at}, by {limit_at} ({event})"
    ),
    "step.request_in_time.value": Both("及时", "in time"),
    "step.request_late": Both(
        "{filed_at} 提出，晚于{event} {limit_at}", "Filed {filed_at}, after {limit_at} ({event})"
    ),
    "step.request_late.value": Both("已迟", "late"),
    "step.request_late_warned": Both(
        "{filed_at} 提出，晚于{event} {limit_at}，只提醒",
        "Filed {filed_at}, after {limit_at} ({event}): a warning only",
    ),
    "step.request_late_warned.value": Both("已迟", "late"),
    "step.request_late_excused": Both(
        "{filed_at} 提出，晚于{event} {limit_at}，但有{what}",
        "Filed {filed_at}, after {limit_at} ({event}), but there is: {what}",
    ),
    "step.request_late_excused.value": Both("可补", "accepted"),
    "step.approval_out_of_order": Both("越级批准不算：{who}", "Approved out of turn: {who}"),
    "step.approval_out_of_order.value": Both("无效", "does not count"),
    # Where a matter goes.
    "step.goes_owner": Both("由{who}负责", "Goes to: {who}"),
    "step.goes_owner.value": Both("负责", "owner"),
    "step.goes_told": Both("告知{who}", "To be told: {who}"),
    "step.goes_told.value": Both("告知", "to tell"),
    "step.goes_told_often": Both("告知{who}，共 {times} 次", "To be told {times} times: {who}"),
    "step.goes_told_often.value": Both("告知", "to tell"),
    "step.goes_result": Both("按规章：{who}", "By the regulation: {who}"),
    "step.goes_result.value": Both("照办", "settled"),
    # Rights.
    "step.act_allowed": Both("本条不拦", "This clause lets it pass"),
    "step.act_allowed.value": Both("可以", "allowed"),
    "step.act_forbidden": Both("规章不许", "The regulation does not allow it"),
    "step.act_forbidden.value": Both("不可以", "refused"),
    "step.act_for_roles": Both("只限{who}", "Only for: {who}"),
    "step.act_for_roles.value": Both("不可以", "refused"),
    "step.act_for_relations": Both("只限：{who}", "Only as: {who}"),
    "step.act_for_relations.value": Both("不可以", "refused"),
    "step.act_barred": Both("回避：{who}", "Not as: {who}"),
    "step.act_barred.value": Both("不可以", "refused"),
    "step.act_lacks": Both("之前要有：{what}", "Before that: {what}"),
    "step.act_lacks.value": Both("不可以", "refused"),
    "step.act_excepted": Both("例外：{who}", "Excepted by: {who}"),
    "step.act_excepted.value": Both("可以", "allowed"),
    # Numbers.
    "step.number_kept": Both(
        "{counted_of}：{number}，要求 {bounds}（{per}）",
        "{counted_of}: {number}, has to be {bounds} (per {per})",
    ),
    "step.number_kept.value": Both("符合", "kept"),
    "step.number_short": Both(
        "{counted_of}：{number}，至少 {least}（{per}）",
        "{counted_of}: {number}, at least {least} (per {per})",
    ),
    "step.number_short.value": Both("不足", "too few"),
    "step.number_over": Both(
        "{counted_of}：{number}，至多 {most}（{per}）",
        "{counted_of}: {number}, at most {most} (per {per})",
    ),
    "step.number_over.value": Both("超出", "too many"),
    "step.number_not_set": Both("数目规章未给", "The regulation gives no number"),
    "step.number_not_set.value": Both("待公司设定", "for the house to set"),
    "step.number_lacks": Both("还缺：{what}", "Still lacking: {what}"),
    "step.number_lacks.value": Both("要填", "missing"),
    # Classes.
    "step.class_by_fact": Both("按情形归类", "By the facts on record"),
    "step.class_by_fact.value": Both("{what}", "{what}"),
    "step.class_at_least": Both(
        "{measure} {number}，不少于 {least}", "{measure}: {number}, at least {least}"
    ),
    "step.class_at_least.value": Both("{what}", "{what}"),
    "step.class_between": Both(
        "{measure} {number}，在 {least} 到 {most} 之间",
        "{measure}: {number}, from {least} to {most}",
    ),
    "step.class_between.value": Both("{what}", "{what}"),
    "step.class_at_most": Both(
        "{measure} {number}，不超过 {most}", "{measure}: {number}, at most {most}"
    ),
    "step.class_at_most.value": Both("{what}", "{what}"),
    "step.class_above": Both(
        "{measure} {number}，超过 {above}", "{measure}: {number}, more than {above}"
    ),
    "step.class_above.value": Both("{what}", "{what}"),
    "step.class_default": Both("不符合其他各条", "Fits no other criterion"),
    "step.class_default.value": Both("{what}", "{what}"),
    # Reports and rates.
    "step.report_clause": Both("本条说到这份报告", "This clause speaks of the report"),
    "step.report_clause.value": Both("照办", "holds"),
    "step.rate": Both("{what} {part} ÷ {out_of} {whole}", "{what} {part} ÷ {out_of} {whole}"),
    "step.rate.value": Both("{rate}%", "{rate} %"),
    "step.rate_of_nothing": Both("没有可计的", "Nothing to count"),
    "step.rate_of_nothing.value": Both("—", "-"),
    "step.rate_reached": Both("目标 {target_share}", "Target {target_share}"),
    "step.rate_reached.value": Both("达标", "reached"),
    "step.rate_missed": Both("目标 {target_share}", "Target {target_share}"),
    "step.rate_missed.value": Both("未达标", "missed"),
    # Refusals.
    "refusal.who_may": Both("{code} 没有规定谁可以“{act}”", "{code} does not say who may {act}"),
    "refusal.no_number_of": Both(
        "{code} 没有规定“{of}”的数目", "{code} says nothing about the number of {of}"
    ),
    "refusal.no_criteria": Both("{code} 没有规定“{of}”怎么归类", "{code} has no criteria for {of}"),
    "refusal.no_report": Both("{code} 没有“{report}”这份报告", "{code} has no report {report}"),
    "refusal.no_rate": Both("{code} 没有“{rate}”这个比率", "{code} has no rate {rate}"),
    "refusal.no_process": Both("{code} 没有“{process}”这个流程", "{code} has no process {process}"),
    "refusal.no_request": Both(
        "{code} 没有规定“{request}”这种申请", "{code} knows no request {request}"
    ),
    "refusal.goes_nowhere": Both(
        "{code} 没有规定“{matter}”归谁", "{code} does not say where {matter} goes"
    ),
    "refusal.count_below_nought": Both(
        "“{of}”的数目不能小于 0", "{of}: a count is a number from nought on"
    ),
    "refusal.measure_below_nought": Both(
        "“{of}”所依据的数不能小于 0", "{of}: a measure is a number from nought on"
    ),
    "refusal.criteria_say": Both(
        "“{of}”同时归了几类，规章没有排先后：{classes}", "{of}: the criteria say {classes} at once"
    ),
    "refusal.two_periods": Both(
        "“{report}”在规章里写了两种周期：{first}、{second}",
        "{report}: two periods, {first} and {second}",
    ),
    "refusal.two_roles": Both(
        "“{report}”的“{task}”在规章里写了两个人：{role}、{other_role}",
        "{report}: {task} is both for {role} and for {other_role}",
    ),
    "refusal.comes_before": Both(
        "“{report}”：“{task}”排在已办步骤之前", "{report}: {task} comes before what was done"
    ),
    "refusal.part_of_whole": Both(
        "“{rate}”：“{name}”的分子 {part} 和分母 {whole} 对不上", "{rate}: {name}: {part} of {whole}"
    ),
    "refusal.more_than_there_is": Both("分子大于分母", "more is counted than there is"),
    "refusal.step_twice": Both(
        "“{process}”在规章里有一步写了两次", "{process}: a step stands twice"
    ),
    "refusal.unfit_plan": Both(
        "流程模板的 {at} 不对：{why}", "{at} of the plan does not fit: {why}"
    ),
    "refusal.no_work_hours": Both(
        "“{process}”按工作时间计时，要写明上下班时间",
        "{process} counts working time and names no hours",
    ),
    "refusal.no_earlier_step": Both(
        "{clause}：前面没有“{tasks}”这一步", "{clause}: an earlier step: {tasks} is none"
    ),
    "refusal.finished_before": Both(
        "“{process}”：“{task}”之前流程已经结束", "{process}: it was finished before {task}"
    ),
    "refusal.other_step_due": Both(
        "“{process}”：该办的是“{due}”，不是“{task}”", "{process}: {due} was due, not {task}"
    ),
    "refusal.no_such_outcome": Both(
        "“{process}”：“{task}”要选一个结果，没有“{outcome}”",
        "{process}: {task} does not come to '{outcome}'",
    ),
    "refusal.done_by_other": Both(
        "“{process}”：办了“{other}”的人不能办“{task}”",
        "{process}: {task} is not for who did {other}",
    ),
    "refusal.too_many_signs": Both(
        "“{field}”最多 {most} 个字", "{field}: an entry has at most {most} signs"
    ),
    "refusal.different_words": Both(
        "“{form}”在规章里写了不一样的字样：{words}",
        "{form}: the clauses want different words: {words}",
    ),
    "refusal.filler_range": Both(
        "{clause}：“{name}”要在 0 到 {most} 之间", "{clause}: {name} lies in 0 to {most}"
    ),
    "refusal.ticked": Both(
        "{clause} 勾选次数要在 1 到 1000 之间，不能是 {times}", "{clause}: ticked {times} times"
    ),
    "refusal.no_checklist_line": Both("{clause} 不是检查项", "{clause} is no line of a checklist"),
}
