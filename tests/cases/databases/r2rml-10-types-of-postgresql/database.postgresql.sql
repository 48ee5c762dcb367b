CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN amount AS NUMERIC(5,1);
CREATE TABLE Types (id INTEGER, i2 SMALLINT, i8 BIGINT, n NUMERIC, n2 NUMERIC(10,2), f4 REAL, f8 DOUBLE PRECISION, b BOOLEAN,
  d DATE, t TIME, tz TIME WITH TIME ZONE, ts TIMESTAMP, tstz TIMESTAMP WITH TIME ZONE, by BYTEA, c CHAR(5), v VARCHAR(5),
  bit BIT(4), vb BIT VARYING(8), m mood, j JSON, jb JSONB, a INTEGER[], u UUID, iv INTERVAL, dom amount);
INSERT INTO Types VALUES (1, -5, 9223372036854775807, 123456789012345678901234567890.123456789, 1.5, 1.1, 80.25, true,
  '2020-01-31', '12:13:14.50', '12:13:14+09', '2020-01-31 12:13:14.25', '2020-01-31 12:13:14+09', '\xfa01', 'ab', 'ab',
  B'0101', B'01', 'ok', '{"a":  1}', '{"a":  1}', '{1,2}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1 day 2 hours', 2.5);
INSERT INTO Types (id, n, f4, f8, b, d, ts, by, c, v) VALUES (2, 0.10, 'NaN', '-Infinity', false, '0044-03-15 BC',
  '0001-01-01 00:00:00 BC', '', '', '');
