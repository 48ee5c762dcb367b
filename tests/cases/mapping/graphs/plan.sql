-- "rows_2" is
SELECT
  *
FROM READ_CSV(
  'rows.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- row (mapping.yml:4:3): duplicates are removed
SELECT DISTINCT
  quad
FROM (
  SELECT
    quad
  FROM (
    SELECT
      UNNEST(
        [
          "subject" || ' <http://example.com/both> "' || LITERAL_TEXT("name") || '" <http://example.com/graph/all> .',
          "subject" || ' <http://example.com/both> "' || LITERAL_TEXT("name") || '" <http://example.com/graph/' || IRI_SAFE("name") || '> .'
        ]
      ) AS quad
    FROM (
      SELECT
        '<http://example.com/row/' || IRI_SAFE("id") || '>' AS "subject",
        "name"
      FROM "rows_2"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
) AS quads;

-- row (mapping.yml:4:3)
SELECT
  quad
FROM (
  SELECT
    "subject" || ' <http://example.com/name> "' || LITERAL_TEXT("name") || '" <http://example.com/graph/all> .' AS quad
  FROM (
    SELECT
      '<http://example.com/row/' || IRI_SAFE("id") || '>' AS "subject",
      "name"
    FROM "rows_2"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

-- bare (mapping.yml:13:3)
SELECT
  quad
FROM (
  SELECT
    "subject" || ' <http://example.com/name> "' || LITERAL_TEXT("name") || '" .' AS quad
  FROM (
    SELECT
      '<http://example.com/bare/' || IRI_SAFE("id") || '>' AS "subject",
      "name"
    FROM "rows_2"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

