"""What must hold of a host before an installation changes it (guide 3.1 to 3.3, 4, 5.4, 8.1, 9.6, 10; facts 10.2)."""
