"""The interface texts of a package: three files that refill messages_tbl (facts 5.3)."""

from __future__ import annotations

TEXTS = {  # what a splitter or a client could stumble over
    "action.op.script": ("Script; runs on the server", "Skript; läuft auf dem Server"),
    "error.delimiter": ("DELIMITER ;;\nis not allowed here", "Verboten:\nDELIMITER $$\nquit\n"),
    "error.quote": ("It's not \"quoted\"; it's `ticked`", "Das ist nicht „zitiert“; es ist 'so'"),
    "error.backslash": ("C:\\temp\\; or \\' even", "C:\\Übung\\;\\"),
    "error.comment": ("-- no comment; /* nor this */ # nor that", "-- kein Kommentar;\n/* auch nicht"),
    "export.separator": (";", ";"),
    "export.lines": ("First line;\nsecond line;\n\nfourth line", "Erste Zeile;\nzweite Zeile;\n\nvierte Zeile"),
    "mailing.greeting": ("Good day, {0};", "Grüß Gott, {0};"),
    "source.of.error": ("source file.sql\nis a command elsewhere", "Woher:\nsource datei.sql\n"),
    "sql.example": ("SELECT 1; DROP TABLE x; --", "SELECT 'ä'; -- ;"),
}
NOUNS = {
    "action": ("action", "Aktion"), "admin": ("user", "Benutzer"), "birt": ("report", "Bericht"), "blocklist": ("ban", "Sperre"),
    "calendar": ("entry", "Eintrag"), "campaign": ("archive", "Archiv"), "company": ("client", "Mandant"),
    "export": ("export", "Export"), "form": ("form", "Formular"), "import": ("import", "Import"), "link": ("link", "Verknüpfung"),
    "mailing": ("mailing", "Mailing"), "mailinglist": ("list", "Verteiler"), "mailloop": ("bounce filter", "Bounce-Filter"),
    "profile": ("field", "Profilfeld"), "recipient": ("recipient", "Empfänger"), "role": ("role", "Rolle"),
    "salutation": ("salutation", "Anrede"), "settings": ("setting", "Einstellung"), "target": ("target group", "Zielgruppe"),
    "template": ("template", "Vorlage"), "upload": ("upload", "Datei"), "webservice": ("web service", "Webdienst"),
    "workflow": ("workflow", "Ablauf"),
}  # fmt: skip
VERBS = {
    "change": ("Change the {}", "{} ändern"), "copy": ("Copy the {}", "{} kopieren"), "delete": ("Delete the {}?", "{} löschen?"),
    "deleted": ("The {} is gone; it can't be restored.", "{} gelöscht; das läßt sich nicht zurücknehmen."),
    "error": ("The {} wasn't saved;\ntry again.", "{} nicht gespeichert;\nbitte noch einmal versuchen."),
    "list": ("Every {}", "{}: Übersicht"), "new": ("New {}", "{} (neu)"), "saved": ("The {} was saved", "{} gespeichert"),
}  # fmt: skip
_INSERT = "INSERT INTO messages_tbl (message_key, value_default, value_de, value_fr) VALUES ({}, {}, {}, NULL);\n"
_DELETED = "UPDATE messages_tbl SET deleted = 1 WHERE message_key = {};\n"


def main_text(line: str) -> str:
    """The text of emm-mysql-messages.sql: empties the table, then one insert a text."""
    rows = dict(TEXTS)
    for noun, (english, german) in NOUNS.items():
        rows |= {f"{noun}.{verb}": (one.format(english), other.format(german)) for verb, (one, other) in VERBS.items()}
    rows["about.release"] = (f"OpenEMM {line}; ready", f"OpenEMM {line}; bereit")
    inserts = [
        _INSERT.format(_escaped(key), _escaped(english), _doubled(german)) for key, (english, german) in sorted(rows.items())
    ]
    return "-- Interface texts; the table is refilled as a whole\nTRUNCATE messages_tbl;\n\n" + "".join(inserts)


def deleted_text() -> str:
    """The text of emm-mysql-messages-deleted.sql: texts that are used no more."""
    return "".join(_DELETED.format(_doubled(key)) for key in ("calendar.copy", "role.copy", "webservice.copy"))


def openemm_text(line: str) -> str:
    """The text of emm-mysql-messages-openemm.sql, whose last line is not ended."""
    head = "-- Texts of OpenEMM only;\nDELETE FROM messages_tbl WHERE message_key = 'logon.title';\n"
    texts = ("logon.title", f"OpenEMM {line}; log on", f"OpenEMM {line}; anmelden")
    return head + _INSERT.format(*map(_doubled, texts)).rstrip("\n")


def _escaped(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _doubled(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
