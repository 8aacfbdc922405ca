"""bin/setenv.sh keeps every line that is not about the variables that are set (facts 1.4)."""

from __future__ import annotations

from workflows.rules.texts.setenv import reads_config, variables, with_variables

ADMINS = """\
#!/bin/bash
# JAVA_HOME="/old"
export JAVA_HOME=$HOME/opt/java
  CATALINA_HOME='/srv/tom cat'
export PROXY="http://proxy:3128"; export MORE=1
. "$HOME/scripts/config.sh"
echo last
"""


def test_values_are_read_in_every_way_a_shell_takes_them() -> None:
    assert variables(ADMINS, "/home/openemm") == {"JAVA_HOME": "/home/openemm/opt/java", "CATALINA_HOME": "/srv/tom cat"}


def test_a_value_is_replaced_where_it_stands_and_a_new_one_comes_before_config_sh() -> None:
    changed = with_variables(ADMINS, {"JAVA_HOME": "/usr/lib/jvm/java-11", "WKHTMLTOPDF": "/usr/local/bin/wkhtmltopdf"})
    assert changed == ADMINS.replace("export JAVA_HOME=$HOME/opt/java", 'export JAVA_HOME="/usr/lib/jvm/java-11"').replace(
        '. "$HOME', 'export WKHTMLTOPDF="/usr/local/bin/wkhtmltopdf"\n. "$HOME'
    )


def test_a_new_file_sets_the_values_and_reads_config_sh_last() -> None:
    text = with_variables("", {"JAVA_HOME": "/a", "CATALINA_HOME": "/b"})
    assert text.splitlines()[:3] == ["#!/bin/sh", 'export JAVA_HOME="/a"', 'export CATALINA_HOME="/b"']
    assert reads_config(text)
    assert with_variables(text, {"JAVA_HOME": "/a", "CATALINA_HOME": "/b"}) == text


def test_a_comment_about_config_sh_does_not_read_it() -> None:
    assert not reads_config("# . scripts/config.sh\n")
