-- "first" is
SELECT
  *
FROM READ_CSV(
  'first.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'id': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- "second" is
SELECT
  *
FROM READ_CSV(
  'second.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'id': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- thing (mapping.yml:6:3), thing-2 (mapping.yml:6:3), thing-3 (mapping.yml:6:3), thing-4 (mapping.yml:6:3), other (mapping.yml:11:3), other (mapping.yml:11:3), other (mapping.yml:11:3): duplicates are removed
SELECT DISTINCT
  quad
FROM (
  SELECT
    quad
  FROM (
    SELECT
      "subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .' AS quad
    FROM (
      SELECT
        '<http://example.com/a/' || IRI_SAFE("id") || '>' AS "subject",
        "id"
      FROM "first"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
  UNION ALL
  SELECT
    quad
  FROM (
    SELECT
      "subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .' AS quad
    FROM (
      SELECT
        '<http://example.com/b/' || IRI_SAFE("id") || '>' AS "subject",
        "id"
      FROM "first"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
  UNION ALL
  SELECT
    quad
  FROM (
    SELECT
      "subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .' AS quad
    FROM (
      SELECT
        '<http://example.com/a/' || IRI_SAFE("id") || '>' AS "subject",
        "id"
      FROM "second"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
  UNION ALL
  SELECT
    quad
  FROM (
    SELECT
      "subject" || ' <http://example.com/id> "' || LITERAL_TEXT("id") || '" .' AS quad
    FROM (
      SELECT
        '<http://example.com/b/' || IRI_SAFE("id") || '>' AS "subject",
        "id"
      FROM "second"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
  UNION ALL
  SELECT
    quad
  FROM (
    SELECT
      UNNEST(
        [
          "subject" || ' <http://example.com/thing> <http://example.com/a/' || IRI_SAFE("id") || '> .',
          "subject" || ' <http://example.com/thing> <http://example.com/b/' || IRI_SAFE("id") || '> .'
        ]
      ) AS quad
    FROM (
      SELECT
        '<http://example.com/other/' || IRI_SAFE("id") || '>' AS "subject",
        "id"
      FROM "second"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
  UNION ALL
  SELECT
    quad
  FROM (
    SELECT
      "subject" || ' <http://example.com/thing> <http://example.com/a/' || IRI_SAFE("id") || '> .' AS quad
    FROM (
      SELECT
        "child"."subject",
        "child"."id"
      FROM (
        SELECT DISTINCT
          '<http://example.com/other/' || IRI_SAFE("id") || '>' AS "subject",
          "id" AS "key 1",
          "id"
        FROM "second"
      ) AS child
      SEMI JOIN (
        SELECT DISTINCT
          "id" AS "key 1"
        FROM "first"
      ) AS parent
        ON "child"."key 1" = "parent"."key 1"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
  UNION ALL
  SELECT
    quad
  FROM (
    SELECT
      "subject" || ' <http://example.com/thing> <http://example.com/b/' || IRI_SAFE("id") || '> .' AS quad
    FROM (
      SELECT
        "child"."subject",
        "child"."id"
      FROM (
        SELECT DISTINCT
          '<http://example.com/other/' || IRI_SAFE("id") || '>' AS "subject",
          "id" AS "key 1",
          "id"
        FROM "second"
      ) AS child
      SEMI JOIN (
        SELECT DISTINCT
          "id" AS "key 1"
        FROM "first"
      ) AS parent
        ON "child"."key 1" = "parent"."key 1"
    ) AS rows
  ) AS quads
  WHERE
    NOT "quad" IS NULL
) AS quads;

