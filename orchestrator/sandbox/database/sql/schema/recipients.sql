-- Recipients {first} to {last} of company 1, from a table of the server's SEQUENCE engine.

INSERT INTO customer_1_tbl (customer_id, gender, firstname, lastname, email, facebook_status, creation_date)
SELECT seq, seq % 3, ELT(1 + seq % 4, 'Jürgen', 'Zoë', 'Anna', NULL), ELT(1 + seq % 3, 'Müller', 'O''Hara; Jr.', '李 😀'),
CONCAT('r', seq, '@domain', seq % 50, '.test'), IF(seq % 7 = 0, 1, NULL), '2020-01-15 12:00:00' FROM seq_{first}_to_{last}

INSERT INTO customer_1_binding_tbl (customer_id, mailinglist_id, user_type, user_status)
SELECT seq, 1, IF(seq <= 2, 'A', 'W'), IF(seq % 20 = 0, 2, 1) FROM seq_{first}_to_{last}
