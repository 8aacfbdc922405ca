"""A hop whose files hold every trap of facts 5.4 and 5.5 in small."""

BASE = """
CREATE TABLE agn_dbversioninfo_tbl (version_number VARCHAR(15) PRIMARY KEY, updating_user VARCHAR(64), update_timestamp DATE);
INSERT INTO agn_dbversioninfo_tbl VALUES ('19.07.559', 'vendor', '2019-07-01'), ('20.07.492', 'vendor', '2020-07-01');
CREATE TABLE messages_tbl (message_key VARCHAR(100), value VARCHAR(500));
INSERT INTO messages_tbl VALUES ('old', 'old');
CREATE TABLE config_tbl (class VARCHAR(32), name VARCHAR(64), value TEXT, KEY there_idx (class));
CREATE TABLE company_tbl (company_id INT PRIMARY KEY, shortname VARCHAR(64), max_fields INT, logins INT NOT NULL DEFAULT 0);
INSERT INTO company_tbl VALUES (1, 'one', 10, 0), (2, 'two', 20, 0), (3, 'grün', 30, 0);
CREATE TABLE customer_1_tbl (customer_id INT PRIMARY KEY, email VARCHAR(100));
CREATE TABLE customer_2_tbl (customer_id INT PRIMARY KEY, email VARCHAR(100));
CREATE TABLE customer_3_tbl (customer_id INT PRIMARY KEY, email VARCHAR(100));
INSERT INTO customer_1_tbl VALUES (1, 'a@example.com'), (2, 'b@example.com');
CREATE TABLE parent_tbl (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50));
CREATE TABLE child_tbl (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT, name VARCHAR(50));
CREATE TABLE plugins_tbl (plugin_id INT); CREATE TABLE gone_tbl (a INT); CREATE TABLE gone_too_tbl (a INT);
CREATE TABLE old_name_tbl (a INT); INSERT INTO old_name_tbl VALUES (1), (2);
CREATE TABLE right_tbl (admin_group INT, permission VARCHAR(50));
INSERT INTO right_tbl VALUES (1, 'left.over');
"""

VERSION = """INSERT INTO agn_dbversioninfo_tbl (version_number, updating_user, update_timestamp)
    VALUES ('{}', CURRENT_USER, CURRENT_TIMESTAMP);

COMMIT;"""

FILES = {
    "emm-mysql-messages.sql": """-- all messages; again and again
TRUNCATE messages_tbl;
INSERT INTO messages_tbl VALUES ('a', 'first; with a semicolon'), ('b', 'it''s');
INSERT INTO messages_tbl VALUES ('c', 'back\\\\slash'), ('d', "quote"), ('ü', '漢');
""",
    "emm-mysql-messages-openemm.sql": """INSERT INTO messages_tbl VALUES ('openemm', 'once');
UPDATE messages_tbl SET value = CONCAT(value, '+') WHERE message_key = 'openemm'""",
    "emm-mysql-update-19.10.100-basic.sql": """-- SET DEFINE OFF;
ALTER TABLE company_tbl ADD delimiter VARCHAR(5),
ADD
source VARCHAR(5) DEFAULT ';';
INSERT INTO config_tbl (class, name, value) VALUES ('a', 'duplicates', 'when; run twice');
UPDATE company_tbl SET logins = logins + 1;
CREATE TABLE serverprio_tbl (a INT) ENGINE=InnoDB;
INSERT INTO serverprio_tbl VALUES (1);
""" + VERSION.format("19.10.100"),
    "emm-mysql-update-19.10.200.sql": """DELIMITER ;;
CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
    DECLARE done INT DEFAULT FALSE; -- a comment; with a semicolon
    DECLARE cid INT;
    DECLARE cur CURSOR FOR SELECT company_id FROM company_tbl;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = TRUE;
    OPEN cur;
    l: LOOP
        FETCH cur INTO cid;
        IF done THEN LEAVE l; END IF;
        SET @ddl = CONCAT('ALTER TABLE customer_', cid, '_tbl ADD looped INT DEFAULT 7');
        PREPARE stmt FROM @ddl; EXECUTE stmt; DEALLOCATE PREPARE stmt;
        INSERT INTO config_tbl (class, name, value) VALUES ('loop', cid, 'x');
    END LOOP;
    CLOSE cur;
END;;
DELIMITER ;
CALL TEMP_PROCEDURE;
DROP PROCEDURE TEMP_PROCEDURE;
""" + VERSION.format("19.10.200"),
    "emm-mysql-update-19.10.300.sql": """SET @highest = (SELECT MAX(company_id) FROM company_tbl), @counter := 5;
SET @counter = @counter + 1;
INSERT INTO config_tbl VALUES ('var', @counter, @highest);
UPDATE company_tbl SET logins = (@counter := @counter + 1);
INSERT INTO parent_tbl (name) VALUES ('parent');
INSERT INTO child_tbl (parent_id, name) VALUES (LAST_INSERT_ID(), 'first child');
INSERT INTO child_tbl (parent_id, name) SELECT MAX(id), 'second child' FROM parent_tbl;
SELECT value INTO @chosen FROM config_tbl WHERE class = 'var';
SET @mode = @@sql_mode, SESSION sql_mode = '';
INSERT INTO customer_1_tbl (customer_id, email) VALUES (3, REPEAT('x', 200));
SET sql_mode = @mode;
SET @mode = 'something else';
SET @ddl = IF((SELECT COUNT(*) FROM company_tbl) > 2, 'ALTER TABLE company_tbl ADD prepared INT', 'SELECT 1');
PREPARE stmt FROM @ddl;
PREPARE ins FROM 'INSERT INTO config_tbl VALUES (''prepared'', ?, ''x'')';
SET @ddl = 'lost';
EXECUTE stmt;
EXECUTE ins USING @counter;
EXECUTE ins USING @chosen;
DEALLOCATE PREPARE stmt;
EXECUTE IMMEDIATE 'UPDATE company_tbl SET logins = logins + 10';
DO @counter := @counter + 1;
INSERT INTO config_tbl VALUES ('end', @counter, CONCAT(@chosen, @mode, @@SESSION.sql_mode));
""" + VERSION.format("19.10.300"),
    "emm-mysql-update-19.10.400.sql": """CREATE INDEX there_idx ON config_tbl (class);
RENAME TABLE old_name_tbl TO new_name_tbl;
DELIMITER $$
CREATE TRIGGER company_trg AFTER UPDATE ON company_tbl FOR EACH ROW BEGIN
    INSERT INTO config_tbl VALUES ('trigger', NEW.company_id, 'y'); END$$
DELIMITER ;
UPDATE company_tbl SET logins = 0;
DROP TABLE plugins_tbl;
DROP TABLE gone_tbl, gone_too_tbl;
CREATE VIEW company_view AS SELECT company_id FROM company_tbl;
CREATE TEMPORARY TABLE tmp_tbl AS SELECT company_id FROM company_tbl;
INSERT INTO config_tbl SELECT 'temporary', company_id, 'z' FROM tmp_tbl;
DROP TEMPORARY TABLE tmp_tbl;
UPDATE customer_1_tbl SET email = 'same' WHERE customer_id < 3;
SET @rows = ROW_COUNT();
INSERT INTO config_tbl VALUES ('rows', @rows, 'r');
/*!50001 ALTER TABLE company_tbl DROP COLUMN max_fields */;
""" + VERSION.format("19.10.400"),
    "userrights.sql": """DELETE FROM right_tbl;
INSERT INTO right_tbl VALUES (1, 'a'), (1, 'b');
INSERT INTO right_tbl VALUES (2, 'c');""",
}  # fmt: skip
