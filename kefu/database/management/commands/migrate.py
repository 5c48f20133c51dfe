"""Django's own command, which draws no more models anew at each step than that step needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.state import ProjectState


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with drawing_few():
            super().handle(*args, **options)


@contextmanager
def drawing_few() -> Iterator[None]:
    """While this holds, a step draws the class of its own model anew, and others only where they would be wrong.

    Django draws all models beside it, too: as nearly all of ours lead to a case or a person, that is all of them, a
    thousand times. What points to a model goes on being right when that got a constraint, a trigger or one field
    more. Django's own marker of an incomplete picture is set, so that steps in Python are shown a complete one.
    """
    drawing: Any = ProjectState  # whose stubs know no private names
    find = drawing._find_reload_model

    def find_few(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> Any:
        if not (delay or _only_grew(self, app_label, model_name)):
            return find(self, app_label, model_name, delay)
        self.is_delayed = True
        return {(app_label, model_name)}

    drawing._find_reload_model = find_few
    try:
        yield
    finally:
        drawing._find_reload_model = find


def _only_grew(state: ProjectState, app_label: str, model_name: str) -> bool:
    drawn = state.apps.all_models[app_label].get(model_name)
    if drawn is None:
        return True
    meta = drawn._meta
    before: set[str] = {field.name for field in (*meta.local_fields, *meta.local_many_to_many)}
    return bool(before < state.models[app_label, model_name].fields.keys())
