"""Resumable, proven and audited upgrades of OpenEMM servers."""

__version__ = "0.1.0"
