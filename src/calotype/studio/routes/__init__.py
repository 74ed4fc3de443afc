"""The requests of the HTTP interface, one router per module."""
