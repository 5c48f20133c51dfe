"""Make .venv and install one lock file into it: ``python tools/setup.py local|dev``.

Runs on a bare Python with nothing but the standard library and pip. Written for old Pythons too, so
that they get a sentence and not a syntax error.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(PROJECT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
UV_HOME = os.path.join(VENV, "uv")  # outside site-packages, where "sync" would remove it
STAMP = os.path.join(VENV, "installed.json")


def refuse(chinese, english):
    sys.exit("{}\n{}".format(chinese, english))


def need_python():
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        refuse(
            "需要 Python 3.11 或 3.12，现在是 {}；可用 make PYTHON=… 指定。".format(
                platform.python_version()
            ),
            "Python 3.11 or 3.12 is needed, this is {}; name one by make PYTHON=….".format(
                platform.python_version()
            ),
        )


def lock_for(wanted):
    """The lock file to install: without the two servers where they do not exist as wheels."""
    bare = platform.system() == "Linux" and platform.machine() == "x86_64"
    if wanted == "local" and not (bare and platform.libc_ver()[0] == "glibc"):
        if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
            here = "{} {}".format(platform.system(), platform.machine())
            refuse(
                "此机器（{}）没有内置的 PostgreSQL 和 Redis，请设置 DATABASE_URL 和 REDIS_URL。".format(
                    here
                ),
                "There is no built-in PostgreSQL and Redis for this machine ({}): "
                "set DATABASE_URL and REDIS_URL.".format(here),
            )
        return "requirements.txt"
    return "requirements-{}.txt".format(wanted)


def digest(lock):
    with open(os.path.join(PROJECT, lock), "rb") as file:
        return hashlib.sha256(file.read() + sys.version.encode()).hexdigest()


def installed(lock):
    """Whether this very lock is installed, or the developers' one, which holds it."""
    try:
        with open(STAMP) as file:
            found = json.load(file)
    except (OSError, ValueError):
        return False
    return found.get("lock") in (lock, "requirements-dev.txt") and found.get("digest") == digest(
        found["lock"]
    )


def run(*command, **options):
    return subprocess.run(command, check=False, **options).returncode == 0


def pip():
    """A pip that runs: this Python's own, or one unpacked into .venv."""
    if run(
        sys.executable,
        "-m",
        "pip",
        "--version",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ):
        return [sys.executable, "-m", "pip"]
    if run(PYTHON, "-m", "ensurepip", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        return [PYTHON, "-m", "pip"]
    return refuse(
        "{} 没有 pip，请先安装（如 python3-pip）。".format(sys.executable),
        "{} has no pip: install it first (python3-pip or so).".format(sys.executable),
    )


def install(lock):
    if not os.path.exists(PYTHON) or not same_python():
        if not run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV):
            refuse(
                "无法建立 .venv，请先安装 venv 模块（如 python3-venv）。",
                "Cannot make .venv: install the venv module first (python3-venv or so).",
            )
    ours = pip()
    print("安装依赖…… Installing {} …".format(lock), file=sys.stderr, flush=True)
    quiet = ["--disable-pip-version-check", "--quiet"]
    hashes = ["--require-hashes", "-r", "requirements-bootstrap.txt"]
    uv = os.path.join(UV_HOME, "bin", "uv")
    os.environ.setdefault("PIP_ROOT_USER_ACTION", "ignore")
    environment = dict(os.environ, UV_LINK_MODE="copy", UV_PYTHON_DOWNLOADS="never")
    environment.setdefault(
        "UV_SYSTEM_CERTS", "true"
    )  # a company's own authority, as pip accepts it
    mirror = subprocess.run(
        [*ours, "config", "get", "global.index-url"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ).stdout.decode()
    if mirror.strip():  # uv does not read pip's configuration
        environment.setdefault("UV_DEFAULT_INDEX", mirror.strip())
    sync = ["pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", "--compile-bytecode"]
    if run(*ours, "install", *quiet, "--upgrade", "--target", UV_HOME, *hashes) and run(
        uv, *sync, lock, env=environment
    ):
        return
    print(
        "uv 不可用，改用 pip（较慢）。uv does not work here: using pip, more slowly.",
        file=sys.stderr,
        flush=True,
    )
    if not run(*ours, "--python", PYTHON, "install", *quiet, "--require-hashes", "-r", lock):
        refuse(
            "依赖没有装上，请检查网络或 pip 的镜像设置后再试。",
            "The dependencies could not be installed: check the network or pip's mirror, and try again.",
        )


def same_python():
    """Whether .venv was made by a Python like this one and still works."""
    probe = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.version)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return probe.stdout.decode().strip() == sys.version


def main():
    need_python()
    os.chdir(PROJECT)
    lock = lock_for(sys.argv[1])
    if installed(lock):
        return
    install(lock)
    with open(STAMP, "w") as file:
        json.dump({"lock": lock, "digest": digest(lock)}, file)


if __name__ == "__main__":
    main()
