"""EC2 services: nova's own, ec2-api, and whatever else speaks EC2's query protocol."""
