"""Booted hosts to test on: systemd as PID 1, RHEL-like, on this machine and without a network of its own.

`python -m tests.system.lab build` makes the root file system that all hosts share (about a minute, then cached),
`shell` gives a shell on a fresh host, `clean` removes what a killed test left behind.
"""
