"""What the commands call: each module is one thing an administrator asks for, put together from engine, adapters and state."""
