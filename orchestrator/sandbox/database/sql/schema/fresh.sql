-- What the full schema file of 20.10.000.152 puts into a new database (facts 13.3). A blank line ends a statement.

ALTER TABLE admin_tbl ADD limiting_target_id INT UNSIGNED NULL

ALTER TABLE auto_export_tbl ADD additional_customer_fields INT(1) NOT NULL DEFAULT 0

ALTER TABLE mailinglist_tbl ADD freq_counter_enabled INT(1) NOT NULL DEFAULT 0

ALTER TABLE mailing_tbl ADD freq_counter_disabled INT(1) NOT NULL DEFAULT 0

INSERT INTO config_tbl (class, name, value) VALUES
('system', 'url', '[to be defined]'), ('system', 'licence', NULL), ('system', '<hostname>[to be defined].IsActive', '1'),
('system', 'defaultRdirDomain', '[to be defined]'), ('system', 'defaultMailloopDomain', '[to be defined]'),
('birt', 'url', '[to be defined]'), ('birt', 'privatekey', '[to be defined]'), ('birt', 'publickey', '[to be defined]')

INSERT INTO company_tbl (company_id, shortname, status, rdir_domain, mailloop_domain, secret_key) VALUES
(1, 'EMM-Master', 'active', 'http://[to be defined]', '[to be defined]', 'made by nobody yet')

INSERT INTO admin_group_tbl (admin_group_id, company_id, shortname, description) VALUES
(1, 1, 'OpenEMM', 'Everything; in one group'), (4, 1, 'Standard', 'Most things')

INSERT INTO admin_tbl (admin_id, username, fullname, company_id, admin_group_id, email) VALUES (1, 'emm-master', 'Master', 1, 1, '[to be defined]')

INSERT INTO company_info_tbl (company_id, cname, cvalue, description) VALUES
(0, 'targetgroups.migrateOnStartup', 'false', NULL), (0, 'recipient.binding_history.rebuild_trigger_on_startup', 'true', NULL)

INSERT INTO emm_layout_base_tbl (layout_base_id, company_id, shortname, base_url) VALUES (1, 0, 'Light', 'assets/core'), (2, 0, 'Dark', NULL)

INSERT INTO job_queue_tbl (description, running, `interval`, runclass) VALUES
('BirtReports', 0, '**:00', 'BirtReportJobWorker'), ('DBCleaner', 0, '0100', 'DBCleanerJobWorker')

INSERT INTO mailinglist_tbl (company_id, shortname, description) VALUES (1, 'Newsletter', 'The first list')

INSERT INTO tag_tbl (tagname, selectvalue) VALUES ('agnCUSTOMERID', 'cust.customer_id'), ('agnDATE', 'date_format(current_timestamp, ''%d.%m.%Y; %H:%i'')')
