"""Personal data in texts: found, and hidden before others read them."""
