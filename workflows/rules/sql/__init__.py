"""Update files of the vendor, statement by statement (DESIGN 3.3, facts 5)."""
