"""How many judgments a study needs, and when it may stop."""
