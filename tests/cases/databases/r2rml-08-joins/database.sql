CREATE TABLE Ward (Number INTEGER, City INTEGER, Pref VARCHAR(5));
CREATE TABLE City (Code INTEGER, Pref VARCHAR(5), Name VARCHAR(10));
INSERT INTO Ward VALUES (1, 10, 'p'), (2, 20, 'p'), (3, NULL, 'p'), (4, 10, 'q');
INSERT INTO City VALUES (10, 'p', 'A'), (10, 'p', 'B'), (20, 'r', 'C'), (NULL, 'p', 'D');
