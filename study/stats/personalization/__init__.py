"""How well systems adapt their outputs to the reader, computed from arrays of distances and relevance."""
