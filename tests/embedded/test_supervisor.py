"""The keeper of processes, tried on real ones."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kefu.embedded import supervisor as module
from kefu.embedded.refusal import CannotStart
from kefu.embedded.supervisor import Program, Supervisor

SECONDS = 20.0  # nothing here may take longer
LIVES = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {LIVES}"


def python(name: str, code: str, **options: object) -> Program:
    return Program(name, [sys.executable, "-c", code], **options)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def keeper(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "log", say=said.append) as supervisor:
        yield supervisor


def test_what_a_child_says_is_shown_with_its_name_and_kept_in_its_log(
    keeper: Supervisor, said: list[str], tmp_path: Path
) -> None:
    keeper.start(python("web", f"print('你好', flush=True); {LIVES}"))
    keeper.start(python("postgres", f"print('quiet', flush=True); {LIVES}", echo=False))

    keeper.pump(lambda: len(keeper.children[1].last_line) > 0 and bool(said), SECONDS)

    assert said == ["web      | 你好"]
    assert (tmp_path / "log" / "web.log").read_text() == "你好\n"
    assert (tmp_path / "log" / "postgres.log").read_text() == "quiet\n"


def test_a_child_that_dies_is_started_again_with_one_sentence(
    keeper: Supervisor, said: list[str]
) -> None:
    keeper.start(python("worker", LIVES))
    first = keeper.children[0].process.pid
    os.kill(first, signal.SIGKILL)

    def replaced() -> bool:
        return keeper.children[0].process.pid != first

    def stop_when_replaced() -> None:
        wait(replaced)
        keeper.stopping = True

    watcher = threading.Thread(target=stop_when_replaced)
    watcher.start()
    keeper.watch()
    watcher.join()

    assert alive(keeper.children[0].process.pid)
    assert said == [
        "worker 意外退出（-9），0.5 秒后重新启动。 worker ended (-9); starting it again in 0.5 s."
    ]


def test_the_pause_before_a_new_start_doubles_up_to_its_limit(
    keeper: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.2)
    keeper.start(python("worker", "raise SystemExit(3)"))
    keeper.children[0].pause = 0.05
    end = time.monotonic() + SECONDS

    while len(said) < 5 and time.monotonic() < end:
        keeper.pump(keeper._anything_to_do, 1)
        keeper._revive(keeper.children[0])

    assert [re.findall(r"in ([\d.]+) s", line)[0] for line in said[:5]] == [
        "0.05",
        "0.1",
        "0.2",
        "0.2",
        "0.2",
    ]


def test_children_are_stopped_last_first(tmp_path: Path, said: list[str]) -> None:
    code = (
        "import signal, sys, time\n"
        "def leave(*_):\n    print('leaves', flush=True); time.sleep(0.2); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave); print('here', flush=True); time.sleep(60)"
    )
    with Supervisor(tmp_path / "log", say=said.append) as keeper:
        for name in ("redis", "web", "beat"):
            keeper.start(python(name, code))
        keeper.pump(lambda: len(said) == 3, SECONDS)
        children = [child.process for child in keeper.children]

    assert said[3:] == ["beat     | leaves", "web      | leaves", "redis    | leaves"]
    assert [process.returncode for process in children] == [0, 0, 0]


def test_a_child_that_will_not_go_is_killed_and_a_bystander_is_not(
    tmp_path: Path, said: list[str]
) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", LIVES])
    try:
        with Supervisor(tmp_path / "log", say=said.append) as keeper:
            keeper.start(python("web", STUBBORN, stop_seconds=0.3))
            keeper.pump(lambda: bool(said), SECONDS)
            process = keeper.children[0].process

        assert process.returncode == -signal.SIGKILL
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_what_a_dead_child_had_started_itself_goes_with_it(
    keeper: Supervisor, said: list[str]
) -> None:
    code = (
        f"import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', {LIVES!r}]);"
        "print(c.pid, flush=True); sys.exit(1)"
    )
    keeper.start(python("web", code))
    keeper.pump(lambda: bool(said) and keeper.children[0].ended(), SECONDS)
    grandchild = int(said[0].split()[-1])
    assert alive(grandchild)

    keeper._revive(keeper.children[0])

    wait(lambda: not alive(grandchild))


def test_a_program_that_ends_before_it_is_ready_is_refused_with_its_last_words(
    keeper: Supervisor,
) -> None:
    with pytest.raises(CannotStart, match="postgres did not start: no space left"):
        keeper.start(python("postgres", "print('no space left')", ready=lambda: False))


def test_a_program_that_never_gets_ready_is_refused_in_time(keeper: Supervisor) -> None:
    with pytest.raises(CannotStart, match="redis 没有启动成功"):
        keeper.start(python("redis", LIVES, ready=lambda: False, ready_seconds=0.2))


def test_a_log_file_is_cut_and_one_older_piece_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_BYTES", 10)
    log = module.Log(tmp_path / "web.log")

    for line in (b"one 4567890\n", b"two 4567890\n", b"three\n"):
        log.write(line)

    assert (tmp_path / "web.log").read_bytes() == b"three\n"
    assert (tmp_path / "web.log.1").read_bytes() == b"two 4567890\n"


def test_children_end_when_the_keeper_is_killed_hard(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kefu.embedded.supervisor import *\n"
        f"keeper = Supervisor(Path({str(tmp_path)!r}))\n"
        f"keeper.start(Program('web', [sys.executable, '-c', {LIVES!r}]))\n"
        "print(keeper.children[0].process.pid, flush=True)\n"
        "keeper.watch()"
    )
    keeper = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert keeper.stdout
    child = int(keeper.stdout.readline())

    keeper.kill()
    keeper.wait()
    keeper.stdout.close()

    wait(lambda: not alive(child))
