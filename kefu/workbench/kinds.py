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
    """What a kind decides by, read once a page. ``own``: what ``CaseKind.read`` returned; ``added``: what other apps
    have to say of the case, each with what its ``read`` returned.
    """

    case: Case
    deadlines: Sequence[Deadline]
    desk: "Desk"
    now: datetime
    own: Any
    added: Sequence[tuple["Addition", Any]] = ()

    @property
    def held_up(self) -> str:
        """Why no kind may close it now by what other apps say; "" where nothing holds it up."""
        return next(filter(None, (one.holds_up(own) for one, own in self.added)), "")

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
    page: bool = False  # a page of its own, no dialog


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

    def state(self, case: Case, own: Any) -> str:
        """Return where it stands, in words."""
        return case.get_state_display()

    def values(self, line: Interaction) -> Mapping[str, str]:
        """Return what ``words`` of this line have room for."""
        return {}

    def labels(self, case: Case, names: Iterable[str]) -> Mapping[str, str]:
        """Return how what was revealed under names of its own is called."""
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


class Addition:
    """What an app adds to the pages of cases of every kind."""

    # Dialogs by the name in their address; a step that has a page of its own needs none.
    steps: Mapping[str, "Step"] = {}
    # A template beside the timeline; it gets what ``read`` returned as ``own``, and is left out where that is None.
    panel = ""
    # How its actions read in the timeline of any case; its own ``values`` are filled in.
    words: Mapping[str, str | Promise] = {}

    def read(self, case: Case) -> Any:
        """Return its own facts of a case, None where there are none."""
        return None

    def values(self, line: Interaction) -> Mapping[str, str]:
        """Return what ``words`` of this line have room for."""
        return {}

    def holds_up(self, own: Any) -> str:
        """Return why the case cannot be closed yet; "" where it can."""
        return ""

    def next_steps(self, facts: Facts) -> list[NextStep]:
        """Return what it offers to do with a case, open or closed."""
        return []


_kinds: dict[str, CaseKind] = {}
_additions: list[Addition] = []


def add(addition: Addition) -> None:
    """Add to the pages of all cases; called from ``AppConfig.ready()``."""
    _additions.append(addition)


def additions() -> Sequence[Addition]:
    return _additions


def register(kind: str, shown: CaseKind) -> None:
    """Say how cases of a kind are shown; called from ``AppConfig.ready()`` of the app that opens them."""
    _kinds[kind] = shown


def kind_of(case: Case) -> CaseKind:
    return _kinds[case.kind]


def step_of(case: Case, name: str) -> "Step | None":
    """The dialog of that name, of the case's kind or of an app that adds it."""
    found = kind_of(case).steps.get(name)
    return found or next((one.steps[name] for one in _additions if name in one.steps), None)


def added_steps(facts: Facts) -> list[NextStep]:
    return [step for one in _additions for step in one.next_steps(facts)]


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A page of an app in the side navigation; ``name`` is what the page gives as ``current``. ``waiting``: the rows
    whose number stands beside it. ``rights``: any of them lets one in; without, everybody of the centre comes in.
    Those of a ``group`` fold together under its name, open on their own pages. ``after_work``: what one also does
    before going home.
    """

    name: str
    label: str | Promise
    url_name: str
    waiting: "Callable[[Desk, datetime], QuerySet[Any]] | None" = None
    rights: Sequence[str] = ()
    group: str | Promise = ""
    after_work: bool = False

    @property
    def url(self) -> str:
        return reverse(self.url_name)


_entries: list[NavEntry] = []


def add_to_navigation(entry: NavEntry) -> None:
    """Called from ``AppConfig.ready()``, in the order of the apps."""
    _entries.append(entry)


def navigation(user: Any) -> Sequence[NavEntry]:
    """The pages that ``user`` may open."""
    return [
        entry
        for entry in _entries
        if not entry.rights or any(user.has_perm(right) for right in entry.rights)
    ]


@dataclass(frozen=True, slots=True)
class PageNotice:
    """What an app says at the top of every page while there are rows ``about`` which to say it; they are counted with
    all that a page counts. ``template`` gets what ``read`` returned as ``notice``.
    """

    template: str
    about: "Callable[[Desk, datetime], QuerySet[Any]]"
    read: "Callable[[Desk, datetime], Any]"


_notices: list[PageNotice] = []


def add_notice(notice: PageNotice) -> None:
    """Called from ``AppConfig.ready()``, in the order of the apps."""
    _notices.append(notice)


def notices() -> Sequence[PageNotice]:
    return _notices
