"""The Help page: the guide, shown in the app."""
