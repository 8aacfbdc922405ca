"""What an administrator is asked before an installation, on a terminal or in a file."""
