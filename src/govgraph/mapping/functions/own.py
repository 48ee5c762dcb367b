"""Functions that users write in Python: a decorator for them, and how the modules that hold them are read."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import math
import re
import sys
import traceback
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from numbers import Number
from pathlib import Path
from reprlib import repr as short
from types import ModuleType
from typing import Any, TypeVar

from govgraph.errors import ConfigError, Problem, SourceSpan
from govgraph.iri import is_absolute
from govgraph.mapping.functions import FUNCTIONS, Functions, by_iri
from govgraph.mapping.functions.registry import Parameter, PythonFunction, Result

F = TypeVar("F", bound=Callable[..., Any])

_HALF = re.compile("[\ud800-\udfff]")
_MARK = "__govgraph_function__"
FILE_MODULE = "govgraph_functions_"
"""With it begin the names of modules that are files, which no other process can import."""

_READERS: dict[Any, tuple[str, Callable[[str], Any]]] = {
    str: ("a text", str),
    int: ("a whole number", int),
    float: ("a number", float),
    Decimal: ("a number", Decimal),
}
"""Type of a parameter -> what it is called, and how it is read."""


def function(
    iri: str,
    *,
    parameters: Sequence[str] | None = None,
    outputs: Sequence[str] = (),
    description: str | None = None,
) -> Callable[[F], F]:
    """A decorator that makes a Python function one that mappings can call; it stays what it is.

    `parameters` are the IRIs of its parameters in their order, by default their names after the namespace of
    `iri`. Types come from the signature: `str`, `int`, `float`, `Decimal`, `bool`, or `list[str]` for all
    values at once; one with a default may be left out. It returns any of these, or None for no value; `bool`
    makes it a condition, `list[str]` gives several values. With several `outputs` (IRIs) it returns a tuple
    of them, of which a mapping names one by rml:return.

    What it raises is an error of the data (GG401). Raises ConfigError GG022 for a signature that cannot be
    called so.
    """

    def mark(call: F) -> F:
        setattr(call, _MARK, _function(call, iri, parameters, tuple(outputs), description))
        return call

    return mark


def read_functions(name: str, folder: Path, span: SourceSpan | None = None) -> tuple[PythonFunction, ...]:
    """The functions of a module: a file that ends in `.py`, relative to `folder`, or the name of a module.

    `span` is where it is named. Raises ConfigError GG022 where it is not there, fails, or holds none.
    """
    if name.endswith(".py"):
        path = folder / name
        if not path.is_file():
            raise ConfigError(f"there is no file of functions '{name}'", "GG022", span or SourceSpan(name))
        stat = path.stat()
        module = _load_file(path.resolve(), name, stat.st_mtime_ns, stat.st_size)
    else:
        module = _load_module(name, span)
    found = {id(f): f for v in vars(module).values() if (f := getattr(v, _MARK, None))}
    if not found:
        hint = '@govgraph.function("https://example.org/fn#name") makes a function of Python one of a mapping'
        raise ConfigError(f"'{name}' holds no functions", "GG022", span or SourceSpan(name), hint)
    return tuple(found.values())


def with_own(own: Sequence[PythonFunction]) -> Functions:
    """All functions: those that come with govgraph, and a user's own.

    Raises ConfigError GG014 where two have the same IRI.
    """
    known = dict(FUNCTIONS)
    problems = []
    for one in own:
        if one.iri in known and known[one.iri] is not one:
            problems.append(Problem("GG014", f"there are two functions <{one.iri}>", one.place))
        known |= by_iri([one])
    if problems:
        raise ConfigError.collect(problems)
    return known


@lru_cache(maxsize=64)
def _load_file(path: Path, shown: str, changed: int, size: int) -> ModuleType:  # noqa: ARG001
    name = f"{FILE_MODULE}{hashlib.md5(str(path).encode(), usedforsecurity=False).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and the like look for their module
    try:
        spec.loader.exec_module(module)
    except ConfigError:
        raise
    except Exception as e:
        line = _line_in(e, str(path))
        raise ConfigError(_told(e), "GG022", SourceSpan(shown, line)) from e
    return module


def _load_module(name: str, span: SourceSpan | None) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ConfigError:
        raise
    except Exception as e:
        hint = "a file ends in .py; a module must be installed, or stand on PYTHONPATH"
        raise ConfigError(f"the module '{name}' cannot be imported: {_told(e)}", "GG022", span, hint) from e


def _line_in(error: Exception, file: str) -> int:
    """The line of a file where an error came from, 0 where none did."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    return (lines[-1] if lines else 0) or 0


def _told(error: BaseException) -> str:
    """An error in one line, without what no text can hold."""
    try:
        text = " ".join(str(error).replace("\0", r"\0").split())
    except Exception:  # a user's own, too
        text = ""
    return f"{type(error).__name__}: {text}".encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class _Kind:
    """The type of a parameter or result: a value of `base`, or a list of them."""

    base: Any
    many: bool = False


def _kind(annotation: Any) -> _Kind | None:
    """What a type says; None for one that no value of data has."""
    options = [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        options = [a for a in typing.get_args(annotation) if a is not type(None)]
    if len(options) != 1:
        return None
    (one,) = options
    if typing.get_origin(one) in (list, Sequence, tuple, Iterator) and typing.get_args(one)[:1] == (str,):
        return _Kind(str, many=True)
    return _Kind(one) if one in (bool, *_READERS) else None


def _function(
    call: Callable[..., Any],
    iri: str,
    parameters: Sequence[str] | None,
    outputs: tuple[str, ...],
    description: str | None,
) -> PythonFunction:
    place = _place(call)
    name = getattr(call, "__name__", "function")

    def wrong(message: str, hint: str | None = None) -> ConfigError:
        return ConfigError(f"{name}: {message}", "GG022", place, hint)

    for one in (iri, *(parameters or ()), *outputs):
        if not is_absolute(one):
            raise wrong(f"'{one}' is not an absolute IRI")
    try:
        hints = typing.get_type_hints(call)
    except Exception as e:
        raise wrong(f"its types cannot be read: {_told(e)}") from e
    given = list(inspect.signature(call).parameters.values())
    if not given or any(p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in given):
        raise wrong("it must have parameters, and each of them a name and a place")
    if parameters is None:
        namespace = re.split(r"[^#/]*$", iri)[0]
        parameters = [namespace + p.name for p in given]
    if len(parameters) != len(given) or len(set(parameters)) != len(given):
        raise wrong(f"it has {len(given)} parameters, and {len(set(parameters))} IRIs for them")
    kinds = [_kind(hints.get(p.name, str)) for p in given]
    allowed = "str, int, float, Decimal, bool and list[str] are types of parameters and results"
    for parameter, kind in zip(given, kinds, strict=True):
        if kind is None:
            raise wrong(f"'{parameter.name}' has a type that no value has", allowed)
    read = [k for k in kinds if k]
    returned = hints.get("return", str)
    result = _Kind(str) if len(outputs) > 1 else _kind(returned)
    if result is None:
        raise wrong("it returns what no value can be", allowed)
    returns = Result.LIST if result.many else Result.BOOLEAN if result.base is bool else Result.TEXT

    def compute(*values: Any) -> Any:
        arguments = [
            p.default if v is None and p.default is not p.empty else _read(v, k, p.name)
            for v, k, p in zip(values, read, given, strict=True)
        ]
        try:
            return _given(call(*arguments), returns, len(outputs))
        except (Exception, SystemExit, GeneratorExit) as e:
            raise ValueError(f"{name}: {_told(e)}") from e

    return PythonFunction(
        iri=iri,
        parameters=tuple(
            Parameter(i, (), p.default is p.empty, k.many, k.base is bool)
            for i, p, k in zip(parameters, given, read, strict=True)
        ),
        returns=returns,
        outputs=tuple((o,) for o in outputs),
        description=description or inspect.getdoc(call) or "",
        sql_name=f"own_{hashlib.md5(iri.encode(), usedforsecurity=False).hexdigest()}",
        call=compute,
        place=place,
    )


def _read(value: Any, kind: _Kind, name: str) -> Any:
    """A value as its parameter wants it."""
    if kind.many or kind.base is bool or not isinstance(value, str):
        return value
    what, reader = _READERS[kind.base]
    try:
        return reader(value)
    except (ValueError, InvalidOperation):
        raise ValueError(f"'{value}' is not {what} ({name})") from None


def _given(value: Any, returns: Result, outputs: int) -> Any:
    """What a function gives, as texts; raises TypeError for what it should not give."""
    if value is None:
        return None
    if outputs > 1:
        if not isinstance(value, tuple) or len(value) != outputs:
            raise TypeError(f"it gives no tuple of {outputs} results")
        return tuple(None if v is None else _written(v) for v in value)
    if returns is Result.BOOLEAN:
        if isinstance(value, str):
            raise TypeError(f"it gives {short(value)}, which is not true or false")
        return bool(value)
    if returns is Result.LIST:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise TypeError(f"it gives {short(value)}, which is no list")
        return [_written(v) for v in value if v is not None]
    return _written(value)


def _written(value: Any) -> str:
    """A value as text: numbers as XML Schema writes them."""
    if isinstance(value, str):
        if "\0" in value or (not value.isascii() and _HALF.search(value)):
            raise TypeError(f"it gives {short(value)}, with what is no character of RDF")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    if not isinstance(value, Number):
        raise TypeError(f"it gives {short(value)}, which is no text or number")
    return str(value)


def _place(call: Callable[..., Any]) -> SourceSpan:
    """Where a Python function stands."""
    code = getattr(inspect.unwrap(call), "__code__", None)
    return SourceSpan(Path(code.co_filename).name, code.co_firstlineno) if code else SourceSpan("")
