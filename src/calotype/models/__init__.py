"""Systems that learn from many photos, each in a folder of its own."""
