"""What must hold before a switch of the mail server may start."""
