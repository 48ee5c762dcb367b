"""YAML that remembers where each key and value stands.

`parse_yaml` gives a tree of `Scalar`, `Sequence` and `Table`, each with its `SourceSpan`. Mappings are
read from that tree; settings are turned into plain values (`to_plain`) and checked by a pydantic model
(`validate`), whose complaints become located problems.
"""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import yaml

from govgraph.errors import ConfigError, GovGraphError, Problem, SourceSpan, did_you_mean
from govgraph.files import read_text

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Scalar:
    """A YAML scalar: its text as written, and its resolved tag (`str`, `int`, `null`, `bool` ...)."""

    text: str
    tag: str
    span: SourceSpan
    begin: SourceSpan | None = None
    """Where a text begins that stands in the file as it is: behind the quote, in the line below a bar."""

    def at(self, line: int, column: int) -> SourceSpan:
        """The place of a line and column of the text, both from 1; the scalar's where that is not known."""
        begin = self.begin
        if begin is None:
            return self.span
        return SourceSpan(begin.file, begin.line + line - 1, begin.column + column - 1)

    @property
    def is_null(self) -> bool:
        """Whether nothing stands there (`~`, `null` or empty)."""
        return self.tag == "null"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A YAML sequence."""

    items: tuple[Node, ...]
    span: SourceSpan

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a YAML mapping with its value; `span` is that of the key."""

    key: str
    value: Node
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Table:
    """A YAML mapping, in the order of the file."""

    entries: tuple[Entry, ...]
    span: SourceSpan

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def get(self, *keys: str) -> Entry | None:
        """The first entry whose key is one of `keys`, or None."""
        return next((e for e in self.entries if e.key in keys), None)


Node = Scalar | Sequence | Table

_BEYOND = re.compile(r"\\U(?!000|0010)[0-9A-Fa-f]{8}")
_HALVES = re.compile("[\ud800-\udfff]")


def parse_yaml(text: str, file: str, error: type[GovGraphError] = ConfigError) -> tuple[Node, list[Problem]]:
    """The tree of one YAML document, and the problems that do not hinder reading on (keys given twice).

    Merge keys (`<<`) and aliases are resolved. Raises `error` (GG001) where the text is not YAML.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        problems: list[Problem] = []
        if root is None:
            return Table((), SourceSpan(file, 1, 1)), problems
        return _convert(root, file, problems, ()), problems
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        span = SourceSpan(file, mark.line + 1, mark.column + 1) if mark else SourceSpan(file)
        what = str(e.problem or e.context).removeprefix("but ")
        raise error(f"not valid YAML: {what}", "GG001", span, _hint(e)) from e
    except yaml.YAMLError as e:
        raise error(f"not valid YAML: {e}", "GG001", SourceSpan(file)) from e
    except (OverflowError, ValueError):
        found = _BEYOND.search(text)
        lines = text[: found.start() if found else 0].split("\n")
        span = SourceSpan(file, len(lines), len(lines[-1]) + 1)
        raise error("not valid YAML: an escape is no character", "GG001", span) from None
    except RecursionError:
        raise error("not valid YAML: nested too deeply", "GG001", SourceSpan(file, 1, 1)) from None


def _hint(error: yaml.MarkedYAMLError) -> str | None:
    """What to look at where a text is not YAML."""
    problem, begin, end = str(error.problem), error.context_mark, error.problem_mark
    if "'\\t'" in problem:
        return "indent with spaces, not with tabs"
    if "another document" in problem:
        return "a file has one document: take the line `---` out"
    if "half a character" in problem:
        return r"write the character itself, or \U and its eight digits"
    if "alias" in problem:
        return None
    if begin and end and (begin.line, begin.column) != (end.line, end.column):
        what = f"begins in line {begin.line + 1}, column {begin.column + 1}"
        if "flow" in str(error.context):
            return f"what {what} wants its closing bracket"
        return f"what {what} is not ended, or not indented as it should be"
    return "a text that holds ': ', ' #', or begins with one of [ ] { } & * ! | > ' \" % @ ` stands in quotes"


def _text(node: yaml.ScalarNode) -> str:
    """The text of a scalar; two escapes that are the halves of one character are that, as in JSON."""
    text: str = node.value
    if not _HALVES.search(text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        message = "an escape is half a character"
        raise yaml.composer.ComposerError(None, None, message, node.start_mark) from None


def _convert(node: yaml.Node, file: str, problems: list[Problem], above: tuple[yaml.Node, ...]) -> Node:
    span = _span(node, file)
    if any(node is a for a in above):
        raise yaml.composer.ComposerError(None, None, "an alias refers to itself", node.start_mark)
    above = (*above, node)
    if isinstance(node, yaml.ScalarNode):
        return Scalar(_text(node), node.tag.rpartition(":")[2], span, _begin(node, file))
    if isinstance(node, yaml.SequenceNode):
        return Sequence(tuple(_convert(n, file, problems, above) for n in node.value), span)
    entries: dict[str, Entry] = {}
    merged: list[Entry] = []
    for key_node, value_node in node.value:
        value = _convert(value_node, file, problems, above)
        key_span = _span(key_node, file)
        if key_node.tag == "tag:yaml.org,2002:merge":
            tables = value.items if isinstance(value, Sequence) else (value,)
            merged += [e for t in tables if isinstance(t, Table) for e in t]
            continue
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem("GG003", "a key must be a plain word", key_span))
            continue
        key = _text(key_node)
        if key in entries:
            problems.append(
                Problem("GG014", f"key '{key}' is given twice", key_span, f"first at {entries[key].span}")
            )
        entries[key] = Entry(key, value, key_span)
    for entry in merged:
        entries.setdefault(entry.key, entry)
    return Table(tuple(entries.values()), span)


def _span(node: yaml.Node, file: str) -> SourceSpan:
    return SourceSpan(file, node.start_mark.line + 1, node.start_mark.column + 1)


def _begin(node: yaml.ScalarNode, file: str) -> SourceSpan | None:
    """Where the text of a scalar begins, if it stands in the file as it is, line for line."""
    start, end = node.start_mark, node.end_mark
    if node.style == "|" and start.buffer is not None:
        lines = start.buffer[start.pointer :].split("\n")[1:]
        first = next((line for line in lines if line.strip()), "")
        return SourceSpan(file, start.line + 2, len(first) - len(first.lstrip(" ")) + 1)
    quotes = 1 if node.style in ("'", '"') else 0
    if start.line != end.line or len(node.value) != end.column - start.column - 2 * quotes:
        return None
    return SourceSpan(file, start.line + 1, start.column + quotes + 1)


def to_plain(node: Node) -> Any:
    """The tree as plain dicts, lists and YAML's own scalars; dates stay text."""
    if isinstance(node, Table):
        return {e.key: to_plain(e.value) for e in node}
    if isinstance(node, Sequence):
        return [to_plain(n) for n in node]
    if node.tag in ("int", "float", "bool", "null"):
        return yaml.safe_load(node.text)
    return node.text


Model = TypeVar("Model", bound="BaseModel")


def validate(model: type[Model], path: Path, shown: str) -> Model:
    """The YAML file at `path`, checked by `model`; `shown` is the name of the file in messages.

    Raises ConfigError with all problems: GG001, GG002 (unknown key, with a suggestion), GG003, GG004.
    """
    return validate_text(model, read_text(path, shown), shown)


def validate_text(model: type[Model], text: str, shown: str) -> Model:
    """The same for YAML that was read already."""
    from pydantic import ValidationError  # mappings are read without it

    root, problems = parse_yaml(text, shown)
    if not isinstance(root, Table):
        raise ConfigError("expected keys and values", "GG003", root.span)
    if problems:
        raise ConfigError.collect(problems)
    try:
        return model.model_validate(to_plain(root))
    except ValidationError as e:
        raise ConfigError.collect(_problem(model, root, err) for err in e.errors()) from e


def _problem(model: type[BaseModel], root: Node, err: Any) -> Problem:
    """A pydantic complaint as a located problem."""
    location = [str(part) for part in err["loc"]]
    span, depth = locate(root, location)
    name = ".".join(location)
    match err["type"]:
        case "missing":
            return Problem("GG004", f"'{name}' is missing", span)
        case "extra_forbidden":
            known = _fields(model, location[:-1]) if depth == len(location) else []
            return Problem("GG002", f"unknown key '{location[-1]}'", span, did_you_mean(location[-1], known))
        case "dict_type" | "mapping_type" | "model_type" | "model_attributes_type":
            return Problem("GG003", f"'{name}': expected keys and values", span, "such as `key: value` lines")
        case "tuple_type" | "list_type":
            return Problem("GG003", f"'{name}': expected a list", span, "such as [one, two]")
        case "string_type":
            return Problem("GG003", f"'{name}': expected a text", span, "put it in quotes")
        case _:
            message = err["msg"].removeprefix("Value error, ")
            return Problem("GG003", f"'{name}': {message[0].lower()}{message[1:]}", span)


def locate(node: Node, location: list[str]) -> tuple[SourceSpan, int]:
    """The span of the deepest part of `location` that stands in the file, and how deep it is."""
    span = node.span
    for depth, part in enumerate(location):
        if isinstance(node, Table) and (entry := node.get(part)):
            node, span = entry.value, entry.span
        elif isinstance(node, Sequence) and part.isdigit() and int(part) < len(node.items):
            node = node.items[int(part)]
            span = node.span
        else:
            return span, depth
    return span, len(location)


def _fields(model: type[BaseModel], location: list[str]) -> list[str]:
    """The keys that `model` knows at `location`; none where the path leads out of models."""
    current: type[BaseModel] = model
    parts = iter(location)
    for part in parts:
        fields = {f.alias or n: f for n, f in current.model_fields.items()}
        if part not in fields:
            return []
        annotation = fields[part].annotation
        nested = _model_in(annotation)
        if nested is None:
            return []
        if get_origin(annotation) in (abc.Mapping, tuple):
            next(parts, None)
        current = nested
    return [f.alias or n for n, f in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's type holds: itself, an optional one, or that of a list or mapping."""
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
