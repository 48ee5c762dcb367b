-- project (mapping.yml:7:3)
WITH "projects" AS (
  SELECT
    *
  FROM READ_CSV(
    'projects.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR', 'office': 'VARCHAR', 'city': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "offices" AS (
  SELECT
    *
  FROM READ_CSV(
    'offices.csv',
    header = TRUE,
    auto_detect = FALSE,
    "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR', 'city': 'VARCHAR'},
    delim = ',',
    quote = '"',
    escape = '"'
  )
), "rows" AS (
  SELECT
    '<http://example.com/project/' || IRI_SAFE("id") || '>' AS "subject",
    "id",
    "name",
    "office",
    "city"
  FROM "projects"
)
SELECT
  quad
FROM (
  SELECT
    UNNEST(
      [
        "subject" || ' <http://example.com/name> "' || LITERAL_TEXT("name") || '" <http://example.com/g> .'
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
    "child"."subject" || ' <http://example.com/office> ' || "parent"."subject" || ' <http://example.com/g> .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/office/' || IRI_SAFE("id") || '>' AS "subject",
      "name"
    FROM "offices"
    WHERE
      "city" <> 'closed'
  ) AS parent
    ON "child"."office" = "parent"."name"
) AS quads
WHERE
  NOT "quad" IS NULL
UNION ALL
SELECT
  quad
FROM (
  SELECT
    "child"."subject" || ' <http://example.com/exact> ' || "parent"."subject" || ' <http://example.com/g> .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/office/' || IRI_SAFE("id") || '>' AS "subject",
      "name",
      "city"
    FROM "offices"
    WHERE
      "city" <> 'closed'
  ) AS parent
    ON "child"."office" = "parent"."name" AND "child"."city" = "parent"."city"
) AS quads
WHERE
  NOT "quad" IS NULL
UNION ALL
SELECT
  quad
FROM (
  SELECT
    "child"."subject" || ' <http://example.com/by/' || IRI_SAFE("child"."office") || '> ' || "parent"."subject" || ' <http://example.com/g> .' AS quad
  FROM "rows" AS child
  JOIN (
    SELECT
      '<http://example.com/office/' || IRI_SAFE("id") || '>' AS "subject",
      "name"
    FROM "offices"
    WHERE
      "city" <> 'closed'
  ) AS parent
    ON "child"."office" = "parent"."name"
) AS quads
WHERE
  NOT "quad" IS NULL;

