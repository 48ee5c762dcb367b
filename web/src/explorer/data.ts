import { askRows } from "../ask";
import { readTerm, type Term } from "../terms";

export type Direction = "out" | "in";

/** The links of a resource by one property in one direction, and how many resources they lead to. */
export interface Links {
  property: string;
  direction: Direction;
  count: number;
}

/** A link of the graph. */
export interface Triple {
  subject: string;
  property: string;
  object: string;
}

/** Links that are added at a time. */
export const AT_ONCE = 50;
const MOST_ROWS = 20_000;
const IN_VALUES = 300;
const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const SKOS = "http://www.w3.org/2004/02/skos/core#";
const GG = "https://w3id.org/govgraph/ns#";
const CV = "http://data.europa.eu/m8g/";
const ORG = "http://www.w3.org/ns/org#";
const ELI = "http://data.europa.eu/eli/ontology#";
const DCTERMS = "http://purl.org/dc/terms/";
const TOWARDS = [
  `${CV}hasCompetentAuthority`,
  `${CV}hasContractingAuthority`,
  `${ORG}unitOf`,
  `${ORG}organization`,
  `${ELI}passed_by`,
  `${ELI}is_part_of`,
  `${DCTERMS}isPartOf`,
  `${DCTERMS}publisher`,
];
/** Links that connect everything with everything, and so say nothing on a path. */
const NO_STEP = [
  `${RDF}type`,
  "http://www.w3.org/ns/prov#wasDerivedFrom",
  "http://www.w3.org/2000/01/rdf-schema#isDefinedBy",
  `${SKOS}inScheme`,
  `${SKOS}topConceptOf`,
  `${GG}fiscalYear`,
  "http://purl.org/linked-data/sdmx/2009/dimension#refPeriod",
];

/** An IRI as a query writes it; raises where it cannot. */
export function written(iri: string): string {
  if (/[\s<>"{}|\\^`]/.test(iri)) throw new Error(`no IRI: ${iri}`);
  return `<${iri}>`;
}

async function rowsOf(query: string, signal: AbortSignal): Promise<(Term | null)[][]> {
  const answer = await askRows(query, "SELECT", MOST_ROWS, signal);
  return answer.rows.map((row) => answer.cut(row).map(readTerm));
}

async function inParts<T>(iris: string[], ask: (values: string) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let at = 0; at < iris.length; at += IN_VALUES)
    found.push(
      ...(await ask(
        iris
          .slice(at, at + IN_VALUES)
          .map(written)
          .join(" "),
      )),
    );
  return found;
}

const textOf = (term: Term | null | undefined): string => term?.value ?? "";

/** The links of a resource, by property and direction, the most first. */
export async function linksOf(iri: string, signal: AbortSignal): Promise<Links[]> {
  const node = written(iri);
  const rows = await rowsOf(
    `SELECT ?p ?d (COUNT(DISTINCT ?o) AS ?n) {
      { ${node} ?p ?o BIND("out" AS ?d) FILTER(?p != <${RDF}type>) } UNION { ?o ?p ${node} BIND("in" AS ?d) }
      FILTER(isIRI(?o) && ?o != ${node})
    } GROUP BY ?p ?d ORDER BY DESC(?n) ?p ?d`,
    signal,
  );
  return rows.map(([p, d, n]) => ({
    property: textOf(p),
    direction: textOf(d) === "in" ? "in" : "out",
    count: Number(textOf(n)),
  }));
}

/** What literals say of a resource. */
export async function literalsOf(
  iri: string,
  signal: AbortSignal,
): Promise<{ property: string; term: Term }[]> {
  const rows = await rowsOf(
    `SELECT ?p ?o { ${written(iri)} ?p ?o FILTER(isLiteral(?o)) } ORDER BY ?p ?o LIMIT 60`,
    signal,
  );
  return rows.flatMap(([p, term]) => (p && term ? [{ property: p.value, term }] : []));
}

/** `AT_ONCE` of the resources at the other end of some links, from the `offset`th on. */
export async function neighbours(
  iri: string,
  links: Links,
  offset: number,
  signal: AbortSignal,
): Promise<string[]> {
  const [node, by] = [written(iri), written(links.property)];
  const pattern = links.direction === "out" ? `${node} ${by} ?o` : `?o ${by} ${node}`;
  const rows = await rowsOf(
    `SELECT DISTINCT ?o { ${pattern} FILTER(isIRI(?o) && ?o != ${node}) } ORDER BY ?o LIMIT ${AT_ONCE} OFFSET ${offset}`,
    signal,
  );
  return rows.map(([o]) => textOf(o));
}

/** IRI -> its classes. */
export async function classesOf(iris: string[], signal: AbortSignal): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const rows = await inParts(iris, (values) =>
    rowsOf(`SELECT ?s ?t { VALUES ?s { ${values} } ?s a ?t FILTER(isIRI(?t)) }`, signal),
  );
  for (const [s, t] of rows) found.set(textOf(s), [...(found.get(textOf(s)) ?? []), textOf(t)]);
  return found;
}

/** The links from some resources to resources. */
export async function linksFrom(iris: string[], signal: AbortSignal): Promise<Triple[]> {
  const rows = await inParts(iris, (values) =>
    rowsOf(
      `SELECT ?s ?p ?o { VALUES ?s { ${values} } ?s ?p ?o FILTER(isIRI(?o) && ?p != <${RDF}type>) }`,
      signal,
    ),
  );
  return rows.map(([s, p, o]) => ({ subject: textOf(s), property: textOf(p), object: textOf(o) }));
}

/** IRI -> the local government that it belongs to. */
export async function governmentsOf(iris: string[], signal: AbortSignal): Promise<Map<string, string>> {
  const path = TOWARDS.map(written).join("|");
  const rows = await inParts(iris, (values) =>
    rowsOf(
      `SELECT ?s (MIN(STR(?g)) AS ?m) { VALUES ?s { ${values} } ?s (${path})* ?g . ?g a <${GG}Municipality> } GROUP BY ?s`,
      signal,
    ),
  );
  return new Map(rows.map(([s, g]) => [textOf(s), textOf(g)]));
}

/** IRI -> the sum of money that is printed for it, in yen: its largest total. */
export async function moneyOf(iris: string[], signal: AbortSignal): Promise<Map<string, number>> {
  const rows = await inParts(iris, (values) =>
    rowsOf(
      `SELECT ?s (MAX(?v) AS ?yen) { VALUES ?s { ${values} } ?s <${GG}amount> ?a .
        ?a <${GG}scope> "total" ; <https://schema.org/value> ?v } GROUP BY ?s`,
      signal,
    ),
  );
  return new Map(rows.map(([s, v]) => [textOf(s), Number(textOf(v))]));
}

/** The links of some resources that may stand on a path, in both directions. */
export async function stepsFrom(iris: string[], signal: AbortSignal): Promise<Triple[]> {
  const not = NO_STEP.map(written).join(", ");
  const rows = await inParts(iris, (values) =>
    rowsOf(
      `SELECT DISTINCT ?s ?p ?o {
        { VALUES ?s { ${values} } ?s ?p ?o . BIND(?o AS ?b) } UNION { VALUES ?o { ${values} } ?s ?p ?o . BIND(?s AS ?b) }
        FILTER(isIRI(?b) && ?p NOT IN (${not}))
        FILTER NOT EXISTS { ?b a <${SKOS}Concept> }
      }`,
      signal,
    ),
  );
  return rows.map(([s, p, o]) => ({ subject: textOf(s), property: textOf(p), object: textOf(o) }));
}
