-- select (mapping.yml:6:3)
WITH "the order" AS (
  SELECT
    *
  FROM READ_CSV(
    'the order.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'select': 'VARCHAR', 'from "where"': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows_2" AS (
  SELECT
    *
  FROM READ_CSV(
    'rows.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'subject': 'VARCHAR', 'quad': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/order/' || IRI_SAFE("select") || '>' AS "subject_",
    "select",
    "from ""where"""
  FROM "the order"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(
      [
        "subject_" || ' <http://example.com/from> "' || LITERAL_TEXT("from ""where""") || '" .'
      ]
    ) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL
UNION ALL
SELECT
  quad
FROM (
  SELECT
    "child"."subject_" || ' <http://example.com/row> ' || "parent"."subject_" || ' .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/row/' || IRI_SAFE("subject") || '>' AS "subject_",
      "subject"
    FROM "rows_2"
  ) AS parent
    ON "child"."select" = "parent"."subject"
) AS quads
WHERE
  NOT "quad" IS NULL;

-- rows (mapping.yml:13:3)
WITH "rows_2" AS (
  SELECT
    *
  FROM READ_CSV(
    'rows.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'subject': 'VARCHAR', 'quad': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/row/' || IRI_SAFE("subject") || '>' AS "subject_",
    "subject",
    "quad"
  FROM "rows_2"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(["subject_" || ' <http://example.com/quad> "' || LITERAL_TEXT("quad") || '" .']) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

