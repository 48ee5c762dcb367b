"""The work of flat.rml.ttl as a loop written by hand in Python."""

import csv
from pathlib import Path

from govgraph.iri import iri_safe

EX = "http://example.com/"
ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})

with (
    Path("rows.csv").open(encoding="utf-8", newline="") as rows,
    Path("out.nq").open("w", encoding="utf-8") as out,
):
    for row in csv.DictReader(rows):
        s = f"<{EX}r/{iri_safe(row['id'])}>"
        text = {k: v.translate(ESCAPES) for k, v in row.items()}
        out.write(
            f"{s} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{EX}R> .\n"
            f'{s} <{EX}a> "{text["a"]}" .\n'
            f'{s} <{EX}b> "{text["b"]}"@ja .\n'
            f'{s} <{EX}c> "{text["c"]}" .\n'
            f'{s} <{EX}d> "{text["d"]}"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
            f"{s} <{EX}e> <{EX}x/{iri_safe(row['e'])}> .\n"
        )
