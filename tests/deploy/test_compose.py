"""docker-compose.yml, read as data: no password of ours in it, and each process where it belongs."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
TEXT = (PROJECT / "docker-compose.yml").read_text()
OURS = {"web", "live", "timers", "worker", "beat", "webhooks", "watchdog"}

EXAMPLE = (PROJECT / ".env.example").read_text()
# How people sign in: each has a default that is safe, and single sign-on is off.
SIGN_IN = {
    "KEFU_SECOND_FACTOR_ROLES",
    "KEFU_OIDC_ISSUER",
    "KEFU_OIDC_CLIENT",
    "KEFU_OIDC_SECRET",
    "KEFU_OIDC_NAME",
    "KEFU_OIDC_CLAIM",
    "KEFU_OIDC_SECOND_FACTOR",
    "KEFU_LOCAL_LOGIN",
    "KEFU_BREAK_GLASS",
}
# What no regulation says and the house decides.
HOUSE = {
    "KEFU_COMPANY_NAME",
    "KEFU_PUBLIC_URL",
    "KEFU_ESCALATION_MINUTES",
    "KEFU_MAJOR_CUSTOMER_WAYBILLS",
    "KEFU_MAJOR_CUSTOMER_DAYS",
    "KEFU_SURVEY_DAYS",
    "KEFU_APPEAL_DAYS",
    "KEFU_APPEAL_SECOND_DAYS",
    "KEFU_APPEAL_DECISION_DAYS",
    "KEFU_STATEMENT_DAYS",
}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
    return services


def test_every_part_is_there(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == OURS | {"proxy", "migrate", "copies", "postgres", "redis", "prometheus"}


def test_what_is_secret_comes_from_the_environment_and_is_never_defaulted() -> None:
    used = set(re.findall(r"\$\{(\w+):\?", TEXT))
    defaulted = set(re.findall(r"\$\{(\w+):-", TEXT))

    assert set(re.findall(r"\$\{(\w+)", TEXT)) == used | defaulted
    assert defaulted == {"KEFU_VERSION", "EMAIL_URL"} | SIGN_IN | HOUSE
    assert set(re.findall(r"\n#(\w+)=", EXAMPLE)) == SIGN_IN | HOUSE
    assert {"POSTGRES_PASSWORD", "KEFU_OWNER_PASSWORD", "KEFU_APP_PASSWORD", "SECRET_KEY"} < used
    offered = dict(
        line.split("=", 1)
        for line in EXAMPLE.splitlines()
        if "=" in line and not line.startswith("#")
    )
    assert set(offered) == used | {"EMAIL_URL"}
    assert set(offered.values()) == {""}


def test_only_the_proxy_is_reached_from_outside(services: dict[str, dict[str, Any]]) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert set(ports) == {"proxy", "prometheus"}
    assert ports["prometheus"] == ["127.0.0.1:9090:9090"]


def test_metrics_are_an_extra_and_what_it_reads_is_there(
    services: dict[str, dict[str, Any]],
) -> None:
    prometheus = services["prometheus"]
    assert prometheus["profiles"] == ["watch"]
    files = [one.split(":")[0] for one in prometheus["volumes"] if one.startswith("./")]
    assert all((PROJECT / file).is_file() for file in files)
    scraped = yaml.safe_load((PROJECT / "deploy/prometheus/prometheus.yml").read_text())
    targets = scraped["scrape_configs"][0]["static_configs"][0]["targets"]
    assert {target.split(":")[0] for target in targets} <= set(services)


def test_the_owner_of_the_tables_is_known_to_the_migration_and_who_copies_only(
    services: dict[str, dict[str, Any]],
) -> None:
    knowing = {
        name
        for name, service in services.items()
        if "DATABASE_OWNER_URL" in service.get("environment", {})
    }

    assert knowing == {"migrate", "copies"}
    assert services["copies"]["profiles"] == ["copies"], "it runs when somebody says so"
    for name in OURS:
        assert services[name]["environment"]["DATABASE_URL"].startswith("postgresql://kefu_app:")


def test_ours_wait_for_the_migration_and_keep_the_checks_of_the_entrypoint(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in OURS:
        assert services[name]["depends_on"]["migrate"]["condition"] == (
            "service_completed_successfully"
        )
        assert "entrypoint" not in services[name]
    assert "redis" not in services["watchdog"]["depends_on"]


def test_the_watchdog_looks_at_the_doors_people_use(services: dict[str, dict[str, Any]]) -> None:
    assert services["watchdog"]["environment"]["KEFU_WEB_URL"] == "http://web:8000"


def test_a_new_installation_gets_its_rulebooks(services: dict[str, dict[str, Any]]) -> None:
    assert "manage.py install_rulebooks" in services["migrate"]["command"][0]


def test_both_ways_of_running_order_text_alike(services: dict[str, dict[str, Any]]) -> None:
    arguments = services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]

    assert arguments == "--locale=C.UTF-8 --encoding=UTF8"


def test_every_named_volume_and_every_health_is_declared(
    services: dict[str, dict[str, Any]],
) -> None:
    declared = set(yaml.safe_load(TEXT)["volumes"])
    used = {
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    waited_for = {
        name
        for service in services.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }

    assert used == declared
    assert all(
        "test" in services[name].get("healthcheck", {}) for name in waited_for - {"web", "live"}
    )
    assert "HEALTHCHECK" in (PROJECT / "Dockerfile").read_text()


@pytest.mark.parametrize("script", ["deploy/entrypoint", ".ci/run", "manage.py"])
def test_scripts_may_be_run(script: str) -> None:
    assert (PROJECT / script).stat().st_mode & stat.S_IXUSR


def test_each_image_of_ours_is_a_target_of_the_dockerfile(
    services: dict[str, dict[str, Any]],
) -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    built = {name: one["build"]["target"] for name, one in services.items() if "build" in one}

    assert built == dict.fromkeys(OURS | {"migrate"}, "app") | {"copies": "copies"}
    assert set(built.values()) <= set(stages)
