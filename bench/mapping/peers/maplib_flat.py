"""The work of flat.rml.ttl for maplib: templates (OTTR) over data frames of Polars, which makes the IRIs."""

import polars as pl
from maplib import Model

LANG_STRING = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>"

model = Model()
model.add_template(
    """
@prefix ex: <http://example.com/> .
@prefix ottr: <http://ns.ottr.xyz/0.4/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
ex:Row [ ottr:IRI ?s, xsd:string ?a, rdf:langString ?b, xsd:string ?c, xsd:integer ?d, ottr:IRI ?e ] :: {
  ottr:Triple(?s, rdf:type, ex:R), ottr:Triple(?s, ex:a, ?a), ottr:Triple(?s, ex:b, ?b),
  ottr:Triple(?s, ex:c, ?c), ottr:Triple(?s, ex:d, ?d), ottr:Triple(?s, ex:e, ?e)
} .
"""
)
rows = pl.read_csv("rows.csv", infer_schema=False)
encoded = pl.col("e").str.replace_all("\\", "%5C", literal=True)
rows = rows.select(
    "a",
    "c",
    s=pl.format("http://example.com/r/{}", "id"),
    b=pl.struct(pl.col("b").alias(LANG_STRING), pl.lit("ja").alias("l")),
    d=pl.col("d").cast(pl.Int64),
    e=pl.format("http://example.com/x/{}", encoded),
)
model.map("http://example.com/Row", rows)
model.write("out.nq", format="ntriples")
