"""Which system is preferred: win rates, preference models, their errors and ranks."""
