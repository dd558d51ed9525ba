"""One message to one person, over the channel that person wants."""
