"""Start processes, show what they say, bring back those that die, stop them in reverse order.

One thread only: everything that waits, waits in ``Supervisor.pump``, which meanwhile carries the
output of the children to the terminal and to their log files.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from kefu.embedded.refusal import CannotStart

POLL_SECONDS = 0.1
FIRST_PAUSE = 0.5  # before a dead process is started again; doubled each time ...
LONGEST_PAUSE = 15.0  # ... up to this, so that a takeover stays below 30 seconds
STEADY_SECONDS = 60.0  # a process that lived this long starts again with the first pause
LOG_BYTES = 5_000_000  # of one log file; one older file is kept beside it
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a child calls before it becomes its program.

    When we are killed hard, nobody is left to stop our children: the kernel sends the signal.
    """
    parent = os.getpid()

    def ask_the_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: ``ready`` says that others may now rely on it; ``user`` drops root's rights."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0  # then the whole group is killed
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    standard_input: bytes = b""
    user: tuple[int, int] | None = None  # uid, gid
    echo: bool = True  # False: to its log file only


@dataclass(slots=True)
class Child:
    """A program and the process that runs it now."""

    program: Program
    process: subprocess.Popen[bytes]
    log: "Log"
    started: float = field(default_factory=time.monotonic)
    pause: float = FIRST_PAUSE
    restart_at: float | None = None
    last_line: str = ""
    is_ready: bool = False

    def gets_ready(self) -> bool:
        self.is_ready = self.program.ready is None or self.program.ready()
        return self.is_ready

    def ended(self) -> bool:
        """Whether it has ended. It is not reaped yet: its number cannot belong to another process."""
        if self.process.returncode is not None:
            return True
        how = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.process.pid, how) is not None

    def reap(self) -> int:
        """Kill what is left of its group, then take its exit status; only after it has ended."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()


class Log:
    """A log file that never grows beyond two pieces and never stops its writer."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.file: IO[bytes] = path.open("ab", buffering=0)

    def write(self, line: bytes) -> None:
        with suppress(OSError):  # a full disk must not take the processes down with it
            if self.file.tell() > LOG_BYTES:
                self.path.replace(self.path.with_suffix(".log.1"))
                full, self.file = self.file, self.path.open("ab", buffering=0)
                full.close()
            self.file.write(line)


def say_on_terminal(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone; the processes still want stopping in order
        print(line, flush=True)


class Supervisor:
    """The keeper of some children. Use it as a context manager: leaving it stops them all."""

    def __init__(self, logs: Path, *, say: Callable[[str], None] | None = None) -> None:
        self.logs = logs
        self.say = say or say_on_terminal
        self.children: list[Child] = []
        self.stopping = False
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> "Supervisor":
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            numbers.append(signal.SIGHUP)
        self._old_handlers = {
            number: signal.signal(number, self._ask_to_stop) for number in numbers
        }
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    # -- starting ---------------------------------------------------------------------------

    def start(self, program: Program) -> None:
        """Start it, keep it running from now on and return when it is ready.

        Raises CannotStart if it ends, or is not ready in time; the sentence quotes its last line.
        """
        child = Child(program, self._spawn(program), Log(self.logs / f"{program.name}.log"))
        self.children.append(child)
        self._listen(child)
        if program.ready is None:
            return
        self.pump(lambda: child.ended() or child.gets_ready(), program.ready_seconds)
        if self.stopping or child.is_ready:
            return
        self.pump(lambda: False, POLL_SECONDS)  # its last words may still be in the pipe
        reason = child.last_line if child.ended() else f"> {program.ready_seconds:g} s"
        raise CannotStart(
            f"{program.name} 没有启动成功：{reason}（详见 {child.log.path}）",
            f"{program.name} did not start: {reason} (see {child.log.path})",
        )

    def run(self, program: Program) -> int:
        """Run it once to its end, on our own terminal, and return its exit status."""
        process = subprocess.Popen(
            program.argv, env=program.env, preexec_fn=die_with_parent(program.stop_signal)
        )
        self.pump(lambda: process.poll() is not None, None)
        if process.poll() is None:
            process.terminate()
        return process.wait()

    def _spawn(self, program: Program) -> "subprocess.Popen[bytes]":
        uid, gid = program.user or (None, None)
        process = subprocess.Popen(
            program.argv,
            env=program.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            start_new_session=True,  # Ctrl-C reaches us only, and we stop them in order
            preexec_fn=die_with_parent(program.stop_signal),
        )
        assert process.stdin and process.stdout
        with suppress(BrokenPipeError):
            process.stdin.write(program.standard_input)
            process.stdin.close()
        os.set_blocking(process.stdout.fileno(), False)
        return process

    # -- waiting ----------------------------------------------------------------------------

    def watch(self) -> None:
        """Keep all children running until we are asked to stop."""
        while not self.stopping:
            self.pump(self._anything_to_do, None)
            for child in self.children:
                self._revive(child)

    def pump(self, until: Callable[[], bool], seconds: float | None) -> None:
        """Carry output until the condition holds, the time is over or we are asked to stop."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self.stopping and not until() and (end is None or time.monotonic() < end):
            self._carry()

    def _anything_to_do(self) -> bool:
        now = time.monotonic()
        return any(
            child.ended() if child.restart_at is None else now >= child.restart_at
            for child in self.children
        )

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        name = child.program.name
        if child.restart_at is not None:
            if now >= child.restart_at:
                child.process, child.started, child.restart_at = (
                    self._spawn(child.program),
                    now,
                    None,
                )
                self._listen(child)
        elif child.ended():
            status = child.reap()
            if now - child.started >= STEADY_SECONDS:
                child.pause = FIRST_PAUSE
            child.restart_at = now + child.pause
            self.say(
                f"{name} 意外退出（{status}），{child.pause:g} 秒后重新启动。"
                f" {name} ended ({status}); starting it again in {child.pause:g} s."
            )
            child.pause = min(child.pause * 2, LONGEST_PAUSE)

    # -- output -----------------------------------------------------------------------------

    def _listen(self, child: Child) -> None:
        assert child.process.stdout
        self._selector.register(child.process.stdout, selectors.EVENT_READ, (child, bytearray()))

    def _carry(self) -> None:
        for key, _ in self._selector.select(POLL_SECONDS):
            child, rest = key.data
            chunk = os.read(key.fd, 65536)
            rest += chunk or b"\n" * bool(rest)
            *lines, tail = rest.split(b"\n")
            rest[:] = tail
            for line in lines:
                self._show(child, bytes(line))
            if not chunk:
                self._selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]

    def _show(self, child: Child, line: bytes) -> None:
        child.log.write(line + b"\n")
        child.last_line = line.decode(errors="replace") or child.last_line
        if child.program.echo:
            self.say(f"{child.program.name:<9}| {line.decode(errors='replace')}")

    # -- stopping ---------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop what we started, last first, and nothing else. Whoever will not go is killed."""
        for child in reversed(self.children):
            if not child.ended():
                child.process.send_signal(child.program.stop_signal)
                end = time.monotonic() + child.program.stop_seconds
                while not child.ended() and time.monotonic() < end:
                    self._carry()
            if not child.ended():
                child.process.kill()
            child.reap()
        self.children.clear()
