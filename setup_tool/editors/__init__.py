"""Pure text in, text out: configuration files, pipelines, client files, masked differences."""
