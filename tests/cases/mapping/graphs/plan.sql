-- row (mapping.yml:4:3)
WITH "rows_2" AS (
  SELECT
    *
  FROM READ_CSV(
    'rows.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/row/' || IRI_SAFE("id") || '>' AS "subject",
    "id",
    "name"
  FROM "rows_2"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(
      [
        "subject" || ' <http://example.com/name> "' || LITERAL_TEXT("name") || '" <http://example.com/graph/all> .',
        "subject" || ' <http://example.com/both> "' || LITERAL_TEXT("name") || '" <http://example.com/graph/all> .',
        "subject" || ' <http://example.com/both> "' || LITERAL_TEXT("name") || '" <http://example.com/graph/' || IRI_SAFE("name") || '> .'
      ]
    ) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

-- bare (mapping.yml:13:3)
WITH "rows_2" AS (
  SELECT
    *
  FROM READ_CSV(
    'rows.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/bare/' || IRI_SAFE("id") || '>' AS "subject",
    "id",
    "name"
  FROM "rows_2"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(["subject" || ' <http://example.com/name> "' || LITERAL_TEXT("name") || '" .']) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

