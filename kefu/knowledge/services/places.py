"""The places that tables name: found by any spelling below their parent, else added to it."""

import re
from collections.abc import Iterable, Sequence

from kefu.knowledge.models import Place, PlaceName
from kefu.privacy import names

Path = tuple[str, ...]  # province, city, district, town; what is not named is ""

# The thirty-four of the first level: a province by any other name is a mistake.
PROVINCES = [
    "北京市",
    "天津市",
    "河北省",
    "山西省",
    "内蒙古自治区",
    "辽宁省",
    "吉林省",
    "黑龙江省",
    "上海市",
    "江苏省",
    "浙江省",
    "安徽省",
    "福建省",
    "江西省",
    "山东省",
    "河南省",
    "湖北省",
    "湖南省",
    "广东省",
    "广西壮族自治区",
    "海南省",
    "重庆市",
    "四川省",
    "贵州省",
    "云南省",
    "西藏自治区",
    "陕西省",
    "甘肃省",
    "青海省",
    "宁夏回族自治区",
    "新疆维吾尔自治区",
    "台湾省",
    "香港特别行政区",
    "澳门特别行政区",
]
NO_CITY = {
    "市辖区",
    "县",
    "省直辖县级行政区划",
}  # what tables write between a province and its counties
_PEOPLES = "壮|回|维吾尔|土家|苗|侗|布依|彝|藏|羌|傣|景颇|傈僳|白|哈尼|哈萨克|蒙古|朝鲜|柯尔克孜|瑶|仫佬|毛南|畲|黎|满|锡伯|土|撒拉|东乡|保安|裕固"
_ENDINGS = {
    1: re.compile(r"(?:壮族|回族|维吾尔)?自治区$|特别行政区$|省$|市$"),
    2: re.compile(rf"(?:(?:{_PEOPLES})族)+自治州$|地区$|盟$|市$"),
    3: re.compile(rf"(?:(?:{_PEOPLES})族)+自治县$|自治旗$|区$|县$|市$|旗$"),
    4: re.compile(r"街道办事处$|街道$|镇$|(?:[^乡]族)?乡$|苏木$"),
}


def short(name: str, level: int) -> str:
    """A name as people say it: 扬州 for 扬州市, 广西 for 广西壮族自治区; itself where a single sign would be left."""
    cut = _ENDINGS[level].sub("", name)
    return cut if len(cut) > 1 else name


# Of the second level, those that are no 市.
_PREFECTURES = {
    "延边", "恩施", "湘西", "阿坝", "甘孜", "凉山", "黔西南", "黔东南", "黔南", "楚雄", "红河", "文山",
    "西双版纳", "大理", "德宏", "怒江", "迪庆", "临夏", "甘南", "海北", "黄南", "海南", "果洛", "玉树",
    "海西", "昌吉", "博尔塔拉", "巴音郭楞", "克孜勒苏", "伊犁", "兴安", "锡林郭勒", "阿拉善", "大兴安岭", "阿里", "阿克苏",
    "喀什", "和田", "塔城", "阿勒泰",
}  # fmt: skip
# What may stand behind a name of which a table gave the short form only.
_MAYBE = {3: ("区", "县", "市"), 4: ("街道", "镇", "乡")}


def city(name: str) -> str:
    """A city as it is written in full: 扬州市 for 扬州; what is no 市 stays as it is."""
    plain = name and name not in _PREFECTURES and not _ENDINGS[2].search(name)
    return f"{name}市" if plain else name


def spellings(name: str, level: int) -> set[tuple[str, str]]:
    """Every (kind, key) that a place is found by."""
    brief = short(name, level)
    kind = PlaceName.Kind
    found = {(kind.FULL.value, name), (kind.SHORT.value, brief)}
    if name == brief:
        found |= {(kind.FULL.value, name + ending) for ending in _MAYBE.get(level, ())}
    if spelled := names.pinyin(brief):
        found |= {(kind.PINYIN.value, spelled), (kind.PINYIN.value, names.pinyin(name))}
        found.add((kind.INITIALS.value, names.initials(brief)))
    return found


def add_places(wanted: Iterable[tuple[Place | None, str, int]]) -> list[Place]:
    """Add places with their spellings: (parent, name, level) each."""
    made = Place.objects.bulk_create(
        Place(parent=parent, name=name, level=level) for parent, name, level in wanted
    )
    PlaceName.objects.bulk_create(
        PlaceName(place=place, kind=kind, key=key)
        for place in made
        for kind, key in sorted(spellings(place.name, place.level))
    )
    return made


def ensure_places(paths: Sequence[Path]) -> dict[Path, Place]:
    """Return the deepest place of each path, adding what is not there below its province, level by level.

    Four questions and as many insertions, however many paths. Callers hold the lock of the tables, so that two
    imports add no place twice. A path whose province is unknown is left out.
    """
    found: dict[Path, Place] = {}
    above: dict[Path, Place] = {}
    for level in range(1, 5):
        needed = {_upto(path, level) for path in paths if len(path) >= level and path[level - 1]}
        parents = {path: _parent(path, above) for path in needed}
        wanted = {
            path: (parents[path], path[-1])
            for path in needed
            if level == 1 or parents[path] is not None
        }
        known = _known(level, [parent for parent, _name in wanted.values() if parent])
        missing: dict[tuple[int | None, str], list[Path]] = {}
        for path, (parent, name) in sorted(wanted.items()):
            key = (parent.pk if parent else None, name)
            place = known.get(key) or known.get((key[0], short(name, level)))
            if place is not None and place.name != name and short(name, level) != name:
                place = None if place.name != short(name, level) else place  # 邢台县 beside 邢台市
            if place is not None:
                above[path] = place
            elif level > 1:
                missing.setdefault(key, []).append(path)
        made = add_places(
            [(wanted[some[0]][0], name, level) for (_parent_id, name), some in missing.items()]
        )
        for place, some in zip(made, missing.values(), strict=True):
            above.update(dict.fromkeys(some, place))
    for path in paths:
        deepest = _upto(path, max((n for n in range(1, 5) if _named(path, n)), default=1))
        if deepest in above:
            found[path] = above[deepest]
    return found


def _named(path: Path, level: int) -> bool:
    return len(path) >= level and bool(path[level - 1])


def _upto(path: Path, level: int) -> Path:
    return tuple(path[:level])


def _parent(path: Path, above: dict[Path, Place]) -> Place | None:
    """The nearest named place above: a district of Beijing stands right below it."""
    for end in range(len(path) - 1, 0, -1):
        if path[end - 1]:
            return above.get(_upto(path, end))
    return None


def _known(level: int, parents: Sequence[Place]) -> dict[tuple[int | None, str], Place]:
    """What there is of a level below these parents, by full name and by short."""
    rows = Place.objects.filter(level=level).select_related("parent__parent__parent")
    if level > 1:
        rows = rows.filter(parent__in={parent.pk for parent in parents})
    known: dict[tuple[int | None, str], Place] = {}
    for place in rows:
        known.setdefault((place.parent_id, short(place.name, level)), place)
    for place in rows:
        known[place.parent_id, place.name] = place
    return known
