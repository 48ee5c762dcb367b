-- "the order" is
SELECT
  *
FROM READ_CSV(
  'the order.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'select': 'VARCHAR', 'from "where"': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- "rows_2" is
SELECT
  *
FROM READ_CSV(
  'rows.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'subject': 'VARCHAR', 'quad': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- select (mapping.yml:6:3)
SELECT
  quad
FROM (
  SELECT
    "subject_" || ' <http://example.com/from> "' || LITERAL_TEXT("from ""where""") || '" .' AS quad
  FROM (
    SELECT
      '<http://example.com/order/' || IRI_SAFE("select") || '>' AS "subject_",
      "from ""where"""
    FROM "the order"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

-- select (mapping.yml:6:3)
SELECT
  quad
FROM (
  SELECT
    "subject_" || ' <http://example.com/row> <http://example.com/row/' || IRI_SAFE("select") || '> .' AS quad
  FROM (
    SELECT
      "child"."subject_",
      "child"."select"
    FROM (
      SELECT DISTINCT
        '<http://example.com/order/' || IRI_SAFE("select") || '>' AS "subject_",
        "select" AS "key 1",
        "select"
      FROM "the order"
    ) AS child
    SEMI JOIN (
      SELECT DISTINCT
        "subject" AS "key 1"
      FROM "rows_2"
    ) AS parent
      ON "child"."key 1" = "parent"."key 1"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

-- rows (mapping.yml:13:3)
SELECT
  quad
FROM (
  SELECT
    "subject_" || ' <http://example.com/quad> "' || LITERAL_TEXT("quad") || '" .' AS quad
  FROM (
    SELECT
      '<http://example.com/row/' || IRI_SAFE("subject") || '>' AS "subject_",
      "quad"
    FROM "rows_2"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

