"""Why does no mail leave? A check a file, each independent of the others (guide 6.1)."""
