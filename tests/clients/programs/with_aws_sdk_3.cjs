// A program of the AWS SDK for JavaScript 3, which is told all by the eucarc.
"use strict";

const fs = require("node:fs");
const { pipeline } = require("node:stream/promises");
const S3 = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { obey } = require("./verbs.cjs");

// The files cannot say it to this SDK.
const s3 = new S3.S3Client({ forcePathStyle: true });

obey({
  version: () => require("@aws-sdk/client-s3/package.json").version,
  buckets: async () => {
    const { Buckets } = await s3.send(new S3.ListBucketsCommand({}));
    return Buckets.map((each) => each.Name);
  },
  make: async (Bucket) => {
    await s3.send(new S3.CreateBucketCommand({ Bucket }));
  },
  put: async (path, Bucket, Key) => {
    const Body = fs.createReadStream(path);
    const upload = new Upload({ client: s3, params: { Bucket, Key, Body } });
    await upload.done();
  },
  get: async (Bucket, Key, path) => {
    const { Body } = await s3.send(new S3.GetObjectCommand({ Bucket, Key }));
    await pipeline(Body, fs.createWriteStream(path));
  },
  objects: async (Bucket) => {
    const { Contents } = await s3.send(new S3.ListObjectsV2Command({ Bucket }));
    return (Contents ?? []).map((each) => each.Key);
  },
  delete: async (Bucket, Key) => {
    const Delete = { Objects: [{ Key }] };
    await s3.send(new S3.DeleteObjectsCommand({ Bucket, Delete }));
  },
  remove: async (Bucket) => {
    await s3.send(new S3.DeleteBucketCommand({ Bucket }));
  },
});
