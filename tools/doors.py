"""An import contract: an app looks into another through its doors only."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """``common`` modules of every app may be imported by others, ``doors`` ("app: module …") besides."""

    type_name = "doors"

    apps: Any = fields.ListField(subfield=fields.StringField())
    common: Any = fields.ListField(subfield=fields.StringField())
    doors: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        extra = dict(line.split(": ", 1) for line in self.doors)
        allowed = {
            f"{app}.{door}"
            for app in self.apps
            for door in [*self.common, *extra.get(app, "").split()]
        }
        broken = sorted(
            (importer, imported)
            for imported in graph.modules
            if (home := self._app_of(imported)) and not self._is_within(imported, allowed)
            for importer in graph.find_modules_that_directly_import(imported)
            if self._app_of(importer) not in {home, None}
        )
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} imports {imported}, which is no door")

    def _app_of(self, module: str) -> str | None:
        return next((app for app in self.apps if self._is_within(module, {app})), None)

    @staticmethod
    def _is_within(module: str, packages: set[str]) -> bool:
        parts = module.split(".")
        return any(".".join(parts[:length]) in packages for length in range(1, len(parts) + 1))
