"""The contract that keeps apps behind their doors."""

import pytest
from grimp import ImportGraph

from tools.doors import DoorsContract


@pytest.mark.parametrize(
    ("importer", "imported", "kept"),
    [
        ("inquiries.services", "kefu.cases.services", True),
        ("inquiries.services", "kefu.cases.services.transfer", True),
        ("inquiries.services", "kefu.cases.reveal", True),  # a door of this app alone
        ("inquiries.services", "kefu.parcels.reveal", False),
        ("inquiries.services", "kefu.cases.views", False),
        ("inquiries.services", "kefu.cases.services_of_old", False),
        ("kefu.cases.urls", "kefu.cases.views", True),  # at home
        ("kefu.urls", "kefu.cases.views", True),  # no app
    ],
)
def test_an_app_is_entered_by_its_doors(importer: str, imported: str, kept: bool) -> None:
    graph = ImportGraph()
    graph.add_import(importer=importer, imported=imported)
    contract = DoorsContract(
        name="doors",
        session_options={},
        contract_options={
            "apps": ["inquiries", "kefu.cases", "kefu.parcels"],
            "common": ["services"],
            "doors": ["kefu.cases: reveal"],
        },
    )

    assert contract.check(graph, verbose=False).kept is kept
