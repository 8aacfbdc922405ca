"""What the doctor measures on a real host (workflows.doctor_host)."""
