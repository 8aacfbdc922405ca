The bundle of 19.10.000.170. Text before the first section is not part of any file.

--- 18.10.490 Start with an empty configuration
-- Runs once, when OpenEMM is installed; on a live system it would delete the whole configuration
DELETE FROM config_tbl;

INSERT INTO config_tbl (class, name, value) VALUES ('system', 'licence', '0');
INSERT INTO config_tbl (class, name, value) VALUES ('system', 'support_emergency_url', 'https://help.sandbox.test/emergency');
INSERT INTO config_tbl (class, name, value) VALUES ('system', 'RdirLandingpage', 'https://www.sandbox.test/');
INSERT INTO config_tbl (class, name, value) VALUES ('system', '<hostname>[to be defined].IsActive', '1');
INSERT INTO config_tbl (class, name, value) VALUES ('mailloop', 'actionbased_autoresponder_ui', 'enabled');

--- 19.04.003 Comments in the calendar
ALTER TABLE calendar_comment_tbl ADD comment_date TIMESTAMP NULL;

--- 19.04.017 Reports can be hidden
ALTER TABLE birtreport_tbl ADD hidden INT(1) NOT NULL DEFAULT 0;

--- 19.04.054 Two more tags; both for dates
-- SET DEFINE OFF;
UPDATE tag_tbl SET deprecated = 0 WHERE tagname IN ('agnDATE', 'agnCUSTOMERID');

--- 19.04.088 Right to see the campaign archive
INSERT INTO permission_tbl (permission_name, category, sort_order) VALUES ('campaign.show', 'campaign', 1);

--- 19.04.123 Index for bounces
ALTER TABLE bounce_collect_tbl ADD INDEX bouncecol$cid$idx (customer_id);

--- 19.04.160 Keys for DKIM
CREATE TABLE dkim_key_tbl (
dkim_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
domain VARCHAR(128) NOT NULL,
selector VARCHAR(128) NOT NULL,
domain_key TEXT NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (dkim_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

--- 19.04.214 Longer landing pages
ALTER TABLE landingpage_tbl MODIFY landingpage VARCHAR(2000) NOT NULL;

--- 19.04.255 No work status is NULL
UPDATE mailing_tbl SET work_status = 'mailing.status.new' WHERE work_status IS NULL;

--- 19.04.300 The switch to the new schema is thrown everywhere; its keys are not read any more
DELETE FROM config_tbl WHERE name LIKE '%migrateToNewSchema%';

--- 19.04.347 Target groups know their language
ALTER TABLE dyn_target_tbl ADD eql TEXT NULL;

--- 19.04.378 Configuration for one host
ALTER TABLE config_tbl ADD hostname VARCHAR(100) NULL;

--- 19.04.402 Who was selected for a test
ALTER TABLE maildrop_status_tbl ADD selected_test_recipients INT(1) NOT NULL DEFAULT 0;

--- 19.07.011 Auto-responders of mail loops are configured in actions
UPDATE config_tbl SET value = 'enabled' WHERE class = 'mailloop' AND name = 'actionbased_autoresponder_ui';

--- 19.07.052 Company settings for one host
ALTER TABLE company_info_tbl ADD hostname VARCHAR(100) NULL;

--- 19.07.096 Right to lock target groups
INSERT INTO permission_tbl (permission_name, category, sort_order) VALUES ('targets.lock', 'targets', 9);

--- 19.07.133 Job results may be longer
ALTER TABLE job_queue_tbl MODIFY lastresult VARCHAR(512) NULL;

--- 19.07.187 One-time passwords
ALTER TABLE admin_tbl ADD is_one_time_pass INT(1) NOT NULL DEFAULT 0;

--- 19.07.240 Secrets of companies
UPDATE company_tbl SET secret_key = MD5(CONCAT(company_id, RAND())) WHERE secret_key IS NULL;

--- 19.07.289 Migrate the target groups at the next start
DELETE FROM company_info_tbl WHERE cname = 'targetgroups.migrateOnStartup';
INSERT INTO company_info_tbl (company_id, cname, cvalue) VALUES (0, 'targetgroups.migrateOnStartup', 'true');

--- 19.07.322 Longer hashes
ALTER TABLE admin_tbl MODIFY secure_password_hash VARCHAR(200) NULL;

--- 19.07.355 Rows of mail loops that nobody reads
DELETE FROM mailloop_log_tbl WHERE timestamp < CURRENT_TIMESTAMP - INTERVAL 5 YEAR;

--- 19.07.364 Uploads keep their size
ALTER TABLE upload_tbl ADD filesize BIGINT NULL;

--- 19.07.387 Colours of the heat map
UPDATE click_stat_colors_tbl SET color = 'F4F9FF' WHERE color IS NULL;

--- 19.07.396 Test mails are not optimised
UPDATE maildrop_status_tbl SET optimize_mail_generation = NULL WHERE status_field IN ('A', 'T') AND genstatus = 3;

--- 19.07.503 Default domains are those of the first company
DELETE FROM config_tbl WHERE class = 'system' AND name IN ('defaultRdirDomain', 'defaultMailloopDomain');
INSERT INTO config_tbl (class, name, value) SELECT 'system', 'defaultRdirDomain', rdir_domain FROM company_tbl WHERE company_id = 1;
INSERT INTO config_tbl (class, name, value) SELECT 'system', 'defaultMailloopDomain', mailloop_domain FROM company_tbl WHERE company_id = 1;

--- 19.10.000 The release of autumn 2019
UPDATE admin_group_tbl SET description = 'Everything; the group of the first user' WHERE shortname = 'OpenEMM';

--- 19.10.001 Roles of other companies
UPDATE admin_group_tbl SET deleted = 1 WHERE company_id NOT IN (SELECT company_id FROM company_tbl);

--- 19.10.002 Exports say what is between their columns
UPDATE export_predef_tbl SET delimiter_char = ';' WHERE delimiter_char = '';
