"""The Help page, which shows the guide in the app."""
