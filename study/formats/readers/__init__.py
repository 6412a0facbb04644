"""Files to records: one file per format, and the steps that they share."""
