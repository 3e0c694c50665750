"""Client files: what S3 and EC2 programs read, as text in and text out."""
