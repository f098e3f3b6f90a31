"""Small problems that show what gates are for."""
