"""Which block rotates the mail log, and how it comes to be readable (guide 4.7)."""

from __future__ import annotations

import pytest

from workflows.rules.texts import logrotate

LOG = "/var/log/maillog"
RHEL = """\
/var/log/cron
/var/log/maillog
/var/log/secure
{
    missingok
    sharedscripts
    postrotate
        if [ -f x ]; then
        { create; }
        fi
    endscript
}
"""


def test_the_mail_log_leaves_a_block_that_rotates_others_too_which_stay_closed() -> None:
    block = logrotate.rotating(RHEL, LOG)
    assert block is not None
    assert (block.paths, block.create, block.readable) == (("/var/log/cron", LOG, "/var/log/secure"), None, False)
    left, own = logrotate.moved(RHEL, block, LOG, "/etc/logrotate.d/own")
    assert left == f"# {LOG} is rotated by /etc/logrotate.d/own\n" + RHEL.replace(f"{LOG}\n", "")
    assert own == f"{LOG} {{\n" + RHEL.partition("{\n")[2].replace("sharedscripts\n", "sharedscripts\n    create 0644\n")
    assert logrotate.rotating(left, LOG) is None
    moved = logrotate.rotating(own, LOG)
    assert moved is not None
    assert moved.readable


def test_a_path_leaves_its_line_and_the_others_of_it_stay() -> None:
    text = "/var/log/mail /var/log/mail.info {\n    create 640 root root\n    daily\n}\n"
    block = logrotate.rotating(text, "/var/log/mail")
    assert block is not None
    assert block.create == 0o640
    left, own = logrotate.moved(text, block, "/var/log/mail", "own")
    assert [one.paths for one in logrotate.blocks(left)] == [("/var/log/mail.info",)]
    assert own == "/var/log/mail {\n    create 0644\n    daily\n}\n"


def test_a_block_of_its_own_gets_the_line_and_loses_what_says_otherwise() -> None:
    text = "# x\nweekly\n/var/log/maillog {\n\tdaily\n\tcreate 0600 root root\n\tnocreate\n}\n/var/log/x {\n\tnocreate\n}\n"
    block = logrotate.rotating(text, LOG)
    assert block is not None
    assert block.create == 0
    changed = logrotate.with_readable(text, block)
    assert changed == text.replace("\tcreate 0600 root root\n\tnocreate\n}\n/var", "\tcreate 0644\n}\n/var")


def test_a_pattern_that_fits_the_log_rotates_it() -> None:
    block = logrotate.rotating('"/var/log/mail*" {\n}\n', LOG)
    assert block is not None
    assert block.paths == ("/var/log/mail*",)


@pytest.mark.parametrize("text", ["", "weekly\ncreate 0644\n", "# /var/log/maillog {\n#}\n", "/var/log/maillog.1 {\n}\n"])
def test_what_does_not_rotate_the_log_has_no_block_of_it(text: str) -> None:
    assert logrotate.rotating(text, LOG) is None


def test_the_block_for_a_log_that_nothing_rotated_is_readable() -> None:
    block = logrotate.rotating(logrotate.own(LOG, ["systemctl", "kill"]), LOG)
    assert block is not None
    assert block.readable
