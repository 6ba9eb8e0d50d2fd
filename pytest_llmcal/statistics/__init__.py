"""How sure are we, in plain values: ends of intervals and noise floors."""
