-- The work of flat.rml.ttl, written by hand for DuckDB: the same terms, the same escaping, no duplicates sought.
SET preserve_insertion_order = false;
CREATE MACRO safe(x) AS CASE
  WHEN strlen(x) = length(x) THEN url_encode(x)  -- ASCII
  ELSE array_to_string(list_transform(string_split(x, ''), lambda c:
    CASE WHEN regexp_matches(c, '^[A-Za-z0-9._~\-\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}\x{10000}-\x{EFFFD}]$')
    THEN c ELSE url_encode(c) END), '')
END;
CREATE MACRO escaped(x) AS CASE
  WHEN contains(x, '"') OR contains(x, '\') OR contains(x, chr(10)) OR contains(x, chr(13))
  THEN replace(replace(replace(replace(x, '\', '\\'), '"', '\"'), chr(10), '\n'), chr(13), '\r')
  ELSE x
END;
COPY (
  SELECT concat_ws(chr(10),
    s || ' <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.com/R> .',
    s || ' <http://example.com/a> "' || escaped(a) || '" .',
    s || ' <http://example.com/b> "' || escaped(b) || '"@ja .',
    s || ' <http://example.com/c> "' || escaped(c) || '" .',
    s || ' <http://example.com/d> "' || escaped(d) || '"^^<http://www.w3.org/2001/XMLSchema#integer> .',
    s || ' <http://example.com/e> <http://example.com/x/' || safe(e) || '> .') AS quads
  FROM (SELECT '<http://example.com/r/' || safe(id) || '>' AS s, * FROM read_csv('rows.csv', all_varchar = true))
) TO 'out.nq' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\x01');
