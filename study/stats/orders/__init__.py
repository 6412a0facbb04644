"""Rankings of several outputs: strengths, agreement, mean ranks, and pairs derived from them."""
