// A program of the AWS SDK for JavaScript 2, which is told all by the environment that the eucarc
// makes.
"use strict";

const fs = require("node:fs");
const { pipeline } = require("node:stream/promises");
const AWS = require("aws-sdk");
const { obey } = require("./verbs.cjs");

const s3 = new AWS.S3({
  endpoint: process.env.S3_URL,
  region: process.env.AWS_REGION,
  s3ForcePathStyle: true,
  signatureVersion: "v4",
});

obey({
  version: () => AWS.VERSION,
  buckets: async () => {
    const { Buckets } = await s3.listBuckets().promise();
    return Buckets.map((each) => each.Name);
  },
  make: (Bucket) => s3.createBucket({ Bucket }).promise(),
  put: (path, Bucket, Key) => s3.upload({ Bucket, Key, Body: fs.createReadStream(path) }).promise(),
  get: (Bucket, Key, path) =>
    pipeline(s3.getObject({ Bucket, Key }).createReadStream(), fs.createWriteStream(path)),
  objects: async (Bucket) => {
    const { Contents } = await s3.listObjectsV2({ Bucket }).promise();
    return Contents.map((each) => each.Key);
  },
  delete: (Bucket, Key) => s3.deleteObject({ Bucket, Key }).promise(),
  remove: (Bucket) => s3.deleteBucket({ Bucket }).promise(),
});
