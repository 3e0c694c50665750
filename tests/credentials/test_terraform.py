"""What Terraform is given is in its language, and says what it needs."""

from dataclasses import replace
from typing import Any

import hcl2
import pytest

from tests.credentials.samples import S3_ALONE, URLS, contents, texts

BACKEND = "terraform/demo.s3.tfbackend"
OLD_BACKEND = "terraform/demo-before-1.6.s3.tfbackend"
PROVIDER = "terraform/demo-provider.tf"


def parsed(path: str, **options: Any) -> Any:
    wanted = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False)
    return hcl2.loads(texts(**options)[path], serialization_options=wanted)


def test_the_backend_finds_the_gateway_by_the_files_of_the_aws_programs() -> None:
    backend = parsed(BACKEND, directory="/home/alice")
    assert backend["profile"] == "demo"
    assert backend["shared_config_files"] == ["/home/alice/.aws/config"]
    assert backend["shared_credentials_files"] == ["/home/alice/.aws/credentials"]
    assert backend["region"] == "gateway-1"
    assert backend["endpoints"] == {"s3": "https://s3.example.org"}
    assert backend["custom_ca_bundle"] == "/etc/ssl/my ca.pem"
    assert backend["use_path_style"] is True


def test_nobody_else_of_amazons_is_asked() -> None:
    (provider,) = parsed(PROVIDER)["provider"]
    (settings,) = provider.values()
    for said in (parsed(BACKEND), settings):
        assert said["skip_credentials_validation"] is True
        assert said["skip_metadata_api_check"] is True
        assert said["skip_requesting_account_id"] is True
        assert said["skip_region_validation"] is True


def test_terraform_before_1_6_is_told_in_its_own_words() -> None:
    backend = parsed(OLD_BACKEND, directory="/home/alice")
    assert backend["shared_credentials_file"] == "/home/alice/.aws/credentials"
    assert backend["endpoint"] == "https://s3.example.org"
    assert backend["force_path_style"] is True
    assert "endpoints" not in backend


def test_the_provider_has_the_endpoints_that_the_cloud_has() -> None:
    (provider,) = parsed(PROVIDER)["provider"]
    (endpoints,) = provider["aws"]["endpoints"]
    assert endpoints["s3"] == "https://s3.example.org"
    assert endpoints["ec2"] == "https://ec2.example.org:8788/services/Cloud"
    (provider,) = parsed(PROVIDER, urls=S3_ALONE)["provider"]
    (endpoints,) = provider["aws"]["endpoints"]
    assert endpoints["s3"] == "http://gateway:8080"
    assert "ec2" not in endpoints


def test_no_value_is_taken_for_a_piece_of_a_program() -> None:
    urls = replace(URLS, ca_bundle='/%{if x}/"ca".pem')
    assert r'custom_ca_bundle         = "/%%{if x}/\"ca\".pem"' in texts(urls=urls)[BACKEND]


@pytest.mark.parametrize("path", [BACKEND, OLD_BACKEND, PROVIDER])
def test_no_key_is_in_them(path: str) -> None:
    assert all(isinstance(part, str) for part in contents()[path])
    assert "0123abc" not in texts()[path]
