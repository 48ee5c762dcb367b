"""The functions of IDLab, as functions_idlab.ttl names them, in both of their namespaces."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

from govgraph.mapping.functions.grel_dates import parse
from govgraph.mapping.functions.grel_math import number
from govgraph.mapping.functions.grel_text import VALUE, VALUE_2
from govgraph.mapping.functions.registry import MEMBER, Library, Parameter, Result
from govgraph.mapping.prefixes import IDLAB

FIRST_IDLAB = "http://example.com/idlab/function/"
"""The namespace that the first mappings with these functions have."""

EXAMPLES_OF_FNML = "http://example.com/fns#"
"""The namespace of the functions for conditions in the examples of RML-FNML, which gives them no other."""

_NAMESPACES = (IDLAB, FIRST_IDLAB)
LIBRARY = Library(
    IDLAB,
    "idlab",
    {
        Result.TEXT: tuple(n + name for n in _NAMESPACES for name in ("_stringOut", "stringOut")),
        Result.BOOLEAN: (
            *(n + name for n in _NAMESPACES for name in ("_boolOut", "o_boolOut")),
            f"{EXAMPLES_OF_FNML}boolOut",
        ),
        Result.LIST: tuple(n + name for n in _NAMESPACES for name in ("_listOut", "listOut")),
    },
)
TRUE_CONDITION = f"{IDLAB}trueCondition"


def _parameter(predicate: str, *others: str, many: bool = False, boolean: bool = False) -> Parameter:
    """A parameter of functions_idlab.ttl: its predicate, and its own name after `_`."""
    names = (predicate, f"_{predicate.removeprefix('p_')}")
    iris = [namespace + name for namespace in _NAMESPACES for name in names]
    return Parameter(iris[0], (*iris[1:], *others), many=many, boolean=boolean)


def _also(*names: str, fnml: str | None = None) -> tuple[str, ...]:
    """The aliases of a function of these names."""
    others = [n + name for name in names for n in _NAMESPACES][1:]
    return (*others, *((EXAMPLES_OF_FNML + fnml,) if fnml else ()))


_FNML = f"{EXAMPLES_OF_FNML}parameter"
STR = _parameter("str")
_NULLABLE = Parameter(STR.iri, (*STR.aliases, VALUE.iri, *VALUE.aliases, _FNML))
_FIRST = Parameter(VALUE.iri, (*VALUE.aliases, *(STR.iri, *STR.aliases), _FNML))
OTHER = _parameter("otherStr")
_SECOND = Parameter(VALUE_2.iri, (*VALUE_2.aliases, OTHER.iri, *OTHER.aliases, f"{EXAMPLES_OF_FNML}compared"))
DELIMITER = _parameter("delimiter")
CONDITION = _parameter("strBoolean", f"{EXAMPLES_OF_FNML}boolParameter", boolean=True)
RESULT = Parameter(STR.iri, (*STR.aliases, f"{EXAMPLES_OF_FNML}expressionParameter"))

REFUSED = {
    namespace + name: reason
    for namespace in _NAMESPACES
    for names, reason in {
        "readFile lookup lookupWithDelimiter multipleLookup": "data must not name files to be read: "
        "a join reads another source",
        "dbpediaSpotlight": "a mapping sends no data over the network",
        "random": "it gives another result at each run",
        "generateUniqueIRI implicitCreate implicitUpdate implicitDelete explicitCreate explicitUpdate "
        "explicitDelete": "a run keeps no state for the next",
        "normalizeDateWithLang normalizeDateTimeWithLang": "names of months and days are English",
    }.items()
    for name in names.split()
}

_sql, _python = LIBRARY.sql, LIBRARY.python

_sql(
    "equal",
    (_FIRST, _SECOND),
    ":a = :b",
    "true where both are the same; in YARRRML `equal`, `str1`, `str2` for short",
    ("a", "a", "true"),
    returns=Result.BOOLEAN,
    aliases=_also("equal", fnml="equals"),
)
_sql(
    "notEqual",
    (_FIRST, _SECOND),
    ":a <> :b",
    "true where both are there and differ",
    ("a", "b", "true"),
    returns=Result.BOOLEAN,
    aliases=_also("notEqual", fnml="notEquals"),
)
_sql(
    "isNull",
    (_NULLABLE,),
    ":a IS NULL",
    "true where there is no value",
    (None, "true"),
    ("a", "false"),
    returns=Result.BOOLEAN,
    aliases=_also("isNull", fnml="isNull"),
)
_sql(
    "isNotNull",
    (_NULLABLE,),
    ":a IS NOT NULL",
    "true where there is a value",
    ("a", "true"),
    returns=Result.BOOLEAN,
    aliases=_also("isNotNull", "notNull", fnml="isNotNull"),
)
_sql(
    "trueCondition",
    (CONDITION, RESULT),
    "CASE WHEN :a THEN :b END",
    "a value where something is true, else nothing",
    ("true", "a", "a"),
    ("false", "a", None),
    aliases=_also("trueCondition", "IF", fnml="IF"),
)
_sql(
    "decide",
    (STR, _parameter("expectedStr"), _parameter("result")),
    "CASE WHEN :a = :b THEN :c END",
    "a value where a text is the one that is expected, else nothing",
    ("NL", "NL", "Nederland", "Nederland"),
    ("EN", "NL", "Nederland", None),
    aliases=_also("decide"),
)
_sql(
    "concat",
    (STR, OTHER, DELIMITER.optional()),
    ":a || COALESCE(:c, '') || :b",
    "two texts as one, with a delimiter in between, if any",
    ("a", "b", None, "ab"),
    ("a", "b", "-", "a-b"),
    aliases=_also("concat"),
)
_sql(
    "listContainsElement",
    (_parameter("list", many=True), STR),
    "LIST_CONTAINS(:a, :b)",
    "true where a text is one of the values",
    (("a", "b"), "b", "true"),
    returns=Result.BOOLEAN,
    aliases=_also("listContainsElement"),
)
_sql(
    "stringContainsOtherString",
    (STR, OTHER, DELIMITER),
    "LIST_CONTAINS(STRING_SPLIT(:a, :c), :b)",
    "true where the second text is one of the parts of the first",
    ("red,green", "green", ",", "true"),
    ("red,green", "gree", ",", "false"),
    returns=Result.BOOLEAN,
    aliases=_also("stringContainsOtherString"),
    portable=False,
)


@_python(
    "concatSequence",
    (Parameter(MEMBER, (f"{IDLAB}_seq", f"{FIRST_IDLAB}_seq"), many=True), DELIMITER.optional()),
    "the texts `rdf:_1`, `rdf:_2` and so on as one, with a delimiter in between, if any",
    (("a", "b", "c"), None, "abc"),
    (("a", "b", "c"), ", ", "a, b, c"),
    aliases=_also("concatSequence"),
)
def _concat_sequence(values: list[str], delimiter: str | None) -> str:
    return (delimiter or "").join(values)


@_python(
    "inRange",
    (_parameter("p_test"), _parameter("p_from").optional(), _parameter("p_to").optional()),
    "true where a number is at least the first, if there is one, and less than the second",
    ("3", "3", "5", "true"),
    ("5", "3", "5", "false"),
    ("5", "3", None, "true"),
    returns=Result.BOOLEAN,
    aliases=_also("inRange"),
)
def _in_range(test: str, start: str | None, end: str | None) -> bool:
    value = number(test)
    return (start is None or number(start) <= value) and (end is None or value < number(end))


@_python(
    "toUpperCaseURL",
    (STR,),
    "upper case, with HTTP:// before it where it has not",
    ("example.com/a", "HTTP://EXAMPLE.COM/A"),
    ("http://example.com", "HTTP://EXAMPLE.COM"),
    aliases=_also("toUpperCaseURL"),
)
def _upper_url(value: str) -> str:
    upper = value.upper()
    return upper if upper.startswith("HTTP://") else f"HTTP://{upper}"


@_python(
    "slugify",
    (STR,),
    "ASCII letters in lower case and digits, one hyphen for all between; accents go, other letters too",
    ("Ünïcode  & Co.", "unicode-co"),
    aliases=_also("slugify"),
)
def _slugify(value: str) -> str | None:
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or None


@_python(
    "getMIMEType",
    (STR,),
    "the media type of a file name's ending; nothing where it is not known",
    ("data.csv", "text/csv"),
    ("data.unknown", None),
    aliases=_also("getMIMEType", "getMimeType"),
)
def _mime_type(value: str) -> str | None:
    return _TYPES.guess_type(f"file.{value.rpartition('.')[2]}")[0] if "." in value else None


_TYPES = mimetypes.MimeTypes()
"""Python's own table, not that of the machine."""


@_python(
    "normalizeDate",
    (_parameter("strDate"), _parameter("pattern")),
    "a date by a pattern, as ISO 8601; names of months and days are English",
    ("1 September 2020", "d MMMM yyyy", "2020-09-01"),
    aliases=_also("normalizeDate"),
)
def _date(value: str, pattern: str) -> str:
    return parse(value, pattern).date().isoformat()


@_python(
    "normalizeDateTime",
    (_parameter("strDate"), _parameter("pattern")),
    "a date and time by a pattern, as ISO 8601",
    ("01/09/2020 13:05", "dd/MM/yyyy HH:mm", "2020-09-01T13:05:00"),
    aliases=_also("normalizeDateTime"),
)
def _date_time(value: str, pattern: str) -> str:
    return parse(value, pattern).replace(microsecond=0).isoformat()
