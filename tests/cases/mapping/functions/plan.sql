-- row (mapping.yml:3:3)
WITH "rows_2" AS (
  SELECT
    *
  FROM READ_CSV(
    'rows.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR', 'amount': 'VARCHAR', 'unit': 'VARCHAR', 'date': 'VARCHAR', 'name': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/' || IRI_SAFE("id") || '>' AS "subject",
    "id",
    "amount",
    "unit",
    "date",
    "name"
  FROM "rows_2"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(
      [
        "subject" || ' <http://example.com/yen> "' || LITERAL_TEXT(GG_YEN("amount", "unit")) || '"^^<http://www.w3.org/2001/XMLSchema#decimal> .',
        "subject" || ' <http://example.com/date> "' || LITERAL_TEXT(GG_ERA_DATE("date")) || '"^^<http://www.w3.org/2001/XMLSchema#date> .',
        "subject" || ' <http://example.com/key> "' || LITERAL_TEXT(GG_FOLD_KEY("name")) || '" .',
        "subject" || ' <http://example.com/loud> "' || LITERAL_TEXT(UPPER(REPLACE((
          "name" || '!'
        ), 'o', '00'))) || '"@en .',
        "subject" || ' <http://example.com/trimmed> "' || LITERAL_TEXT(TRIM((
          '  ' || "id" || '	'
        ), ' ' || CHR(9) || CHR(10) || CHR(13))) || '" .',
        "subject" || ' <http://example.com/small> "' || LITERAL_TEXT(LOWER('ABC')) || '" .',
        "subject" || ' <http://example.com/lines> <' || IRI_TEXT(
          (
            'http://example.com/d' || '#' || 'line=' || (
              CAST("id" AS BIGINT) - 1
            ) || ',' || '9'
          ),
          '',
          'rows.csv'
        ) || '> .',
        "subject" || ' <http://example.com/isOne> "' || LITERAL_TEXT(CAST("id" = '1' AS TEXT)) || '"^^<http://www.w3.org/2001/XMLSchema#boolean> .'
      ]
    ) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

