"""What the checks of a candidate found, and how it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from govgraph.errors import Problem, SourceSpan

REPORT_FILE = "report.json"
SOURCE_CODE = "GG507"
"""Code of what a source contradicts itself in."""


class Severity(Enum):
    """How grave a finding is (SHACL, section 2.1.4); only a violation fails the build."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Place:
    """A record, and the lines of the document that it was read from, where it has them."""

    span: SourceSpan
    lines: tuple[int, int] | None = None

    def __str__(self) -> str:
        """`document line 20`, or `document lines 20-22`, or nothing."""
        if self.lines is None:
            return ""
        first, last = self.lines
        return f"document line {first}" if first == last else f"document lines {first}-{last}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found: the resource that it concerns, and where its record stands."""

    code: str
    message: str
    focus: str | None = None
    place: Place | None = None
    hint: str | None = None
    severity: Severity = Severity.VIOLATION

    @property
    def problem(self) -> Problem:
        """The finding at the line of the record, with the lines of the document in the message."""
        warning = "" if self.severity is Severity.VIOLATION else f"{self.severity.value}: "
        source = f" ({self.place})" if self.place and self.place.lines else ""
        span = self.place.span if self.place else None
        return Problem(self.code, f"{warning}{self.message}{source}", span, self.hint)

    def to_json(self) -> dict[str, object]:
        """The keys of `Problem.to_json`, and severity, focus, document_lines."""
        return {
            "severity": self.severity.value,
            **self.problem.to_json(),
            "focus": self.focus,
            "document_lines": list(self.place.lines) if self.place and self.place.lines else None,
        }


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """All findings of a candidate, in the order of their places."""

    findings: tuple[Finding, ...]

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that fail the build."""
        return tuple(f for f in self.findings if f.severity is Severity.VIOLATION)

    @property
    def discrepancies(self) -> tuple[Finding, ...]:
        """What the sources contradict themselves in (GG507)."""
        return tuple(f for f in self.findings if f.code == SOURCE_CODE)

    @property
    def conforms(self) -> bool:
        """Whether the candidate may become a snapshot."""
        return not self.violations

    def to_json(self) -> dict[str, object]:
        """`{"conforms": …, "findings": […]}`."""
        return {"conforms": self.conforms, "findings": [f.to_json() for f in self.findings]}

    def write(self, state: Path) -> None:
        """Writes `report.json` into the folder `state`; raises OSError."""
        text = json.dumps(self.to_json(), ensure_ascii=False, indent=2)
        (state / REPORT_FILE).write_text(text + "\n", encoding="utf-8")
