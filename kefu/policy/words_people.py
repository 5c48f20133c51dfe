"""What explanations of scores, attendance and pay say."""

from kefu.policy.both import Both

PEOPLE = {
    # Scores.
    "season.peak": Both("旺季", "peak season"),
    "season.low": Both("淡季", "low season"),
    "metric.answered_calls": Both("接听量", "calls answered"),
    "metric.outbound_problem_parcels": Both("出港问题件", "outbound problem parcels"),
    "metric.inbound_problem_parcels": Both("进港问题件", "inbound problem parcels"),
    "metric.exam_mark": Both("考试成绩", "exam mark"),
    "metric.response_rate": Both("响应达标率", "response rate"),
    "metric.first_contact_rate": Both("一次解决率", "first-contact solution rate"),
    "metric.satisfaction": Both("满意度", "satisfaction"),
    "metric.typing_speed": Both("每分钟字数", "characters a minute"),
    "metric.timely_rate": Both("及时率", "timely rate"),
    "metric.return_rate": Both("返修率", "return rate"),
    "part.quantitative": Both("定量", "Measured part"),
    "part.qualitative": Both("定性", "Judged part"),
    "rating.attitude": Both("服务态度", "Attitude"),
    "rating.compliance": Both("制度遵守", "Compliance"),
    "grade.excellent": Both("优秀", "excellent"),
    "grade.pass": Both("合格", "pass"),
    "grade.fail": Both("不合格", "fail"),
    "level.commendation": Both("表扬", "commendation"),
    "level.merit": Both("记功", "merit"),
    "level.major_merit": Both("记大功", "major merit"),
    "step.season": Both("{month} 属于{season}", "{month} is {season}"),
    "step.season.value": Both("{season}", "{season}"),
    "step.score_not_yet": Both(
        "入职第 {n} 个月，第 {from_month} 个月起考核",
        "Month {n} of service; assessed from month {from_month} on",
    ),
    "step.score_not_yet.value": Both("不考核", "not assessed"),
    "step.score_tier": Both(
        "{metric} {number}，达到 {bound} 一档", "{metric}: {number}, the tier from {bound} on"
    ),
    "step.score_tier.value": Both("{change_points}", "{change_points}"),
    "step.score_tier_prorated": Both(
        "{metric} {number}，达到 {bound} × {worked} ÷ {scheduled} 天一档",
        "{metric}: {number}, the tier from {bound} × {worked} ÷ {scheduled} days on",
    ),
    "step.score_tier_prorated.value": Both("{change_points}", "{change_points}"),
    "step.score_tier_missing": Both(
        "{metric}没有记录，不扣", "{metric}: none on record, no points"
    ),
    "step.score_tier_missing.value": Both("0 分", "0 points"),
    "step.score_line": Both("{n} 次 × {each_points}", "{n} × {each_points}"),
    "step.score_line.value": Both("{change_points}", "{change_points}"),
    "step.score_line_capped": Both(
        "{n} 次 × {each_points}，最多 {cap_points}", "{n} × {each_points}, {cap_points} at most"
    ),
    "step.score_line_capped.value": Both("{change_points}", "{change_points}"),
    "step.score_line_free": Both(
        "{n} 次，以前 {before} 次，前 {free} 次不计：{charged} 次 × {each_points}",
        "{n} now, {before} before, the first {free} free: {charged} × {each_points}",
    ),
    "step.score_line_free.value": Both("{change_points}", "{change_points}"),
    "step.score_granted": Both(
        "审批人在 {least_points}到 {most_points}之间选定",
        "Chosen by the approver between {least_points} and {most_points}",
    ),
    "step.score_granted.value": Both("{change_points}", "{change_points}"),
    "step.score_section": Both(
        "{section}：{most_points} − {taken_points}", "{section}: {most_points} − {taken_points}"
    ),
    "step.score_section.value": Both("{points_points}", "{points_points}"),
    "step.score_section_empty": Both(
        "{section}：{most_points} − {taken_points}，扣完为止",
        "{section}: {most_points} − {taken_points}, not below nought",
    ),
    "step.score_section_empty.value": Both("{points_points}", "{points_points}"),
    "step.score_extra": Both(
        "表扬 {commendations} 次 × {commendation_points}，投诉 {complaints} 次 × {complaint_points}，"
        "正负不超过 {limit_points}",
        "Commendations {commendations} × {commendation_points}, complaints {complaints} × "
        "{complaint_points}, {limit_points} either way at most",
    ),
    "step.score_extra.value": Both("{change_points}", "{change_points}"),
    "step.score_total": Both("合计 = {sum}", "Total = {sum}"),
    "step.score_total.value": Both("{total_points}", "{total_points}"),
    "step.score_lost": Both(
        "失分 = {full_points} − {total_points}", "Points lost = {full_points} − {total_points}"
    ),
    "step.score_lost.value": Both("{lost_points}", "{lost_points}"),
    "step.score_floor": Both("得分不低于零", "A score is never below nought"),
    "step.score_floor.value": Both("{total_points}", "{total_points}"),
    "step.score_mean": Both(
        "{n} 个月合计 {total_points} ÷ {n}", "{total_points} in {n} months ÷ {n}"
    ),
    "step.score_mean.value": Both("{mean_points}", "{mean_points}"),
    # The weighted assessment.
    "step.assess_met": Both(
        "{metric} {done} ÷ {out_of} = {actual}，达到目标 {target}",
        "{metric}: {done} ÷ {out_of} = {actual}, the target {target} is met",
    ),
    "step.assess_met.value": Both("{earned_points}", "{earned_points}"),
    "step.assess_proportional": Both(
        "{metric} {done} ÷ {out_of} = {actual}，未达目标 {target}：{reached} × 100",
        "{metric}: {done} ÷ {out_of} = {actual}, short of {target}: {reached} × 100",
    ),
    "step.assess_proportional.value": Both("{earned_points}", "{earned_points}"),
    "step.assess_all_or_nothing": Both(
        "{metric} {done} ÷ {out_of} = {actual}，未达目标 {target}",
        "{metric}: {done} ÷ {out_of} = {actual}, short of {target}",
    ),
    "step.assess_all_or_nothing.value": Both("{earned_points}", "{earned_points}"),
    "step.assess_not_applicable": Both(
        "{metric}本月没有数据，权重分给其余指标",
        "{metric}: nothing this month, the others weigh more",
    ),
    "step.assess_not_applicable.value": Both("不适用", "does not apply"),
    "step.assess_rating": Both("{rating}，主管评分", "{rating}, given by the supervisor"),
    "step.assess_rating.value": Both("{given_points}", "{given_points}"),
    "step.assess_measured_by": Both(
        "{metric}：是否达标由 {clauses} 判定", "{metric}: {clauses} say what meets the standard"
    ),
    "step.assess_measured_by.value": Both("标准", "standard"),
    "step.assess_part": Both(
        "{part} = {mean} = {part_points}，× {weight_share}",
        "{part} = {mean} = {part_points}, × {weight_share}",
    ),
    "step.assess_part.value": Both("{weighted_points}", "{weighted_points}"),
    "step.assess_total": Both("合计 = {sum}，不低于 0", "Total = {sum}, not below 0"),
    "step.assess_total.value": Both("{total_points}", "{total_points}"),
    "step.grade_from": Both("{total_points} ≥ {least_points}", "{total_points} ≥ {least_points}"),
    "step.grade_from.value": Both("{grade}", "{grade}"),
    "step.grade_between": Both(
        "{least_points} ≤ {total_points} < {below_points}",
        "{least_points} ≤ {total_points} < {below_points}",
    ),
    "step.grade_between.value": Both("{grade}", "{grade}"),
    "step.grade_below": Both("{total_points} < {below_points}", "{total_points} < {below_points}"),
    "step.grade_below.value": Both("{grade}", "{grade}"),
    # Attendance.
    "day_type.working": Both("工作日", "working day"),
    "day_type.rest": Both("休息日", "rest day"),
    "day_type.statutory_holiday": Both("法定假日", "statutory holiday"),
    "event.late": Both("迟到", "late"),
    "event.early_leave": Both("早退", "left early"),
    "event.absence": Both("旷工", "absent"),
    "event.leave": Both("请假", "on leave"),
    "event.left_post": Both("离岗", "left the post"),
    "event.unsigned_punch": Both("漏打卡未补签", "punch missing and not signed"),
    "leave.sick": Both("病假", "Sick leave"),
    "leave.personal": Both("事假", "Personal leave"),
    "leave.marriage": Both("婚假", "Marriage leave"),
    "leave.maternity": Both("产假", "Maternity leave"),
    "leave.other": Both("其他假", "Other leave"),
    "step.overtime_part": Both(
        "{on} {begins} 至 {ends}，{day_type}", "{on} {begins} to {ends}, {day_type}"
    ),
    "step.overtime_part.value": Both("{number} 小时", "{number} h"),
    "step.overtime_line": Both(
        "{number} 小时 × {base_yuan} ÷ {rate_days} ÷ {rate_hours} × {multiplier_percent}"
        "（小时工资按 {rate_clause}）",
        "{number} h × {base_yuan} ÷ {rate_days} ÷ {rate_hours} × {multiplier_percent} "
        "(hourly wage as {rate_clause} says)",
    ),
    "step.overtime_line.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.time_off": Both(
        "加班 {number} 小时安排调休，1 比 {ratio}，不另支薪",
        "{number} h of overtime are given back as time off, 1 to {ratio}, and not paid",
    ),
    "step.time_off.value": Both("{given} 小时", "{given} h"),
    "step.time_off_statutory": Both(
        "其中法定假日 {number} 小时，依法应当支薪，请核对",
        "{number} h of them on a statutory holiday: the law wants them paid, please check",
    ),
    "step.time_off_statutory.value": Both("提醒", "note"),
    "step.grace_met": Both(
        "{on} 迟到 {late_minutes} 分钟，不超过 {max_minutes} 分钟，{months} 个月内第 {n} 次，"
        "宽限 {times} 次",
        "{on}: {late_minutes} min late, {max_minutes} at most; no. {n} in {months} month(s), "
        "{times} are let pass",
    ),
    "step.grace_met.value": Both("符合宽限", "within grace"),
    "step.grace_used_up": Both(
        "{on} 迟到 {late_minutes} 分钟，{months} 个月内第 {n} 次，超过宽限 {times} 次",
        "{on}: {late_minutes} min late, no. {n} in {months} month(s), only {times} are let pass",
    ),
    "step.grace_used_up.value": Both("宽限已用完", "grace used up"),
    "step.grace_too_late": Both(
        "{on} 迟到 {late_minutes} 分钟，超过 {max_minutes} 分钟",
        "{on}: {late_minutes} min late, more than {max_minutes}",
    ),
    "step.grace_too_late.value": Both("不在宽限内", "not within grace"),
    "step.late_passed_either": Both(
        "{on}：符合一项宽限即可", "{on}: within one grace, which suffices"
    ),
    "step.late_passed_either.value": Both("不计", "let pass"),
    "step.late_passed_both": Both("{on}：两项宽限都符合", "{on}: within both graces"),
    "step.late_passed_both.value": Both("不计", "let pass"),
    "step.late_charged_either": Both("{on}：两项宽限都不符合", "{on}: within neither grace"),
    "step.late_charged_either.value": Both("计迟到", "counts as late"),
    "step.late_charged_both": Both("{on}：没有同时符合两项宽限", "{on}: not within both graces"),
    "step.late_charged_both.value": Both("计迟到", "counts as late"),
    "step.absence_units_up": Both(
        "{on} 旷工 {hours} 小时 ÷ {unit_hours} 小时，不足一个单位进一",
        "{on}: absent {hours} h ÷ {unit_hours} h, a part of a unit is a whole one",
    ),
    "step.absence_units_up.value": Both("{units} 个单位", "units: {units}"),
    "step.absence_units_down": Both(
        "{on} 旷工 {hours} 小时 ÷ {unit_hours} 小时，不足一个单位不计",
        "{on}: absent {hours} h ÷ {unit_hours} h, a part of a unit does not count",
    ),
    "step.absence_units_down.value": Both("{units} 个单位", "units: {units}"),
    "step.absence_units_exact": Both(
        "{on} 旷工 {hours} 小时 ÷ {unit_hours} 小时",
        "{on}: absent {hours} h ÷ {unit_hours} h",
    ),
    "step.absence_units_exact.value": Both("{units} 个单位", "units: {units}"),
    "step.absence_total": Both(
        "{units} × {unit_days} 天 × {multiplier} × {base_yuan} ÷ {rate_days} = {total_yuan}，"
        "其中未出勤工资 {hours} 小时 × {base_yuan} ÷ {rate_days} ÷ {rate_hours} = {unpaid_yuan}",
        "{units} × {unit_days} d × {multiplier} × {base_yuan} ÷ {rate_days} = {total_yuan}, of which "
        "wage not earned {hours} h × {base_yuan} ÷ {rate_days} ÷ {rate_hours} = {unpaid_yuan}",
    ),
    "step.absence_total.value": Both(
        "{unpaid_yuan} + {penalty_yuan}", "{unpaid_yuan} + {penalty_yuan}"
    ),
    "step.absence_total_besides": Both(
        "{units} × {unit_days} 天 × {multiplier} × {base_yuan} ÷ {rate_days} = {total_yuan}，"
        "另扣未出勤工资 {hours} 小时 × {base_yuan} ÷ {rate_days} ÷ {rate_hours} = {unpaid_yuan}",
        "{units} × {unit_days} d × {multiplier} × {base_yuan} ÷ {rate_days} = {total_yuan}, and besides "
        "the wage not earned {hours} h × {base_yuan} ÷ {rate_days} ÷ {rate_hours} = {unpaid_yuan}",
    ),
    "step.absence_total_besides.value": Both(
        "{unpaid_yuan} + {penalty_yuan}", "{unpaid_yuan} + {penalty_yuan}"
    ),
    "step.leave_unpaid": Both(
        "{leave} {number} 小时 × {base_yuan} ÷ {rate_days} ÷ {rate_hours} ×（1 − 计薪 {paid_share}）",
        "{leave}: {number} h × {base_yuan} ÷ {rate_days} ÷ {rate_hours} × (1 − {paid_share} paid)",
    ),
    "step.leave_unpaid.value": Both("{amount_yuan}", "{amount_yuan}"),
    # Parts of a wage.
    "part.base": Both("基本工资", "Base wage"),
    "part.seniority": Both("工龄补贴", "Seniority pay"),
    "part.performance": Both("绩效工资", "Performance pay"),
    "part.report_bonus": Both("报告奖金", "Report bonus"),
    "part.complaint_bonus": Both("投诉记录奖金", "Complaint record bonus"),
    "part.allowance": Both("岗位补贴", "Post allowance"),
    "part.full_attendance": Both("满勤奖", "Full-attendance bonus"),
    "part.score_bonus": Both("高分奖", "Score bonus"),
    "part.team_bonus": Both("团队奖", "Team bonus"),
    "part.award": Both("奖励", "Award"),
    "part.pool": Both("主管分配", "From the supervisor's pool"),
    "part.hourly": Both("计时工资", "Hourly pay"),
    "part.overtime": Both("加班工资", "Overtime pay"),
    "part.adjustment": Both("往月调整", "Adjustment of an earlier month"),
    "part.absence": Both("未出勤工资", "Wage not earned through absence"),
    "part.leave": Both("请假未计工资", "Wage not earned during leave"),
    "part.absence_penalty": Both("旷工扣款", "Deduction for absence"),
    "part.score_money": Both("失分扣款", "Money for points lost"),
    "part.penalty": Both("扣款", "Deduction"),
    "hours_of.evening_duty": Both("值班", "Evening duty"),
    # Pay.
    "step.pay_agreed": Both("约定的基本工资", "Base wage as agreed"),
    "step.pay_agreed.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_base": Both("基本工资，入职第 {n} 个月", "Base wage, month {n} of service"),
    "step.pay_base.value": Both("{base_yuan}", "{base_yuan}"),
    "step.pay_base_post": Both("按岗位“{post}”的工资", "The wage of the post “{post}”"),
    "step.pay_base_post.value": Both("{base_yuan}", "{base_yuan}"),
    "step.pay_base_days": Both(
        "{base_yuan} × {employed} ÷ {days_in_month} 天",
        "{base_yuan} × {employed} ÷ {days_in_month} days",
    ),
    "step.pay_base_days.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_stint": Both(
        "{month_yuan} × 在本部门 {stint_days} ÷ 在职 {employed} 天",
        "{month_yuan} × {stint_days} days in this department ÷ {employed} employed",
    ),
    "step.pay_stint.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_only": Both(
        "本月只发基本工资和计时项目", "This month only the base wage, and hours worked besides"
    ),
    "step.pay_only.value": Both("其余不发", "nothing else"),
    "step.pay_seniority": Both(
        "入职后第 {n} 个月，第 {begins} 个月起发",
        "Month {n} after joining, paid from month {begins} on",
    ),
    "step.pay_seniority.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_seniority_steps": Both(
        "{start_yuan} + {n} × {each_yuan}", "{start_yuan} + {n} × {each_yuan}"
    ),
    "step.pay_seniority_steps.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_seniority_cap": Both(
        "{amount_yuan}，封顶 {cap_yuan}", "{amount_yuan}, {cap_yuan} at most"
    ),
    "step.pay_seniority_cap.value": Both("{cap_yuan}", "{cap_yuan}"),
    "step.pay_performance": Both(
        "{score} ÷ {full_score} × {full_yuan}", "{score} ÷ {full_score} × {full_yuan}"
    ),
    "step.pay_performance.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_grade": Both("等级{grade}，按 {by} 发放", "Grade {grade}, paid as {by} says"),
    "step.pay_grade.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_not_assessed": Both("本月没有考核", "Not assessed this month"),
    "step.pay_not_assessed.value": Both("不发", "not paid"),
    "step.pay_lost": Both("取消 {amount_yuan}", "{amount_yuan} lost"),
    "step.pay_lost.value": Both("0.00 元", "0.00 yuan"),
    "step.pay_lost_by": Both(
        "{event} {n} 次，取消 {amount_yuan}", "{event}, {n} time(s): {amount_yuan} lost"
    ),
    "step.pay_lost_by.value": Both("0.00 元", "0.00 yuan"),
    "step.pay_pieces": Both("{n} 件 × {each_yuan}", "{n} × {each_yuan}"),
    "step.pay_pieces.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_pieces_pooled": Both(
        "{n} 件 ×（{each_yuan} − 提取 {pool_yuan}）",
        "{n} × ({each_yuan} − {pool_yuan} to the pool)",
    ),
    "step.pay_pieces_pooled.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_allowance": Both("每月", "Each month"),
    "step.pay_allowance.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_full_attendance": Both("满勤", "Full attendance"),
    "step.pay_full_attendance.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_part_month": Both(
        "在职 {employed} 天，本月 {days_in_month} 天，不足整月",
        "Employed {employed} of {days_in_month} days, not the whole month",
    ),
    "step.pay_part_month.value": Both("不发", "not paid"),
    "step.pay_score_bonus": Both("{score} 分 ≥ {least} 分", "{score} points ≥ {least}"),
    "step.pay_score_bonus.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_score_bonus_missed": Both("{score} 分 < {least} 分", "{score} points < {least}"),
    "step.pay_score_bonus_missed.value": Both("不发", "not paid"),
    "step.pay_team": Both(
        "{staff} 人中 {full} 人达到 {full_score} 分，不少于 {share_out_of} 分之 {share_of}",
        "{full} of {staff} reached {full_score} points, at least {share_of} in {share_out_of}",
    ),
    "step.pay_team.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_team_missed": Both(
        "{staff} 人中 {full} 人达到 {full_score} 分，不到 {share_out_of} 分之 {share_of}",
        "{full} of {staff} reached {full_score} points, fewer than {share_of} in {share_out_of}",
    ),
    "step.pay_team_missed.value": Both("不发", "not paid"),
    "step.pay_award": Both("规章的金额", "As the regulation says"),
    "step.pay_award.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_award_chosen": Both("审批人定的金额", "As the approver chose"),
    "step.pay_award_chosen.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_pool": Both("主管从奖励池分配", "Given by the supervisor from the pool"),
    "step.pay_pool.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_hours": Both(
        "{hours_of} {number} 小时 × {each_yuan}", "{hours_of}: {number} h × {each_yuan}"
    ),
    "step.pay_hours.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_hours_not_set": Both(
        "{hours_of} {number} 小时，每小时工资还没有设定",
        "{hours_of}: {number} h, the rate is not set",
    ),
    "step.pay_hours_not_set.value": Both("未设定", "not set"),
    "step.pay_adjustment": Both("调整 {month}", "Adjusts {month}"),
    "step.pay_adjustment.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_no_rule_absence": Both("规章没有旷工扣薪的条款", "The rulebook prices no absence"),
    "step.pay_no_rule_absence.value": Both("不扣", "nothing taken"),
    "step.pay_absence_fined": Both(
        "旷工按本条处罚，列入本月应扣",
        "Absence is fined by this clause, among what is payable this month",
    ),
    "step.pay_absence_fined.value": Both("另列", "listed there"),
    "step.pay_no_rule_leave": Both("规章没有小时工资的条款", "The rulebook prices no hour"),
    "step.pay_no_rule_leave.value": Both("不扣", "nothing taken"),
    "step.pay_unpaid_all": Both(
        "{amount_yuan} 超过基本工资，以 {base_yuan} 为限",
        "{amount_yuan} is above the base wage of {base_yuan}",
    ),
    "step.pay_unpaid_all.value": Both("全部基本工资", "all of the base wage"),
    "step.pay_owed": Both("本月应扣", "Payable this month"),
    "step.pay_owed.value": Both("{amount_yuan}", "{amount_yuan}"),
    "step.pay_kept": Both(
        "应扣 {amount_yuan}，限额内只扣 {taken_yuan}",
        "Of {amount_yuan}, the limits let {taken_yuan} come off",
    ),
    "step.pay_kept.value": Both("未扣 {kept_yuan}", "{kept_yuan} not deducted"),
    "step.pay_limit_month": Both(
        "整月的扣款上限（{edition}）分给这一段",
        "Limit of the whole month ({edition}), left for this part",
    ),
    "step.pay_limit_month.value": Both("{room_yuan}", "{room_yuan}"),
    "step.pay_limit_off": Both(
        "本地不从员工工资扣款（{edition}）", "No deductions from employees here ({edition})"
    ),
    "step.pay_limit_off.value": Both("0.00 元", "0.00 yuan"),
    "step.pay_limit_share": Both(
        "扣款上限 = {gross_yuan} × {limit_share}（{edition}）",
        "Deductions at most = {gross_yuan} × {limit_share} ({edition})",
    ),
    "step.pay_limit_share.value": Both("{room_yuan}", "{room_yuan}"),
    "step.pay_limit_minimum": Both(
        "扣后不低于最低工资：{gross_yuan} − {minimum_yuan}，不足为零",
        "Never below the minimum wage: {gross_yuan} − {minimum_yuan}, nought if less",
    ),
    "step.pay_limit_minimum.value": Both("{room_yuan}", "{room_yuan}"),
    "step.pay_total": Both(
        "实发 = {gross_yuan} − {deductions_yuan}", "Paid out = {gross_yuan} − {deductions_yuan}"
    ),
    "step.pay_total.value": Both("{net_yuan}", "{net_yuan}"),
    "step.pool_on_top": Both(
        "{carried_yuan} + {n} 件 × {each_yuan}（公司另付）− 已分配 {paid_yuan}",
        "{carried_yuan} + {n} × {each_yuan} (on top) − {paid_yuan} given out",
    ),
    "step.pool_on_top.value": Both("{left_yuan}", "{left_yuan}"),
    "step.pool_from_bonus": Both(
        "{carried_yuan} + {n} 件 × {each_yuan}（从奖金提取）− 已分配 {paid_yuan}",
        "{carried_yuan} + {n} × {each_yuan} (out of the bonuses) − {paid_yuan} given out",
    ),
    "step.pool_from_bonus.value": Both("{left_yuan}", "{left_yuan}"),
    "step.reward": Both("奖励依据 {ground}", "Ground {ground}"),
    "step.reward.value": Both("{level}", "{level}"),
    "step.sanction_alone": Both(
        "各级各算各的，几次轻的不自动折成一次重的",
        "Each level stands by itself: several light ones do not turn into a grave one",
    ),
    "step.sanction_alone.value": Both("不折算", "not converted"),
    "step.sanction_nth": Both("{what}，连这一次", "{what}, this one included"),
    "step.sanction_nth.value": Both("第 {n} 次", "time {n}"),
    "step.sanction_by_hand": Both(
        "几次算屡教不改没有写，由人决定", "How often is too often is not said: a person decides"
    ),
    "step.sanction_by_hand.value": Both("由人决定", "by a person"),
    "step.sanction_instead": Both("第 {n} 次由这一条处理", "Time {n} is for this clause"),
    "step.sanction_instead.value": Both("改按这一条", "this clause instead"),
    # What a shift came to.
    "punches.in": Both("上班卡", "in"),
    "punches.out": Both("下班卡", "out"),
    "step.presence_expected": Both("{start} 上班，还没有打卡", "Begins {start}, no punch yet"),
    "step.presence_expected.value": Both("未到班次", "still to come"),
    "step.presence_on_time": Both(
        "按时上下班，在岗 {n} 分钟", "Came and left on time, {n} min worked"
    ),
    "step.presence_on_time.value": Both("出勤", "present"),
    "step.presence_late": Both(
        "应于 {start} 上班，{came_at} 打卡，秒不计",
        "Due at {start}, punched in at {came_at}, seconds dropped",
    ),
    "step.presence_late.value": Both("迟 {n} 分钟", "{n} min late"),
    "step.presence_early": Both(
        "应到 {end_at} 下班，{left_at} 打卡，秒不计",
        "Until {end_at}, punched out at {left_at}, seconds dropped",
    ),
    "step.presence_early.value": Both("早 {n} 分钟", "{n} min early"),
    "step.presence_not_early": Both(
        "{came_at} 到岗，班前到岗时间是 {at}；只列出",
        "Came at {came_at}, expected by {at}; listed only",
    ),
    "step.presence_not_early.value": Both("不算迟到", "not late"),
    "step.presence_missing": Both("缺 {punches}", "Missing: {punches}"),
    "step.presence_missing.value": Both("缺卡待补", "punch missing"),
    "step.presence_absent": Both(
        "没有请假而未在岗 {hours} 小时", "{hours} h not worked and no leave"
    ),
    "step.presence_absent.value": Both("旷工 {hours} 小时", "absent {hours} h"),
    "step.presence_left_post": Both(
        "未经批准离岗 {hours} 小时", "Away {hours} h without permission"
    ),
    "step.presence_left_post.value": Both("旷工 {hours} 小时", "absent {hours} h"),
    "step.presence_leave": Both(
        "批准的请假占本班 {hours} 小时", "Approved leave takes {hours} h of the shift"
    ),
    "step.presence_leave.value": Both("请假 {hours} 小时", "leave {hours} h"),
    "step.presence_outing": Both(
        "批准的外出 {n} 分钟，照常计", "Approved outing of {n} min counts as worked"
    ),
    "step.presence_outing.value": Both("算在岗", "worked"),
    "step.presence_exempt": Both("免打卡，在岗 {n} 分钟", "Exempt from punching, {n} min worked"),
    "step.presence_exempt.value": Both("免打卡", "exempt"),
    "step.presence_asked_late": Both("{asked_at} 才申请补签", "Asked for at {asked_at}"),
    "step.presence_asked_late.value": Both("已过期", "too late"),
    # Refusals.
    "refusal.no_shift_hours": Both(
        "班次要有工作时段，整班不超过两天", "A shift has hours, two days in all at most"
    ),
    "refusal.left_before_coming": Both(
        "下班卡 {left_at} 早于上班卡 {came_at}",
        "Punched out at {left_at}, before coming at {came_at}",
    ),
    "refusal.no_false_punch": Both(
        "{code} 里没有这种假卡的规定", "{code}: no clause about such a false punch"
    ),
    "refusal.no_length": Both(
        "自 {which_at} 起的一段，结束要晚于开始", "{which_at} does not end after it begins"
    ),
    "refusal.longer_than_day": Both(
        "自 {which_at} 起的一段超过一天", "{which_at} is longer than a day"
    ),
    "refusal.overlaps": Both(
        "自 {which_at} 起的一段与另一段重叠", "{which_at} overlaps another stretch"
    ),
    "refusal.other_month": Both(
        "自 {which_at} 起的一段不在 {month} 之内", "{which_at} is not of {month}"
    ),
    "refusal.after_month": Both("{on} 晚于 {month}", "{on} is after {month}"),
    "refusal.not_within": Both(
        "{on} 不在 {first_on} 至 {last_on} 之内", "{on} is not from {first_on} to {last_on}"
    ),
    "refusal.share_not_set": Both(
        "本中心没有定这种假的计薪比例", "the house has not set what is paid"
    ),
    "refusal.joined_after": Both("{month} 时还没有入职", "joined after {month}"),
    "refusal.left_before_joining": Both("离职早于入职", "left before joining"),
    "refusal.left_before": Both("{month} 之前已离职", "left before {month}"),
    "refusal.no_department": Both(
        "{code} 没有“{department}”这个部门", "{code} has no department {department}"
    ),
    "refusal.no_such_clause": Both("{code} 没有这一条", "{code} has no such clause"),
    "refusal.computed_from_score": Both(
        "失分扣款按考核分计算，不必另填", "what lost points cost is computed from the score"
    ),
    "refusal.no_award": Both("{code} 没有这一项奖励", "no award of {code}"),
    "refusal.pays_no_piece": Both("{code} 不付这一种", "{code} pays no such piece"),
    "refusal.pays_no_hours": Both("{code} 不付这一种工时", "{code} pays no such hours"),
    "refusal.pays_no_grade": Both("{code} 没有给这个等级定奖金", "{code} pays no such grade"),
    "refusal.no_earlier_month": Both(
        "{month} 不早于本月，不是往月", "{month} is not an earlier month"
    ),
    "refusal.no_pool": Both("{code} 没有奖励池", "{code} has no pool"),
    "refusal.no_team_bonus": Both("{code} 没有团队奖", "{code} has no bonus for a team"),
    "refusal.overtime_calendar": Both("算加班要填工作日历", "overtime needs the calendar"),
    "refusal.no_base": Both(
        "{code} 没有给基本工资，要填约定的数", "{code} gives no base wage, so it has to be known"
    ),
    "refusal.wage_by_post": Both("工资按岗位定，要选岗位", "the wage goes by the post"),
    "refusal.no_wage_for": Both("{clause} 没有这个岗位的工资", "{clause} has no wage for it"),
    "refusal.not_known_for": Both("要填 {month} 的数", "not known for {month}"),
    "refusal.no_data": Both("没有 {month} 的数据", "no data for {month}"),
    "refusal.more_than": Both("超过 {most}", "more than {most}"),
    "refusal.approver_enters": Both(
        "这一项的金额由审批人填", "whoever approves it enters the amount"
    ),
    "refusal.amount_given": Both(
        "规章给了金额 {amount}，不用填", "the regulation gives the amount: {amount}"
    ),
    "refusal.more_than_pool": Both("比奖励池里的多", "more than is in the pool"),
    "refusal.not_in_pool_yet": Both(
        "入职第 {n} 个月不从奖励池分配", "nothing of the pool in month {n}"
    ),
    "refusal.one_of_two": Both("{clause}、{other} 只能用一条", "{clause} or {other}, one of them"),
    "refusal.positive": Both("要大于 0", "a positive amount"),
    "refusal.allows": Both(
        "{clause}：应在 {least} 到 {most} 之间", "{clause} allows {least} to {most}"
    ),
    "refusal.no_ideas": Both(
        "{code} 没有合理化建议奖", "{code} rewards no ideas in either of two ways"
    ),
    "refusal.no_reward": Both("{clause} 不是奖励条款", "{clause} is no ground for a reward"),
    "refusal.no_sheet": Both("{code} 没有评分表", "{code} has no score sheet"),
    "refusal.no_year_mean": Both("{code} 没有年度平均", "{code} has no mean of the year"),
    "refusal.no_assessment": Both("{code} 没有加权考核", "{code} has no weighted assessment"),
    "refusal.no_extra": Both("{code} 没有附加分", "{code} has no extra points"),
    "refusal.not_known_to": Both("{code} 不认识这一项", "not known to {code}"),
    "refusal.more_than_scheduled": Both("多于应出勤的天数", "more than scheduled"),
    "refusal.not_in_use": Both("这一条没有启用", "the clause is not in use"),
    "refusal.no_scored_line": Both("这不是 {code} 计分的条款", "no line of {code} that is scored"),
    "refusal.not_counted": Both("{code} 没有条款计这一项", "no clause of {code} counts it"),
    "refusal.points_granted": Both(
        "这一条的分由审批人给，填在“审批人给的分”里", "its points are chosen, so they are granted"
    ),
    "refusal.outside": Both("超出条款允许的范围", "outside what the clause allows"),
    "refusal.by_days_worked": Both(
        "{clause} 要知道出勤和应出勤的天数", "{clause} goes by the days worked"
    ),
    "refusal.no_paydays": Both("{on} 前后没有两个发薪日", "no two paydays around {on}"),
    "refusal.no_month_assessed": Both("没有考核过的月份", "no month was assessed"),
    "refusal.given_by": Both("由{scorer}评，不能给自己评", "{scorer} gives it, never oneself"),
    "refusal.out_of_nothing": Both("总数是 0，达成数也要是 0", "something done out of nothing"),
    "refusal.nothing_measured": Both("总数是 0，没有可算的", "nothing was measured"),
    "refusal.before_closed": Both("早于结案", "before it was closed"),
}
