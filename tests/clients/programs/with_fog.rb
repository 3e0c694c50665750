# A program of Ruby's fog-aws, which is told all by the environment that the eucarc makes.
require "fog/aws"
require "json"

PART = 5 * 1024 * 1024

Excon.defaults[:ssl_ca_file] = ENV["AWS_CA_BUNDLE"] if ENV["AWS_CA_BUNDLE"]
S3 = Fog::Storage.new(
  provider: "AWS",
  aws_access_key_id: ENV.fetch("AWS_ACCESS_KEY_ID"),
  aws_secret_access_key: ENV.fetch("AWS_SECRET_ACCESS_KEY"),
  region: ENV.fetch("AWS_REGION"),
  endpoint: ENV.fetch("S3_URL"),
  path_style: true,
  # Swift before 2.35.1 and 2.36.0 refuses uploads that are signed piece by piece.
  enable_signature_v4_streaming: false
)

def obey(verb, *words)
  case verb
  when "version" then Fog::AWS::VERSION
  when "buckets" then S3.directories.map(&:key)
  when "make" then S3.put_bucket(words[0]) && nil
  when "put" then put(*words)
  when "get" then File.binwrite(words[2], S3.get_object(words[0], words[1]).body) && nil
  when "objects" then S3.directories.get(words[0]).files.map(&:key)
  when "delete" then S3.delete_object(words[0], words[1]) && nil
  when "remove" then S3.delete_bucket(words[0]) && nil
  end
end

def put(path, bucket, key)
  File.open(path, "rb") do |body|
    S3.directories.new(key: bucket).files.create(key: key, body: body, multipart_chunk_size: PART)
  end
  nil
end

puts JSON.generate(obey(*ARGV))
