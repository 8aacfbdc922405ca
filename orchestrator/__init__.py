"""Resumable, proven and audited upgrades of OpenEMM servers."""
