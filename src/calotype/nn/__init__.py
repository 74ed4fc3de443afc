"""Network parts that more than one system uses. Import what you need from the files in here."""
