"""Migrating draws few models at each step, and shows a step in Python all of them as they are."""

import pytest
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState

from kefu.database.management.commands.migrate import drawing_few


@pytest.fixture
def state() -> ProjectState:
    """A parcel and two that point to it, all drawn."""
    state = ProjectState()
    key = models.BigAutoField(primary_key=True)
    state.add_model(
        ModelState("post", "Parcel", [("id", key.clone()), ("pieces", models.IntegerField())])
    )
    for name in ("Scan", "Claim"):
        parcel = models.ForeignKey("post.Parcel", models.CASCADE)
        state.add_model(ModelState("post", name, [("id", key.clone()), ("parcel", parcel)]))
    assert state.apps.get_model("post", "Scan")
    return state


def drawn_anew(state: ProjectState, operation: migrations.operations.base.Operation) -> set[str]:
    before = dict(state.apps.all_models["post"])
    with drawing_few():
        operation.state_forwards("post", state)
    return {
        name
        for name, model in state.apps.all_models["post"].items()
        if model is not before.get(name)
    }


SOME = models.CheckConstraint(condition=models.Q(pieces__gt=0), name="some")


def test_what_a_model_gains_leaves_the_others_as_they_are(state: ProjectState) -> None:
    parent = models.ForeignKey("post.Parcel", models.CASCADE, null=True)

    assert drawn_anew(state, migrations.AddConstraint("parcel", SOME)) == {"parcel"}
    assert drawn_anew(state, migrations.AddField("parcel", "parent", parent)) == {"parcel"}
    assert drawn_anew(state, migrations.CreateModel("Label", [("parcel", parent.clone())])) == {
        "label"
    }
    assert state.apps.get_model("post", "Parcel")._meta.constraints == [SOME]


def test_what_others_depend_on_is_drawn_anew_with_them(state: ProjectState) -> None:
    wider = migrations.AlterField("parcel", "id", models.UUIDField(primary_key=True))

    assert drawn_anew(state, wider) == {"parcel", "scan", "claim"}


def test_a_step_in_python_is_shown_everything_as_it_is(state: ProjectState) -> None:
    drawn_anew(state, migrations.AddConstraint("parcel", SOME))
    seen = []

    step = migrations.RunPython(lambda apps, _: seen.append(apps))
    step.database_forwards("post", _Allows(), state, state.clone())

    (apps,) = seen
    points_to = apps.get_model("post", "Scan")._meta.get_field("parcel").remote_field.model
    assert points_to is apps.get_model("post", "Parcel")


class _Allows:
    """As much of a schema editor as asks the router."""

    class connection:
        alias = "default"
