"""``data``: the applications, and what their columns mean."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from audit.config.section import Many, Section, Share, Text, Unique, Value, endings, refusal

FORMATS = (".csv", ".csv.gz", ".parquet")
_PATTERN = rf"^(?!.*://).*{endings(FORMATS)}"


def _data_path(path: str) -> str:
    if "://" in path:
        raise refusal("this is a URL, not a file", "Write {url: ${NAME}, query: SELECT …}")
    if not path.lower().endswith(FORMATS):
        raise refusal(f"no data format is known for {path[:60]!r}", f"Use one of {', '.join(FORMATS)}")
    return path


class Query(Section):
    """Rows that a database gives."""

    url: Text
    """A SQLAlchemy URL, its secrets as ${NAME}."""

    query: Text
    """The SELECT whose rows are the applications; give it an ORDER BY."""


class Observed(Section):
    """What really happened later."""

    column: Text
    adverse: Value
    """The value that is the adverse event, such as a default."""


def _which(value: Any) -> str:
    return "<query>" if isinstance(value, dict | Query) else "<file>"


class DataSection(Section):
    """The applications."""

    path: Annotated[
        Annotated[
            Text,
            AfterValidator(_data_path),
            Field(json_schema_extra={"pattern": _PATTERN}),
            Tag("<file>"),
        ]
        | Annotated[Query, Tag("<query>")],
        Discriminator(_which),
    ]
    """A file beside the config, or {url, query}."""

    id: Text
    """The column that names one decision."""

    person: Text | None = None
    """The column that names the person; by default one person per decision."""

    features: Annotated[Many[Text], Unique("feature")] = ()
    """The columns that the model reads."""

    observed: Observed | None = None
    max_quarantined: Share = 0.01
    """A larger share of bad rows stops the run."""

    @property
    def file(self) -> str | None:
        """The file as written, or None where the rows come from a database."""
        return self.path if isinstance(self.path, str) else None

    @property
    def query(self) -> Query | None:
        """The query, or None where the rows come from a file."""
        return self.path if isinstance(self.path, Query) else None
