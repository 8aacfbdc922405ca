What the bundle of 20.04.000.200 has and 19.10 has not. Text before the first section is not part of any file.

--- 19.01.634 Titles of every company; already part of the full schema of 19.10
UPDATE title_tbl SET description = 'Default' WHERE description = 'default';

--- 19.07.410 Landing pages answer with a code
ALTER TABLE landingpage_tbl ADD http_code INT(11) NOT NULL DEFAULT 302;
UPDATE landingpage_tbl SET http_code = 301 WHERE landingpage LIKE '%;permanent';

--- 19.07.420 Index for reactions; the full schema of 19.10 has it already
ALTER TABLE workflow_reaction_out_tbl ADD INDEX wfrot$datecustrea$idx (step_date, customer_id, reaction_id);

--- 19.07.478 Right to see locked mailings
INSERT INTO permission_tbl (permission_name, category, sub_category, sort_order, feature_package)
	VALUES ('mailing.lock.show', 'mailing', NULL, 40, NULL);

--- 19.07.501 Rights that no code asks for; 19.07 must be everywhere before
DELETE FROM admin_permission_tbl WHERE security_token = 'action.op.old';
DELETE FROM admin_group_permission_tbl WHERE security_token = 'action.op.old';
DELETE FROM company_permission_tbl WHERE security_token = 'action.op.old';
DELETE FROM permission_tbl WHERE permission_name = 'action.op.old';

--- 19.07.506 How hard a target group is; all are migrated again
ALTER TABLE dyn_target_tbl ADD complexity INT(11) NULL;
UPDATE company_info_tbl SET cvalue = 'true' WHERE cname = 'targetgroups.migrateOnStartup';
UPDATE dyn_target_tbl SET complexity = NULL;

--- 19.07.559 When the licence was changed
ALTER TABLE license_tbl ADD change_date TIMESTAMP NULL DEFAULT NULL;
UPDATE license_tbl SET change_date = CURRENT_TIMESTAMP;

--- 19.10.087 Right to see a recipient's mailings
-- SET DEFINE OFF;
INSERT INTO permission_tbl (permission_name, category, sub_category, sort_order, feature_package)
	VALUES ('recipient.history.mailing', 'recipient', 'History; mailings', 17, NULL);
INSERT INTO company_permission_tbl (company_id, security_token) VALUES (1, 'recipient.history.mailing');

--- 19.10.088 Triggers of the binding history are built anew at the next start
UPDATE company_info_tbl SET cvalue = 'true' WHERE cname = 'recipient.binding_history.rebuild_trigger_on_startup';
UPDATE company_info_tbl SET description = 'set to true; then start' WHERE cname = 'recipient.binding_history.rebuild_trigger_on_startup';

--- 19.10.105 Only one user edits a mailing
ALTER TABLE mailing_tbl ADD locking_admin_id INT UNSIGNED NULL;
ALTER TABLE mailing_tbl ADD locking_expire_timestamp TIMESTAMP NULL DEFAULT NULL;

--- 19.10.121 Logins over web services
CREATE TABLE ws_login_track_tbl (
login_track_id INT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'unique; never used again',
ip_address VARCHAR(50) NULL COMMENT 'of the client; IPv4 or IPv6',
creation_date TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
login_status INT(11) NULL COMMENT '10: ok; 20: failed; 40: blocked',
username VARCHAR(200) NULL,
PRIMARY KEY (login_track_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT 'Logins; web services';
ALTER TABLE ws_login_track_tbl ADD INDEX wslogtrck$ip_cdate_stat$idx (ip_address, creation_date, login_status);
ALTER TABLE ws_login_track_tbl ADD INDEX wslogtrck$user$idx (username);

--- 19.10.181 Indexes that some systems lack
DELIMITER $$
DROP PROCEDURE IF EXISTS createIndices $$
CREATE PROCEDURE createIndices()
BEGIN
	-- creates an index; unless it is there
	IF NOT EXISTS (SELECT 1 FROM information_schema.statistics WHERE table_schema = SCHEMA() AND table_name = 'mailtrack_tbl'
			AND index_name = 'mailtrack$cid$idx') THEN
		CREATE INDEX mailtrack$cid$idx ON mailtrack_tbl (customer_id);
	END IF;
	IF NOT EXISTS (SELECT 1 FROM information_schema.statistics WHERE table_schema = SCHEMA() AND table_name = 'rdir_url_tbl'
			AND index_name = 'rdirurl$mid$idx') THEN
		CREATE INDEX rdirurl$mid$idx ON rdir_url_tbl (mailing_id);
	END IF;
END $$
DELIMITER ;
CALL createIndices();
DROP PROCEDURE createIndices;

--- 19.10.196 Right to follow a dispatch
INSERT INTO permission_tbl (permission_name, category, sort_order) VALUES ('stats.progress', 'stats', 12);
INSERT INTO admin_group_permission_tbl (admin_group_id, security_token) SELECT DISTINCT g.admin_group_id, 'stats.progress'
	FROM admin_group_permission_tbl g WHERE g.security_token = 'stats.show';

--- 19.10.205 Why an address is banned; one table a company
DELIMITER ;;

DROP PROCEDURE IF EXISTS TEMP_PROCEDURE;;

CREATE PROCEDURE TEMP_PROCEDURE()
BEGIN
	DECLARE done INT DEFAULT 0;
	DECLARE ban_table VARCHAR(64);
	DECLARE ban_tables CURSOR FOR SELECT table_name FROM information_schema.tables
		WHERE table_schema = SCHEMA() AND table_name REGEXP '^cust[0-9]+_ban_tbl$' ORDER BY table_name;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;
	OPEN ban_tables;
	one_table: LOOP
		FETCH ban_tables INTO ban_table;
		IF done = 1 THEN
			LEAVE one_table;
		END IF;
		SET @ddl = CONCAT('ALTER TABLE ', ban_table, ' ADD reason VARCHAR(500) NULL COMMENT ''free text; may be empty''');
		PREPARE stmt FROM @ddl;
		EXECUTE stmt;
		DEALLOCATE PREPARE stmt;
	END LOOP;
	CLOSE ban_tables;
END;;

DELIMITER ;

CALL TEMP_PROCEDURE;
DROP PROCEDURE TEMP_PROCEDURE;

--- 19.10.236 Results of imports are kept elsewhere since 19.07; which must be everywhere before
DROP TABLE IF EXISTS import_log_tbl;

--- 19.10.270 Status columns of networks that nobody asks; for every company
DELIMITER ;;
DROP PROCEDURE IF EXISTS tmp_emm6955_proc;;
CREATE PROCEDURE tmp_emm6955_proc()
BEGIN
	DECLARE no_more INT DEFAULT 0;
	DECLARE cid INT UNSIGNED;
	DECLARE found INT;
	DECLARE companies CURSOR FOR SELECT company_id FROM company_tbl ORDER BY company_id;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET no_more = 1;
	OPEN companies;
	REPEAT
		FETCH companies INTO cid;
		IF no_more = 0 THEN
			SELECT COUNT(*) INTO found FROM information_schema.tables
				WHERE table_schema = SCHEMA() AND table_name = CONCAT('customer_', cid, '_tbl');
			IF found > 0 THEN
				SET @ddl = CONCAT('ALTER TABLE customer_', cid, '_tbl DROP COLUMN facebook_status, DROP COLUMN foursquare_status,',
					' DROP COLUMN google_status, DROP COLUMN twitter_status, DROP COLUMN xing_status');
				PREPARE stmt FROM @ddl;
				EXECUTE stmt;
				DEALLOCATE PREPARE stmt;
			END IF;
		END IF;
	UNTIL no_more = 1 END REPEAT;
	CLOSE companies;
END;;
CALL tmp_emm6955_proc;;
DROP PROCEDURE tmp_emm6955_proc;;
DELIMITER ;

--- 19.10.275 Right to see how hard a target group is
-- SET DEFINE OFF;
INSERT INTO permission_tbl (permission_name, category, sub_category, sort_order) VALUES ('targets.complexity.show', 'targets', NULL, 5);

--- 19.10.295 Longer descriptions
ALTER TABLE mailing_tbl MODIFY description VARCHAR(2000) NULL COMMENT 'of the mailing; ''free'' text';
ALTER TABLE campaign_tbl MODIFY description VARCHAR(2000) NULL;

--- 19.10.319 Actions are not SQL any more
ALTER TABLE rdir_action_tbl DROP COLUMN action_sql;

--- 19.10.355 Reports are started by the job queue
ALTER TABLE birtreport_tbl ADD laststart TIMESTAMP NULL DEFAULT NULL;
ALTER TABLE birtreport_tbl ADD nextstart TIMESTAMP NULL DEFAULT NULL;
ALTER TABLE birtreport_tbl ADD running INT(1) NOT NULL DEFAULT 0;
ALTER TABLE birtreport_tbl ADD lastresult VARCHAR(512) NULL;

--- 19.10.404 Images are counted; OpenEMM only
INSERT INTO company_info_tbl (company_id, cname, cvalue, description) VALUES (0, 'ImageTrafficMeasuring', 'false', 'true; or false');

--- 19.10.422 Who gets a report
CREATE TABLE birtreport_recipient_tbl (
birtreport_id INT UNSIGNED NOT NULL,
email VARCHAR(200) NOT NULL,
PRIMARY KEY (birtreport_id, email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 19.10.448 When and where a report runs
ALTER TABLE birtreport_tbl ADD intervalpattern VARCHAR(512) NULL, ADD lasthostname VARCHAR(100) NULL;

--- 19.10.467 One more premium right; its place is behind the others
SET @place := (SELECT COALESCE(MAX(sort_order), 0) + 1 FROM permission_tbl WHERE category = 'premium');
INSERT INTO permission_tbl (permission_name, category, sub_category, sort_order, feature_package)
	VALUES ('premium.heatmap', 'premium', NULL, @place, 'Premium; analysis');
INSERT INTO company_permission_tbl (company_id, security_token) SELECT company_id, 'premium.heatmap' FROM company_tbl WHERE company_id = @place;

--- 20.01.008 Logos of a company; filled at the first start
CREATE TABLE layout_tbl (
company_id INT UNSIGNED NOT NULL,
item_name VARCHAR(64) NOT NULL,
data LONGBLOB NULL,
PRIMARY KEY (company_id, item_name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 20.01.018 Jobs for the next start
CREATE TABLE startup_job_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
classname VARCHAR(1000) NOT NULL,
version VARCHAR(20) NOT NULL,
company_id INT UNSIGNED NOT NULL DEFAULT 0,
enabled INT(1) NOT NULL DEFAULT 0,
state INT(1) NOT NULL DEFAULT 0 COMMENT '0: pending; 1: in progress; 2: done; 3: failed',
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
change_date TIMESTAMP NULL DEFAULT NULL,
description VARCHAR(1000) NULL,
PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--- 20.01.023 Settings for failed logins move; a job for each company that is not locked
INSERT INTO startup_job_tbl (classname, version, company_id, enabled, state, creation_date, change_date, description)
	SELECT 'com.agnitas.startuplistener.LoginTrackSettingsMigrationStartupJob', '20.01.023', company_id, 1, 0, CURRENT_TIMESTAMP,
		CURRENT_TIMESTAMP, 'max_login_fails; login_block_time'
	FROM company_tbl WHERE status IN ('active', 'inactive');

--- 20.01.062 Texts of tags with a semicolon
-- SET DEFINE OFF;
UPDATE tag_tbl SET selectvalue = 'date_format(current_timestamp, ''%d.%m.%Y; %H:%i:%s'')' WHERE tagname = 'agnDATE';
UPDATE tag_tbl SET selectvalue = 'concat(''<a href="#">'', cust.customer_id, ''</a>; \'\', '';'')' WHERE tagname = 'agnOLD'; -- none; usually
UPDATE mailloop_tbl SET ar_text = 'Hello;

DELIMITER $$ is no command here;
-- and this is no comment;
source of all evil;
' WHERE ar_text IS NULL AND ar_enable = 1;

--- 20.01.225 Premium right for vouchers by mail
INSERT INTO permission_tbl (permission_name, category, sort_order, feature_package) VALUES ('premium.voucher.mail', 'premium', 20, 'Voucher');

--- 20.01.257 Index for the history of jobs
CREATE INDEX jobqueue$next$idx ON job_queue_tbl (nextstart, running);

--- 20.01.300 Index for opened mails; when it is not there
SELECT COUNT(*) INTO @found FROM information_schema.statistics
	WHERE table_schema = DATABASE() AND table_name = 'onepixellog_1_tbl' AND index_name = 'onepix1$cid$idx';
SET @ddl := IF(@found = 0, 'ALTER TABLE onepixellog_1_tbl ADD INDEX onepix1$cid$idx (customer_id)', 'DO 0; -- it is there');
SET @ddl := SUBSTRING_INDEX(@ddl, ';', 1);
PREPARE stmt FROM @ddl;
EXECUTE stmt;
DEALLOCATE PREPARE stmt;

--- 20.01.315 A salutation for families
INSERT INTO title_tbl (company_id, description) VALUES (1, 'Familie');
INSERT INTO title_gender_tbl (title_id, gender, title) VALUES (LAST_INSERT_ID(), 0, 'Liebe Familie');
INSERT INTO title_gender_tbl (title_id, gender, title) VALUES (LAST_INSERT_ID(), 1, 'Liebe Familie');
INSERT INTO title_gender_tbl (title_id, gender, title) VALUES (LAST_INSERT_ID(), 2, 'Guten Tag; liebe Leute');

--- 20.01.460 Jobs that are not needed any more
DELETE FROM job_queue_parameter_tbl WHERE job_id IN (SELECT id FROM job_queue_tbl WHERE description = 'LoginCleaner');
UPDATE job_queue_tbl SET deleted = 1, lastresult = 'replaced; see DBCleaner' WHERE description = 'LoginCleaner';
INSERT IGNORE INTO job_queue_parameter_tbl (job_id, parameter_name, parameter_value) SELECT id, 'deleteLoginTracks', '100' FROM job_queue_tbl WHERE description = 'DBCleaner';

--- 20.01.504 Right to let mailings be chosen by their success
INSERT INTO permission_tbl (permission_name, category, sub_category, sort_order, feature_package) VALUES ('campaign.autoopt', 'campaign', NULL, 2, NULL);
INSERT INTO company_permission_tbl (company_id, security_token) VALUES (1, 'campaign.autoopt');
INSERT INTO admin_group_permission_tbl (admin_group_id, security_token) VALUES (4, 'campaign.autoopt');

--- 20.07.383 Which company cleans up; back-ported to 20.04, OpenEMM only
INSERT INTO config_tbl (class, name, value) VALUES ('clean', 'mastercompany', 'true');

--- 20.07.492 Reports without subject; back-ported to 20.04
UPDATE birtreport_tbl SET email_subject = CONCAT('Report; ', shortname) WHERE email_subject IS NULL;
