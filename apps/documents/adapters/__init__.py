"""The libraries that write documents, each behind one `render_x(document, out)`."""
