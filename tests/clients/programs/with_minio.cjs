// A program of MinIO's SDK for JavaScript, which is told all by the environment that the eucarc
// makes.
"use strict";

const Minio = require("minio");
const { obey } = require("./verbs.cjs");

const url = new URL(process.env.S3_URL);
const secure = url.protocol === "https:";
const s3 = new Minio.Client({
  endPoint: url.hostname,
  port: Number(url.port) || (secure ? 443 : 80),
  useSSL: secure,
  accessKey: process.env.AWS_ACCESS_KEY_ID,
  secretKey: process.env.AWS_SECRET_ACCESS_KEY,
  region: process.env.AWS_REGION,
  pathStyle: true,
  partSize: 5 * 1024 * 1024,
});

obey({
  version: () => require("minio/package.json").version,
  buckets: async () => (await s3.listBuckets()).map((each) => each.name),
  make: (bucket) => s3.makeBucket(bucket, process.env.AWS_REGION),
  put: async (path, bucket, key) => {
    await s3.fPutObject(bucket, key, path, {});
  },
  get: (bucket, key, path) => s3.fGetObject(bucket, key, path),
  objects: async (bucket) => {
    const keys = [];
    for await (const each of s3.listObjectsV2(bucket, "", true)) {
      keys.push(each.name);
    }
    return keys;
  },
  delete: (bucket, key) => s3.removeObject(bucket, key),
  remove: (bucket) => s3.removeBucket(bucket),
});
