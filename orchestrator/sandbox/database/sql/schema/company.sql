-- What each company has for itself; {n} is its number.

INSERT INTO company_tbl (company_id, shortname, status, rdir_domain, mailloop_domain, secret_key,
maxadminmails, expire_stat, max_fields, max_login_fails, login_block_time) VALUES
({n}, 'Company {n}', '{status}', 'https://news.sandbox.test', 'loop.sandbox.test', MD5({n}), 100 + 10 * {n}, 1100 - {n}, 60 + {n}, 2 + {n}, 300)

CREATE TABLE customer_{n}_tbl (
customer_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
gender INT(1) NOT NULL DEFAULT 2,
mailtype INT(1) NOT NULL DEFAULT 1,
title VARCHAR(100) NULL,
firstname VARCHAR(100) NULL,
lastname VARCHAR(100) NULL,
email VARCHAR(100) NULL,
datasource_id INT UNSIGNED NOT NULL DEFAULT 0,
bounceload INT(1) NOT NULL DEFAULT 0,
facebook_status INT(11) NULL,
foursquare_status INT(11) NULL,
google_status INT(11) NULL,
twitter_status INT(11) NULL,
xing_status INT(11) NULL,
lastopen_date TIMESTAMP NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (customer_id),
KEY cust{n}$email$idx (email))

CREATE TABLE customer_{n}_binding_tbl (
customer_id INT UNSIGNED NOT NULL,
mailinglist_id INT UNSIGNED NOT NULL,
mediatype INT UNSIGNED NOT NULL DEFAULT 0,
user_type CHAR(1) NOT NULL DEFAULT 'W',
user_status INT(11) NOT NULL DEFAULT 1,
user_remark VARCHAR(150) NULL,
exit_mailing_id INT UNSIGNED NULL,
creation_date TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
PRIMARY KEY (customer_id, mailinglist_id, mediatype),
CONSTRAINT cust{n}b$cust$fk FOREIGN KEY (customer_id) REFERENCES customer_{n}_tbl (customer_id))

CREATE TABLE cust{n}_ban_tbl (
email VARCHAR(100) NOT NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (email))

CREATE TABLE hst_customer_{n}_tbl (
customer_id INT UNSIGNED NOT NULL,
name VARCHAR(100) NOT NULL,
value_before VARCHAR(4000) NULL,
change_type INT(11) NOT NULL,
timestamp_change TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
client_info VARCHAR(150) NULL)

CREATE TABLE hst_customer_{n}_binding_tbl (
customer_id INT UNSIGNED NOT NULL,
mailinglist_id INT UNSIGNED NOT NULL,
user_status INT(11) NULL,
change_type INT(11) NOT NULL,
timestamp_change TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP)

CREATE TABLE onepixellog_{n}_tbl (
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NOT NULL,
customer_id INT UNSIGNED NOT NULL,
ip_adr VARCHAR(50) NULL,
first_open TIMESTAMP NULL,
last_open TIMESTAMP NULL,
open_count INT(11) NOT NULL DEFAULT 1,
KEY onepix{n}$mid$idx (mailing_id))

CREATE TABLE rdirlog_{n}_tbl (
company_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NOT NULL,
customer_id INT UNSIGNED NULL,
url_id INT UNSIGNED NOT NULL,
ip_adr VARCHAR(50) NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP)

CREATE TABLE success_{n}_tbl (
customer_id INT UNSIGNED NOT NULL,
mailing_id INT UNSIGNED NOT NULL,
timestamp TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
KEY succ{n}$mid$idx (mailing_id))

INSERT INTO mailinglist_tbl (company_id, shortname, description) VALUES ({n}, 'Newsletter', 'Monthly; everybody who asked for it')

INSERT INTO cust{n}_ban_tbl (email) VALUES ('nobody@bounce{n}.test'), ('%@spam.test')

INSERT INTO birtreport_tbl (company_id, shortname, report_type, email, email_subject, send_days, send_time, send_date, delivery_date) VALUES
({n}, 'Weekly overview', 1, 'boss@company{n}.test, marketing@company{n}.test', 'Your week; in numbers', '1000000', '2020-03-02 07:30:00', '2020-03-02 07:30:00', '2020-03-09 07:30:00'),
({n}, 'Month in figures – Größe', 2, 'chef@company{n}.test', NULL, '1111100', '2020-03-01 06:00:00', '2020-03-01 06:00:00', NULL),
({n}, 'Never sent', 3, NULL, NULL, NULL, NULL, NULL, NULL)

INSERT INTO mailing_tbl (company_id, mailinglist_id, shortname, description, work_status) VALUES
({n}, 1, 'Spring 🌷 letter', 'Sent in March; 😀 subject', 'mailing.status.sent'), ({n}, 1, 'Summer letter', NULL, 'mailing.status.new')
