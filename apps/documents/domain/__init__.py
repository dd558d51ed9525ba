"""What a document is, apart from the database and from the libraries that draw it."""
