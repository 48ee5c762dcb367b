"""The functions of GREL on text, as grel.ttl names them and OpenRefine's reference defines them.

Positions and lengths count code points. A pattern between two slashes is a regular expression.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from html.entities import codepoint2name
from itertools import groupby
from urllib.parse import quote_plus, unquote_plus

from govgraph.mapping.functions.registry import Library, Parameter, Result
from govgraph.mapping.prefixes import GREL

OUTPUTS = {
    Result.TEXT: tuple(
        GREL + name
        for name in (
            *("stringOut", "stringOutput", "output_number", "o_number", "output_decimal", "o_decimal"),
            *("output_any", "o_any", "output_date", "o_date", "output_datetime", "o_datetime"),
        )
    ),
    Result.BOOLEAN: (f"{GREL}output_bool", f"{GREL}o_bool"),
    Result.LIST: (f"{GREL}output_array", f"{GREL}o_array"),
}
LIBRARY = Library(GREL, "grel", OUTPUTS)


def parameter(predicate: str, *names: str, many: bool = False, boolean: bool = False) -> Parameter:
    """A parameter of grel.ttl: its fno:predicate, and its own IRI."""
    return Parameter(GREL + predicate, tuple(GREL + n for n in names), many=many, boolean=boolean)


VALUE = parameter("valueParameter", "valueParam", "valueParameter1", "valueParam1")
VALUE_2 = parameter("valueParameter2", "valueParam2")
SUB = parameter("string_sub", "param_string_sub")
SEPARATOR = parameter("p_string_sep", "param_string_sep")
FROM = parameter("param_int_i_from", "p_int_i_from")
TO = parameter("param_int_i_opt_to", "p_int_i_opt_to").optional()
FIND, REPLACE = parameter("p_string_find", "param_find"), parameter("p_string_replace", "param_replace")
REGEX = parameter("p_string_regex", "param_regex")
ANY = parameter("p_any_e", "param_any_e")
INTEGER, INTEGER_2 = parameter("p_int_i", "param_int_i"), parameter("p_int_i2", "param_int_i2")
INTEGERS = parameter("p_rep_i", "param_int_rep_i", many=True).optional()
FRAGMENT = parameter("p_fragment", "param_fragment")
OMIT = parameter("p_bool_opt_b", "param_bool_opt_b", boolean=True).optional()
MODE = parameter("modeParameter", "modeParam")

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
"""The characters that have Unicode's property White_Space."""

_SPACES = " || ".join(f"CHR({ord(c)})" for c in SPACE)
_text, _sql = LIBRARY.python, LIBRARY.sql


def integer(text: str) -> int:
    """A whole number; raises ValueError."""
    if not re.fullmatch(r"[+-]?[0-9]+", text.strip()):
        raise ValueError(f"'{text}' is not a whole number")
    return int(text)


def pattern(text: str) -> re.Pattern[str]:
    """A regular expression, with or without slashes around it; raises ValueError."""
    if len(text) > 1 and text[0] == text[-1] == "/":
        text = text[1:-1]
    try:
        return re.compile(text)
    except re.error as e:
        raise ValueError(f"'{text}' is not a regular expression: {e}") from e


def is_pattern(text: str) -> bool:
    """Whether slashes stand around a text."""
    return len(text) > 2 and text[0] == text[-1] == "/"


_sql(
    "string_length",
    (VALUE,),
    "CAST(LENGTH(:a) AS VARCHAR)",
    "how many characters a text has",
    ("𠮷野家", "3"),
)
_sql(
    "string_trim",
    (VALUE,),
    f"TRIM(:a, {_SPACES})",
    "without white space at both ends",
    ("\u3000 a b \t", "a b"),
    aliases=(f"{GREL}string_strip",),
    portable=False,
)
_sql(
    "string_replace",
    (VALUE, FIND, REPLACE),
    "REPLACE(:a, :b, :c)",
    "every occurrence of a text replaced",
    ("a-b-c", "-", "", "abc"),
)
_sql(
    "string_startsWith",
    (VALUE, SUB),
    "STARTS_WITH(:a, :b)",
    "whether it starts with a text",
    ("横浜市", "横浜", "true"),
    returns=Result.BOOLEAN,
)
_sql(
    "string_endsWith",
    (VALUE, SUB),
    "SUFFIX(:a, :b)",
    "whether it ends with a text",
    ("横浜市", "区", "false"),
    returns=Result.BOOLEAN,
    portable=False,
)
_sql(
    "string_contains",
    (VALUE, SUB),
    "CONTAINS(:a, :b)",
    "whether it holds a text",
    ("横浜市", "浜", "true"),
    returns=Result.BOOLEAN,
)
_sql(
    "string_indexOf",
    (VALUE, SUB),
    "CAST(STRPOS(:a, :b) - 1 AS VARCHAR)",
    "where a text first occurs, from 0; -1 where it does not",
    ("internet", "e", "3"),
    ("横浜市", "市", "2"),
)
_sql("string_md5", (VALUE,), "MD5(:a)", "MD5 of its UTF-8", ("abc", "900150983cd24fb0d6963f7d28e17f72"))
_sql(
    "string_sha1",
    (VALUE,),
    "SHA1(:a)",
    "SHA-1 of its UTF-8",
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    portable=False,
)
_sql("string_toString", (ANY,), ":a", "the text itself", ("3.0", "3.0"))


@_text(
    "toUpperCase",
    (VALUE,),
    "upper case",
    ("abc", "ABC"),
    ("straße", "STRASSE"),
    aliases=(f"{GREL}toUppercase", f"{GREL}string_toUppercase"),
    ascii_sql="UPPER(:a)",
)
def _upper(value: str) -> str:
    return value.upper()


@_text(
    "toLowerCase",
    (VALUE,),
    "lower case",
    ("ABC", "abc"),
    ("ΟΔΟΣ", "οδος"),
    aliases=(f"{GREL}toLowercase", f"{GREL}string_toLowercase"),
    ascii_sql="LOWER(:a)",
)
def _lower(value: str) -> str:
    return value.lower()


@_text(
    "string_toTitlecase",
    (VALUE,),
    "each word with one capital at its beginning, all else in lower case",
    ("hello WORLD o'neil", "Hello World O'neil"),
    aliases=(f"{GREL}toTitleCase", f"{GREL}toTitlecase", f"{GREL}string_toTitleCase"),
)
def _title(value: str) -> str:
    return re.sub(r"(^|\s)(\S)", lambda m: m[1] + m[2].title(), value.lower())


@_text("string_chomp", (VALUE, SEPARATOR), "without a text at its end", ("hardly", "ly", "hard"))
def _chomp(value: str, separator: str) -> str:
    return value.removesuffix(separator)


@_text(
    "string_substring",
    (VALUE, FROM, TO),
    "the part from one position to before another, both from 0, negative from the end",
    ("profound", "3", None, "found"),
    ("profound", "2", "4", "of"),
    ("横浜市", "0", "-1", "横浜"),
    aliases=(f"{GREL}string_slice", f"{GREL}string_get"),
)
def _substring(value: str, start: str, end: str | None) -> str:
    return value[integer(start) : integer(end) if end is not None else None]


@_text(
    "string_lastIndexOf",
    (VALUE, SUB),
    "where a text last occurs, from 0; -1 where it does not",
    ("parallel", "a", "3"),
)
def _last_index(value: str, sub: str) -> str:
    return str(value.rfind(sub))


@_text(
    "string_replaceChars",
    (VALUE, FIND, REPLACE),
    "each character of the first text replaced by that of the second; removed where there is none",
    ("commas , and semicolons ; are separators", ",;", "**", "commas * and semicolons * are separators"),
    ("a-b_c", "-_", "+", "a+bc"),
)
def _replace_chars(value: str, find: str, replacement: str) -> str:
    table: dict[int, str] = {}
    for number, character in enumerate(find):
        table.setdefault(ord(character), replacement[number : number + 1])
    return value.translate(table)


@_text(
    "string_match",
    (VALUE, REGEX),
    "the groups of a regular expression that matches all of it; nothing where it does not",
    ("230.22398, 12.3480", r"(\d\d\d\.\d+),\s*(.*)", ("230.22398", "12.3480")),
    returns=Result.LIST,
)
def _match(value: str, regex: str) -> list[str] | None:
    found = pattern(regex).fullmatch(value)
    return [group for group in found.groups() if group is not None] if found else None


@_text(
    "string_toNumber",
    (ANY,),
    "a number in ASCII without what its value does not need",
    ("0500", "500"),
    ("3.50", "3.5"),
)
def _to_number(value: str) -> str:
    from govgraph.mapping.functions.grel_math import number, shown

    return shown(number(value))


@_text(
    "string_split",
    (VALUE, SEPARATOR),
    "the parts between separators that are not empty",
    ("fire, water, , earth", ", ", ("fire", "water", "earth")),
    ("a1b22c", "/[0-9]+/", ("a", "b", "c")),
    returns=Result.LIST,
)
def _split(value: str, separator: str) -> list[str]:
    if not separator:
        return value.split()
    parts = pattern(separator).split(value) if is_pattern(separator) else value.split(separator)
    return [part for part in parts if part]


@_text(
    "string_splitByLengths",
    (VALUE, INTEGER, INTEGER_2, INTEGERS),
    "parts of these lengths",
    ("internationalization", "5", "6", ("3",), ("inter", "nation", "ali")),
    returns=Result.LIST,
)
def _split_by_lengths(value: str, first: str, second: str, more: list[str] | None) -> list[str]:
    parts, start = [], 0
    for length in map(integer, (first, second, *(more or ()))):
        parts.append(value[start : start + length])
        start += length
    return parts


@_text(
    "string_smartSplit",
    (VALUE, parameter("p_opt_sep", "param_opt_sep").optional()),
    "the parts between separators, with quotes as in CSV; without a separator, tabs or else commas",
    ('fire,"water, ice",earth', None, ("fire", "water, ice", "earth")),
    returns=Result.LIST,
)
def _smart_split(value: str, separator: str | None) -> list[str]:
    if separator is None:
        separator = "\t" if "\t" in value else ","
    if len(separator) != 1:
        return _split(value, separator)  # type: ignore[return-value]
    return [part for row in csv.reader(io.StringIO(value), delimiter=separator) for part in row]


@_text(
    "string_splitByCharType",
    (VALUE,),
    "the longest parts whose characters have the same category in Unicode",
    ("HenryCTaylor123", ("H", "enry", "CT", "aylor", "123")),
    returns=Result.LIST,
)
def _split_by_type(value: str) -> list[str]:
    return ["".join(part) for _, part in groupby(value, unicodedata.category)]


@_text(
    "string_partition",
    (VALUE, FRAGMENT, OMIT),
    "what stands before the first occurrence of a text, the text (unless omitted), and what stands after",
    ("internationalization", "nation", None, ("inter", "nation", "alization")),
    ("a=b=c", "=", "true", ("a", "b=c")),
    returns=Result.LIST,
)
def _partition(value: str, fragment: str, omit: bool | None) -> list[str]:
    found = pattern(fragment).search(value) if is_pattern(fragment) else None
    before, middle, after = (
        (value[: found.start()], found[0], value[found.end() :]) if found else value.partition(fragment)
    )
    return _without_middle(before, middle, after, omit) if middle else [value]


@_text(
    "string_rpartition",
    (VALUE, FRAGMENT, OMIT),
    "the same at the last occurrence",
    ("a=b=c", "=", None, ("a=b", "=", "c")),
    returns=Result.LIST,
)
def _rpartition(value: str, fragment: str, omit: bool | None) -> list[str]:
    found = list(pattern(fragment).finditer(value)) if is_pattern(fragment) else []
    before, middle, after = (
        (value[: found[-1].start()], found[-1][0], value[found[-1].end() :])
        if found
        else value.rpartition(fragment)
    )
    return _without_middle(before, middle, after, omit) if middle else [value]


def _without_middle(before: str, middle: str, after: str, omit: bool | None) -> list[str]:
    return [before, after] if omit else [before, middle, after]


@_text(
    "string_diff",
    (VALUE, VALUE_2),
    "the second text from where it differs from the first",
    ("cacti", "cactus", "us"),
)
def _diff(first: str, second: str) -> str:
    same = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    return second[min(len(first), len(second)) if same is None else same :]


@_text(
    "string_unicode",
    (VALUE,),
    "the code points of its characters",
    ("Aあ", ("65", "12354")),
    returns=Result.LIST,
)
def _unicode(value: str) -> list[str]:
    return [str(ord(character)) for character in value]


_MODES = "'html', 'xml', 'csv', 'url' or 'javascript'"
_ENTITIES = {code: f"&{name};" for code, name in codepoint2name.items()}
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
_SCRIPT = {"\\": r"\\", '"': r"\"", "'": r"\'", "/": r"\/", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_SCRIPT |= {"\b": r"\b", "\f": r"\f"}


@_text(
    "escape",
    (VALUE, MODE),
    f"escaped for {_MODES}",
    ("a < é", "html", "a &lt; &eacute;"),
    ("a&b c", "url", "a%26b+c"),
    ('say "a"', "csv", '"say ""a"""'),
    aliases=(f"{GREL}string_escape",),
)
def _escape(value: str, mode: str) -> str:
    match mode.lower():
        case "html":
            return value.translate(_ENTITIES)
        case "xml":
            return value.translate(_XML)
        case "csv":
            special = re.search('[",\r\n]', value)
            return '"' + value.replace('"', '""') + '"' if special else value
        case "url":
            return quote_plus(value, safe="*").replace("~", "%7E")
        case "javascript":
            return "".join(_SCRIPT.get(c) or (c if " " <= c <= "~" else json.dumps(c)[1:-1]) for c in value)
    raise ValueError(f"'{mode}' is no mode of escaping: {_MODES}")


@_text(
    "string_unescape",
    (VALUE, MODE),
    f"what was escaped for {_MODES}",
    ("a &lt; &eacute;", "html", "a < é"),
    ("a%26b+c", "url", "a&b c"),
    (r"\uD842\uDFB7野家", "javascript", "𠮷野家"),
    aliases=(f"{GREL}unescape",),
)
def _unescape(value: str, mode: str) -> str:
    match mode.lower():
        case "html" | "xml":
            return html.unescape(value)
        case "csv":
            quoted = len(value) > 1 and value[0] == value[-1] == '"'
            return value[1:-1].replace('""', '"') if quoted else value
        case "url":
            return unquote_plus(value, errors="strict")
        case "javascript":
            text = re.sub(r"\\(u[0-9A-Fa-f]{4}|.)", _unescaped, value, flags=re.S)
            try:
                return text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise ValueError(f"'{value}' holds half a character") from None
    raise ValueError(f"'{mode}' is no mode of escaping: {_MODES}")


def _unescaped(escape: re.Match[str]) -> str:
    name = escape[1]
    if len(name) > 1:
        return chr(int(name[1:], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(name, name)
