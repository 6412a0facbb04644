"""Measurements that print ratios against a peer in the same run; nothing here asserts a time."""
