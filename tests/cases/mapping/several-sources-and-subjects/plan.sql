-- thing (mapping.yml:6:3)
WITH "first" AS (
  SELECT
    *
  FROM READ_CSV(
    'first.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/a/' || IRI_SAFE("id") || '>' AS "subject",
    "id"
  FROM "first"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(["subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .']) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

-- thing-2 (mapping.yml:6:3)
WITH "first" AS (
  SELECT
    *
  FROM READ_CSV(
    'first.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/b/' || IRI_SAFE("id") || '>' AS "subject",
    "id"
  FROM "first"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(["subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .']) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

-- thing-3 (mapping.yml:6:3)
WITH "second" AS (
  SELECT
    *
  FROM READ_CSV(
    'second.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/a/' || IRI_SAFE("id") || '>' AS "subject",
    "id"
  FROM "second"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(["subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .']) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

-- thing-4 (mapping.yml:6:3)
WITH "second" AS (
  SELECT
    *
  FROM READ_CSV(
    'second.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/b/' || IRI_SAFE("id") || '>' AS "subject",
    "id"
  FROM "second"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(["subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .']) AS quad
  FROM "rows"
) AS quads
WHERE
  NOT "quad" IS NULL;

-- other (mapping.yml:11:3)
WITH "second" AS (
  SELECT
    *
  FROM READ_CSV(
    'second.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "first" AS (
  SELECT
    *
  FROM READ_CSV(
    'first.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/other/' || IRI_SAFE("id") || '>' AS "subject",
    "id"
  FROM "second"
)
SELECT
  quad
FROM (
  SELECT
    "child"."subject" || ' <http://example.com/thing> ' || "parent"."subject" || ' .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/a/' || IRI_SAFE("id") || '>' AS "subject",
      "id"
    FROM "first"
  ) AS parent
    ON "child"."id" = "parent"."id"
) AS quads
WHERE
  NOT "quad" IS NULL
UNION ALL
SELECT
  quad
FROM (
  SELECT
    "child"."subject" || ' <http://example.com/thing> ' || "parent"."subject" || ' .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/b/' || IRI_SAFE("id") || '>' AS "subject",
      "id"
    FROM "first"
  ) AS parent
    ON "child"."id" = "parent"."id"
) AS quads
WHERE
  NOT "quad" IS NULL
UNION ALL
SELECT
  quad
FROM (
  SELECT
    "child"."subject" || ' <http://example.com/thing> ' || "parent"."subject" || ' .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/a/' || IRI_SAFE("id") || '>' AS "subject",
      "id"
    FROM "second"
  ) AS parent
    ON "child"."id" = "parent"."id"
) AS quads
WHERE
  NOT "quad" IS NULL
UNION ALL
SELECT
  quad
FROM (
  SELECT
    "child"."subject" || ' <http://example.com/thing> ' || "parent"."subject" || ' .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/b/' || IRI_SAFE("id") || '>' AS "subject",
      "id"
    FROM "second"
  ) AS parent
    ON "child"."id" = "parent"."id"
) AS quads
WHERE
  NOT "quad" IS NULL;

