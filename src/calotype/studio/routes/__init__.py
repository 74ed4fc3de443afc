"""The requests, by what they are about; each file makes the router of its part."""
