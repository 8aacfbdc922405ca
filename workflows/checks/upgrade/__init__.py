"""What must hold before an upgrade may start; without a plan, what can be said of the host as it is."""
