"""Make the roles kefu_owner and kefu_app, the database, and what each may do."""

from argparse import ArgumentParser
from typing import Any

import environ
from django.core.management.base import BaseCommand, CommandError

from kefu.embedded import database
from kefu.embedded.refusal import CannotStart


class Command(BaseCommand):
    help = "建立数据库、角色 kefu_owner 和 kefu_app 及其权限；可重复运行。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--admin-url",
            help="管理员的连接地址；缺省为 DATABASE_ADMIN_URL，再缺省为 DATABASE_OWNER_URL 或 DATABASE_URL",
        )

    def handle(self, *args: Any, admin_url: str | None, **options: Any) -> None:
        env = environ.FileAwareEnv()
        app_url = env.str("DATABASE_URL")
        owner_url = env.str("DATABASE_OWNER_URL", default=app_url)
        admin_url = admin_url or env.str("DATABASE_ADMIN_URL", default=owner_url)
        try:
            database.prepare(admin_url=admin_url, owner_url=owner_url, app_url=app_url)
        except CannotStart as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("数据库、角色和权限已就绪。")
