"""Everything with a printed name leads to lines of its document that hold this name."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from govgraph.documents import read_table
from govgraph.documents.normalize import fold_label, to_kanji
from tests.conftest import REPOSITORY, Ask

PREFIXES = """
PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX eli: <http://data.europa.eu/eli/ontology#>
PREFIX gg: <https://w3id.org/govgraph/ns#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""

NAMES = {
    "gg:Measure": "?thing gg:printedLabel|rdfs:label ?name",
    "gg:Meeting": "?thing gg:printedLabel|rdfs:label ?name",
    "gg:Article": "?thing eli:number ?name",
    "gg:CollaborationContract": """
        ?thing cv:hasEconomicOperator ?party .
        ?party rdfs:label|skos:altLabel|gg:printedLabel ?name""",
}
"""What of each class must stand in the lines that it was derived from."""


@pytest.fixture(scope="module")
def documents() -> dict[str, list[str]]:
    """The lines of each document that has a dataset, by the dataset's id."""
    folder = REPOSITORY.parent / "shared" / "seeds"
    if not folder.is_dir():
        pytest.skip("needs the documents in ../shared/seeds, which are not here")
    files = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.iterdir()}
    found = {}
    for table in sorted((REPOSITORY / "records").glob("*/document.csv")):
        (row,) = read_table(table)
        found[row["key"]] = files[row["sha256"]].read_text(encoding="utf-8").split("\n")
    return found


def printed(cls: str, name: str) -> list[str]:
    """How `name` may be printed, folded: an article as 第n条, 260-2 as 第260条の2, with digits or kanji."""
    if cls != "gg:Article":
        return [fold_label(name)]
    number, *branches = name.split("-")
    kanji, *kanji_branches = (to_kanji(int(part)) for part in name.split("-"))
    return ["の".join((f"第{number}条", *branches)), "の".join((f"第{kanji}条", *kanji_branches))]


def holds(text: str, name: str) -> bool:
    """Whether a printed name stands in `text`; 第1条 does not stand in 第1条の2.

    >>> holds("第12条の2", "第12条"), holds("第12条", "第12条")
    (False, True)
    """
    branch = r"(?!の[\d一二三四五六七八九十])" if re.fullmatch(r"第[^第条]+条", name) else ""
    return re.search(re.escape(name) + branch, text) is not None


@pytest.mark.parametrize("cls", NAMES)
def test_a_name_stands_in_the_lines_that_it_comes_from(
    cls: str, ask: Ask, tmp_path: Path, documents: dict[str, list[str]]
) -> None:
    things = tmp_path / "names.rq"
    things.write_text(
        f"""{PREFIXES} SELECT DISTINCT ?thing ?name WHERE {{
            ?thing a {cls} . OPTIONAL {{ {NAMES[cls]} FILTER (LANG(?name) != "en") }} }}""",
        encoding="utf-8",
    )
    anchors = tmp_path / "anchors.rq"
    anchors.write_text(
        f"""{PREFIXES} SELECT DISTINCT ?thing ?source ?first ?last WHERE {{
            ?thing a {cls} ; prov:wasDerivedFrom ?anchor .
            ?anchor oa:hasSource ?source ; gg:firstLine ?first ; gg:lastLine ?last }}""",
        encoding="utf-8",
    )
    texts: dict[str, list[str]] = {}
    for row in ask(str(anchors)):
        lines = documents[row["source"].rpartition("/")[2]]
        texts.setdefault(row["thing"], []).append(
            fold_label("".join(lines[int(row["first"]) - 1 : int(row["last"])]))
        )
    names: dict[str, list[str]] = {}
    for row in ask(str(things)):
        names.setdefault(row["thing"], []).extend(printed(cls, row["name"]))
    assert names
    lost = [
        f"{thing}: {' / '.join(of)}"
        for thing, of in sorted(names.items())
        if not any(name and holds(text, name) for name in of for text in texts.get(thing, []))
    ]
    assert not lost, f"{len(lost)} of {len(names)}:\n" + "\n".join(lost)
