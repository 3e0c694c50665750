"""Terraform's and OpenTofu's: settings of the S3 backend, and the provider ``aws``.

They name the profile of the AWS files and hold no key. The backend's are a file for
``terraform init -backend-config``, the provider's a piece of configuration to copy.
"""

from __future__ import annotations

from setup_tool.editors.client.client import Client, ClientFile

TERRAFORM = Client(
    "terraform",
    (
        ClientFile("terraform/{profile}.s3.tfbackend", "terraform-backend.j2"),
        ClientFile("terraform/{profile}-before-1.6.s3.tfbackend", "terraform-backend-1.5.j2"),
        ClientFile("terraform/{profile}-provider.tf", "terraform-provider.j2"),
    ),
    needs="s3",
)
