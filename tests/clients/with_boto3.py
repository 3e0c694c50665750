"""What a boto3 program does with a bucket; prints what it saw as JSON.

usage: with_boto3.py PROFILE BUCKET; an empty PROFILE leaves it to the environment.
"""

from __future__ import annotations

import json
import sys
import urllib.request

import boto3

MIB = 1024 * 1024


def main() -> None:
    """Make a bucket, use it, remove it."""
    profile, bucket = sys.argv[1:]
    session = boto3.Session(profile_name=profile or None)
    s3 = session.client("s3")
    seen: dict[str, object] = {"region": session.region_name}
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": session.region_name}
    )
    seen["listed bucket"] = bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"small/{number} ü+%", Body=b"content %d" % number)
    got = s3.get_object(Bucket=bucket, Key="small/1 ü+%")["Body"].read()
    seen["got"] = got.decode()
    seen["multipart"] = multipart(s3, bucket, b"m" * (5 * MIB + 1))
    listing = s3.list_objects_v2(Bucket=bucket, Prefix="small/")
    seen["listed"] = [each["Key"] for each in listing["Contents"]]
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "small/2 ü+%"}, ExpiresIn=60
    )
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - loopback's http
        seen["presigned"] = answer.read().decode()
    every = [{"Key": each["Key"]} for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": every})
    seen["deleted"] = sorted(each["Key"] for each in deleted["Deleted"])
    s3.delete_bucket(Bucket=bucket)
    json.dump(seen, sys.stdout)


def multipart(s3: object, bucket: str, body: bytes) -> bool:
    """Upload in two parts; tell whether it came back whole."""
    where = {"Bucket": bucket, "Key": "large"}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}  # type: ignore[attr-defined]
    parts = []
    for number, part in enumerate((body[: 5 * MIB], body[5 * MIB :]), start=1):
        answer = s3.upload_part(**upload, PartNumber=number, Body=part)  # type: ignore[attr-defined]
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})  # type: ignore[attr-defined]
    return bool(s3.get_object(**where)["Body"].read() == body)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
