"""What pages and commands both do: score, run judges, export, reproduce, simulate, open the demo."""
