"""What the schema says when a clause contradicts itself, in Chinese. Its own sentences are the English ones.

``{}`` stands for what the schema puts in. A sentence that is not here yet is shown as the schema has it.
"""

import re
from functools import lru_cache

CHINESE = {
    # Every clause.
    "write the number as a decimal, not as a float": "数字要写成小数，不能是浮点数",
    "a reading is given in both languages or in none": "解读要么中英文都写，要么都不写",
    "the id is given twice": "这个条款编号用了两次",
    "the id belongs to another rulebook than {}": "这个条款编号不属于 {}",
    # Clocks.
    "the shift lead is told after the owner, never before": "先提醒负责人，再通知组长，不能反过来",
    "remind_after_minutes is for a clause without a time of its own": "没有时限的条款才设“多久后提醒”",
    "limit and unit are both given or both blank": "时限和单位要么都填，要么都是“规章未定”",
    "a time is promised case by case where no limit is given": "逐件承诺时限的，不另设统一时限",
    "working time is counted in hours; for working days: calendar_days": "工作时间按小时计；按工作日计请用“按天计时”",
    "working days are counted in days": "工作日的单位是天",
    "start_counts goes with one day or more": "“起算日计入”要至少一天，单位是天",
    "only days can be paused": "单位是天的才能挂起",
    "the regulation gives a number; the house has none to choose": "规章已有数字，本中心不能另定",
    "within and until go together": "“在…之间”要写明到几点，其他的不写",
    "until lies after at": "结束时刻要晚于开始时刻",
    "a summer time is for what lasts until a moment": "“夏令到”只用于到某一时刻为止的事项",
    # What recurs and what is kept.
    "days are those of a week, a month or a year": "日子要属于一周、一月或一年",
    "the days of a week are 1 to 7": "星期是 1 到 7",
    "a year goes with its months": "按年的要写明月份",
    "a day or a time of day is named twice": "同一天或同一时刻写了两次",
    "until lies after the one time at which it begins": "有结束时刻的，只写一个开始时刻，并早于它",
    "times and the times of day say different things": "次数和写明的时刻对不上",
    "keep and unit are both given or both blank": "保存期限和单位要么都填，要么都是“规章未定”",
    "what has no length never has to be destroyed": "没有期限的，不会到期销毁",
    "start_counts goes with days": "“起算日计入”的单位要是天",
    "the house chooses where the regulation gives nothing": "规章没有规定的，才由本中心定",
    # Fees.
    "a price is written, or it is negotiated": "要么写价格，要么协商定价",
    "rate, basis and parts go together": "单价、依据和不足一单位的算法要一起写",
    "up_to is above over": "“至”要大于“超过”",
    "beyond goes with up_to": "写了“至”才能写“超出”怎么办",
    "places are those of a zone": "有区域才能写地区",
    "the table has {} rows, not {}": "这张表应有 {} 行，现在是 {} 行",
    "the first row begins with one piece": "第一行从 1 件起",
    "the row after {} pieces leaves a gap or overlaps": "{} 件之后的一行有空档或重叠",
    "a row ends before it begins: {}": "这一行还没开始就结束了：{}",
    "{} is given twice": "{} 写了两次",
    "a kind of deduction goes into the fund or does not": "同一种扣款不能又计入又不计入",
    # How many, which class, reports.
    "at_least or at_most is written, or both": "至少、至多要写一个",
    "each goes with among": "“各自计算”要有计入的种类",
    "at_least is above at_most": "“至少”大于“至多”",
    "a measure and its bounds go together": "量度和它的界限要一起写",
    "at_least and more_than are two ways to say one thing": "“至少”和“多于”只能写一个",
    "a criterion asks for something": "认定标准要写明条件",
    "the bounds leave nothing between them": "上下限之间没有余地",
    "a number has a bound": "要写一个界限",
    "a bound is inside or outside, not both": "同一头的界限只能写一个",
    # What it costs.
    "a clause costs points or money, not both": "扣分和罚款只能写一个",
    "role and condition go with points or fine": "写了扣分或罚款，才写责任方和生效条件，并且都要写",
    "at_least is below at_most": "“至少”要小于“至多”",
    "{} is proposed and not in the range": "建议的 {} 不在幅度之内",
    "a term has a number or says until when": "期限要么写数目，要么写到何时",
    "number and unit go together": "数目和单位要一起写",
    "exactly one of fine and points, fine_range, derived and measures is written": "罚款、罚款幅度、折算、扣分、处理，要写一种，也只能写一种",
    "evidence_any_of goes with the condition evidence": "生效条件有“有证据”的，才写证据",
    "counts goes with nth": "写了第几次起，才写怎样计次",
    "a term is that of a measure": "写了处理，才写期限",
    "match any chooses among numbers": "“满足其一”要有两个以上的条件",
    "at_most is an amount of money": "只有罚款才能封顶",
    "what follows a clock is raised by time alone, it needs nothing more": "由计时引起的处罚，不能再要别的条件",
    "the condition {} and what belongs to it go together": "生效条件“{}”和它所需的内容要一起写",
    # Who may, and words.
    "what nobody may do has no further conditions": "谁都不许做的，不再写条件",
    "what lifts another clause names the exception and nothing else": "解除另一条的，只写例外",
    "an access clause restricts something": "权限条款要限制些什么",
    "a check digit goes with a number of digits": "核对校验位的，要写数字位数",
    "a text rule asks for something": "文字格式要写明要求",
    "a placeholder is a plain name in braces": "占位符是花括号里的英文名称",
    "{filler} in the template and the filler go together": "模板里的 {filler} 和填充符要一起写",
    "house_pattern is no regular expression: {}": "本中心格式不是正确的正则表达式：{}",
    "the template cannot be read: {}": "模板读不懂：{}",
    "only speaks of a field that is not asked for": "“仅可选”里的栏目不在必填项里",
    # Wages.
    "a calendar quarter has three months": "一个季度是三个月",
    "pay by service has an amount, pay by post a table": "按工龄的写金额，按岗位的写岗位表",
    "start and step go by months, a cap does not": "起始和递增写月数，封顶不写",
    "counts_from goes with the start": "“计发自”只写在起始一条",
    "amount, full_score and above_full go with pay by score": "金额、满分和“超过满分也计”只用于按分计的，金额和满分都要写",
    "first_month goes with a later month than the first": "“首月”只用于从第二个月以后起的",
    "the part of the wage goes with the author": "给本人的才写计入工资的哪一部分",
    "a grade is of whatever was assessed": "按等级发的，不看是否全月在职",
    "while_blank goes with a rate": "“未定时”只用于写了时薪的",
    "the source goes with the pool": "进奖金池的才写来源，并且要写",
    "lost_by, least_score and grade go each with their part": "丧失情形、最低分、等级各随自己的那一种补贴",
    "exactly one of rate and multiplier is written": "时薪和倍数只能写一个，并且要写一个",
    # Compensation.
    "an amount is written for the basis fixed, and for no other": "依据是“固定”的才写金额，并且要写",
    "at_least and at_most are written for the basis chosen": "依据是“裁量”的才写上下限，并且都要写",
    "the scale rises with the days": "档次要随天数上升",
    # Processes.
    "only an outcome of the step leads back": "只有这一步的结果才能退回",
    "per and times go together": "“按”和次数要一起写",
    "what follows being late goes with lodged_before": "写了“须先于”，才写迟交怎么办",
    "what is only warned about needs nothing to be good": "迟交只提醒的，不再要求附什么",
    'without "by" the targets stand under "any", with it they never do': "没有写“由”的，去向写在 any 名下；写了的，不能用 any",
    # Scores.
    "the sections do not add up to the total": "各分项加起来不等于总分",
    "a line stands in two sections, or twice in one": "同一项写在了两个分项里，或写了两次",
    "a sheet without a scale has no floor": "没有总分，就没有下限",
    "points that are chosen are not counted": "由人选定分数的，不累计次数",
    "the weights do not add up to 1": "各部分的权重合计不是 1",
    "the grade does not end where {} begins": "这一等级的上限没有接上 {} 的下限",
    "the grades do not cover all points": "各等级没有盖住所有的分数",
    "earns and weight go together, where it earns points": "计分的才写得分方式和权重，并且都要写",
    "two sections go by one name": "两个分项同名",
    "there are no sections to have a floor": "没有分项，就没有分项的下限",
    "the lowest tier begins at 0, or numbers below it have no points": "最低一档要从 0 开始",
    "an event of no points is no score event": "不加不减分的，不是加减分",
    "up_to is above points, and both give": "“至”要大于加减分，并且都是加分",
    "the cap is below a single event": "封顶低于一次的分数",
    "what counts from the first time on has no history to count": "从第一次就计的，不用累计",
    "the target is above what can be reached": "目标高于能达到的最高值",
    "a grade has a bound": "等级要有界限",
    "the grade has no room between its bounds": "等级的上下限之间没有余地",
    "the tiers go down, each bound below the one before": "档次从高到低，每档的起点要低于上一档",
    "a lower tier gives more points than the one above": "低档的分数不能高于上一档",
    # Rosters.
    "a window closes after it opens: {} to {}": "时段的结束要晚于开始：{} 到 {}",
    "windows overlap or are out of order: {}": "时段重叠或次序不对：{}",
    "the weekdays stand once each, Monday first": "星期每个只写一次，从星期一起",
    "by every and the number go together": "“每隔若干”要写明数目，其他的不写",
    "off goes with every": "写了每隔多少，才写轮空",
    "one thing is refused and allowed at once": "同一件事不能又不受理又允许",
    "neighbours goes with the shifts beside a swapped one": "“相邻”只用于换班前后的班次，并且要写",
    "a month belongs to one season": "一个月只能属于一个季节",
    "a month without a season": "有的月份没有归入季节",
    "a course ends after it begins": "课程的结束不能早于开始",
    "the kind of days is said once, by the clause for the whole course": "日的种类只在写整个课程的那一条里写",
    "a course begins on its first day": "课程从第 1 天开始",
}


def in_chinese(sentence: str) -> str:
    if sentence in CHINESE:
        return CHINESE[sentence]
    for pattern, told in _patterns():
        if found := pattern.fullmatch(sentence):
            for part in found.groups():
                told = told.replace("{}", part, 1)
            return told
    return sentence


@lru_cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile("(.+)".join(map(re.escape, english.split("{}")))), chinese)
        for english, chinese in CHINESE.items()
        if "{}" in english
    )
