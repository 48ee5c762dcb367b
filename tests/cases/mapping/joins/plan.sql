-- "projects" is
SELECT
  *
FROM READ_CSV(
  'projects.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR', 'office': 'VARCHAR', 'city': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- "offices" is
SELECT
  *
FROM READ_CSV(
  'offices.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR', 'city': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- project (mapping.yml:7:3)
SELECT
  quad
FROM (
  SELECT
    "subject" || ' <http://example.com/name> "' || LITERAL_TEXT("name") || '" <http://example.com/g> .' AS quad
  FROM (
    SELECT
      '<http://example.com/project/' || IRI_SAFE("id") || '>' AS "subject",
      "name"
    FROM "projects"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

-- project (mapping.yml:7:3)
SELECT
  quad
FROM (
  SELECT
    "subject" || ' <http://example.com/office> ' || "object" || ' <http://example.com/g> .' AS quad
  FROM (
    SELECT
      "child"."subject",
      "parent"."object"
    FROM (
      SELECT DISTINCT
        '<http://example.com/project/' || IRI_SAFE("id") || '>' AS "subject",
        "office" AS "key 1"
      FROM "projects"
    ) AS child
    JOIN (
      SELECT DISTINCT
        '<http://example.com/office/' || IRI_SAFE("id") || '>' AS "object",
        "name" AS "key 1"
      FROM "offices"
      WHERE
        "city" <> 'closed'
    ) AS parent
      ON "child"."key 1" = "parent"."key 1"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

-- project (mapping.yml:7:3)
SELECT
  quad
FROM (
  SELECT
    "subject" || ' <http://example.com/exact> ' || "object" || ' <http://example.com/g> .' AS quad
  FROM (
    SELECT
      "child"."subject",
      "parent"."object"
    FROM (
      SELECT DISTINCT
        '<http://example.com/project/' || IRI_SAFE("id") || '>' AS "subject",
        "office" AS "key 1",
        "city" AS "key 2"
      FROM "projects"
    ) AS child
    JOIN (
      SELECT DISTINCT
        '<http://example.com/office/' || IRI_SAFE("id") || '>' AS "object",
        "name" AS "key 1",
        "city" AS "key 2"
      FROM "offices"
      WHERE
        "city" <> 'closed'
    ) AS parent
      ON "child"."key 1" = "parent"."key 1" AND "child"."key 2" = "parent"."key 2"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

-- project (mapping.yml:7:3)
SELECT
  quad
FROM (
  SELECT
    "subject" || ' <http://example.com/by/' || IRI_SAFE("office") || '> ' || "object" || ' <http://example.com/g> .' AS quad
  FROM (
    SELECT
      "child"."subject",
      "child"."office",
      "parent"."object"
    FROM (
      SELECT DISTINCT
        '<http://example.com/project/' || IRI_SAFE("id") || '>' AS "subject",
        "office" AS "key 1",
        "office"
      FROM "projects"
    ) AS child
    JOIN (
      SELECT DISTINCT
        '<http://example.com/office/' || IRI_SAFE("id") || '>' AS "object",
        "name" AS "key 1"
      FROM "offices"
      WHERE
        "city" <> 'closed'
    ) AS parent
      ON "child"."key 1" = "parent"."key 1"
  ) AS rows
) AS quads
WHERE
  NOT "quad" IS NULL;

