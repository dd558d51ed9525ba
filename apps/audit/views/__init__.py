"""What programs ask and send over HTTP, beside the graph."""
