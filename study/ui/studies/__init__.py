"""Pages for managing a study: import, design, planning, progress, export."""
