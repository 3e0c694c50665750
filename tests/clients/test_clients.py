"""Clients from PyPI and npm do what people do with S3, told by the files just written alone."""

from __future__ import annotations

from tests.clients.operations import (
    test_a_bucket_is_made,
    test_a_bucket_is_removed,
    test_a_large_object_is_put_in_parts_and_got_with_the_same_bytes,
    test_an_object_is_deleted,
    test_an_object_is_got_with_the_same_bytes,
    test_an_object_is_put,
    test_buckets_are_listed,
    test_names_with_blanks_signs_and_letters_of_all_kinds_are_kept,
    test_objects_are_listed,
    test_the_client_is_of_the_version_that_the_table_names,
)

__all__ = [
    "test_a_bucket_is_made",
    "test_a_bucket_is_removed",
    "test_a_large_object_is_put_in_parts_and_got_with_the_same_bytes",
    "test_an_object_is_deleted",
    "test_an_object_is_got_with_the_same_bytes",
    "test_an_object_is_put",
    "test_buckets_are_listed",
    "test_names_with_blanks_signs_and_letters_of_all_kinds_are_kept",
    "test_objects_are_listed",
    "test_the_client_is_of_the_version_that_the_table_names",
]
