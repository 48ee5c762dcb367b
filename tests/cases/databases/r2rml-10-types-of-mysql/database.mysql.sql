CREATE TABLE Types (id INTEGER, u1 TINYINT UNSIGNED, u8 BIGINT UNSIGNED, z INT(6) ZEROFILL, n DECIMAL(30,10), f FLOAT, f8 DOUBLE,
  b BOOLEAN, b1 BIT(1), b8 BIT(10), d DATE, t TIME, dt DATETIME(3), ts TIMESTAMP NULL, y YEAR, bl BLOB, bn BINARY(3), vb VARBINARY(5),
  c CHAR(5), v VARCHAR(5), tx TEXT, e ENUM('sad', 'ok'), s SET('a', 'b'), j JSON);
INSERT INTO Types VALUES (1, 255, 18446744073709551615, 42, 1.5, 1.1, 80.25, true, b'1', b'101', '2020-01-31', '12:13:14',
  '2020-01-31 12:13:14.250', '2020-01-31 12:13:14', 2020, x'fa01', x'01', x'02', 'ab', 'ab', '日本', 'ok', 'a,b', '{"a":  1}');
INSERT INTO Types (id, b, b1) VALUES (2, 5, b'0');
