from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class ProcessesConfig(AppConfig):
    name = "kefu.processes"
    verbose_name = pgettext_lazy("plural", "流程")

    def ready(self) -> None:
        from kefu.cases import services as cases
        from kefu.cases.models import Case
        from kefu.processes import replays
        from kefu.processes.kinds import AboutACase, ProcessKind
        from kefu.processes.services import before_closing
        from kefu.replay import decisions
        from kefu.workbench import kinds

        cases.before_closing(before_closing)
        decisions.register("return_freight", replays.FREIGHT)
        kinds.register(Case.Kind.PROCESS, ProcessKind())
        kinds.add(AboutACase())
        kinds.add_to_navigation(
            kinds.NavEntry("processes", pgettext_lazy("plural", "流程"), "processes:processes")
        )
