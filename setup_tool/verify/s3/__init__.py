"""S3 gateways."""
