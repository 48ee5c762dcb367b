"""The work of join.rml.ttl for maplib: the join is one of Polars, templates make the triples."""

import polars as pl
from maplib import Model

model = Model()
model.add_template(
    """
@prefix ex: <http://example.com/> .
@prefix ottr: <http://ns.ottr.xyz/0.4/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:Named [ ottr:IRI ?s, xsd:string ?name ] :: { ottr:Triple(?s, ex:name, ?name) } .
ex:Child [ ottr:IRI ?s, ottr:IRI ?parent ] :: { ottr:Triple(?s, ex:parent, ?parent) } .
"""
)
children = pl.read_csv("children.csv", infer_schema=False).with_columns(
    s=pl.format("http://example.com/child/{}", "id")
)
parents = pl.read_csv("parents.csv", infer_schema=False).with_columns(
    parent=pl.format("http://example.com/parent/{}", "id")
)
model.map("http://example.com/Named", children.select("s", "name"))
model.map("http://example.com/Named", parents.select(pl.col("parent").alias("s"), "name"))
joined = children.join(parents, left_on="belongs_to", right_on="code").select("s", "parent")
model.map("http://example.com/Child", joined)
model.write("out.nq", format="ntriples")
