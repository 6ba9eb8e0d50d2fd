"""How sure are we, in plain values."""
