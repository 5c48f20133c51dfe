"""An outlet reads its statements, takes them as files and confirms them; it sees nobody else's."""

import io
import shutil
import subprocess

import pytest
from python_calamine import CalamineWorkbook

from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.api.objects import object_of
from kefu.api.public_ids import conceal
from kefu.notifications.models import Event
from kefu.statements.models import Statement
from kefu.webhooks.objects import TYPES
from tests.api.conftest import Outlet
from tests.centre import at
from tests.statements.conftest import DECEMBER

pytestmark = pytest.mark.django_db
HOME = "/api/v1/statements/"
BOTH = [ApiKey.Scope.READ_STATEMENTS, ApiKey.Scope.WRITE_STATEMENTS]


@pytest.fixture
def door(books):
    def open_for(party, scopes=BOTH):
        facts = {"name": "业务系统", "expires_at": None, "actor": books.centre.chen.user}
        return Outlet(
            keys.issue_key(party=party, scopes=scopes, now=at("2026-11-20 09:00:00"), **facts)[1]
        )

    return open_for


@pytest.fixture
def chengdu(door, books):
    return door(books.centre.chengdu)


@pytest.fixture
def statement(books, clock):
    """200.01 fined, 50.33 paid; issued on the first of December, and it is the second."""
    books.fine("200.01", "2026-11-03 10:00:00")
    books.pay("50.33", "2026-11-20 10:00:00")
    issued = books.issue(books.draw())
    clock("2026-12-02 10:00:00")
    return issued


@pytest.fixture
def path(statement):
    return f"{HOME}{conceal('statement', statement.pk)}/"


def words_of(paper):
    """The text of a PDF as another program reads it, without its spaces."""
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("There is no pdftotext (poppler-utils) to read the paper with.")
    command = [reader, "-layout", "-", "-"]
    read = subprocess.run(command, input=paper, capture_output=True, check=True)
    return "".join(read.stdout.decode().split())


def test_a_statement_with_its_lines_adds_up(chengdu, path):
    (listed,) = chengdu.get(HOME).json()["results"]
    read = chengdu.get(path)
    lines = chengdu.get(f"{path}lines/").json()["results"]

    assert read.json() == listed and read["ETag"]
    assert (listed["number"], listed["month"], listed["state"]) == ("DZ-202611-CD03", "2026-11", "issued")  # fmt: skip
    assert (listed["opening"], listed["penalties"], listed["payments"], listed["closing"]) == (
        "0.00", "200.01", "-50.33", "149.68"
    )  # fmt: skip
    assert listed["confirm_by"] == "2026-12-09T00:00:00+08:00"
    assert [(line["kind"], line["amount"]) for line in lines] == [("penalty", "200.01"), ("payment", "-50.33")]  # fmt: skip
    assert lines[0]["clause"] == "CD-05.10" and lines[0]["penalty_id"] and lines[1]["penalty_id"] is None  # fmt: skip
    assert "200.01 元" in str(lines[0]["explanation"]["details"])


def test_the_explanation_comes_in_the_language_of_the_caller(chengdu, path):
    lines = chengdu.get(f"{path}lines/", headers={"Accept-Language": "en"}).json()["results"]

    assert "bank reference T0" in lines[1]["explanation"]["summary"]


def test_confirmed_once_whoever_asks_again(chengdu, path, statement):
    read = chengdu.get(path)

    first = chengdu.send(f"{path}confirm/", {}, key="k1", **{"If-Match": read["ETag"]})
    again = chengdu.send(f"{path}confirm/", {}, key="k1", **{"If-Match": read["ETag"]})
    stale = chengdu.send(f"{path}confirm/", {}, **{"If-Match": read["ETag"]})
    twice = chengdu.send(f"{path}confirm/", {})

    assert first.status_code == 200
    assert (first.json()["state"], first.json()["confirmation"]) == ("confirmed", "outlet")
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert (stale.status_code, stale.json()["errors"][0]["field"]) == (412, "If-Match")
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/already_confirmed")
    assert first["ETag"] not in ("", read["ETag"])
    assert Statement.objects.get(pk=statement.pk).confirmed_at == at("2026-12-02 10:00:00")


def test_a_wrong_confirmation_changes_nothing(chengdu, path, statement):
    wrong = chengdu.send(f"{path}confirm/", {"agree": True})
    bare = chengdu.post(f"{path}confirm/", {}, format="json")

    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "agree")
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert Statement.objects.get(pk=statement.pk).state == "issued"


def test_foreign_missing_and_not_yet_issued_look_the_same(books, door, chengdu, path, statement):
    xian = door(books.centre.xian)
    drawn = books.draw(DECEMBER)
    hidden = f"{HOME}{conceal('statement', drawn.pk)}/"
    foreign_id = f"{HOME}{conceal('network_query', statement.pk)}/"

    for ending in ("", "lines/", "pdf/", "xlsx/"):
        answers = [
            xian.get(path + ending),
            chengdu.get(hidden + ending),
            chengdu.get(foreign_id + ending),
            chengdu.get(f"{HOME}nonsense/{ending}"),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    answers = [xian.send(f"{path}confirm/", {}), chengdu.send(f"{hidden}confirm/", {})]
    assert {(a.status_code, a.content) for a in answers} == {(404, chengdu.get(hidden).content)}
    assert xian.get(HOME).json() == {"results": [], "next_cursor": None}
    assert len(chengdu.get(HOME).json()["results"]) == 1
    assert Statement.objects.get(pk=statement.pk).state == "issued"


def test_a_key_needs_the_scope(door, books, path):
    other = door(books.centre.chengdu, [ApiKey.Scope.READ])
    reader = door(books.centre.chengdu, [ApiKey.Scope.READ_STATEMENTS])

    assert other.get(HOME).status_code == other.get(f"{path}pdf/").status_code == 403
    assert reader.get(f"{path}pdf/").status_code == 200
    assert reader.send(f"{path}confirm/", {}).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("month=2026-13", "month"),
        ("month=11", "month"),
        ("state=drawn", "state"),
        ("stat=issued", "stat"),
        ("limit=0", "limit"),
        ("cursor=nonsense", "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(chengdu, path, query, field):
    refused = chengdu.get(f"{HOME}?{query}")

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


def test_filters_and_pages(books, chengdu, path):
    for n in range(7):
        books.fine("1.00", f"2026-12-03 10:00:0{n}")
    december = books.issue(books.draw(DECEMBER), "2027-01-02 10:00:00")
    place = f"{HOME}{conceal('statement', december.pk)}/lines/"

    first = chengdu.get(f"{HOME}?limit=1").json()
    second = chengdu.get(f"{HOME}?limit=1&cursor={first['next_cursor']}").json()
    assert [page["results"][0]["month"] for page in (first, second)] == ["2026-12", "2026-11"]
    assert second["next_cursor"] is None
    assert [one["month"] for one in chengdu.get(f"{HOME}?month=2026-11").json()["results"]] == ["2026-11"]  # fmt: skip
    assert chengdu.get(f"{HOME}?state=locked").json()["results"] == []

    numbers, cursor = [], ""
    while cursor is not None:
        page = chengdu.get(f"{place}?limit=3{cursor}").json()
        numbers += [line["number"] for line in page["results"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert numbers == [1, 2, 3, 4, 5, 6, 7]
    assert chengdu.get(f"{place}?cursor=WyItMSJd").status_code == 400  # ["-1"]


def test_hundreds_of_lines_take_as_many_questions_as_ten(
    books, chengdu, path, django_assert_max_num_queries
):
    for n in range(200):
        books.fine("1.00", f"2026-12-03 10:{n // 60:02}:{n % 60:02}")
    december = books.issue(books.draw(DECEMBER), "2027-01-02 10:00:00")
    place = f"{HOME}{conceal('statement', december.pk)}/"

    for ending, most in (("lines/?limit=100", 8), ("xlsx/", 8), ("pdf/", 9)):
        with django_assert_max_num_queries(most):
            assert chengdu.get(place + ending).status_code == 200


def test_the_paper_says_what_the_row_says(chengdu, path, books, statement):
    answer = chengdu.get(f"{path}pdf/")

    plain = words_of(answer.content)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="statement-2026-11.pdf"'
    for said in (
        "网点对账单", "成都武侯三部", "期末应付", "149.68", "壹佰肆拾玖元陆角捌分", "-50.33",
        "CD-05.10", "200.01", "880612045537", "银行流水号T0", "DZ-202611-CD03", "已发出，待确认",
    ):  # fmt: skip
        assert said in plain, said
    assert "〓" not in plain


def test_a_counter_entry_of_the_month_before_is_on_the_paper(chengdu, books, path, statement):
    fine = books.fine("10.00", "2026-11-30 12:00:00")  # late: November is drawn up
    books.take_back(fine, "2026-12-05 10:00:00")
    december = books.issue(books.draw(DECEMBER), "2027-01-02 10:00:00")

    answer = chengdu.get(f"{HOME}{conceal('statement', december.pk)}/pdf/")

    plain = words_of(answer.content)
    assert "冲销：CD-05.10" in plain and "-10.00" in plain and plain.count("2026-11") == 2


def test_the_workbook_read_back_adds_up(chengdu, path):
    answer = chengdu.get(f"{path}xlsx/")

    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    sums, lines = (book.get_sheet_by_index(n).to_python() for n in (0, 1))
    said = {row[0]: row[1] for row in sums}
    assert (said["期初应付（元）"], said["期末应付（元）"]) == ("0.00", "149.68")
    rows = lines[1:]
    assert [row[4] for row in rows] == ["200.01", "-50.33"]
    assert rows[0][2] == "2026-11" and "CD-05.10" in rows[0][8]


def test_an_outlet_is_told_of_its_statement(books, statement):
    event = Event.objects.filter(kind=Event.Kind.STATEMENT).latest("pk")

    assert event.kind in TYPES and event.party_id == books.centre.chengdu.pk
    public_id = conceal("statement", statement.pk)
    assert object_of(event.data) == {
        "type": "statement", "id": public_id, "url": f"{HOME}{public_id}/",
    }  # fmt: skip
