"""Names stand in the order in which a Chinese reader looks for them."""

import pytest

from kefu.database.functions import ByPinyin
from kefu.network.models import Party, Region
from kefu.network.services import save_party
from kefu.staff.models import User

pytestmark = pytest.mark.django_db


def test_regions_are_sorted_by_pinyin_and_not_by_code_point():
    names = ["浙江", "安徽", "江苏", "北京", "四川", "广东"]
    for name in names:
        Region.objects.create(name=name)

    found = list(Region.objects.order_by(ByPinyin("name")).values_list("name", flat=True))

    assert found == ["安徽", "北京", "广东", "江苏", "四川", "浙江"]
    assert found != sorted(names)


def test_a_character_that_is_rare_or_no_chinese_still_has_its_place():
    for name in ("㙍头", "𠮷林", "Zürich", "安徽"):
        Region.objects.create(name=name)

    assert Region.objects.order_by(ByPinyin("name")).count() == 4
    assert Region.objects.order_by(ByPinyin("name")).first().name == "Zürich"


def test_parties_stand_by_their_pinyin():
    actor = User.objects.create_superuser("root", role="manager")
    for code, name in (("A", "重庆一部"), ("B", "成都三部"), ("C", "安庆二部")):
        save_party(party=Party(kind="outlet", code=code, name=name), actor=actor)

    assert [party.code for party in Party.objects.all()] == ["C", "B", "A"]
