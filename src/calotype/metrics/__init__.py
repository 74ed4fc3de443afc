"""Measures of results, one a file. Import what you need from the files in here."""
