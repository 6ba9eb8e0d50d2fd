"""What carries out a plan: forwards of a causal language model, plain or packed."""
