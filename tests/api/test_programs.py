"""What partners run, against a running server: the generated client with its example, and the README's commands."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from inquiries.models import NetworkQuery
from kefu import clock
from kefu.api.public_ids import conceal, reveal
from tests.api.conftest import ask
from tests.api.test_document import Server, server
from tools import client as generator

__all__ = ["server"]  # the fixture

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "docs" / "examples"
READMES = ("README.md", "README.zh.md")
COMMANDS = re.compile(r"^    KEY=kf.*\n(?:^(?:    .*)?\n)+", re.MULTILINE)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The generated package, importable, as ``pip install`` would make it."""
    made = tmp_path_factory.mktemp("client") / "kefu-client"
    generator.generate(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(made)
        patch.syspath_prepend(EXAMPLES)
        yield made
    for name in [name for name in sys.modules if name.split(".")[0] == "kefu_client"]:
        del sys.modules[name]


@pytest.fixture
def program(library: Path) -> Iterator[ModuleType]:
    yield importlib.import_module("answer_queries")
    del sys.modules["answer_queries"]


@pytest.fixture
def client(program: ModuleType, server: Server) -> Any:
    return program.AuthenticatedClient(base_url=server.url, token=server.secret())


def asked(server: Server, *questions: str) -> list[str]:
    """Ask the outlet; return the ids as the outlet sees them."""
    rows = [ask(server.centre, now=clock.now(), question=question) for question in questions]
    return [conceal("network_query", row.pk) for row in rows]


def test_the_client_and_a_program_on_it_pass_a_strict_type_checker(library, tmp_path):
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path]

    done = subprocess.run(
        [*command, "-p", "kefu_client", "-m", "answer_queries"],
        env={**os.environ, "MYPYPATH": f"{library}:{EXAMPLES}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_client_has_a_function_for_every_operation_of_the_document(library):
    document = (PROJECT / "docs" / "openapi.yaml").read_text()
    operations = set(re.findall(r"operationId: (\w+)", document))

    functions = {path.stem for path in library.glob("kefu_client/api/*/*.py")} - {"__init__"}

    assert functions == operations


def test_the_client_reads_page_after_page_and_knows_each_field_by_its_type(program, client, server):
    ids = asked(server, "件还没有扫描", "收件人称少一件", "外包装破损")

    found = list(program.open_queries(client, page_size=2))

    assert set(ids) <= {query.id for query in found}
    assert len({query.id for query in found}) == len(found)
    assert [query.due_at for query in found] == sorted(query.due_at for query in found)
    assert all(query.due_at.utcoffset() is not None for query in found)
    (cost, *_more) = found[0].costs
    assert (cost.clause, cost.amount) == ("CD-05.10", "200.00")


def test_an_answer_sent_twice_by_the_client_is_given_once(program, client, server):
    (public_id,) = asked(server, "请核实派送时间")
    query = next(query for query in program.open_queries(client) if query.id == public_id)

    first = program.answer(client, query, "今晚派送")
    again = program.answer(client, query, "今晚派送")

    assert first == again
    assert (first.state, first.answer) == ("answered", "今晚派送")
    assert first.answered_at > query.asked_at
    stored = NetworkQuery.objects.get(state=NetworkQuery.State.ANSWERED, pk=_pk(public_id))
    assert stored.asked_id == server.centre.chengdu.pk


def test_a_refusal_reaches_the_program_as_a_typed_problem(program, client, server):
    (public_id,) = asked(server, "请核实签收人")
    query = next(query for query in program.open_queries(client) if query.id == public_id)

    with pytest.raises(program.Refused) as refusal:
        program.answer(client, query, "")

    problem = refusal.value.problem
    assert isinstance(problem, program.Problem)
    assert (problem.status, problem.type_) == (422, "/problems/invalid")
    assert [fault.field for fault in problem.errors] == ["answer"]
    nobody = program.AuthenticatedClient(base_url=server.url, token="kf000000.nothing")
    with pytest.raises(program.Refused) as turned_away:
        list(program.open_queries(nobody))
    assert turned_away.value.problem.type_ == "/problems/key_invalid"


def test_a_value_that_is_new_within_v1_does_not_break_the_client(library):
    document = generator.yaml.safe_load(generator.DOCUMENT.read_text())
    answer = document["paths"]["/api/v1/network-queries/{id}/"]["get"]["responses"]["200"]
    (example,) = answer["content"]["application/json"]["examples"].values()
    shown = importlib.import_module("kefu_client.models").QueryShown

    query = shown.from_dict(example["value"] | {"state": "postponed", "colour": "red"})

    assert query.state == "postponed"
    assert query["colour"] == "red"


@pytest.mark.parametrize("readme", READMES)
def test_the_quick_start_does_what_it_says(server, readme):
    (public_id,) = asked(server, "件到成都后没有扫描，请核实")
    given = {"KEY": server.secret(), "BASE": f"{server.url}/api/v1", "ID": public_id}
    listing, answering, repeated = [_run(command, given) for command in _commands(readme)]

    assert public_id in [query["id"] for query in json.loads(listing)["results"]]
    for answer in (answering, repeated):
        head, _blank, body = answer.partition("\n\n")
        assert head.startswith("HTTP/1.1 200")
        assert "ratelimit-remaining: " in head.lower()
        assert json.loads(body)["state"] == "answered"
    assert "idempotency-replayed: true" not in answering.lower()
    assert "idempotency-replayed: true" in repeated.lower()


def _commands(readme: str) -> list[str]:
    """The commands of the quick start; what one fills in oneself (KEY, BASE, ID) stands in lines of its own."""
    (block,) = COMMANDS.findall((PROJECT / readme).read_text())
    lines = re.sub(r"\\\n\s*", "", block).splitlines()
    commands = [line.strip() for line in lines if line.strip()]
    return [line for line in commands if not re.match(r"(KEY|BASE|ID)=", line)]


def _run(command: str, given: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euc", command],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.replace("\r\n", "\n")


def _pk(public_id: str) -> int:
    return reveal("network_query", public_id)
