"""Secrets by name."""

from __future__ import annotations

import pytest

from audit.config import expand
from audit.config.environment import names, secret_faults
from audit.config.reader import Lines
from audit.errors import ConfigError


def test_names_are_put_in_from_the_environment() -> None:
    """Every `${NAME}` is replaced, and nothing else is."""
    text = "postgresql://audit:${DB_PASSWORD}@${HOST}/db?x=$HOME"
    assert names(text) == ("DB_PASSWORD", "HOST")
    assert expand(text, {"DB_PASSWORD": "s", "HOST": "h"}) == "postgresql://audit:s@h/db?x=$HOME"


def test_a_missing_variable_is_named_and_the_others_are_not_told() -> None:
    """The message holds the missing name and no value of any other."""
    with pytest.raises(ConfigError) as caught:
        expand("x://${A}:${B}@h", {"A": "hunter2"})
    assert "the environment variable B is not set" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:pw@h/d",
        "postgresql+psycopg://u:p${A}@h/d",
        "https://:token@h/",
        "mysql://h/d?user=u&PASSWORD=x",
        "postgresql://h/d?sslmode=require&sslpassword=x",
        "https://h/data?api_key=abc",
    ],
)
def test_literal_passwords_are_seen(url: str) -> None:
    """A password in the authority or in the query is a fault at its place."""
    (fault,) = secret_faults({"data": {"path": {"url": url}}}, Lines("a.yaml"))
    assert fault.place == "data.path.url"
    assert "a password stands in this URL" in fault.fact
    assert url not in str(fault)


@pytest.mark.parametrize(
    "url",
    [
        "${DB}",
        "postgresql://u:${PW}@h/d",
        "postgresql://u@h/d",
        "sqlite:///data.db",
        "postgresql://h:5432/d?password=${PW}",
        "postgresql://h:5432/d@x",
    ],
)
def test_urls_without_literal_passwords_are_taken(url: str) -> None:
    """Names of variables, users without passwords and ports are no secrets."""
    assert list(secret_faults({"data": {"path": {"url": url}}}, Lines("a.yaml"))) == []
