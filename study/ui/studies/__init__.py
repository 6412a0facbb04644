"""The pages about a study before and beside its analysis: import, design, planning, progress, export."""
