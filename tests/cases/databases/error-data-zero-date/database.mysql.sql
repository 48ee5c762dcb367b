SET sql_mode = '';
CREATE TABLE Types (id INTEGER, d DATE);
INSERT INTO Types VALUES (1, '2020-01-31'), (2, '0000-00-00');
