"""The keys under which a version that does not fit the release is told and answered: --keep java.version."""

from __future__ import annotations

JAVA_VERSION, TOMCAT_VERSION, PYTHON_VERSION = "java.version", "tomcat.major", "python.version"
