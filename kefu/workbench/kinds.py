"""What a kind of case adds to the pages of all cases.

Each app tells of its own kinds: it registers a ``CaseKind`` for each when it is ready.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.network.models import Party

if TYPE_CHECKING:
    from kefu.workbench.forms import DeskForm
    from kefu.workbench.selectors.desk import Desk
    from kefu.workbench.steps import Step


@dataclass(frozen=True, slots=True)
class Facts:
    """What a kind decides by, read once a page. ``own``: what ``CaseKind.read`` returned."""

    case: Case
    deadlines: Sequence[Deadline]
    desk: "Desk"
    now: datetime
    own: Any

    @property
    def consulted(self) -> list[str]:
        """Departments whose reply is waited for."""
        return [
            str(consultation.department)
            for consultation in self.case.consultations.all()
            if consultation.replied_at is None
        ]


@dataclass(frozen=True, slots=True)
class NextStep:
    """A legal next step, as a button; ``key`` presses it."""

    name: str
    label: str
    url: str
    key: str = ""
    rare: bool = False  # behind “更多”


def next_step(case: Case, name: str, label: str, key: str = "", *, rare: bool = False) -> NextStep:
    return NextStep(name, label, reverse("workbench:step", args=[case.number, name]), key, rare)


@dataclass(frozen=True, slots=True)
class Tab:
    """A form below the timeline. ``template`` gets it as ``form``, and ``name`` as ``tab``."""

    name: str
    label: str
    key: str
    template: str
    form: "DeskForm"


class CaseKind:
    """A kind of case as the workbench shows it; what is not overridden is as for every case."""

    # Dialogs by the name in their address, besides those of every case. "close" and "reopen" are offered by
    # themselves when the time has come.
    steps: Mapping[str, "Step"] = {}
    # Of its next steps, those offered beside the queue too.
    in_preview: frozenset[str] = frozenset({"take", "transfer", "reopen"})
    # Templates beside the timeline. They get the context of the page, with ``page.own``.
    panels: Sequence[str] = ()
    # Whether there is a customer who waits for a reply.
    answers_customers = False
    # The keys of its page as the sheet of keys tells them; the strip at the bottom shows the first six.
    keys: Sequence[tuple[str, str | Promise]] = (
        ("i", gettext_lazy("内部备注")),
        ("t", gettext_lazy("转交")),
    )
    # How its actions read in the timeline; ``{to}``, ``{clause}``, ``{due}`` and its own ``values`` are filled in.
    words: Mapping[str, str | Promise] = {}
    # How its clocks are called, by Deadline.Action, with ``{who}``.
    clocks: Mapping[str, str | Promise] = {}

    def read(self, case: Case) -> Any:
        """Return its own facts, in as many queries however many they are; templates find them as ``page.own``."""
        return None

    def customer_role(self, case: Case) -> str:
        """Return what the customer is to the parcel: the sender, the receiver."""
        return ""

    def values(self, line: Interaction) -> Mapping[str, str]:
        """Return what ``words`` of this line have room for."""
        return {}

    def closable(self, facts: Facts) -> bool:
        """Whether an open case may be closed now."""
        return not facts.consulted and not any(clock.is_waited_on for clock in facts.deadlines)

    def hint(self, facts: Facts) -> str:
        """Return why an open case cannot be closed yet; "" where there is nothing to say."""
        if not facts.consulted:
            return ""
        return _("{department}答复后可结案").format(department=facts.consulted[0])

    def next_steps(self, facts: Facts) -> list[NextStep]:
        """Return its own legal steps now, the likeliest first; closing and those of every case come by themselves."""
        return []

    def tabs(self, facts: Facts) -> list[Tab]:
        """Return its empty forms below the timeline; the first is open, the note comes by itself."""
        return []

    def outlets(self, facts: Facts) -> Iterable[tuple[str, Party]]:
        """Return outlets besides those of the waybill, each with its role."""
        return ()


_kinds: dict[str, CaseKind] = {}


def register(kind: str, shown: CaseKind) -> None:
    """Say how cases of a kind are shown; called from ``AppConfig.ready()`` of the app that opens them."""
    _kinds[kind] = shown


def kind_of(case: Case) -> CaseKind:
    return _kinds[case.kind]


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A page of an app in the side navigation; ``name`` is what the page gives as ``current``. ``waiting``: the rows
    whose number stands beside it.
    """

    name: str
    label: str | Promise
    url_name: str
    waiting: "Callable[[Desk, datetime], QuerySet[Any]] | None" = None

    @property
    def url(self) -> str:
        return reverse(self.url_name)


_entries: list[NavEntry] = []


def add_to_navigation(entry: NavEntry) -> None:
    """Called from ``AppConfig.ready()``, in the order of the apps."""
    _entries.append(entry)


def navigation() -> Sequence[NavEntry]:
    return _entries
