"""``manage.py calculate``: what it lists, prints and refuses; shipped rulebooks ask no database."""

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kefu.rulebooks.models import Rulebook, RulebookVersion
from tests.calculator.conftest import CHINESE, KINDS

AIR = json.dumps({"destination": "510100", "shuttle": False, "weight": "3.2"})


def run(*args):
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command("calculate", *args, stdout=out, stderr=err)
    except SystemExit as error:
        status = error.code
    return out.getvalue(), err.getvalue(), status


def test_it_lists_every_kind():
    out, _err, _status = run()

    assert all(kind.name in out for kind in KINDS)


def test_it_prints_a_schema():
    out, _err, _status = run("air_return", "--schema")

    assert json.loads(out)["required"] == ["destination", "shuttle", "weight"]


def test_it_decides_and_explains_in_either_language():
    chinese, _err, _status = run("air_return", "--rulebook", "CD", "--facts", AIR)
    english, _err, _status = run(
        "air_return", "--rulebook", "CD", "--facts", AIR, "--language", "en"
    )

    assert "16.00 元" in chinese
    assert "16.00 yuan" in english
    assert "CD-04.19" in english
    assert not CHINESE.search(english)


def test_it_prints_json(tmp_path):
    file = tmp_path / "facts.json"
    file.write_text(AIR, encoding="utf-8")

    out, _err, _status = run("air_return", "--rulebook", "CD", "--facts", f"@{file}", "--json")

    told = json.loads(out)
    assert told["result"] == {"amount": "16.00"}
    assert told["steps"][0]["clause"] == "CD-04.19"
    assert len(told["explanation"]) == len(told["steps"])


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ('{"destination": "510100", "shuttle": false}', "weight"),
        ('{"destination": "510100", "shuttle": false, "weight": 1e400}', "weight"),
        ('{"destination": "510100", "shuttle": false, "weight": "NaN"}', "weight"),
        ('{"destination": "510100", "shuttle": false, "weight": "1", "x": 1}', "x"),
    ],
)
def test_bad_facts_are_named_by_field(facts, field):
    _out, err, status = run("air_return", "--rulebook", "CD", "--facts", facts)

    assert status == 2
    assert err.startswith(f"{field}: ")

    out, _err, status = run("air_return", "--rulebook", "CD", "--facts", facts, "--json")
    assert (list(json.loads(out)["faults"]), status) == ([field], 2)


def test_a_rulebook_that_does_not_say_is_another_thing_than_bad_facts():
    _out, err, status = run("air_return", "--rulebook", "OS", "--facts", AIR)

    assert status == 1
    assert "这本规章对此没有规定" in err


@pytest.mark.parametrize(
    "args",
    [
        ("no_kind",),
        ("air_return",),
        ("air_return", "--rulebook", "XX", "--facts", AIR),
        ("air_return", "--rulebook", "CD@x", "--facts", AIR),
        ("air_return", "--rulebook", "CD", "--facts", "{"),
        ("air_return", "--rulebook", "CD", "--facts", "[]"),
        ("air_return", "--rulebook", "CD", "--facts", '{"weight": NaN}'),
        ("air_return", "--rulebook", "CD", "--facts", "@/no/such/file"),
        ("air_return", "--rulebook", "CD", "--facts", "[" * 100_000),
        ("air_return", "--rulebook", "CD", "--facts", '{"weight": ' + "1" * 5000 + "}"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence(args):
    with pytest.raises(CommandError) as refused:
        run(*args)

    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


@pytest.mark.django_db
def test_a_version_is_one_of_the_database():
    call_command("install_rulebooks", stdout=StringIO())
    RulebookVersion.objects.get(rulebook__code="CD", number=1)

    out, _err, _status = run("air_return", "--rulebook", "CD@1", "--facts", AIR)

    assert "第 1 版" in out
    with pytest.raises(CommandError):
        run("air_return", "--rulebook", "CD@7", "--facts", AIR)


@pytest.mark.django_db
def test_nor_is_a_version_that_cannot_be_read():
    book = Rulebook.objects.create(code="CD", name="快递客服部管理制度")
    RulebookVersion.objects.create(rulebook=book, number=1, content={"clauses": []}, digest="x")

    with pytest.raises(CommandError):
        run("air_return", "--rulebook", "CD@1", "--facts", AIR)


def test_shipped_rulebooks_need_no_database():
    done = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "calculate",
            "air_return",
            "--rulebook",
            "CD",
            "--facts",
            "-",
        ],
        input=AIR,
        env={**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "16.00 元" in done.stdout
