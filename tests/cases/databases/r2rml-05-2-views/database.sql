CREATE TABLE Item (Kind VARCHAR(5), Price INTEGER);
INSERT INTO Item VALUES ('a', 1), ('a', 3), ('b', 2), ('c', NULL);
