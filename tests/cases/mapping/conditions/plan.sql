-- "rows_2" is
SELECT
  *
FROM READ_CSV(
  'rows.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'id': 'VARCHAR', 'name': 'VARCHAR', 'kind': 'VARCHAR'},
  delim = ',',
  quote = '"',
  escape = '"',
  max_line_size = 33554432,
  buffer_size = 33554432
);

-- row (mapping.yml:3:3)
SELECT
  quad
FROM (
  SELECT
    CONCAT_WS(
      '
',
      "subject" || ' <http://example.com/name> "' || LITERAL_TEXT("name") || '" .',
      CASE WHEN "kind" = 'a' THEN "subject" || ' <http://example.com/isA> "yes" .' END,
      CASE
        WHEN (
          "kind" = 'a'
        ) OR (
          "kind" = 'b'
        )
        THEN "subject" || ' <http://example.com/kind> "first or second" .'
      END,
      "subject" || ' <http://example.com/kind> "always" .'
    ) AS quad
  FROM (
    SELECT
      '<http://example.com/' || IRI_SAFE("id") || '>' AS "subject",
      "name",
      "kind"
    FROM "rows_2"
    WHERE
      (
        (
          "kind" <> 'skip'
        ) AND (
          NOT "name" IS NULL
        )
      )
      AND NOT (
        "kind" IS NULL
      )
  ) AS rows
) AS quads
WHERE
  "quad" <> '';

