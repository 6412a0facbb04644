"""The Personalization page."""
