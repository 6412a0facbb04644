"""Personal data in texts: find them, and mask them before others read the texts."""
