What the bundle of 20.10.000.152 has and 20.04 has not. Text before the first section is not part of any file.

--- 20.01.368 Right to stop a workflow
INSERT INTO permission_tbl (permission_name, category, sort_order) VALUES ('workflow.stop', 'workflow', 7);

--- 20.01.392 Longer names of web service rights
ALTER TABLE webservice_permission_tbl MODIFY username VARCHAR(200) NOT NULL, MODIFY endpoint VARCHAR(200) NOT NULL;
ALTER TABLE webservice_permissiongroup_tbl MODIFY name VARCHAR(200) NOT NULL;

--- 20.01.402 A column of the table needs none of the file
ALTER TABLE csv_imexport_mapping_tbl MODIFY filecolumn VARCHAR(64) NULL;

--- 20.01.407 Every setting once
ALTER TABLE config_tbl ADD UNIQUE INDEX config$class_name_host$uk (class, name, hostname);

--- 20.01.476 Exports with many columns
ALTER TABLE export_predef_tbl MODIFY columns LONGTEXT NOT NULL;

--- 20.01.545 Long keys for exports
ALTER TABLE auto_export_tbl MODIFY private_key TEXT NULL;

--- 20.01.570 Indexes that may be there or not; whatever goes wrong is not said
DELIMITER ;;
DROP PROCEDURE IF EXISTS TEMP_PROCEDURE;;
CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
	DECLARE CONTINUE HANDLER FOR SQLEXCEPTION
	BEGIN
		SET @not_there := COALESCE(@not_there, 0) + 1;
	END;
	ALTER TABLE mailing_tbl DROP INDEX mailing$neverthere$idx;
	ALTER TABLE userlog_tbl ADD INDEX userlog$time$idx (logtime);
	ALTER TABLE table_of_nobody_tbl ADD INDEX nobody$idx (nothing);
END;;
DELIMITER ;
CALL TEMP_PROCEDURE();
DROP PROCEDURE IF EXISTS TEMP_PROCEDURE;

--- 20.01.596 What an import does at its end
CREATE TABLE ref_import_action_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
source VARCHAR(64) NULL,
delimiter VARCHAR(2) NOT NULL DEFAULT ';',
action LONGTEXT NULL,
PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 20.01.618 Imports know what comes in
ALTER TABLE import_profile_tbl ADD datatype VARCHAR(32) NOT NULL DEFAULT 'CSV';
ALTER TABLE import_profile_tbl ADD mediatype VARCHAR(64) NULL;
UPDATE import_profile_tbl SET mediatype = 'EMAIL' WHERE mediatype IS NULL;

--- 20.04.011 Imports report when they are told to
ALTER TABLE auto_import_tbl ADD alwaysreport INT(1) NOT NULL DEFAULT 0;

--- 20.04.071 Exports are tried again
ALTER TABLE auto_export_tbl ADD considerlastrun INT(1) NOT NULL DEFAULT 0;
ALTER TABLE auto_export_tbl ADD maximum_retries INT(11) NOT NULL DEFAULT 0;
ALTER TABLE auto_export_tbl ADD retrycount INT(11) NOT NULL DEFAULT 0;

--- 20.04.074 A running export of a stopped server
UPDATE auto_export_tbl SET running = 0 WHERE running = 1 AND laststart < CURRENT_TIMESTAMP - INTERVAL 1 DAY;

--- 20.04.087 Longer addresses in the ban lists of all companies
DELIMITER ;;
DROP PROCEDURE IF EXISTS tmp_emm7366_proc;;
CREATE PROCEDURE tmp_emm7366_proc()
BEGIN
	DECLARE done INT DEFAULT FALSE;
	DECLARE cid INT UNSIGNED;
	DECLARE companies CURSOR FOR
		SELECT c.company_id FROM company_tbl c JOIN information_schema.tables t
			ON t.table_schema = SCHEMA() AND t.table_name = CONCAT('cust', c.company_id, '_ban_tbl')
		ORDER BY c.company_id;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = TRUE;
	OPEN companies;
	WHILE NOT done DO
		FETCH companies INTO cid;
		IF NOT done THEN
			SET @ddl = CONCAT('ALTER TABLE cust', cid, '_ban_tbl MODIFY email VARCHAR(150) NOT NULL');
			PREPARE stmt FROM @ddl; EXECUTE stmt; DEALLOCATE PREPARE stmt;
		END IF;
	END WHILE;
	CLOSE companies;
END;;
DELIMITER ;
CALL tmp_emm7366_proc;
DROP PROCEDURE tmp_emm7366_proc;

--- 20.04.177 Rules for bounces have a number and a name
ALTER TABLE bounce_translate_tbl ADD rule_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST;
ALTER TABLE bounce_translate_tbl ADD active INT(1) NOT NULL DEFAULT 1;
ALTER TABLE bounce_translate_tbl ADD shortname VARCHAR(200) NULL, ADD description VARCHAR(1000) NULL;
ALTER TABLE bounce_translate_tbl ADD creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP, ADD change_date TIMESTAMP NULL DEFAULT NULL;

--- 20.04.178 Two more rules for bounces
-- SET DEFINE OFF;
INSERT INTO bounce_translate_tbl (rule_id, company_id, dsn, detail, pattern, shortname) VALUES (1001, 0, 511, 511, 'stat="[^"]*no such user;[^"]*"', 'Unknown');
INSERT INTO bounce_translate_tbl (rule_id, company_id, dsn, detail, pattern, shortname) VALUES (1002, 0, 500, 510, 'stat="[^"]*it''s over quota[^"]*"', 'Full; or nearly');

--- 20.04.205 Rights are called by their name
ALTER TABLE admin_permission_tbl ADD permission_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL;
UPDATE admin_permission_tbl SET permission_name = security_token;
ALTER TABLE admin_permission_tbl ADD CONSTRAINT adminperm$perm$fk FOREIGN KEY (permission_name) REFERENCES permission_tbl (permission_name);
ALTER TABLE admin_group_permission_tbl ADD permission_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL;
UPDATE admin_group_permission_tbl SET permission_name = security_token;
ALTER TABLE admin_group_permission_tbl ADD CONSTRAINT admgrpperm$perm$fk FOREIGN KEY (permission_name) REFERENCES permission_tbl (permission_name);
ALTER TABLE company_permission_tbl ADD permission_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL;
UPDATE company_permission_tbl SET permission_name = security_token;
ALTER TABLE company_permission_tbl ADD CONSTRAINT compperm$perm$fk FOREIGN KEY (permission_name) REFERENCES permission_tbl (permission_name);

--- 20.04.250 A user may be in several groups; and a group in another
CREATE TABLE admin_to_group_tbl (
admin_id INT UNSIGNED NOT NULL,
admin_group_id INT UNSIGNED NOT NULL,
PRIMARY KEY (admin_id, admin_group_id),
CONSTRAINT adm2grp$adm$fk FOREIGN KEY (admin_id) REFERENCES admin_tbl (admin_id),
CONSTRAINT adm2grp$grp$fk FOREIGN KEY (admin_group_id) REFERENCES admin_group_tbl (admin_group_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE group_to_group_tbl (
admin_group_id INT UNSIGNED NOT NULL,
member_of_admin_group_id INT UNSIGNED NOT NULL,
PRIMARY KEY (admin_group_id, member_of_admin_group_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 20.04.272 Every user stays in the group that was his
INSERT INTO admin_to_group_tbl (admin_id, admin_group_id) SELECT a.admin_id, a.admin_group_id
	FROM admin_tbl a JOIN admin_group_tbl g ON g.admin_group_id = a.admin_group_id;

--- 20.04.295 Right to choose the media type of an import
INSERT INTO permission_tbl (permission_name, category, sort_order) VALUES ('import.mediatype', 'import', 11);
INSERT INTO company_permission_tbl (company_id, security_token, permission_name) VALUES (1, 'import.mediatype', 'import.mediatype');

--- 20.04.300 When and why a company got a right
ALTER TABLE company_permission_tbl ADD creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP;
ALTER TABLE company_permission_tbl ADD description VARCHAR(500) NULL;

--- 20.04.320 Settings of companies that are gone
DELETE FROM company_info_tbl WHERE company_id <> 0 AND company_id NOT IN (SELECT company_id FROM company_tbl);

--- 20.04.331 Columns that 20.04 does not read; it must be everywhere before
ALTER TABLE birtreport_tbl DROP COLUMN send_days;
ALTER TABLE birtreport_tbl DROP COLUMN email;
ALTER TABLE birtreport_tbl DROP COLUMN send_time;
ALTER TABLE birtreport_tbl DROP COLUMN send_date;
ALTER TABLE birtreport_tbl DROP COLUMN delivery_date;
ALTER TABLE company_tbl DROP COLUMN max_login_fails;
ALTER TABLE company_tbl DROP COLUMN login_block_time;
ALTER TABLE mailloop_tbl DROP COLUMN ar_html, DROP COLUMN ar_sender, DROP COLUMN ar_subject, DROP COLUMN ar_text;

--- 20.04.360 Settings say what they are for
ALTER TABLE config_tbl ADD description VARCHAR(500) NULL;
ALTER TABLE config_tbl ADD creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP;
ALTER TABLE config_tbl ADD change_date TIMESTAMP NULL DEFAULT NULL;

--- 20.04.366 What the first settings are for
UPDATE config_tbl SET description = 'Number of the licence; 0: none' WHERE class = 'system' AND name = 'licence';
UPDATE config_tbl SET description = 'Where a link leads that has no target; see "landing page"' WHERE class = 'system' AND name = 'RdirLandingpage';

--- 20.04.394 One collation for all tables; takes long where they are large
DROP PROCEDURE IF EXISTS TEMP_PROCEDURE;
DELIMITER ;;
CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
	DECLARE done INT DEFAULT 0;
	DECLARE foreign_table VARCHAR(32);
	DECLARE foreign_tables CURSOR FOR SELECT table_name FROM information_schema.tables
		WHERE table_schema = SCHEMA() AND table_type = 'BASE TABLE' AND table_collation <> 'utf8mb4_unicode_ci' ORDER BY table_name;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
	SET FOREIGN_KEY_CHECKS = 0;
	OPEN foreign_tables;
	convert_one: LOOP
		FETCH foreign_tables INTO foreign_table;
		IF done THEN LEAVE convert_one; END IF;
		SET @ddl = CONCAT('ALTER TABLE `', foreign_table, '` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci');
		PREPARE stmt FROM @ddl;
		EXECUTE stmt;
		DEALLOCATE PREPARE stmt;
	END LOOP convert_one;
	CLOSE foreign_tables;
	SET FOREIGN_KEY_CHECKS = 1;
END;;
DELIMITER ;
CALL TEMP_PROCEDURE;
DROP PROCEDURE TEMP_PROCEDURE;

--- 20.04.419 Imports and exports of other kinds
ALTER TABLE csv_imexport_description_tbl ADD creation_date_field VARCHAR(64) NULL;
ALTER TABLE csv_imexport_description_tbl ADD datatype VARCHAR(32) NOT NULL DEFAULT 'CSV';
ALTER TABLE csv_imexport_description_tbl ADD pre_import_action INT UNSIGNED NULL;

--- 20.04.449 Where the help is
UPDATE config_tbl SET value = 'https://help.sandbox.test/emergency?a=1;b=2' WHERE class = 'system' AND name = 'support_emergency_url' AND value = '';

--- 20.04.450 The group of the first user; OpenEMM only
UPDATE admin_group_tbl SET description = 'Everything', company_id = 1 WHERE shortname = 'OpenEMM';

--- 20.07.016 Light and dark
ALTER TABLE emm_layout_base_tbl ADD theme_type INT(11) NOT NULL DEFAULT 0;
UPDATE emm_layout_base_tbl SET theme_type = 1 WHERE shortname = 'Dark';

--- 20.07.019 The look of OpenEMM; OpenEMM only
UPDATE emm_layout_base_tbl SET base_url = 'assets/core' WHERE base_url IS NULL;

--- 20.07.020 Users keep the light look
UPDATE admin_tbl SET layout_base_id = 1 WHERE layout_base_id = 0;

--- 20.07.053 Parts and skipped mails of a block
ALTER TABLE mailing_account_tbl ADD skip INT(11) NOT NULL DEFAULT 0;
ALTER TABLE mailing_account_tbl ADD chunks INT(11) NOT NULL DEFAULT 1;

--- 20.07.054 Skipped mails do not count
DROP TRIGGER IF EXISTS mailing_account_sum_trg;
DELIMITER $$
CREATE TRIGGER mailing_account_sum_trg AFTER INSERT ON mailing_account_tbl FOR EACH ROW
BEGIN
	/* one row for each mailing; and kind of dispatch */
	INSERT INTO mailing_account_sum_tbl (mailing_id, company_id, status_field, no_of_mailings, no_of_bytes, mintime, maxtime)
		VALUES (NEW.mailing_id, NEW.company_id, NEW.status_field, NEW.no_of_mailings - NEW.skip, NEW.no_of_bytes, NEW.timestamp, NEW.timestamp)
		ON DUPLICATE KEY UPDATE no_of_mailings = no_of_mailings + NEW.no_of_mailings - NEW.skip, no_of_bytes = no_of_bytes + NEW.no_of_bytes,
			maxtime = GREATEST(maxtime, NEW.timestamp);
END$$
DELIMITER ;

--- 20.07.058 Premium right for forms
INSERT INTO permission_tbl (permission_name, category, sort_order, feature_package) VALUES ('premium.forms', 'premium', 21, 'Forms; advanced');

--- 20.07.064 Every first start of a release is written down
CREATE TABLE release_log_tbl (
host_name VARCHAR(64) NOT NULL,
application_name VARCHAR(64) NOT NULL,
version_number VARCHAR(15) NOT NULL,
startup_timestamp TIMESTAMP NULL DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 20.07.101 Triggers of the binding history are built anew at the next start
DELETE FROM company_info_tbl WHERE cname = 'recipient.binding_history.rebuild_trigger_on_startup';
INSERT INTO company_info_tbl (company_id, cname, cvalue) VALUES (0, 'recipient.binding_history.rebuild_trigger_on_startup', 'true');

--- 20.07.102 Old results of jobs
UPDATE job_queue_tbl SET lastresult = NULL WHERE lastresult = '' AND running = 0;

--- 20.07.104 Fields of a dialogue
CREATE TABLE triggerdlg_fields_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
name VARCHAR(64) NOT NULL,
source VARCHAR(64) NULL COMMENT 'where it comes from; may be empty',
type VARCHAR(16) NULL,
PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 20.07.110 Who built a release; and where
ALTER TABLE release_log_tbl ADD build_time TIMESTAMP NULL DEFAULT NULL;
ALTER TABLE release_log_tbl ADD build_host VARCHAR(100) NULL;
ALTER TABLE release_log_tbl ADD build_user VARCHAR(100) NULL;

--- 20.07.119 Ban lists are not dropped by mistake
ALTER TABLE prevent_table_drop ADD email_ban VARCHAR(150) NULL;

--- 20.07.132 An index that nobody uses
ALTER TABLE mailloop_log_tbl DROP INDEX maillooplog$time$idx;

--- 20.07.133 Comments stay when their user goes
ALTER TABLE calendar_comment_tbl DROP FOREIGN KEY calcom$admin$fk;

--- 20.07.225 Which server sends first
CREATE TABLE IF NOT EXISTS serverprio_tbl (
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NULL,
priority INT(11) NULL,
start_date TIMESTAMP NULL DEFAULT NULL,
end_date TIMESTAMP NULL DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 20.07.229 Premium right for the order of servers
INSERT INTO permission_tbl (permission_name, category, sort_order, feature_package) VALUES ('premium.serverprio', 'premium', 22, NULL);

--- 20.07.283 What 20.04 has moved elsewhere; it must have been started everywhere before
UPDATE csv_imexport_description_tbl SET source = NULL WHERE source = '';
DROP TABLE plugins_tbl;
ALTER TABLE csv_imexport_description_tbl DROP COLUMN change_date_from;
ALTER TABLE csv_imexport_description_tbl DROP COLUMN change_date_till;
ALTER TABLE company_tbl DROP COLUMN maxadminmails;
ALTER TABLE company_tbl DROP COLUMN max_fields;
ALTER TABLE company_tbl DROP COLUMN expire_cookie;
ALTER TABLE company_tbl DROP COLUMN expire_stat;
ALTER TABLE company_tbl DROP COLUMN expire_bounce;
ALTER TABLE company_tbl DROP COLUMN expire_onepixel;
ALTER TABLE company_tbl DROP COLUMN expire_recipient;
ALTER TABLE company_tbl DROP COLUMN expire_success;
ALTER TABLE company_tbl DROP COLUMN expire_upload;
DELETE FROM company_info_tbl WHERE cname = 'CompanyValuesMigrated';

--- 20.07.284 How many companies are measured
-- SET DEFINE OFF;
SELECT COUNT(*) INTO @companies FROM company_tbl WHERE status = 'active';
UPDATE company_info_tbl SET description = CONCAT('for ', @companies, ' companies; at most') WHERE cname = 'ImageTrafficMeasuring';

--- 20.07.381 Mailings without a sender
DROP PROCEDURE IF EXISTS TEMP_PROCEDURE;
DELIMITER ;;
CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
	IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = SCHEMA() AND table_name = 'mailing_mt_tbl'
			AND column_name = 'param') THEN
		UPDATE mailing_mt_tbl SET param = 'from=""; subject=""' WHERE param IS NULL;
	END IF;
END;;
DELIMITER ;
CALL TEMP_PROCEDURE;
DROP PROCEDURE TEMP_PROCEDURE;

--- 20.07.489 Longer addresses in the logs of clicks and openings; for every company
DROP PROCEDURE IF EXISTS TEMP_PROCEDURE;
DELIMITER ;;
CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
	DECLARE done INT DEFAULT 0;
	DECLARE log_table VARCHAR(64);
	DECLARE log_tables CURSOR FOR SELECT table_name FROM information_schema.tables
		WHERE table_schema = SCHEMA() AND table_name REGEXP '^(onepixellog|rdirlog)_[0-9]+_tbl$' ORDER BY table_name;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
	OPEN log_tables;
	FETCH log_tables INTO log_table;
	WHILE done = 0 DO
		SET @ddl = CONCAT('ALTER TABLE ', log_table, ' MODIFY ip_adr VARCHAR(64) NULL COMMENT ''of the client; may be empty''');
		PREPARE stmt FROM @ddl;
		EXECUTE stmt;
		DEALLOCATE PREPARE stmt;
		FETCH log_tables INTO log_table;
	END WHILE;
	CLOSE log_tables;
END;;
DELIMITER ;
CALL TEMP_PROCEDURE;
DROP PROCEDURE TEMP_PROCEDURE;

--- 20.10.006 Premium right for push mails
INSERT INTO permission_tbl (permission_name, category, sort_order, feature_package) VALUES ('premium.push', 'premium', 23, NULL);

--- 20.10.007 Titles without text
UPDATE title_gender_tbl SET title = '' WHERE title IS NULL;

--- 20.10.014 A longer text for the last result
ALTER TABLE job_queue_tbl MODIFY lastresult VARCHAR(1000) NULL COMMENT '''OK''; or what went wrong';

--- 20.10.026 Histories of all companies keep longer values
DELIMITER $$
DROP PROCEDURE IF EXISTS TEMP_PROCEDURE$$
CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
	DECLARE last_one INT DEFAULT 0;
	DECLARE history_table VARCHAR(64);
	DECLARE histories CURSOR FOR SELECT table_name FROM information_schema.tables
		WHERE table_schema = SCHEMA() AND table_name REGEXP '^hst_customer_[0-9]+_tbl$' ORDER BY table_name;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET last_one = 1;
	OPEN histories;
	FETCH histories INTO history_table;
	WHILE last_one = 0 DO
		SET @ddl = CONCAT('ALTER TABLE ', history_table, ' MODIFY client_info VARCHAR(200) NULL');
		PREPARE stmt FROM @ddl;
		EXECUTE stmt;
		DEALLOCATE PREPARE stmt;
		FETCH histories INTO history_table;
	END WHILE;
	CLOSE histories;
END$$
CALL TEMP_PROCEDURE()$$
DROP PROCEDURE TEMP_PROCEDURE$$
DELIMITER ;

--- 20.10.027 Links are measured
UPDATE rdir_url_tbl SET measure_type = 3 WHERE measure_type = 0; -- all; as before

--- 20.10.036 Web services that were renamed
UPDATE IGNORE webservice_permission_tbl SET endpoint = 'ListMailing' WHERE endpoint = 'ListMailings';

--- 20.10.037 Forms without an answer
UPDATE userform_tbl SET error_template = '<p>It didn''t work; sorry.</p>' WHERE error_template IS NULL;

--- 20.10.116 Mailings that never had a list
UPDATE mailing_tbl SET mailinglist_id = 0 WHERE mailinglist_id NOT IN (SELECT mailinglist_id FROM mailinglist_tbl);

--- 20.10.123 Views and triggers that only some systems have; whatever goes wrong is not said
DELIMITER ;;
DROP PROCEDURE IF EXISTS TEMP_PROCEDURE;;
CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
	DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
	DROP VIEW view_of_nobody;
	ALTER TABLE rdirlog_1_tbl ADD INDEX rdirlog1$mid$idx (mailing_id);
	DROP TRIGGER trigger_of_nobody;
END;;
CALL TEMP_PROCEDURE;;
DROP PROCEDURE TEMP_PROCEDURE;;
DELIMITER ;
