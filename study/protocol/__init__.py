"""The protocol of a study as data: designs, phases, check material, evidence of how raters answered."""
