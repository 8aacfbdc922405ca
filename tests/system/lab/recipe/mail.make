all: sendmail.cf mailertable.db access.db

sendmail.cf: sendmail.mc
	m4 -D_CF_DIR_=/usr/share/sendmail/cf/ $< >$@.new
	mv $@.new $@

%.db: %
	makemap hash $< <$<
