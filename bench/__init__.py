"""What setup-tool costs, each number as a ratio to a peer measured in the same run."""
