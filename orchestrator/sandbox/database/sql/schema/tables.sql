-- The tables of 19.10.000.170 that every company shares. A blank line ends a statement; a table without options of its own gets
-- InnoDB and utf8mb4_unicode_ci. The few with another collation are there for 20.04.394 to convert (facts 5.5).

CREATE TABLE agn_dbversioninfo_tbl (
version_number VARCHAR(15) NOT NULL,
updating_user VARCHAR(64) NOT NULL,
update_timestamp DATE NOT NULL,
PRIMARY KEY (version_number))

CREATE TABLE config_tbl (
class VARCHAR(32) NOT NULL,
name VARCHAR(64) NOT NULL,
value TEXT,
hostname VARCHAR(100) NULL)

CREATE TABLE company_tbl (
company_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
creator_company_id INT UNSIGNED NOT NULL DEFAULT 1,
shortname VARCHAR(200) NOT NULL,
description VARCHAR(1000) NULL,
status VARCHAR(10) NOT NULL DEFAULT 'active',
mailtracking INT(1) NOT NULL DEFAULT 1,
rdir_domain VARCHAR(100) NULL,
mailloop_domain VARCHAR(200) NULL,
secret_key VARCHAR(32) NULL,
maxadminmails INT(11) NOT NULL DEFAULT 100,
max_fields INT(11) NOT NULL DEFAULT 60,
max_login_fails INT(11) NOT NULL DEFAULT 3,
login_block_time INT(11) NOT NULL DEFAULT 300,
expire_cookie INT(11) NOT NULL DEFAULT 0,
expire_stat INT(11) NOT NULL DEFAULT 1100,
expire_bounce INT(11) NOT NULL DEFAULT 90,
expire_onepixel INT(11) NOT NULL DEFAULT 1100,
expire_recipient INT(11) NOT NULL DEFAULT 30,
expire_success INT(11) NOT NULL DEFAULT 180,
expire_upload INT(11) NOT NULL DEFAULT 14,
locale_country VARCHAR(5) NOT NULL DEFAULT 'DE',
locale_language VARCHAR(5) NOT NULL DEFAULT 'de',
locale_timezone VARCHAR(50) NOT NULL DEFAULT 'Europe/Berlin',
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (company_id))

CREATE TABLE company_info_tbl (
company_id INT UNSIGNED NOT NULL,
cname VARCHAR(64) NOT NULL,
cvalue VARCHAR(4000) NULL,
description VARCHAR(4000) NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
hostname VARCHAR(100) NULL,
KEY cominf$cid_name$idx (company_id, cname))

CREATE TABLE permission_tbl (
permission_name VARCHAR(64) NOT NULL,
category VARCHAR(32) NOT NULL,
sub_category VARCHAR(32) NULL,
sort_order INT(11) NOT NULL DEFAULT 0,
feature_package VARCHAR(32) NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (permission_name))

CREATE TABLE admin_group_tbl (
admin_group_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL DEFAULT 1,
shortname VARCHAR(100) NOT NULL,
description VARCHAR(1000) NULL,
deleted INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (admin_group_id))

CREATE TABLE admin_tbl (
admin_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
username VARCHAR(200) NOT NULL,
fullname VARCHAR(200) NULL,
firstname VARCHAR(200) NULL,
gender INT(1) NOT NULL DEFAULT 2,
email VARCHAR(200) NULL,
company_id INT UNSIGNED NOT NULL,
admin_group_id INT UNSIGNED NOT NULL DEFAULT 0,
admin_country VARCHAR(5) NOT NULL DEFAULT 'DE',
admin_lang VARCHAR(5) NOT NULL DEFAULT 'de',
admin_timezone VARCHAR(50) NOT NULL DEFAULT 'Europe/Berlin',
layout_base_id INT UNSIGNED NOT NULL DEFAULT 0,
secure_password_hash VARCHAR(200) NULL,
is_one_time_pass INT(1) NOT NULL DEFAULT 0,
pwdchange_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (admin_id),
UNIQUE KEY admin$username$uk (username))

CREATE TABLE admin_permission_tbl (
admin_id INT UNSIGNED NOT NULL,
security_token VARCHAR(64) NOT NULL,
PRIMARY KEY (admin_id, security_token),
CONSTRAINT adminperm$token$fk FOREIGN KEY (security_token) REFERENCES permission_tbl (permission_name))

CREATE TABLE admin_group_permission_tbl (
admin_group_id INT UNSIGNED NOT NULL,
security_token VARCHAR(64) NOT NULL,
PRIMARY KEY (admin_group_id, security_token),
CONSTRAINT admgrpperm$token$fk FOREIGN KEY (security_token) REFERENCES permission_tbl (permission_name))

CREATE TABLE company_permission_tbl (
company_id INT UNSIGNED NOT NULL,
security_token VARCHAR(64) NOT NULL,
PRIMARY KEY (company_id, security_token),
CONSTRAINT compperm$token$fk FOREIGN KEY (security_token) REFERENCES permission_tbl (permission_name))

CREATE TABLE login_track_tbl (
login_track_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
ip_address VARCHAR(50) NULL,
creation_date TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
login_status INT(11) NULL,
username VARCHAR(200) NULL,
PRIMARY KEY (login_track_id))

CREATE TABLE userlog_tbl (
logtime TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
username VARCHAR(200) NULL,
action VARCHAR(100) NULL,
description VARCHAR(4000) NULL)

CREATE TABLE license_tbl (
name VARCHAR(32) NOT NULL,
data LONGBLOB NULL,
PRIMARY KEY (name))

CREATE TABLE mailinglist_tbl (
mailinglist_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
description TEXT NULL,
deleted INT(1) NOT NULL DEFAULT 0,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (mailinglist_id))

CREATE TABLE campaign_tbl (
campaign_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
description TEXT NULL,
PRIMARY KEY (campaign_id))

CREATE TABLE mailing_tbl (
mailing_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
campaign_id INT UNSIGNED NOT NULL DEFAULT 0,
mailinglist_id INT UNSIGNED NOT NULL DEFAULT 0,
shortname VARCHAR(200) NOT NULL,
description VARCHAR(1000) NULL,
mailing_type INT(11) NOT NULL DEFAULT 0,
work_status VARCHAR(64) NULL DEFAULT 'mailing.status.new',
target_expression VARCHAR(4000) NULL,
is_template INT(1) NOT NULL DEFAULT 0,
deleted INT(1) NOT NULL DEFAULT 0,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
change_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (mailing_id),
KEY mailing$company$idx (company_id))

CREATE TABLE mailing_mt_tbl (
mailing_id INT UNSIGNED NOT NULL,
mediatype INT(11) NOT NULL DEFAULT 0,
param TEXT NULL,
PRIMARY KEY (mailing_id, mediatype))

CREATE TABLE maildrop_status_tbl (
status_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
status_field VARCHAR(10) NOT NULL DEFAULT '',
mailing_id INT UNSIGNED NOT NULL,
senddate TIMESTAMP NULL,
step INT(11) NULL,
blocksize INT(11) NULL,
gendate TIMESTAMP NULL,
genstatus INT(11) NULL,
genchange TIMESTAMP NULL,
max_recipients INT(11) NULL,
admin_test_target_id INT UNSIGNED NULL,
optimize_mail_generation VARCHAR(16) NULL,
selected_test_recipients INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (status_id),
KEY mdrop$mailing$idx (mailing_id),
KEY mdrop$senddate$idx (senddate),
KEY mdrop$field$idx (status_field))

CREATE TABLE mailing_account_tbl (
mailing_account_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NOT NULL,
maildrop_id INT UNSIGNED NOT NULL,
status_field VARCHAR(10) NOT NULL,
mailtype INT(11) NOT NULL DEFAULT 0,
blocknr INT(11) NOT NULL DEFAULT 0,
no_of_mailings INT(11) NOT NULL DEFAULT 0,
no_of_bytes BIGINT NOT NULL DEFAULT 0,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (mailing_account_id),
KEY mailacc$mid$idx (mailing_id))

CREATE TABLE mailing_account_sum_tbl (
mailing_id INT UNSIGNED NOT NULL,
company_id INT UNSIGNED NOT NULL,
status_field VARCHAR(10) NOT NULL,
no_of_mailings INT(11) NOT NULL DEFAULT 0,
no_of_bytes BIGINT NOT NULL DEFAULT 0,
mintime TIMESTAMP NULL,
maxtime TIMESTAMP NULL,
PRIMARY KEY (mailing_id, status_field))

CREATE TRIGGER mailing_account_sum_trg AFTER INSERT ON mailing_account_tbl FOR EACH ROW
BEGIN
  INSERT INTO mailing_account_sum_tbl (mailing_id, company_id, status_field, no_of_mailings, no_of_bytes, mintime, maxtime)
    VALUES (NEW.mailing_id, NEW.company_id, NEW.status_field, NEW.no_of_mailings, NEW.no_of_bytes, NEW.timestamp, NEW.timestamp)
    ON DUPLICATE KEY UPDATE no_of_mailings = no_of_mailings + NEW.no_of_mailings, no_of_bytes = no_of_bytes + NEW.no_of_bytes,
      maxtime = GREATEST(maxtime, NEW.timestamp);
END

CREATE TABLE mailing_backend_log_tbl (
mailing_id INT UNSIGNED NOT NULL,
status_id INT UNSIGNED NOT NULL,
current_mails INT(11) NOT NULL DEFAULT 0,
total_mails INT(11) NOT NULL DEFAULT 0,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
KEY mblog$status$idx (status_id))

CREATE TABLE world_mailing_backend_log_tbl (
mailing_id INT UNSIGNED NOT NULL,
current_mails INT(11) NOT NULL DEFAULT 0,
total_mails INT(11) NOT NULL DEFAULT 0,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (mailing_id))

CREATE TABLE mailtrack_tbl (
mailing_id INT UNSIGNED NOT NULL,
maildrop_status_id INT UNSIGNED NOT NULL,
customer_id INT UNSIGNED NOT NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
KEY mailtrack$mid$idx (mailing_id))

CREATE TABLE component_tbl (
component_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NOT NULL,
comptype INT(11) NOT NULL DEFAULT 0,
compname VARCHAR(200) NOT NULL,
mtype VARCHAR(100) NULL,
emmblock LONGTEXT NULL,
binblock LONGBLOB NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (component_id),
KEY comp$mid$idx (mailing_id))

CREATE TABLE dyn_name_tbl (
dyn_name_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NOT NULL,
dyn_name VARCHAR(100) NOT NULL,
deleted INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (dyn_name_id))

CREATE TABLE dyn_content_tbl (
dyn_content_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
dyn_name_id INT UNSIGNED NOT NULL,
target_id INT UNSIGNED NOT NULL DEFAULT 0,
dyn_order INT(11) NOT NULL DEFAULT 0,
dyn_content LONGTEXT NULL,
PRIMARY KEY (dyn_content_id))

CREATE TABLE dyn_target_tbl (
target_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
target_shortname VARCHAR(100) NOT NULL,
target_description TEXT NULL,
target_sql TEXT NULL,
eql TEXT NULL,
deleted INT(1) NOT NULL DEFAULT 0,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
change_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (target_id))

CREATE TABLE landingpage_tbl (
company_id INT UNSIGNED NOT NULL,
domain VARCHAR(200) NOT NULL,
landingpage VARCHAR(2000) NOT NULL,
PRIMARY KEY (company_id, domain))

CREATE TABLE rdir_url_tbl (
url_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NOT NULL,
action_id INT UNSIGNED NULL,
full_url VARCHAR(2000) NOT NULL,
measure_type INT(11) NOT NULL DEFAULT 3,
PRIMARY KEY (url_id))

CREATE TABLE rdir_action_tbl (
action_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(100) NOT NULL,
description TEXT NULL,
action_type INT(11) NOT NULL DEFAULT 0,
action_sql TEXT NULL,
active INT(1) NOT NULL DEFAULT 1,
PRIMARY KEY (action_id))

CREATE TABLE userform_tbl (
form_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
formname VARCHAR(100) NOT NULL,
success_template LONGTEXT NULL,
error_template LONGTEXT NULL,
active INT(1) NOT NULL DEFAULT 1,
PRIMARY KEY (form_id))

CREATE TABLE job_queue_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
description VARCHAR(64) NOT NULL,
created TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
laststart TIMESTAMP NULL,
running INT(1) NOT NULL DEFAULT 0,
lastresult VARCHAR(512) NULL,
startaftererror INT(1) NOT NULL DEFAULT 0,
lastduration INT(11) NULL,
`interval` VARCHAR(64) NULL,
nextstart TIMESTAMP NULL,
hostname VARCHAR(64) NULL,
runclass VARCHAR(128) NULL,
deleted INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (id))

CREATE TABLE job_queue_parameter_tbl (
job_id INT UNSIGNED NOT NULL,
parameter_name VARCHAR(64) NOT NULL,
parameter_value VARCHAR(128) NULL,
PRIMARY KEY (job_id, parameter_name),
CONSTRAINT jqpar$job$fk FOREIGN KEY (job_id) REFERENCES job_queue_tbl (id))

CREATE TABLE birtreport_tbl (
report_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(100) NOT NULL,
description TEXT NULL,
report_type INT(11) NOT NULL DEFAULT 0,
active INT(1) NOT NULL DEFAULT 1,
format INT(11) NOT NULL DEFAULT 0,
language VARCHAR(5) NOT NULL DEFAULT 'de',
email VARCHAR(500) NULL,
email_subject VARCHAR(200) NULL,
email_description TEXT NULL,
send_days VARCHAR(20) NULL COMMENT 'seven digits, Monday first',
send_time TIMESTAMP NULL,
send_date TIMESTAMP NULL,
delivery_date TIMESTAMP NULL,
end_date TIMESTAMP NULL,
hidden INT(1) NOT NULL DEFAULT 0,
change_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (report_id))

CREATE TABLE birtreport_parameter_tbl (
report_id INT UNSIGNED NOT NULL,
parameter_name VARCHAR(100) NOT NULL,
parameter_value VARCHAR(500) NULL,
report_type INT(11) NOT NULL DEFAULT 0,
PRIMARY KEY (report_id, parameter_name, report_type))

CREATE TABLE messages_tbl (
message_key VARCHAR(150) NOT NULL,
value_default TEXT NOT NULL,
value_de TEXT NULL,
value_fr TEXT NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
change_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
deleted INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (message_key))

CREATE TABLE emm_db_errorlog_tbl (
company_id INT UNSIGNED NULL,
errortext VARCHAR(4000) NULL,
module_name VARCHAR(200) NULL,
client_info VARCHAR(200) NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP)

CREATE TABLE plugins_tbl (
plugin_id VARCHAR(100) NOT NULL,
activate_on_startup INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (plugin_id))

CREATE TABLE csv_imexport_description_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
for_import INT(1) NOT NULL DEFAULT 1,
shortname VARCHAR(64) NOT NULL,
tablename VARCHAR(64) NOT NULL,
charset VARCHAR(20) NOT NULL DEFAULT 'UTF-8',
delimiter VARCHAR(1) NULL,
stringquote VARCHAR(1) NULL,
source VARCHAR(500) NULL,
change_date_from TIMESTAMP NULL,
change_date_till TIMESTAMP NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (id))

CREATE TABLE csv_imexport_mapping_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
description_id INT UNSIGNED NOT NULL,
dbcolumn VARCHAR(64) NOT NULL,
filecolumn VARCHAR(64) NOT NULL,
keycolumn INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (id),
CONSTRAINT csvmap$desc$fk FOREIGN KEY (description_id) REFERENCES csv_imexport_description_tbl (id))

CREATE TABLE import_profile_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
admin_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
column_separator INT(11) NOT NULL DEFAULT 0,
charset INT(11) NOT NULL DEFAULT 0,
keycolumn VARCHAR(64) NULL,
deleted INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (id))

CREATE TABLE import_log_tbl (
log_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
admin_id INT UNSIGNED NOT NULL,
imported_lines INT(11) NULL,
statistics TEXT NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (log_id))

CREATE TABLE auto_import_tbl (
auto_import_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
admin_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
file_server VARCHAR(1000) NULL,
private_key TEXT NULL,
emailonerror VARCHAR(400) NULL,
active INT(1) NOT NULL DEFAULT 0,
running INT(1) NOT NULL DEFAULT 0,
laststart TIMESTAMP NULL,
nextstart TIMESTAMP NULL,
PRIMARY KEY (auto_import_id))

CREATE TABLE auto_export_tbl (
auto_export_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
admin_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
file_server VARCHAR(1000) NULL,
private_key VARCHAR(4000) NULL,
emailonerror VARCHAR(400) NULL,
active INT(1) NOT NULL DEFAULT 0,
running INT(1) NOT NULL DEFAULT 0,
laststart TIMESTAMP NULL,
nextstart TIMESTAMP NULL,
PRIMARY KEY (auto_export_id))

CREATE TABLE export_predef_tbl (
export_predef_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
charset VARCHAR(200) NOT NULL DEFAULT 'UTF-8',
columns TEXT NOT NULL,
delimiter_char CHAR(1) NOT NULL DEFAULT ';',
deleted INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (export_predef_id))

CREATE TABLE bounce_translate_tbl (
company_id INT UNSIGNED NOT NULL DEFAULT 0,
dsn INT(11) NOT NULL,
detail INT(11) NOT NULL,
pattern VARCHAR(500) NULL)

CREATE TABLE bounce_collect_tbl (
customer_id INT UNSIGNED NOT NULL,
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NULL,
reason VARCHAR(200) NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
KEY bouncecol$cid$idx (customer_id)) ENGINE=InnoDB CHARACTER SET latin1 COLLATE latin1_swedish_ci

CREATE TABLE mailloop_tbl (
rid INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
description TEXT NULL,
filter_address VARCHAR(200) NULL,
forward_enable INT(1) NOT NULL DEFAULT 0,
forward VARCHAR(200) NULL,
ar_enable INT(1) NOT NULL DEFAULT 0,
ar_sender VARCHAR(200) NULL,
ar_subject TEXT NULL,
ar_text LONGTEXT NULL,
ar_html LONGTEXT NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (rid))

CREATE TABLE mailloop_log_tbl (
rid INT UNSIGNED NOT NULL,
company_id INT UNSIGNED NOT NULL,
action VARCHAR(100) NULL,
status INT(11) NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
KEY maillooplog$rid$idx (rid),
KEY maillooplog$time$idx (timestamp))

CREATE TABLE emm_layout_base_tbl (
layout_base_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(64) NOT NULL,
base_url VARCHAR(200) NULL,
menu_position INT(11) NOT NULL DEFAULT 0,
PRIMARY KEY (layout_base_id))

CREATE TABLE prevent_table_drop (
customer_id INT UNSIGNED NULL,
text VARCHAR(64) NULL)

CREATE TABLE webservice_user_tbl (
username VARCHAR(50) NOT NULL,
company_id INT UNSIGNED NOT NULL,
password_encrypted VARCHAR(200) NULL,
active INT(1) NOT NULL DEFAULT 1,
PRIMARY KEY (username))

CREATE TABLE webservice_permission_tbl (
username VARCHAR(50) NOT NULL,
endpoint VARCHAR(100) NOT NULL,
PRIMARY KEY (username, endpoint))

CREATE TABLE webservice_permissiongroup_tbl (
permissiongroup_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
name VARCHAR(50) NOT NULL,
category VARCHAR(32) NULL,
PRIMARY KEY (permissiongroup_id))

CREATE TABLE customer_field_tbl (
company_id INT UNSIGNED NOT NULL,
col_name VARCHAR(64) NOT NULL,
shortname VARCHAR(200) NULL,
default_value VARCHAR(500) NULL,
mode_edit INT(11) NOT NULL DEFAULT 0,
PRIMARY KEY (company_id, col_name))

CREATE TABLE datasource_description_tbl (
datasource_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
description VARCHAR(1000) NULL,
url VARCHAR(2000) NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (datasource_id))

CREATE TABLE title_tbl (
title_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
description VARCHAR(255) NOT NULL,
PRIMARY KEY (title_id),
UNIQUE KEY title$cid_desc$uk (company_id, description))

CREATE TABLE title_gender_tbl (
title_id INT UNSIGNED NOT NULL,
gender INT(11) NOT NULL,
title VARCHAR(50) NULL,
PRIMARY KEY (title_id, gender)) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci

CREATE TABLE click_stat_colors_tbl (
id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL DEFAULT 0,
range_start INT(11) NOT NULL,
range_end INT(11) NOT NULL,
color VARCHAR(6) NULL,
PRIMARY KEY (id)) ENGINE=InnoDB CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci

CREATE TABLE calendar_comment_tbl (
comment_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
admin_id INT UNSIGNED NOT NULL,
comment_content TEXT NULL,
comment_date TIMESTAMP NULL,
PRIMARY KEY (comment_id),
CONSTRAINT calcom$admin$fk FOREIGN KEY (admin_id) REFERENCES admin_tbl (admin_id)) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci

CREATE TABLE workflow_tbl (
workflow_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
shortname VARCHAR(200) NOT NULL,
status INT(11) NOT NULL DEFAULT 0,
workflow_schema LONGTEXT NULL,
PRIMARY KEY (workflow_id))

CREATE TABLE workflow_reaction_tbl (
reaction_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
workflow_id INT UNSIGNED NOT NULL,
active INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (reaction_id))

CREATE TABLE workflow_reaction_out_tbl (
reaction_id INT UNSIGNED NOT NULL,
case_id INT UNSIGNED NOT NULL,
step_id INT UNSIGNED NOT NULL,
customer_id INT UNSIGNED NOT NULL,
step_date TIMESTAMP NULL,
PRIMARY KEY (reaction_id, case_id, step_id, customer_id),
KEY wfrot$datecustrea$idx (step_date, customer_id, reaction_id))

CREATE TABLE server_command_tbl (
command_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
servername VARCHAR(100) NULL,
command VARCHAR(64) NULL,
execution_date TIMESTAMP NULL,
admin_id INT UNSIGNED NULL,
PRIMARY KEY (command_id))

CREATE TABLE timestamp_tbl (
timestamp_id INT UNSIGNED NOT NULL,
description VARCHAR(250) NULL,
cur TIMESTAMP NULL,
prev TIMESTAMP NULL,
PRIMARY KEY (timestamp_id))

CREATE TABLE tag_tbl (
tag_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL DEFAULT 0,
tagname VARCHAR(64) NOT NULL,
selectvalue VARCHAR(4000) NULL,
deprecated INT(1) NOT NULL DEFAULT 0,
PRIMARY KEY (tag_id))

CREATE TABLE upload_tbl (
upload_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
admin_id INT UNSIGNED NOT NULL,
filename VARCHAR(200) NOT NULL,
filesize BIGINT NULL,
payload LONGBLOB NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (upload_id))

CREATE TABLE undo_component_tbl (
undo_id INT UNSIGNED NOT NULL,
component_id INT UNSIGNED NOT NULL,
emmblock LONGTEXT NULL,
KEY undocomp$undo$idx (undo_id))

CREATE TABLE dkim_key_tbl (
dkim_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
company_id INT UNSIGNED NOT NULL,
domain VARCHAR(128) NOT NULL,
selector VARCHAR(128) NOT NULL,
domain_key TEXT NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (dkim_id))

CREATE SQL SECURITY INVOKER VIEW mailing_progress_view AS
SELECT m.company_id, m.mailing_id, m.shortname, m.work_status, COALESCE(SUM(a.no_of_mailings), 0) AS mails
FROM mailing_tbl m LEFT JOIN mailing_account_tbl a ON a.mailing_id = m.mailing_id
GROUP BY m.company_id, m.mailing_id, m.shortname, m.work_status

CREATE FUNCTION mail_domain(address VARCHAR(200)) RETURNS VARCHAR(200) CHARACTER SET utf8mb4 DETERMINISTIC SQL SECURITY INVOKER
BEGIN
  -- the part behind the at sign; NULL when there is none
  IF LOCATE('@', address) = 0 THEN
    RETURN NULL;
  END IF;
  RETURN SUBSTRING_INDEX(address, '@', -1);
END
