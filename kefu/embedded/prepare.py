"""The part of ``make run`` that needs Django: schema, static files, and the demo or a first admin."""

import getpass
import hashlib
import os
import sys
import traceback
from contextlib import suppress
from io import StringIO

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from kefu.embedded import place
from kefu.embedded.refusal import CannotStart


def prepare() -> None:
    """Bring database and files to this version of the code, then see that somebody can sign in."""
    migrate()
    call_command("createcachetable", database="owner", verbosity=0)
    if os.environ.get("DEMO") == "0":
        first_admin()
    else:
        demo()
    call_command("install_rulebooks")  # after the demo, whose rules hold since long ago
    collect_static()


def migrate() -> None:
    """Bring the schema to this version of the code; the first time takes a while, and says so."""
    executor = MigrationExecutor(connections["owner"])
    if steps := len(executor.migration_plan(executor.loader.graph.leaf_nodes())):
        print(f"准备数据库，{steps} 步…… Preparing the database, {steps} steps …", flush=True)
    call_command("migrate", database="owner", interactive=False, verbosity=0)


def collect_static() -> None:
    """Collect the static files unless they are what was collected last time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            path = storage.path(name)
            found = os.stat(path)
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    stamp = settings.STATIC_ROOT / "collected"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    print("整理静态文件…… Collecting static files …", flush=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def demo() -> None:
    """Seed the demo into an empty database; never into one that people work with."""
    var = place.var_directory()
    if get_user_model().objects.exists() and not place.demo_wanted(var):
        return
    place.write_demo(var, "")  # a demo that was interrupted is taken up again
    print("准备演示数据…… Seeding the demo …", flush=True)
    call_command("seed_demo", verbosity=0)
    accounts = StringIO()
    call_command("seed_demo", accounts=True, stdout=accounts)
    place.write_demo(var, accounts.getvalue())


def first_admin() -> None:
    """Create the account that creates all others, unless there is one. Raises CannotStart."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return
    name = os.environ.get("KEFU_ADMIN_USER", "")
    password = os.environ.get("KEFU_ADMIN_PASSWORD", "")
    if not (name and password):
        if not sys.stdin.isatty():
            raise CannotStart(
                "还没有管理员：请设置 KEFU_ADMIN_USER 和 KEFU_ADMIN_PASSWORD，或在终端里运行。",
                "There is no administrator yet: set KEFU_ADMIN_USER and KEFU_ADMIN_PASSWORD, "
                "or run this in a terminal.",
            )
        name = input("管理员工号 Staff number of the administrator: ").strip()
        password = getpass.getpass("密码 Password: ")
    try:
        account = get_user_model()(username=name)
        account.set_password(password)
        account.is_staff = account.is_superuser = True
        account.role = account.Role.MANAGER
        account.full_clean()
        validate_password(password, account)
    except ValidationError as error:
        reasons = " ".join(error.messages)
        raise CannotStart(
            f"不能建立管理员：{reasons}", f"No administrator made: {reasons}"
        ) from error
    account.save()
    print(f"已建立管理员 {name}。Administrator {name} created.", flush=True)


def main() -> int:
    try:
        django.setup()
        prepare()
    except KeyboardInterrupt:
        return 130
    except CannotStart as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except Exception as error:
        log = place.var_directory() / "log" / "prepare.log"
        with suppress(OSError):  # the disk may be what is full
            log.write_text(traceback.format_exc())
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(
            f"准备失败：{reason}（详见 {log}）\nPreparation failed: {reason} (see {log})",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
