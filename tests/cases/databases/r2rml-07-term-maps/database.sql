CREATE TABLE Page (Path VARCHAR(50), Kind VARCHAR(10), Title VARCHAR(10), Size INTEGER);
INSERT INTO Page VALUES ('a/b', 'x y', '題', 3), ('http://example.org/c', 'z', NULL, NULL);
