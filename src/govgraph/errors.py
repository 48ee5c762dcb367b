"""Errors that users see, drawn as a tree.

    GovGraphError
      ConfigError        govgraph.yml, dataset.yml or a command line is wrong           exit 2
      MappingError       a mapping cannot be read or compiled                           exit 2
      QueryError         a SPARQL query or its parameters are wrong                     exit 2
      DocumentError      a document or its layout cannot be read                        exit 1
      RecordError        a record breaks the schema of its table                        exit 1
      EngineError        running a plan failed on the data                              exit 1
      ValidationFailed   a candidate graph failed its checks; holds the report          exit 1
      SnapshotError      a snapshot cannot be written, opened or found                  exit 1

Every error carries one or more `Problem`s: what is wrong, where, and what to do about it. A room collects
all problems that it can find before it raises, so that a user mends them in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

CODES: dict[str, str] = {
    "GG001": "not valid YAML or Turtle",
    "GG002": "unknown key",
    "GG003": "value of the wrong kind",
    "GG004": "missing key",
    "GG005": "unknown prefix",
    "GG006": "invalid template",
    "GG007": "invalid IRI",
    "GG008": "unknown source or target",
    "GG009": "unknown mapping",
    "GG010": "unknown function",
    "GG011": "wrong function parameter",
    "GG012": "unknown column",
    "GG013": "wrong term type",
    "GG014": "name given twice",
    "GG015": "feature that is not supported",
    "GG016": "source file cannot be read",
    "GG018": "invalid iterator or reference",
    "GG019": "invalid query",
    "GG020": "password in a mapping",
    "GG021": "source without a database",
    "GG022": "functions that cannot be read",
    "GG031": "view or field that is made of itself",
    "GG101": "no project found",
    "GG102": "invalid project setting",
    "GG103": "unknown dataset",
    "GG104": "option or argument of the wrong kind",
    "GG105": "project without datasets",
    "GG106": "invalid ontology",
    "GG201": "document cannot be read",
    "GG202": "document in another encoding",
    "GG203": "document of another kind than the layout expects",
    "GG204": "broken layout",
    "GG205": "line that no rule understood",
    "GG206": "invalid keys.csv or corrections.csv",
    "GG207": "records cannot be written",
    "GG301": "record breaks the schema of its table",
    "GG302": "table and schema differ",
    "GG303": "reference to a record that does not exist",
    "GG304": "record without a curated key",
    "GG305": "key kept for a record whose label changed",
    "GG306": "name that its own lines do not hold",
    "GG307": "key without its record",
    "GG401": "data that cannot become a term",
    "GG402": "the engine failed",
    "GG403": "output cannot be written",
    "GG404": "what the engine needs is not installed, or does not start",
    "GG501": "shape violated",
    "GG502": "count differs",
    "GG503": "blank node in the graph",
    "GG504": "triple in two graphs",
    "GG505": "record without its anchor",
    "GG506": "triple without a graph",
    "GG507": "the source contradicts itself",
    "GG508": "literal that is no value of its type",
    "GG509": "name that no line of the document was seen to hold",
    "GG601": "no snapshot yet",
    "GG602": "another build is running",
    "GG603": "snapshot cannot be written",
    "GG604": "snapshot is damaged",
    "GG605": "an input changed during the build",
    "GG606": "data that cannot be loaded",
    "GG701": "malformed query",
    "GG702": "unacceptable format",
    "GG703": "port in use",
    "GG704": "malformed request",
    "GG705": "the query failed while it ran",
    "GG706": "the query took too long",
    "GG707": "the query needed too much memory",
    "GG708": "the answer is too large",
    "GG709": "the server is busy",
    "GG710": "the query nests too deep",
    "GG711": "the query ended its worker",
    "GG712": "another endpoint that may not be asked",
    "GG713": "another endpoint did not answer",
    "GG714": "no such graph",
    "GG715": "no search index",
}
"""Code -> what it means; the reference documentation lists the same table."""


@dataclass(frozen=True, slots=True, order=True)
class SourceSpan:
    """A place in a file: `line` and `column` count from 1, 0 where unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, without what is unknown."""
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a code of `CODES`, a message, the place, and a hint how to mend it."""

    code: str
    message: str
    span: SourceSpan | None = None
    hint: str | None = None

    def __str__(self) -> str:
        """One or two lines, as printed on a terminal."""
        place = f"{self.span}: " if self.span else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{place}{self.code} {self.message}{hint}"

    def to_json(self) -> dict[str, str | int | None]:
        """The same as a JSON object with keys code, message, file, line, column, hint."""
        span = self.span
        return {
            "code": self.code,
            "message": self.message,
            "file": span.file if span else None,
            "line": (span.line or None) if span else None,
            "column": (span.column or None) if span else None,
            "hint": self.hint,
        }


class GovGraphError(Exception):
    """Base of all errors that are reported to users; `exit_code` is that of the CLI."""

    exit_code = 1
    problems: tuple[Problem, ...]

    def __init__(
        self, message: str, code: str, span: SourceSpan | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.problems = (Problem(code, message, span, hint),)

    @classmethod
    def collect(cls, problems: Iterable[Problem]) -> Self:
        """One error that holds all `problems` (at least one), in the order of their places."""
        ordered = sorted(dict.fromkeys(problems), key=lambda p: (p.span or SourceSpan(""), p.code, p.message))
        first = ordered[0]
        error = cls(first.message, first.code, first.span, first.hint)
        error.problems = tuple(ordered)
        return error

    def __str__(self) -> str:
        """All problems, one after the other."""
        return "\n".join(map(str, self.problems))


class ConfigError(GovGraphError):
    """`govgraph.yml`, a `dataset.yml` or a command line is wrong."""

    exit_code = 2


class MappingError(GovGraphError):
    """A mapping cannot be read or compiled."""

    exit_code = 2


class QueryError(GovGraphError):
    """A SPARQL query, or what came with it, is wrong."""

    exit_code = 2


class DocumentError(GovGraphError):
    """A document or its layout cannot be read."""


class RecordError(GovGraphError):
    """A record breaks the schema of its table."""


class EngineError(GovGraphError):
    """Running a plan failed on the data."""


class ValidationFailed(GovGraphError):  # noqa: N818 - the name is part of the public API
    """A candidate graph failed its checks; its problems are the report."""


class SnapshotError(GovGraphError):
    """A snapshot cannot be written, opened or found."""


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """A hint that names the nearest of `known`, or lists them where none is near and they are few.

    >>> did_you_mean("mane", ["key", "name"])
    "did you mean 'name'?"
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = process.extractOne(word, known, scorer=OSA.normalized_similarity, score_cutoff=0.5)
    if near:
        return f"did you mean '{near[0]}'?"
    if 0 < len(known) <= 24:
        return "known here: " + ", ".join(sorted(known))
    return None
