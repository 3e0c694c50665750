"""The borders: SSH, Keystone, HTTP, the local machine."""
