"""What several pages share: estimates, charts, filters, results that are kept."""
