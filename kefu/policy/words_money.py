"""What explanations of penalties, compensation and fees say."""

from kefu.policy.both import Both

MONEY: dict[str, Both] = {
    # How values read.
    "unit.comma": Both("、", ", "),
    "unit.measure": Both("由主管决定", "decided by a supervisor"),
    "unit.kg": Both("公斤", "kg"),
    "unit.cubic_metre": Both("立方米", "m³"),
    "unit.point": Both("分", "points"),
    "per.occurrence": Both("次", "occurrence"),
    "per.parcel": Both("件", "parcel"),
    "per.report": Both("份报告", "report"),
    "per.person": Both("人", "person"),
    "per.day": Both("天", "day"),
    "per.hour": Both("小时", "hour"),
    "per.month": Both("月", "month"),
    "per.case": Both("单", "case"),
    "per.claim": Both("笔理赔", "claim"),
    # A measure in the frame of a penalty.
    "total.measure": Both("处理", "Outcome"),
    "state.payable.measure": Both("应执行", "to be carried out"),
    "verb.measure": Both("处理", "measure"),
    "change.becomes.measure": Both(
        "转为应执行，由主管决定", "Is to be carried out, a supervisor decides"
    ),
    "change.repeat_call.measure": Both(
        "答复前来电才算，由主管决定", "Only if before the answer; a supervisor decides"
    ),
    "change.waiver.measure": Both("主管免处", "A supervisor waives it"),
    # Measures.
    "measure.warning": Both("警告", "warning"),
    "measure.demerit": Both("记过", "demerit"),
    "measure.major_demerit": Both("记大过", "major demerit"),
    "measure.dismissal": Both("提议解雇", "dismissal proposed"),
    "measure.training": Both("培训", "training"),
    "measure.suspension": Both("暂停上岗", "suspension"),
    "measure.suspension_training": Both("停岗培训", "suspension for training"),
    "measure.police": Both("移交公安", "handed to the police"),
    "measure.rectification": Both("限期整改", "rectification order"),
    "measure.fine": Both("罚款", "fine"),
    "measure.late": Both("记迟到", "counted as late"),
    "measure.early_leave": Both("记早退", "counted as left early"),
    "measure.absence": Both("按旷工", "counted as absence"),
    "measure.performance_pay_lost": Both("当月绩效工资为零", "no performance pay this month"),
    "measure.full_attendance_lost": Both("取消当月全勤奖", "no full-attendance bonus this month"),
    "liability.delay": Both("延误责任", "the delay"),
    "liability.claim": Both("赔偿责任", "the claim"),
    "role.owner": Both("经办人", "the owner"),
    "role.queried_outlet": Both("被查询网点", "the queried outlet"),
    "role.asking_outlet": Both("查询网点", "the asking outlet"),
    "role.liable_outlet": Both("责任网点", "the liable outlet"),
    "role.origin_outlet": Both("发件网点", "the origin outlet"),
    "role.delivery_outlet": Both("派件网点", "the delivering outlet"),
    "role.parent_outlet": Both("所属网点", "the parent outlet"),
    "role.contractor": Both("承包区", "the contractor"),
    "role.department": Both("部门", "the department"),
    "role.employee": Both("员工本人", "the employee"),
    "role.agent": Both("客服", "the agent"),
    "role.courier": Both("派件员", "the courier"),
    "role.supervisor": Both("主管", "the supervisor"),
    "role.keeper": Both("当班保管人", "the keeper on shift"),
    "role.poster": Both("放行上网的人", "whoever let it be posted"),
    "severity.general": Both("一般", "general"),
    "severity.major": Both("重大", "major"),
    # What a clause asks for.
    "fact.evidence": Both("举证", "Evidence"),
    "fact.verification": Both("核实", "Verification"),
    "fact.nth": Both("次数", "The count"),
    "fact.absent": Both("旷工", "Absent"),
    "fact.absent_days": Both("旷工天数", "Days absent"),
    "fact.absent_hours": Both("旷工小时", "Hours absent"),
    "fact.abusive": Both("出言不逊", "Abusive"),
    "fact.asked_in_keeping_period": Both("在保存期内索要", "Asked for in the time of keeping"),
    "fact.assessed_loss": Both("核定的损失", "Assessed loss"),
    "fact.attitude_complaints": Both("态度投诉", "Attitude complaints"),
    "fact.briefing_unclear": Both("交待不清", "Briefing unclear"),
    "fact.careless": Both("疏忽", "Careless"),
    "fact.check_overridden": Both("越过检查上网", "Check overridden"),
    "fact.collect_refused": Both("到付拒收", "Freight collect refused"),
    "fact.complained_to_headquarters": Both("向总部投诉", "Complained to headquarters"),
    "fact.complaint_escalated": Both("投诉升级", "Complaint escalated"),
    "fact.contacts_without_result": Both("无果的联系", "Contacts without result"),
    "fact.coordination_failed": Both("协调不成", "Coordination failed"),
    "fact.customer_data_leaked": Both("泄露客户信息", "Customer data leaked"),
    "fact.delivered_late": Both("延误", "Delivered late"),
    "fact.did_not_come": Both("没来上班", "Did not come"),
    "fact.early_leave": Both("早退", "Left early"),
    "fact.equipment_damaged": Both("配备损坏", "Equipment damaged"),
    "fact.equipment_lost": Both("配备遗失", "Equipment lost"),
    "fact.failed_assessments": Both("考核不合格", "Failed assessments"),
    "fact.forged": Both("伪造记录", "Forged record"),
    "fact.handled_weakly": Both("处理不力", "Handled weakly"),
    "fact.head_unreachable": Both("负责人手机不通", "Head's mobile unreachable"),
    "fact.hidden": Both("隐身", "Hidden"),
    "fact.ignored_customers": Both("对客户置之不理", "Ignored customers"),
    "fact.incident": Both("出了事故", "Incident"),
    "fact.incident_in_store": Both("库存件出了事故", "Incident in store"),
    "fact.inside_damaged": Both("内件破损", "Damaged inside"),
    "fact.late_beyond_grace": Both("迟到超出宽限", "Late beyond the grace"),
    "fact.leaked_records": Both("泄露条数", "Records leaked"),
    "fact.leave_expired": Both("假满未续", "Leave expired"),
    "fact.leave_not_approved": Both("请假未批", "Leave not approved"),
    "fact.left_post": Both("离岗", "Left the post"),
    "fact.list_price": Both("物品原价", "List price"),
    "fact.lowest_score": Both("最低分", "Lowest score"),
    "fact.major_error": Both("重大错误", "Major error"),
    "fact.minutes_early": Both("早退分钟", "Minutes early"),
    "fact.minutes_late": Both("迟到分钟", "Minutes late"),
    "fact.monthly_base_wage": Both("月基本工资", "Month's base wage"),
    "fact.no_invoice": Both("以没有发票为由", "“No invoice” as the reason"),
    "fact.no_leave": Both("没有请假", "No leave"),
    "fact.no_outlet_interaction": Both("网点间没有交互", "No interaction between outlets"),
    "fact.no_prior_approval": Both("事先没有批准", "Not approved before"),
    "fact.no_punches": Both("没有打卡", "No punches"),
    "fact.no_reason_given": Both("没有写原因", "No reason given"),
    "fact.no_request_in_time": Both("没有及时申请签卡", "No request in time"),
    "fact.not_handled": Both("不作为", "Not handled"),
    "fact.not_logged_in": Both("没有登录", "Not logged in"),
    "fact.not_natural_wear": Both("不是自然破损", "Not natural wear"),
    "fact.not_reported_upward": Both("没有上报", "Not reported upward"),
    "fact.number_outdated": Both("号码未更新", "Number outdated"),
    "fact.off_task": Both("上班做无关的事", "Off-task activity"),
    "fact.offline": Both("下线", "Offline"),
    "fact.other_operation_error": Both("其他操作失误", "Other error of operation"),
    "fact.outside_damaged": Both("外包装破损", "Damaged outside"),
    "fact.outside_intact": Both("外包装完好", "Intact outside"),
    "fact.persuasion_failed": Both("劝说无效", "Persuasion failed"),
    "fact.promised_compensation": Both("承诺的赔偿", "Promised compensation"),
    "fact.property_damaged": Both("公物损坏", "Company property damaged"),
    "fact.proxy_done": Both("代人打卡", "Punched for another"),
    "fact.proxy_requested": Both("请人代打", "Had another punch"),
    "fact.punch_missing": Both("漏打卡", "Punch missing"),
    "fact.re_exam_failed": Both("重考不合格", "Re-exam failed"),
    "fact.receipt_not_found": Both("找不到回单", "Receipt not found"),
    "fact.receipt_refused": Both("拒绝提供回单", "Receipt refused"),
    "fact.report_bonus": Both("报告奖励", "Bonus for the report"),
    "fact.report_not_made": Both("没有打报告", "Report not made"),
    "fact.score": Both("当月得分", "Score of the month"),
    "fact.self_filled": Both("自行填写", "Filled in by himself"),
    "fact.serious": Both("情节严重", "Serious"),
    "fact.service_complaints": Both("服务投诉", "Service complaints"),
    "fact.service_manager_unreachable": Both(
        "客服经理手机不通", "Service manager's mobile unreachable"
    ),
    "fact.shift_late": Both("换班迟到", "Swapped shift late"),
    "fact.shift_swapped": Both("换过班", "Shift swapped"),
    "fact.shift_uncovered": Both("换班空班", "Swapped shift uncovered"),
    "fact.shirked": Both("推诿", "Shirked"),
    "fact.signed_unchecked": Both("签收时没有当面验货", "Signed without checking"),
    "fact.skipped_level": Both("越级", "Went past the next level"),
    "fact.stood_in_without_swap": Both("未批换班由同事顶班", "Stood in without a swap"),
    "fact.training_failed": Both("培训不合格", "Training failed"),
    "fact.training_passed": Both("培训合格", "Training passed"),
    "fact.uniform_damaged": Both("制服损坏", "Uniform damaged"),
    "fact.violent_sorting": Both("野蛮操作", "Violent sorting"),
    "fact.waited_for_headquarters": Both(
        "以总部没有结果为由", "Headquarters' result as the reason"
    ),
    "fact.wrong_address": Both("送错地址", "Wrong address"),
    # Steps: whether a penalty applies.
    "step.penalty_met": Both("{fact}：已查明", "{fact}: established"),
    "step.penalty_met.value": Both("具备", "met"),
    "step.penalty_missing": Both("{fact}：尚未查明", "{fact}: not established yet"),
    "step.penalty_missing.value": Both("待查", "open"),
    "step.penalty_bound_met": Both("{fact} {n}，要求 {bound}", "{fact}: {n}; has to be {bound}"),
    "step.penalty_bound_met.value": Both("符合", "within"),
    "step.penalty_bound_not_met": Both(
        "{fact} {n}，要求 {bound}", "{fact}: {n}; has to be {bound}"
    ),
    "step.penalty_bound_not_met.value": Both("不符合", "outside"),
    "step.penalty_nth_met": Both(
        "{fact}第 {n} 次，从第 {nth} 次起", "{fact}: number {n}, from number {nth} on"
    ),
    "step.penalty_nth_met.value": Both("适用", "applies"),
    "step.penalty_nth_not_met": Both(
        "{fact}第 {n} 次，本条为第 {nth} 次", "{fact}: number {n}, this is for number {nth}"
    ),
    "step.penalty_nth_not_met.value": Both("不适用", "does not apply"),
    "step.penalty_with": Both("{other} 已成立", "{other} has been raised"),
    "step.penalty_with.value": Both("具备", "met"),
    "step.penalty_with_missing": Both("{other} 尚未成立", "{other} has not been raised"),
    "step.penalty_with_missing.value": Both("待查", "open"),
    "step.penalty_not_beside": Both(
        "同一事项已按 {other} 处理，不并罚",
        "{other} is raised for the same matter already; never both",
    ),
    "step.penalty_not_beside.value": Both("不适用", "does not apply"),
    "step.penalty_yields": Both(
        "{other} 另有规定，以它为准", "{other} says otherwise and prevails"
    ),
    "step.penalty_yields.value": Both("不适用", "does not apply"),
    "step.penalty_ruled_out": Both("本条不适用", "The clause does not apply"),
    "step.penalty_ruled_out.value": Both("不处罚", "no penalty"),
    # Steps: what it costs.
    "step.penalty_each": Both("每{per} {each_yuan} × {times}", "{each_yuan} per {per} × {times}"),
    "step.penalty_each.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.penalty_capped": Both("封顶 {sum_yuan}", "{sum_yuan} at most"),
    "step.penalty_capped.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.penalty_points": Both(
        "每{per} {each_points} × {times}", "{each_points} per {per} × {times}"
    ),
    "step.penalty_points.value": Both("{sum_points}", "{sum_points}"),
    "step.penalty_no_points": Both("规章没有给分值", "The regulation names no points"),
    "step.penalty_no_points.value": Both("待主管填写", "to be entered by a supervisor"),
    "step.penalty_no_amount": Both("金额由主管填写", "A supervisor enters the amount"),
    "step.penalty_no_amount.value": Both("待填写", "to be entered"),
    "step.penalty_range": Both(
        "在 {least_yuan}到 {most_yuan}之间选定", "Chosen between {least_yuan} and {most_yuan}"
    ),
    "step.penalty_range.value": Both("由主管选定", "a supervisor chooses"),
    "step.penalty_proposed": Both("情节{severity}，建议", "{severity}: proposed"),
    "step.penalty_proposed.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.penalty_no_base": Both("{fact}还不知道", "{fact}: not known yet"),
    "step.penalty_no_base.value": Both("待填写", "to be entered"),
    "step.penalty_multiple": Both("{fact} {base_yuan} × {factor}", "{fact} {base_yuan} × {factor}"),
    "step.penalty_multiple.value": Both("{each_yuan}", "{each_yuan}"),
    "step.penalty_divided": Both(
        "{fact} {base_yuan} × {factor} ÷ {divisor}", "{fact} {base_yuan} × {factor} ÷ {divisor}"
    ),
    "step.penalty_divided.value": Both("{each_yuan}", "{each_yuan}"),
    "step.penalty_measures": Both("由主管选定：{measure}", "A supervisor chooses: {measure}"),
    "step.penalty_measures.value": Both("待选定", "to be chosen"),
    "step.penalty_measure": Both("处理", "Outcome"),
    "step.penalty_measure.value": Both("{measure}", "{measure}"),
    "step.penalty_until": Both("直到{fact}", "Until: {fact}"),
    "step.penalty_until.value": Both("期限", "term"),
    "step.penalty_hours": Both("按 {n} 小时计", "Counts as {n} h"),
    "step.penalty_hours.value": Both("{n} 小时", "{n} h"),
    "step.penalty_days": Both("{n} 个日历天", "{n} calendar days"),
    "step.penalty_days.value": Both("{n} 天", "{n} d"),
    "step.penalty_dates": Both("自 {first} 至 {last}", "From {first} to {last}"),
    "step.penalty_dates.value": Both("含首尾", "both included"),
    "step.penalty_no_term": Both("期限规章没有写", "The regulation names no length"),
    "step.penalty_no_term.value": Both("待填写", "to be entered"),
    "step.penalty_liable": Both(
        "{role}另承担{liability}", "{role} answers for {liability} besides"
    ),
    "step.penalty_liable.value": Both("{liability}", "{liability}"),
    # Steps: compensation.
    "basis.fixed": Both("定额", "fixed amount"),
    "basis.freight": Both("运费", "freight"),
    "basis.proved_value": Both("证明的价值", "proved value"),
    "basis.insured_amount": Both("保价金额", "insured amount"),
    "basis.repair_cost": Both("修复费用", "cost of repair"),
    "form.money": Both("现金", "Money"),
    "form.coupon": Both("优惠券", "Coupon"),
    "step.claim_proved_value": Both(
        "证明价值 {base_yuan} × 损失 {lost_share} × {factor}",
        "Proved value {base_yuan} × share lost {lost_share} × {factor}",
    ),
    "step.claim_proved_value.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_insured_amount": Both(
        "保价金额 {base_yuan} × 损失 {lost_share} × {factor}",
        "Insured amount {base_yuan} × share lost {lost_share} × {factor}",
    ),
    "step.claim_insured_amount.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_repair_cost": Both(
        "修复费用 {base_yuan} × 损失 {lost_share} × {factor}",
        "Cost of repair {base_yuan} × share lost {lost_share} × {factor}",
    ),
    "step.claim_repair_cost.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_freight": Both(
        "运费 {base_yuan} × 损失 {lost_share} × {factor}",
        "Freight {base_yuan} × share lost {lost_share} × {factor}",
    ),
    "step.claim_freight.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_fixed": Both("定额", "A fixed amount"),
    "step.claim_fixed.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_agreed": Both("与客户协商的金额，没有上限", "Agreed with the customer, no cap"),
    "step.claim_agreed.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_dearer_repair": Both(
        "修复 {cost_yuan}高于价值 {value_yuan}",
        "The repair, {cost_yuan}, costs more than the goods are worth, {value_yuan}",
    ),
    "step.claim_dearer_repair.value": Both("按不可修复", "as not repairable"),
    "step.claim_no_proof": Both("没有价值证明", "No proof of value"),
    "step.claim_no_proof.value": Both("未知", "not known"),
    "step.claim_without_proof": Both(
        "没有证明时提议运费 {base_yuan} × {factor}",
        "Proposed without a proof: freight {base_yuan} × {factor}",
    ),
    "step.claim_without_proof.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_up_to_insured": Both("不超过保价金额", "Up to the insured amount"),
    "step.claim_up_to_insured.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_up_to_proof": Both("不超过证明的价值", "Up to the proved value"),
    "step.claim_up_to_proof.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_maximum": Both("最高 {limit_yuan}，超出不赔", "{limit_yuan} at most"),
    "step.claim_maximum.value": Both("{limit_yuan}", "{limit_yuan}"),
    "step.claim_within_maximum": Both("不超过最高 {limit_yuan}", "Within the maximum {limit_yuan}"),
    "step.claim_within_maximum.value": Both("不变", "unchanged"),
    "step.claim_minimum": Both(
        "最低 = {basis} {base_yuan} × {factor}", "At least = {basis} {base_yuan} × {factor}"
    ),
    "step.claim_minimum.value": Both("{limit_yuan}", "{limit_yuan}"),
    "step.claim_within_minimum": Both(
        "不低于 {limit_yuan} = {basis} {base_yuan} × {factor}",
        "Not below {limit_yuan} = {basis} {base_yuan} × {factor}",
    ),
    "step.claim_within_minimum.value": Both("不变", "unchanged"),
    "step.claim_paid": Both("赔付（四舍五入到分）", "To be paid (rounded to the fen)"),
    "step.claim_paid.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_proposed": Both(
        "提议的赔付（四舍五入到分），由专员决定",
        "Proposed (rounded to the fen), the specialist decides",
    ),
    "step.claim_proposed.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_manager": Both(
        "超过 {most_yuan}，须经理批准", "Above {most_yuan}: a manager approves"
    ),
    "step.claim_manager.value": Both("待批准", "to be approved"),
    "step.claim_range": Both(
        "{form}，{least_yuan}到 {most_yuan}", "{form}, {least_yuan} to {most_yuan}"
    ),
    "step.claim_range.value": Both("由人选定", "a person chooses"),
    "step.claim_scale": Both("延误 {n} 天，建议", "{n} days late: proposed"),
    "step.claim_scale.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_optional": Both(
        "不可抗力：先致歉，可以不给", "Force majeure: apologise; it may be left out"
    ),
    "step.claim_optional.value": Both("可不给", "optional"),
    "step.claim_chosen": Both("选定", "Chosen"),
    "step.claim_chosen.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.claim_share": Both(
        "{party} 承担 {base_yuan} × {percent}%", "{party} bears {base_yuan} × {percent} %"
    ),
    "step.claim_share.value": Both("{sum_yuan}", "{sum_yuan}"),
    # Steps: fees.
    "zone.free": Both("免费地区", "free zone"),
    "zone.remote": Both("特殊地区", "remote zone"),
    "zone.shuttle": Both("有班车", "with a shuttle"),
    "zone.no_shuttle": Both("无班车", "without a shuttle"),
    "step.fee_zone": Both("目的地 {place}：{zone}", "To {place}: {zone}"),
    "step.fee_zone.value": Both("{zone}", "{zone}"),
    "step.fee_base": Both("{quantity} {unit}，起步价", "{quantity} {unit}: base price"),
    "step.fee_base.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_whole": Both(
        "{quantity} {unit}，计 {charged} × {rate_yuan}",
        "{quantity} {unit}, charged {charged} × {rate_yuan}",
    ),
    "step.fee_whole.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_excess": Both(
        "{quantity} {unit}，超出 {over} 的部分 {charged} × {rate_yuan}",
        "{quantity} {unit}, above {over}: {charged} × {rate_yuan}",
    ),
    "step.fee_excess.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_excess_rounded": Both(
        "{quantity} {unit}，超出 {over} 的部分按 {charged} 计，{charged} × {rate_yuan}",
        "{quantity} {unit}, the part above {over} counted as {charged}: {charged} × {rate_yuan}",
    ),
    "step.fee_excess_rounded.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_stays": Both(
        "{quantity} {unit}，超过末段不再增加",
        "{quantity} {unit}: above the last band nothing is added",
    ),
    "step.fee_stays.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_negotiated": Both("{quantity} {unit}，面议", "{quantity} {unit}: by agreement"),
    "step.fee_negotiated.value": Both("待议定", "to be agreed"),
    "step.fee_agreed": Both("议定手续费", "Handling agreed upon"),
    "step.fee_agreed.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_pieces": Both(
        "{n} 件 = {base_yuan} + {further} × {each_yuan}",
        "{n} pieces = {base_yuan} + {further} × {each_yuan}",
    ),
    "step.fee_pieces.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_place": Both("进仓地点：{place}", "Warehouse: {place}"),
    "step.fee_place.value": Both("已设价目", "has its prices"),
    "step.fee_on_top": Both("另加{part}", "{part} on top"),
    "step.fee_on_top.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_total": Both("合计 = {parts_yuan}", "Total = {parts_yuan}"),
    "step.fee_total.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_to_agree": Both("手续费待议定，暂不合计", "No total before the handling is agreed"),
    "step.fee_to_agree.value": Both("待议定", "to be agreed"),
    "part.handling": Both("手续费", "handling"),
    "part.warehouse_charge": Both("仓库收取费用", "warehouse charge"),
    "part.ticket": Both("门票", "ticket"),
    "who.courier": Both("业务员", "the courier"),
    "who.company": Both("公司", "the company"),
    "who.customer": Both("客户", "the customer"),
    "payment.prepaid": Both("现付", "prepaid"),
    "payment.monthly": Both("月结", "monthly account"),
    "payment.collect": Both("到付", "freight collect"),
    "legs.outbound": Both("发货运费", "outbound freight"),
    "legs.return": Both("退回运费", "return freight"),
    "to.original_account": Both("原付款账户", "the original account"),
    "fact.return_received": Both("退货已收到", "Return received"),
    "fact.freight_receipt": Both("运费单据", "Receipt for the freight"),
    "step.fee_shortfall": Both(
        "转发 {cost_yuan} − 已付 {paid_yuan}，由{who}补足",
        "Forwarding {cost_yuan} − paid {paid_yuan}, topped up by {who}",
    ),
    "step.fee_shortfall.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_enough": Both(
        "转发 {cost_yuan}，已付 {paid_yuan}，够了",
        "Forwarding {cost_yuan}, paid {paid_yuan}: enough",
    ),
    "step.fee_enough.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_hold": Both("{who}补足前不发", "Held until {who} has topped up"),
    "step.fee_hold.value": Both("暂扣", "held"),
    "step.fee_no_top_up": Both("{payment}，不用补足", "{payment}: nobody tops up"),
    "step.fee_no_top_up.value": Both("不适用", "does not apply"),
    "step.fee_bears": Both("{who}承担{legs}", "{legs}: borne by {who}"),
    "step.fee_bears.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_advances": Both("{who}先垫付{legs}", "{legs}: laid out by {who}"),
    "step.fee_advances.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_pays_back": Both("{who}返还{legs}，退回{to}", "{legs}: paid back by {who} to {to}"),
    "step.fee_pays_back.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fee_waits": Both("返还要等：{fact}", "Paid back once on record: {fact}"),
    "step.fee_waits.value": Both("待办", "waiting"),
    "fund.department_activity": Both("部门活动经费", "department activity fund"),
    "deduction.cash_fine": Both("现金罚款", "cash fine"),
    "deduction.score_money": Both("失分扣款", "money for points"),
    "deduction.supervisor_fine": Both("主管罚款", "supervisor's fine"),
    "deduction.absence_deduction": Both("旷工扣款", "deduction for absence"),
    "deduction.bonus_lost": Both("取消的奖金", "bonus lost"),
    "step.fund_income": Both(
        "{deduction} {base_yuan} × {portion_share}，入{fund}",
        "{deduction} {base_yuan} × {portion_share}, into the {fund}",
    ),
    "step.fund_income.value": Both("{sum_yuan}", "{sum_yuan}"),
    "step.fund_without": Both("{deduction}不入经费", "{deduction}: no income of the fund"),
    "step.fund_without.value": Both("不计", "not counted"),
    # Refusals.
    "within.calendar_month": Both("自然月", "calendar month"),
    "within.calendar_year": Both("自然年", "calendar year"),
    "counted_in.cubic_metre": Both("立方米", "m³"),
    "counted_in.kg": Both("公斤", "kg"),
    "counted_in.pieces": Both("件", "pieces"),
    "counted_in.point": Both("分", "points"),
    "refusal.no_consequence": Both("{clause} 不是处罚条款", "{clause} is no consequence"),
    "refusal.nobody_named": Both("没有写明谁是“{role}”", "nobody is named as {role}"),
    "refusal.chosen_between": Both(
        "{clause}：{n} 不在 {least} 到 {most} 之间",
        "{clause}: chosen {n} is not between {least} and {most}",
    ),
    "refusal.counted_once": Both(
        "{clause} 只算一次（{per}），次数填 1，不是 {times}",
        "{clause} is counted once a {per}, not {times} times",
    ),
    "refusal.does_not_name": Both("{clause} 没有写“{measure}”", "{clause} does not name {measure}"),
    "refusal.nothing_to_choose": Both(
        "{clause} 的数额是定死的，不用选", "{clause} leaves no amount to choose"
    ),
    "refusal.no_other_sum": Both(
        "{clause} 不按基数算，不用填", "{clause} comes out of no other sum"
    ),
    "refusal.sum_known": Both(
        "{clause} 的基数已经填了，不用再选种类",
        "{clause}: the sum it comes out of is known already",
    ),
    "refusal.fine_of_nothing": Both(
        "{clause}：罚款要大于 0", "{clause}: a fine of nothing is no fine"
    ),
    "refusal.counts_no": Both("{code} 不计“{of}”的次数", "{code} counts no {of}"),
    "refusal.which_period": Both(
        "“{of}”按{within}计，要填判定日", "{of} is counted in a {within}: which one?"
    ),
    "refusal.after_judged": Both(
        "{on} 晚于判定日 {judged_on}", "{on} is after the day it is judged, {judged_on}"
    ),
    "refusal.times_below_nought": Both("次数不能小于 0：{n}", "nothing happens {n} times"),
    "refusal.nothing_proved": Both(
        "{clause} 按证明的价值赔付，要填价值", "{clause}: nothing is proved and nothing else is set"
    ),
    "refusal.agreed_with_customer": Both(
        "{clause} 的金额由双方商定，要填商定的数",
        "{clause} has the amount agreed with the customer",
    ),
    "refusal.repairable_or_not": Both(
        "要知道能不能修复", "whether it can be repaired has to be known"
    ),
    "refusal.up_to_proved": Both(
        "{clause} 以证明的价值为限，要填价值", "{clause} pays no more than the proved value"
    ),
    "refusal.between": Both(
        "{clause}：应在 {least} 到 {most} 之间，不能是 {n}",
        "{clause}: between {least} and {most}, not {n}",
    ),
    "refusal.proposes_by_days": Both(
        "{clause} 按天数建议金额，要填天数", "{clause} proposes by the days"
    ),
    "refusal.shares_make": Both(
        "{clause}：比例合计 {total}，应为 {least}",
        "{clause}: the shares make {total} and not {least}",
    ),
    "refusal.knows_no": Both("{clause} 没有“{kind}”", "{clause} knows no {kind}"),
    "refusal.asks_reason": Both("{clause} 要写明理由", "{clause} asks for a reason"),
    "refusal.shares_above_nought": Both(
        "至少一方，比例都大于 0", "shares are above 0, and there is at least one"
    ),
    "refusal.takes_no": Both(
        "{clause}：价目表不收 {n} {counted_in}", "{clause}: the table takes no {n} {counted_in}"
    ),
    "refusal.gap": Both(
        "{clause}：价目表与 {other} 之间有空缺或重叠",
        "{clause}: leaves a gap after {other}, or overlaps with it",
    ),
    "refusal.goes_on_from_agreed": Both(
        "{clause}：接着一段议价的往上算", "{clause}: goes on from a band that is agreed upon"
    ),
    "refusal.names_too": Both(
        "{clause}：写了 {place}，{other} 也写了", "{clause}: names {place}, and so does {other}"
    ),
    "refusal.other_parts": Both(
        "{clause}：合计的不是手续费和 {other} 的各项",
        "{clause}: adds other parts than handling and those of {other}",
    ),
    "refusal.partly_in_zone": Both(
        "{place} 只有一部分在 {clause} 的区域里，要填到市或县",
        "{place} lies in part in the zone of {clause}: be more exact",
    ),
    "refusal.quantity_below_nought": Both("不能小于 0：{n}", "a quantity is not below 0: {n}"),
    "refusal.handling_by_table": Both(
        "手续费按价目表算，不用议定", "the handling follows from the table, none is to be agreed"
    ),
    "refusal.no_such_deduction": Both(
        "{clause} 没有写“{deduction}”", "{clause} does not name {deduction}"
    ),
}
