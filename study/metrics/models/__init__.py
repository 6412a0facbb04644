"""What loads torch: imported by worker processes only."""
