"""How far systems fit their outputs to the reader: arrays of distances and relevance to numbers."""
