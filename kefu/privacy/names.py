"""Names of people: surname, pinyin and initials.

pypinyin reads words well and surnames badly (仇 as chou, 曾 as ceng), so surnames have a table of their own and the
other characters are read one by one: a given name is no word.
"""

import re
import unicodedata
from functools import cache, lru_cache

import pypinyin

# Surnames read otherwise than the character alone; more than one reading where families differ.
SURNAME_READINGS: dict[str, tuple[str, ...]] = {
    "仇": ("qiu",), "曾": ("zeng",), "解": ("xie",), "查": ("zha",), "朴": ("piao", "pu"), "单": ("shan",),
    "区": ("ou",), "盖": ("ge", "gai"), "任": ("ren",), "华": ("hua",), "乐": ("yue", "le"), "覃": ("qin", "tan"),
    "翟": ("zhai", "di"), "尉": ("wei",), "缪": ("miao",), "繁": ("po",), "员": ("yun",), "秘": ("bi",), "种": ("chong",),
    "黑": ("he",), "牟": ("mu", "mou"), "那": ("na",), "宓": ("mi",), "折": ("she",), "冼": ("xian",), "褚": ("chu",),
    "召": ("shao",), "句": ("gou",), "逄": ("pang",), "郇": ("xun", "huan"), "洗": ("xian",), "隗": ("wei", "kui"),
    "应": ("ying",), "葛": ("ge",), "纪": ("ji",), "燕": ("yan",), "祭": ("zhai",), "谌": ("chen", "shen"), "佴": ("nai",),
    "宿": ("su",), "柏": ("bai", "bo"), "卜": ("bu",), "石": ("shi",), "沈": ("shen",), "车": ("che",), "曲": ("qu",),
    "能": ("nai",), "阚": ("kan",), "瞿": ("qu",), "吕": ("lv",), "藏": ("zang",), "臧": ("zang",), "哈": ("ha",),
    "晁": ("chao",), "晟": ("cheng",), "乜": ("nie",), "幺": ("yao",), "叶": ("ye",), "郗": ("xi", "chi"), "妫": ("gui",),
    "訾": ("zi",), "逯": ("lu",), "璩": ("qu",), "钭": ("tou",), "郏": ("jia",), "缑": ("gou",), "郜": ("gao",), "亓": ("qi",),
    "俞": ("yu",), "於": ("yu",), "贾": ("jia",), "干": ("gan",), "过": ("guo",), "都": ("du",), "行": ("xing",), "强": ("qiang",),
    "相": ("xiang",), "盛": ("sheng",), "肖": ("xiao",), "降": ("jiang",), "长": ("chang",), "重": ("chong",), "撒": ("sa",),
    "逮": ("dai",), "芮": ("rui",), "尧": ("yao",), "鲍": ("bao",), "麴": ("qu",), "眭": ("sui",), "莘": ("shen", "xin"),
}  # fmt: skip

COMPOUND_READINGS: dict[str, str] = {
    "欧阳": "ou yang", "太史": "tai shi", "端木": "duan mu", "上官": "shang guan", "司马": "si ma", "东方": "dong fang",
    "独孤": "du gu", "南宫": "nan gong", "万俟": "mo qi", "闻人": "wen ren", "夏侯": "xia hou", "诸葛": "zhu ge",
    "尉迟": "yu chi", "公羊": "gong yang", "赫连": "he lian", "澹台": "tan tai", "皇甫": "huang fu", "宗政": "zong zheng",
    "濮阳": "pu yang", "公冶": "gong ye", "太叔": "tai shu", "申屠": "shen tu", "公孙": "gong sun", "慕容": "mu rong",
    "仲孙": "zhong sun", "钟离": "zhong li", "长孙": "zhang sun", "宇文": "yu wen", "司徒": "si tu", "鲜于": "xian yu",
    "司空": "si kong", "闾丘": "lv qiu", "子车": "zi ju", "亓官": "qi guan", "司寇": "si kou", "巫马": "wu ma",
    "公西": "gong xi", "颛孙": "zhuan sun", "壤驷": "rang si", "公良": "gong liang", "漆雕": "qi diao", "乐正": "yue zheng",
    "宰父": "zai fu", "谷梁": "gu liang", "拓跋": "tuo ba", "夹谷": "jia gu", "轩辕": "xuan yuan", "令狐": "ling hu",
    "段干": "duan gan", "百里": "bai li", "呼延": "hu yan", "东郭": "dong guo", "南门": "nan men", "羊舌": "yang she",
    "微生": "wei sheng", "梁丘": "liang qiu", "左丘": "zuo qiu", "东门": "dong men", "西门": "xi men", "单于": "chan yu",
}  # fmt: skip

# The surnames of nearly everybody, for telling a name from other words (recognition of pasted text).
SINGLE_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷段龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文翁樊兰殷施洪安颜倪牛温芦季俞"
    "章鲁葛伍申尤毕聂柴焦柳邢岳齐梅庄辛管祝左涂谷祁耿舒尚牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位霍翟隋植甘景薄单"
    "包司柏宁柯阮桂闵解强车华冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻"
    "揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼官楚佟匡宗应台巫鞠僧桑荆谌银伏岑习胥蔺缪邰郗宓宿亓仉佘俸修元况幸区卿麦"
    "嵇师庆庞弓征惠扈敬斐晁朴束杭楼步母水洛渠湛满漆潭牧狄玉班由疏睦禄禹种竹籍粟缑羊能芮苍茅茹荀荣莘萧蒯蒲蔚藏蛮衡訾诸谯贝贡轩"
    "辕迮逄逯邝郇郏郦郧鄂酆钭铁闻闾阎阙隆隗雍雒须颉香鹿麻佴璩"
)

_TONES = str.maketrans({"ü": "v", "·": "", "•": "", "'": "", "’": "", "-": "", " ": ""})
SPACE_IN_HAN = re.compile(r"(?<=[\u3400-\u9fff·]) +(?=[\u3400-\u9fff·])")
_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """Return one spelling for all: half width, lower case, single spaces, none between Chinese characters."""
    if text.isascii():
        return " ".join(text.lower().split())
    if (
        len(text) <= 4
        and text.isalpha()
        and text.isprintable()
        and "\u3400" <= min(text) <= max(text) <= "\u9fff"
    ):
        return text
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().lower()
    return SPACE_IN_HAN.sub("", text.replace("•", "·").replace("・", "·"))


def fold_pinyin(text: str) -> str:
    """Return typed pinyin as the table writes it: no spaces and apostrophes, ü (lü, lyu) as v."""
    letters = text.lower().translate(_TONES)
    return letters.replace("lyu", "lv").replace("nyu", "nv")


def surname(name: str) -> str:
    """Return the surname a Chinese name begins with: two characters where that is one, else the first."""
    if name[:2] in COMPOUND_READINGS and len(name) > 2:
        return name[:2]
    return name[:1] if _is_han(name[:1]) else ""


def pinyin(name: str) -> str:
    """Return the name in letters without tones: 张三 as zhangsan, 吕 as lv. Latin stays, the rest is dropped."""
    spelled = spellings(name)
    return spelled[0][0] if spelled else ""


def initials(name: str) -> str:
    """Return the first letter of every syllable: 欧阳修 as oyx. Of a Latin name, of every word."""
    spelled = spellings(name)
    return spelled[0][1] if spelled else ""


def readings(name: str) -> tuple[str, ...]:
    """Return every way to read the name, the usual one first: 朴 is piao or pu."""
    return tuple(dict.fromkeys(letters for letters, _first in spellings(name)))


@lru_cache(maxsize=16_384)
def spellings(name: str) -> tuple[tuple[str, str], ...]:
    """Return (pinyin, initials) for each way to read the name, the usual one first; empty without letters."""
    name = fold(name)[:64]
    family = surname(name)
    heads: tuple[str, ...] = ()  # the surname's readings, syllables parted by spaces
    if family in COMPOUND_READINGS:
        heads = (COMPOUND_READINGS[family],)
    elif family in SURNAME_READINGS:
        heads = SURNAME_READINGS[family]
    syllables = _syllables(name[len(family) if heads else 0 :])
    ways = [(*head.split(), *syllables) for head in heads or ("",)]
    return tuple(("".join(way), "".join(syllable[0] for syllable in way)) for way in ways if way)


def _syllables(name: str) -> list[str]:
    """Return a syllable for each Chinese character and each Latin word; the rest is dropped."""
    syllables: list[str] = []
    word = False  # the last syllable is a Latin word that goes on
    for char in name:
        if char == "ü" or (char.isascii() and char.isalnum()):
            letter = "v" if char == "ü" else char
            if word:
                syllables[-1] += letter
            else:
                syllables.append(letter)
            word = True
        elif char not in "'-":
            word = False
            if read := _syllable(char):
                syllables.append(read)
    return syllables


@cache
def _syllable(char: str) -> str:
    """Return one character's usual reading, or nothing for what has none."""
    if not _is_han(char):
        return ""
    read = pypinyin.lazy_pinyin(char, style=pypinyin.Style.NORMAL, errors="ignore")
    return read[0] if read else ""


def _is_han(char: str) -> bool:
    return (
        "\u3400" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\U00020000" <= char <= "\U0003ffff"
        or char == "〇"
    )
