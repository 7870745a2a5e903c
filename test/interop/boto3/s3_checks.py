import hashlib
import urllib.error
import urllib.request
from datetime import datetime

from botocore.exceptions import ClientError
from recorder import check, expect, main, refused, unique

MIB = 1024 * 1024


def make_bucket(client):
    name = unique("lake")
    client.create_bucket(Bucket=name)
    return name


def put(client, bucket, key, body=b"body", **options):
    return client.put_object(Bucket=bucket, Key=key, Body=body, **options)


def read(client, bucket, key, **options):
    return client.get_object(Bucket=bucket, Key=key, **options)["Body"].read()


def failure_status(call):
    """HTTP status of a refused call: HEAD answers carry no error code of their own."""
    try:
        call()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("expected a refusal, the call succeeded")


@check
def keeps_buckets(recorder):
    client = recorder.client("s3")
    name = make_bucket(client)
    client.head_bucket(Bucket=name)
    expect(name in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]], True, "listed")
    expect(client.get_bucket_location(Bucket=name)["LocationConstraint"], None, "us-east-1 has no constraint")
    put(client, name, "k")
    refused("BucketNotEmpty", lambda: client.delete_bucket(Bucket=name))
    client.delete_object(Bucket=name, Key="k")
    client.delete_bucket(Bucket=name)
    expect(failure_status(lambda: client.head_bucket(Bucket=name)), 404)


@check
def refuses_what_does_not_exist(recorder):
    client = recorder.client("s3")
    missing = unique("missing")
    refused("NoSuchBucket", lambda: put(client, missing, "k"))
    refused("NoSuchBucket", lambda: client.list_objects_v2(Bucket=missing))
    refused("NoSuchBucket", lambda: client.delete_bucket(Bucket=missing))
    bucket = make_bucket(client)
    error = refused("NoSuchKey", lambda: client.get_object(Bucket=bucket, Key="no"))
    expect(error["ResponseMetadata"]["HTTPStatusCode"], 404)
    expect(failure_status(lambda: client.head_object(Bucket=bucket, Key="no")), 404)
    refused("NoSuchUpload", lambda: client.list_parts(Bucket=bucket, Key="k", UploadId="no"))


@check
def gives_back_object_and_headers(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    body = bytes(range(256)) * 300
    answer = put(
        client,
        bucket,
        "a/b c+d%.bin",
        body,
        ContentType="application/x-parquet",
        ContentEncoding="identity",
        CacheControl="no-store",
        Metadata={"origin": "test"},
    )
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    expect(answer["ETag"], etag)
    got = client.get_object(Bucket=bucket, Key="a/b c+d%.bin")
    expect(got["Body"].read(), body)
    for name, value in {
        "ETag": etag,
        "ContentLength": len(body),
        "ContentType": "application/x-parquet",
        "CacheControl": "no-store",
        "Metadata": {"origin": "test"},
        "AcceptRanges": "bytes",
    }.items():
        expect(got[name], value, name)
    expect(isinstance(got["LastModified"], datetime), True, "LastModified")
    head = client.head_object(Bucket=bucket, Key="a/b c+d%.bin")
    expect((head["ContentLength"], head["ETag"], head["Metadata"]), (len(body), etag, {"origin": "test"}))


@check
def writes_only_where_nothing_is(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    put(client, bucket, "k", b"first", IfNoneMatch="*")
    error = refused("PreconditionFailed", lambda: put(client, bucket, "k", b"second", IfNoneMatch="*"))
    expect(error["ResponseMetadata"]["HTTPStatusCode"], 412)
    expect(read(client, bucket, "k"), b"first")


@check
def writes_only_over_the_version_it_names(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    etag = put(client, bucket, "k", b"first")["ETag"]
    second = put(client, bucket, "k", b"second", IfMatch=etag)["ETag"]
    refused("PreconditionFailed", lambda: put(client, bucket, "k", b"third", IfMatch=etag))
    expect(read(client, bucket, "k"), b"second")
    error = refused("NoSuchKey", lambda: put(client, bucket, "never", b"x", IfMatch=second))
    expect(error["ResponseMetadata"]["HTTPStatusCode"], 404)


@check
def reads_under_conditions(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    etag = put(client, bucket, "k")["ETag"]
    modified = client.head_object(Bucket=bucket, Key="k")["LastModified"]
    expect(read(client, bucket, "k", IfMatch=etag), b"body")
    expect(read(client, bucket, "k", IfNoneMatch='"other"'), b"body")
    status = lambda **options: failure_status(lambda: client.get_object(Bucket=bucket, Key="k", **options))
    expect(status(IfMatch='"other"'), 412)
    expect(status(IfNoneMatch=etag), 304)
    expect(status(IfModifiedSince=modified), 304)
    expect(read(client, bucket, "k", IfUnmodifiedSince=modified), b"body")


@check
def reads_ranges(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    put(client, bucket, "k", b"0123456789")
    answer = client.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")
    expect(answer["ResponseMetadata"]["HTTPStatusCode"], 206)
    expect((answer["Body"].read(), answer["ContentRange"]), (b"234", "bytes 2-4/10"))
    expect(read(client, bucket, "k", Range="bytes=-3"), b"789")
    expect(read(client, bucket, "k", Range="bytes=7-"), b"789")
    expect(read(client, bucket, "k", Range="bytes=8-100"), b"89")
    error = refused("InvalidRange", lambda: client.get_object(Bucket=bucket, Key="k", Range="bytes=10-12"))
    expect(error["ResponseMetadata"]["HTTPStatusCode"], 416)


@check
def checks_checksums(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    for algorithm in ("CRC32", "SHA256", "SHA1"):
        answer = put(client, bucket, algorithm, b"123456789", ChecksumAlgorithm=algorithm)
        name = f"Checksum{algorithm}"
        head = client.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        expect(head[name], answer[name])
    expect(client.head_object(Bucket=bucket, Key="CRC32", ChecksumMode="ENABLED")["ChecksumCRC32"], "y/Q5Jg==")
    refused(
        ("BadDigest", "XAmzContentChecksumMismatch"),
        lambda: put(client, bucket, "wrong", b"123456789", ChecksumCRC32="AAAAAA=="),
    )
    refused("BadDigest", lambda: put(client, bucket, "md5", b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA=="))


@check
def lists_by_prefix_and_delimiter(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    for key in ("a", "p/1", "p/2", "p/q/3", "p/r/4", "z"):
        put(client, bucket, key)
    answer = client.list_objects_v2(Bucket=bucket, Prefix="p/", Delimiter="/")
    expect([item["Key"] for item in answer["Contents"]], ["p/1", "p/2"])
    expect([item["Prefix"] for item in answer["CommonPrefixes"]], ["p/q/", "p/r/"])
    expect((answer["KeyCount"], answer["IsTruncated"], answer["Name"]), (4, False, bucket))
    expect(answer["Contents"][0]["Size"], 4)
    expect(answer["Contents"][0]["StorageClass"], "STANDARD")
    after = client.list_objects_v2(Bucket=bucket, StartAfter="p/2")
    expect([item["Key"] for item in after["Contents"]], ["p/q/3", "p/r/4", "z"])
    empty = client.list_objects_v2(Bucket=bucket, Prefix="nothing")
    expect(("Contents" in empty, empty["KeyCount"]), (False, 0))
    expect(client.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"], 0)


@check
def lists_page_by_page(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    keys = sorted((f"k/{name}" for name in ("a", "b", "ä", "\uffee", "😀")), key=lambda key: key.encode())
    for key in keys:
        put(client, bucket, key)
    listed, options = [], {}
    while True:
        page = client.list_objects_v2(Bucket=bucket, MaxKeys=2, **options)
        listed += [item["Key"] for item in page["Contents"]]
        if not page["IsTruncated"]:
            break
        options = {"ContinuationToken": page["NextContinuationToken"]}
    expect(listed, keys)
    first = client.list_objects(Bucket=bucket, MaxKeys=3)
    expect(([item["Key"] for item in first["Contents"]], first["IsTruncated"]), (keys[:3], True))
    rest = client.list_objects(Bucket=bucket, Marker=keys[2])
    expect([item["Key"] for item in rest["Contents"]], keys[3:])


@check
def deletes(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    client.delete_object(Bucket=bucket, Key="never")
    for key in ("a", "b", "c d"):
        put(client, bucket, key)
    answer = client.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "c d"}, {"Key": "never"}]}
    )
    expect(sorted(item["Key"] for item in answer["Deleted"]), ["a", "c d", "never"])
    quiet = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    expect("Deleted" in quiet, False, "quiet")
    expect(client.list_objects_v2(Bucket=bucket)["KeyCount"], 0)


@check
def copies(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    etag = put(client, bucket, "a b", b"source", Metadata={"x": "1"}, ContentType="text/csv")["ETag"]
    answer = client.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b"})
    expect(answer["CopyObjectResult"]["ETag"], etag)
    head = client.head_object(Bucket=bucket, Key="copy")
    expect((head["Metadata"], head["ContentType"]), ({"x": "1"}, "text/csv"))
    client.copy_object(
        Bucket=bucket,
        Key="replaced",
        CopySource={"Bucket": bucket, "Key": "a b"},
        MetadataDirective="REPLACE",
        Metadata={"y": "2"},
        ContentType="text/plain",
    )
    head = client.head_object(Bucket=bucket, Key="replaced")
    expect((head["Metadata"], head["ContentType"]), ({"y": "2"}, "text/plain"))
    refused(
        "PreconditionFailed",
        lambda: client.copy_object(
            Bucket=bucket, Key="no", CopySource={"Bucket": bucket, "Key": "a b"}, CopySourceIfMatch='"other"'
        ),
    )
    refused(
        "NoSuchKey",
        lambda: client.copy_object(Bucket=bucket, Key="no", CopySource={"Bucket": bucket, "Key": "no such"}),
    )


@check
def uploads_in_parts(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    upload = client.create_multipart_upload(Bucket=bucket, Key="big", ContentType="text/plain")["UploadId"]
    uploads = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    expect([(item["Key"], item["UploadId"]) for item in uploads], [("big", upload)])
    parts = []
    for number, body in ((1, b"a" * 5 * MIB), (2, b"b" * 100)):
        part = client.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    listed = client.list_parts(Bucket=bucket, Key="big", UploadId=upload)
    expect([(part["PartNumber"], part["Size"]) for part in listed["Parts"]], [(1, 5 * MIB), (2, 100)])
    expect(failure_status(lambda: client.head_object(Bucket=bucket, Key="big")), 404, "not there before the end")
    answer = client.complete_multipart_upload(
        Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    digest = hashlib.md5(
        hashlib.md5(b"a" * 5 * MIB).digest() + hashlib.md5(b"b" * 100).digest()
    ).hexdigest()
    expect(answer["ETag"], f'"{digest}-2"')
    head = client.head_object(Bucket=bucket, Key="big")
    expect((head["ContentLength"], head["ContentType"]), (5 * MIB + 100, "text/plain"))
    expect(read(client, bucket, "big", Range=f"bytes={5 * MIB - 1}-{5 * MIB}"), b"ab")
    refused("NoSuchUpload", lambda: client.list_parts(Bucket=bucket, Key="big", UploadId=upload))


@check
def refuses_parts_that_do_not_fit(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    etags = [
        client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=b"small")["ETag"]
        for number in (1, 2)
    ]
    complete = lambda parts: lambda: client.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    part = lambda number, etag: {"PartNumber": number, "ETag": etag}
    refused("InvalidPart", complete([part(1, '"00000000000000000000000000000000"')]))
    refused("InvalidPart", complete([part(3, etags[0])]))
    refused("EntityTooSmall", complete([part(1, etags[0]), part(2, etags[1])]))
    client.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    refused("NoSuchUpload", complete([part(1, etags[0])]))
    expect("Uploads" in client.list_multipart_uploads(Bucket=bucket), False, "aborted")


@check
def refuses_parts_out_of_order(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(
                Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=b"x" * 5 * MIB
            )["ETag"],
        }
        for number in (1, 2)
    ]
    refused(
        "InvalidPartOrder",
        lambda: client.complete_multipart_upload(
            Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts[::-1]}
        ),
    )


@check
def completes_an_upload_only_where_nothing_is(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    put(client, bucket, "k", b"first")
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    etag = client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"second")["ETag"]
    refused(
        "PreconditionFailed",
        lambda: client.complete_multipart_upload(
            Bucket=bucket,
            Key="k",
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
            IfNoneMatch="*",
        ),
    )
    expect(read(client, bucket, "k"), b"first")


@check
def uploads_parts_by_copying(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    put(client, bucket, "source", b"0123456789")
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = client.upload_part_copy(
        Bucket=bucket,
        Key="k",
        UploadId=upload,
        PartNumber=1,
        CopySource={"Bucket": bucket, "Key": "source"},
        CopySourceRange="bytes=2-5",
    )
    client.complete_multipart_upload(
        Bucket=bucket,
        Key="k",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]},
    )
    expect(read(client, bucket, "k"), b"2345")


@check
def keeps_versions(recorder):
    client = recorder.client("s3")
    bucket = make_bucket(client)
    expect("Status" in client.get_bucket_versioning(Bucket=bucket), False, "not versioned at first")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    expect(client.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
    first = put(client, bucket, "k", b"first")["VersionId"]
    second = put(client, bucket, "k", b"second")["VersionId"]
    expect(read(client, bucket, "k"), b"second")
    expect(read(client, bucket, "k", VersionId=first), b"first")
    marker = client.delete_object(Bucket=bucket, Key="k")
    expect(marker["DeleteMarker"], True)
    refused("NoSuchKey", lambda: read(client, bucket, "k"))
    listed = client.list_object_versions(Bucket=bucket)
    expect([item["VersionId"] for item in listed["Versions"]], [second, first])
    expect([item["IsLatest"] for item in listed["DeleteMarkers"]], [True])
    client.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    expect(read(client, bucket, "k"), b"second")
    put(client, bucket, "k2", b"x")
    client.delete_object(Bucket=bucket, Key="k2")
    put(client, bucket, "k2", b"y", IfNoneMatch="*")
    expect(read(client, bucket, "k2"), b"y")


@check
def serves_presigned_urls(recorder):
    client = recorder.client("s3", signature_version="s3v4")
    bucket = make_bucket(client)
    url = client.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=b"signed", method="PUT", headers=headers)
    expect(urllib.request.urlopen(request).status, 200)
    url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
    expect(urllib.request.urlopen(url).read(), b"signed")
    missing = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "no"}, ExpiresIn=60)
    try:
        urllib.request.urlopen(missing)
        raise AssertionError("expected 404")
    except urllib.error.HTTPError as error:
        expect(error.code, 404)


main()
