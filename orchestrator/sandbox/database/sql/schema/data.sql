-- What an installed, configured and once-started 19.10.000.170 holds (facts 13.7, 17.2). A blank line ends a statement.

INSERT INTO config_tbl (class, name, value, hostname) VALUES
('system', 'licence', '0', NULL),
('system', 'support_emergency_url', 'https://help.sandbox.test/emergency', NULL),
('system', 'RdirLandingpage', 'https://www.sandbox.test/', NULL),
('system', '<hostname>[to be defined].IsActive', '1', NULL),
('mailloop', 'actionbased_autoresponder_ui', 'enabled', NULL),
('system', 'defaultRdirDomain', 'https://news.sandbox.test', NULL),
('system', 'defaultMailloopDomain', 'loop.sandbox.test', NULL),
('birt', 'privatekey', '-----BEGIN PRIVATE KEY-----\nc2FuZGJveDsgbm90IGEga2V5\n-----END PRIVATE KEY-----\n', NULL),
('birt', 'publickey', '-----BEGIN PUBLIC KEY-----\nc2FuZGJveDsgbm90IGEga2V5\n-----END PUBLIC KEY-----\n', NULL)

INSERT INTO company_info_tbl (company_id, cname, cvalue, description) VALUES
(0, 'targetgroups.migrateOnStartup', 'false', 'set to true to migrate the target groups at the next start; false when done'),
(0, 'recipient.binding_history.rebuild_trigger_on_startup', 'false', NULL),
(0, 'mailout.queue.note', 'a semicolon; a quote '' and a backslash \\', NULL)

INSERT INTO admin_group_tbl (admin_group_id, company_id, shortname, description) VALUES
(1, 1, 'OpenEMM', 'Everything'), (4, 1, 'Standard', 'Most things'), (8, 1, 'Statistics', NULL)

-- The hash of facts 9: salt line aB3dEf%7HiJkLmNoPqRsTuVwXyZ01234, password Abc$1xYz.
INSERT INTO admin_tbl (admin_id, username, fullname, company_id, admin_group_id, secure_password_hash) VALUES
(1, 'emm-master', 'Master', 1, 1, UPPER('167d3854404f4b3e2d7a5d353d5f0d313a5e692e7124281f5609740920314c1a391e4d416e0742401a45113b5f3c101743235d0f3c34054d0a0c690f497d5361')),
(2, 'jäger', 'Käthe Jäger', 1, 4, NULL)

INSERT INTO login_track_tbl (ip_address, login_status, username) VALUES ('127.0.0.1', 10, 'emm-master'), ('127.0.0.1', 20, 'jäger')

INSERT INTO license_tbl (name, data) VALUES ('LicenseData', NULL)

INSERT INTO maildrop_status_tbl (company_id, status_field, mailing_id, senddate, step, blocksize, gendate, genstatus, genchange) VALUES
(1, 'W', 1, '2020-03-10 09:00:00', 0, 1000, '2020-03-10 08:00:00', 3, '2020-03-10 08:02:00'),
(1, 'T', 1, '2020-03-09 15:00:00', 0, 0, '2020-03-09 15:00:00', 3, '2020-03-09 15:00:20'),
(1, 'A', 2, '2020-03-11 15:00:00', 0, 0, '2020-03-11 15:00:00', 3, '2020-03-11 15:00:20')

INSERT INTO mailing_account_tbl (company_id, mailing_id, maildrop_id, status_field, blocknr, no_of_mailings, no_of_bytes, timestamp) VALUES
(1, 1, 1, 'W', 0, 1, 2048, '2020-03-10 08:02:00'), (1, 1, 1, 'W', 1, 1000, 2048000, '2020-03-10 09:00:30'),
(1, 1, 1, 'W', 2, 500, 1024000, '2020-03-10 09:01:00')

INSERT INTO mailing_backend_log_tbl (mailing_id, status_id, current_mails, total_mails) VALUES (1, 1, 1501, 1501)

INSERT INTO world_mailing_backend_log_tbl (mailing_id, current_mails, total_mails) VALUES (1, 1501, 1501)

INSERT INTO component_tbl (company_id, mailing_id, comptype, compname, mtype, emmblock, binblock) VALUES
(1, 1, 0, 'agnText', 'text/plain', 'Grüße;\nDELIMITER $$\n-- no comment, text 😀', NULL),
(1, 1, 5, 'logo.png', 'image/png', NULL, 0x89504E470D0A1A0A0000000D49484452003B275C0A00FF)

INSERT INTO dyn_target_tbl (company_id, target_shortname, target_sql, eql) VALUES
(1, 'Women', 'cust.gender = 1', '`gender` = 1'), (1, 'Opened it; clicked', 'cust.lastopen_date IS NOT NULL', '`lastopen_date` IS NOT EMPTY'),
(1, 'Half', 'mod(cust.customer_id, 2) = 0', '`customer_id` % 2 = 0')

INSERT INTO landingpage_tbl (company_id, domain, landingpage) VALUES (1, 'news.sandbox.test', 'https://www.sandbox.test/?a=1;b=2')

INSERT INTO rdir_action_tbl (company_id, shortname, action_type, action_sql) VALUES (1, 'Unsubscribe', 1, 'UPDATE nothing; -- long gone'), (1, 'Subscribe', 0, NULL)

INSERT INTO rdir_url_tbl (company_id, mailing_id, full_url) VALUES (1, 1, 'https://www.sandbox.test/spring;offer?x=''1''')

INSERT INTO job_queue_tbl (description, laststart, running, lastresult, `interval`, nextstart, runclass) VALUES
('BirtReports', '2020-03-10 05:00:00', 0, 'OK', '**:00', '2020-03-10 06:00:00', 'BirtReportJobWorker'),
('DBCleaner', '2020-03-10 01:00:00', 0, 'OK', '0100', '2020-03-11 01:00:00', 'DBCleanerJobWorker'),
('LoginCleaner', NULL, 0, NULL, '0400', NULL, 'LoginTrackCleanerJobWorker')

INSERT INTO job_queue_parameter_tbl (job_id, parameter_name, parameter_value) VALUES (2, 'deleteMailings', '14'), (3, 'retentionTime', '100')

INSERT INTO birtreport_parameter_tbl (report_id, parameter_name, parameter_value) VALUES (1, 'selectedTargets', '1,2'), (2, 'trackingPeriod', '30')

INSERT INTO plugins_tbl (plugin_id, activate_on_startup) VALUES ('emm_core', 1), ('old_statistics', 0)

INSERT INTO csv_imexport_description_tbl (company_id, shortname, tablename, delimiter, stringquote, source, change_date_from) VALUES
(1, 'Customers', 'customer_1_tbl', ';', '"', 'upload', '2019-01-01 00:00:00'), (1, 'Bans', 'cust1_ban_tbl', ',', '''', NULL, NULL)

INSERT INTO csv_imexport_mapping_tbl (description_id, dbcolumn, filecolumn, keycolumn) VALUES (1, 'email', 'E-Mail', 1), (1, 'lastname', 'Name', 0), (2, 'email', 'email', 1)

INSERT INTO import_log_tbl (company_id, admin_id, imported_lines, statistics) VALUES (1, 1, 12, 'new: 12; updated: 0')

INSERT INTO auto_export_tbl (company_id, admin_id, shortname, file_server, private_key) VALUES (1, 1, 'Nightly', 'sftp://files.sandbox.test', NULL)

INSERT INTO auto_import_tbl (company_id, admin_id, shortname) VALUES (1, 1, 'From the shop')

INSERT INTO export_predef_tbl (company_id, shortname, columns) VALUES (1, 'Addresses', 'email;lastname;firstname')

INSERT INTO bounce_translate_tbl (company_id, dsn, detail, pattern) VALUES (0, 511, 511, 'stat="[^"]*user unknown[^"]*"'), (0, 522, 522, 'stat="[^"]*(full|quota);[^"]*"'), (1, 400, 410, NULL)

INSERT INTO bounce_collect_tbl (customer_id, company_id, mailing_id, reason) VALUES (1, 1, 1, 'Empfänger unbekannt')

INSERT INTO mailloop_tbl (company_id, shortname, filter_address, ar_enable, ar_sender, ar_subject, ar_text, ar_html) VALUES
(1, 'Office', 'office@loop.sandbox.test', 1, 'office@sandbox.test', 'We are away; back soon', 'Hello,\n\nwe''ll answer.', '<p>We&apos;ll answer; soon.</p>')

INSERT INTO mailloop_log_tbl (rid, company_id, action, status) VALUES (1, 1, 'autoresponder', 1)

INSERT INTO emm_layout_base_tbl (layout_base_id, company_id, shortname, base_url) VALUES (1, 0, 'Light', 'assets/core'), (2, 0, 'Dark', NULL)

INSERT INTO webservice_user_tbl (username, company_id, password_encrypted) VALUES ('shop', 1, NULL)

INSERT INTO webservice_permission_tbl (username, endpoint) VALUES ('shop', 'AddSubscriber'), ('shop', 'ListMailings')

INSERT INTO webservice_permissiongroup_tbl (name) VALUES ('reading'), ('writing')

INSERT INTO title_tbl (title_id, company_id, description) VALUES (1, 1, 'Default')

INSERT INTO title_gender_tbl (title_id, gender, title) VALUES (1, 0, 'Herr'), (1, 1, 'Frau'), (1, 2, '')

INSERT INTO click_stat_colors_tbl (range_start, range_end, color) VALUES (0, 5, 'F4F9FF'), (5, 10, 'D5E6FF'), (10, 100, '90C0FF')

INSERT INTO calendar_comment_tbl (company_id, admin_id, comment_content, comment_date) VALUES (1, 1, 'Launch 🚀; tell everybody', '2020-05-04 10:00:00')

INSERT INTO workflow_tbl (company_id, shortname, status, workflow_schema) VALUES (1, 'Welcome', 1, '{"icons": ["start; now", "mail", "stop"]}')

INSERT INTO timestamp_tbl (timestamp_id, description, cur, prev) VALUES (1, 'bounce', '2020-03-10 05:00:00', NULL)

INSERT INTO tag_tbl (tagname, selectvalue) VALUES ('agnCUSTOMERID', 'cust.customer_id'), ('agnDATE', 'date_format(current_timestamp, ''%d.%m.%Y; %H:%i'')')

INSERT INTO upload_tbl (company_id, admin_id, filename, filesize, payload) VALUES (1, 1, 'Preisliste für März.bin', 8, 0x00010227FF3B0A0D)

INSERT INTO dkim_key_tbl (company_id, domain, selector, domain_key) VALUES (0, 'sandbox.test', 'emm', NULL)

INSERT INTO emm_db_errorlog_tbl (company_id, errortext, module_name) VALUES (1, 'lock wait timeout; retried', 'bounce')

INSERT INTO messages_tbl (message_key, value_default, value_de) VALUES ('old.key', 'replaced by the next messages file', NULL)

INSERT INTO company_permission_tbl (company_id, security_token) SELECT 1, permission_name FROM permission_tbl WHERE category = 'mailing'
