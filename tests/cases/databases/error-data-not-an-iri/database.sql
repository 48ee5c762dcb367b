CREATE TABLE Page (Path VARCHAR(50));
INSERT INTO Page VALUES ('http://example.com/a'), ('http://example.com/ b');
