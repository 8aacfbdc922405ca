"""The permissions of OpenEMM's users, and the file that deletes and rebuilds them (facts 5.3, 13.4)."""

from __future__ import annotations

AREAS = {
    "action": "change delete show",
    "admin": "change delete new show",
    "birt": "change delete show",
    "calendar": "change show",
    "campaign": "change delete new show",
    "company": "change show",
    "export": "change delete ownColumns show",
    "forms": "change delete show",
    "import": "change delete mode.add mode.add_update mode.blacklist mode.unsubscribe show",
    "mailing": "attachments.show change classic components.change content.show copy default_action delete "
    "expert export import new preview send.admin send.test send.world settings.show show",
    "mailinglist": "change delete new show",
    "mailloop": "change delete show",
    "master": "show",
    "recipient": "change delete history new profileField.html show",
    "report": "birt.show",
    "role": "change delete show",
    "settings": "open show",
    "stats": "clean ip mailing mobile month opentimes show",
    "targets": "change delete lock show",
    "template": "change delete import new show",
    "upload": "show",
    "user": "log.show",
    "webservice": "user.change user.show",
    "wizard": "mailing recipient",
    "workflow": "change delete show",
}
ADDED = {
    "20.04": ("campaign.autoopt", "mailing.lock.show", "recipient.history.mailing", "stats.progress", "targets.complexity.show"),
    "20.10": ("import.mediatype", "workflow.stop"),
}
OLDER_THAN_19_10 = ("action.op.old", "mailing.legacy.show", "premium.content_source", "premium.deliverytime", "premium.voucher")

_HEAD = """\
-- The rights of the group OpenEMM, and of its first user; deleted and built anew
DELETE FROM admin_permission_tbl WHERE admin_id = 1;
DELETE FROM admin_group_permission_tbl WHERE admin_group_id IN
	(SELECT admin_group_id FROM admin_group_tbl WHERE shortname = 'OpenEMM');

"""
_INSERT = """\
INSERT INTO admin_group_permission_tbl (admin_group_id, {columns}) SELECT admin_group_id, {values} FROM admin_group_tbl
	WHERE shortname = 'OpenEMM';
"""
_TAIL = """
INSERT INTO admin_permission_tbl (admin_id, {columns}) SELECT 1, {columns} FROM admin_group_permission_tbl
	WHERE admin_group_id IN (SELECT admin_group_id FROM admin_group_tbl WHERE shortname = 'OpenEMM');
"""


def permissions(line: str) -> list[str]:
    """The rights of the group OpenEMM at a line, in the order in which its file writes them."""
    found = [f"{area}.{action}" for area, actions in AREAS.items() for action in actions.split()]
    for added_by, names in ADDED.items():
        if added_by <= line:
            found += names
    return sorted(found)


def userrights_text(line: str) -> str:
    """The text of sql/userrights.sql: rerunnable, and half done when one permission is unknown to the database (error 1452)."""
    by_name = line >= "20.10"
    columns = "security_token, permission_name" if by_name else "security_token"
    inserts = [
        _INSERT.replace("{columns}", columns).replace("{values}", f"'{name}', '{name}'" if by_name else f"'{name}'")
        for name in permissions(line)
    ]
    return _HEAD + "".join(inserts) + _TAIL.replace("{columns}", columns)
