-- "rows_2" is
SELECT
  *
FROM READ_CSV(
  'rows.csv',
  header = TRUE,
  auto_detect = FALSE,
  "columns" = {'id': 'VARCHAR', 'amount': 'VARCHAR', 'unit': 'VARCHAR', 'date': 'VARCHAR', 'name': 'VARCHAR'},
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
      "subject" || ' <http://example.com/yen> "' || TYPED_TEXT(GG_YEN("amount", "unit"), 'http://www.w3.org/2001/XMLSchema#decimal', 'rows.csv') || '"^^<http://www.w3.org/2001/XMLSchema#decimal> .',
      "subject" || ' <http://example.com/date> "' || TYPED_TEXT(GG_ERA_DATE("date"), 'http://www.w3.org/2001/XMLSchema#date', 'rows.csv') || '"^^<http://www.w3.org/2001/XMLSchema#date> .',
      "subject" || ' <http://example.com/key> "' || LITERAL_TEXT(GG_FOLD_KEY("name")) || '" .',
      "subject" || ' <http://example.com/loud> "' || LITERAL_TEXT(GREL_TO_UPPER_CASE(REPLACE((
        "name" || '!'
      ), 'o', '00'))) || '"@en .',
      "subject" || ' <http://example.com/trimmed> "' || LITERAL_TEXT(
        TRIM(
          (
            '  ' || "id" || '	'
          ),
          CHR(9) || CHR(10) || CHR(11) || CHR(12) || CHR(13) || CHR(32) || CHR(133) || CHR(160) || CHR(5760) || CHR(8192) || CHR(8193) || CHR(8194) || CHR(8195) || CHR(8196) || CHR(8197) || CHR(8198) || CHR(8199) || CHR(8200) || CHR(8201) || CHR(8202) || CHR(8232) || CHR(8233) || CHR(8239) || CHR(8287) || CHR(12288)
        )
      ) || '" .',
      "subject" || ' <http://example.com/small> "' || LITERAL_TEXT(GREL_TO_LOWER_CASE('ABC')) || '" .',
      "subject" || ' <http://example.com/lines> <' || IRI_TEXT(
        (
          'http://example.com/d' || '#' || 'line=' || (
            CAST("id" AS BIGINT) - 1
          ) || ',' || '9'
        ),
        '',
        'rows.csv'
      ) || '> .',
      "subject" || ' <http://example.com/isOne> "' || TYPED_TEXT(CAST("id" = '1' AS TEXT), 'http://www.w3.org/2001/XMLSchema#boolean', 'rows.csv') || '"^^<http://www.w3.org/2001/XMLSchema#boolean> .'
    ) AS quad
  FROM (
    SELECT
      '<http://example.com/' || IRI_SAFE("id") || '>' AS "subject",
      "amount",
      "unit",
      "date",
      "name",
      "id"
    FROM "rows_2"
  ) AS rows
) AS quads
WHERE
  "quad" <> '';

