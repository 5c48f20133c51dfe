"""Production starts with strong secrets only; otherwise one sentence and no traceback."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

STRONG = "q7Wn3-kTz0_Rb5YxLd8Vh2Jc6Mf1Ps9Gu4Ea-iOoNtKvQyBwXrZlHmDjCpSgFe"
PROJECT = Path(__file__).resolve().parents[2]


KEY = base64.b64encode(bytes(range(7, 39))).decode()
OTHER_KEY = base64.b64encode(bytes(range(60, 92))).decode()


def strong() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "kefu.settings.production",
        "KEFU_HOSTS": "kefu.example.org",
        "SECRET_KEY": STRONG,
        "KEFU_ENCRYPTION_KEYS": f"2:{KEY},1:{OTHER_KEY}",
        "KEFU_LOOKUP_KEY": KEY,
        "DATABASE_URL": f"postgresql://kefu_app:{STRONG[:24]}@database/kefu",
        "REDIS_URL": f"redis://:{STRONG[:24]}@redis/0",
    }


def start(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    code = "from django.conf import settings; print(list(settings.KEFU_ENCRYPTION_KEYS))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_strong_secrets_are_accepted_and_the_first_key_is_the_current_one() -> None:
    done = start(strong())

    assert (done.returncode, done.stdout, done.stderr) == (0, "['2', '1']\n", "")


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    environment = strong()
    file = tmp_path / "secret"
    file.write_text(environment.pop("SECRET_KEY") + "\n")

    assert start(environment | {"SECRET_KEY_FILE": str(file)}).returncode == 0
    unreadable = start(environment | {"SECRET_KEY_FILE": str(tmp_path / "none")})
    assert unreadable.returncode == 1
    assert "Refusing to start: " in unreadable.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "django-insecure-" + STRONG),
        ("SECRET_KEY", "ab" * 40),
        ("KEFU_ENCRYPTION_KEYS", None),
        ("KEFU_ENCRYPTION_KEYS", KEY),  # without an id
        ("KEFU_ENCRYPTION_KEYS", "1:" + base64.b64encode(b"0" * 32).decode()),
        ("KEFU_ENCRYPTION_KEYS", f"1:{KEY},2:"),
        ("KEFU_LOOKUP_KEY", None),
        ("KEFU_LOOKUP_KEY", base64.b64encode(bytes(range(16))).decode()),
        ("KEFU_HOSTS", None),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "postgresql://kefu_app@database/kefu"),
        ("DATABASE_URL", "postgresql://kefu_app:kefu_app@database/kefu"),
        ("REDIS_URL", "redis://redis/0"),
        ("REDIS_URL", "redis://:password1234567@redis/0"),
        ("KEFU_NOW", "2026-03-01T08:00:00+08:00"),
        ("KEFU_WEBHOOK_NETWORKS", "10.0.0.0/8"),
    ],
)
def test_what_is_missing_or_weak_is_refused_by_its_name(name: str, value: str | None) -> None:
    environment = strong()
    environment.pop(name, None)
    if value is not None:
        environment[name] = value

    done = start(environment)

    assert done.returncode == 1
    assert done.stdout == ""
    chinese, english = done.stderr.splitlines()
    assert chinese.startswith("拒绝启动：")
    assert english.startswith("Refusing to start: ")
    assert name in english
