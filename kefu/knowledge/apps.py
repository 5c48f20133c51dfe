from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    name = "kefu.knowledge"
    label = "knowledge"
    verbose_name = _("知识库")

    def ready(self) -> None:
        from kefu.jobs import services as jobs
        from kefu.knowledge.imports import coverage, prices
        from kefu.knowledge.selectors import outlets
        from kefu.workbench import kinds

        for table in (coverage.TABLE, prices.TABLE):
            jobs.register(table.kind, table.run)
        for entry in (
            kinds.NavEntry("lookup", _("派送和运价"), "knowledge:lookup", group=_("知识库")),
            kinds.NavEntry("scripts", _("电话话术"), "knowledge:scripts", group=_("知识库")),
            kinds.NavEntry(
                "outlets",
                _("网点通讯录"),
                "knowledge:outlets",
                waiting=outlets.reports_for,
                group=_("知识库"),
            ),
        ):
            kinds.add_to_navigation(entry)
