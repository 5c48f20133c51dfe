from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kefu import clock
from kefu.demo import seed


class Command(BaseCommand):
    help = "Build the demo centre; where it stands already, add what falls due in the next minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scale", type=float, default=1.0, help="1 = about 2,000 cases of 60 days"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--accounts", action="store_true", help="only print the demo accounts")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"]:
            for role, name, password in seed.accounts():
                self.stdout.write(f"  {role:<10} {name:<10} {password}")
            return
        found = seed.state()
        if found == "half":
            raise CommandError(
                "上次的演示数据没有生成完，请删除 var 目录再运行。"
                "The last demo was left half made: remove the var directory and run again."
            )
        if found == "real":
            raise CommandError(
                "这里已有一个真实的客服中心，不生成演示数据。This is a real centre: no demo data."
            )
        seed.seed_demo(now=clock.now(), seed=options["seed"], scale=options["scale"])
