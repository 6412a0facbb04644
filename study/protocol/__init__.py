"""What raters are asked and meet, as data: designs, phases, check material, evidence of how they answered."""
