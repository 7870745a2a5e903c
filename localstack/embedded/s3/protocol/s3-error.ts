import { leaf, xmlDocument } from '#embedded/gateway/xml.ts';

/** An error as S3 answers it. Codes and statuses: Amazon S3 API reference, List of error codes. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the error document, for instance `Key`. */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    options: {
      readonly message: string;
      readonly details?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ) {
    super(options.message);
    this.status = status;
    this.code = code;
    this.details = options.details ?? {};
    this.headers = options.headers ?? {};
  }
}

/** The error document of S3; `resource` is the path the request named. */
export function errorDocument(
  error: S3Error,
  options: { readonly resource: string; readonly requestId: string },
): string {
  return xmlDocument('Error', [
    leaf('Code', error.code),
    leaf('Message', error.message),
    ...Object.entries(error.details).map(([name, value]) => leaf(name, value)),
    leaf('Resource', options.resource),
    leaf('RequestId', options.requestId),
  ]);
}

export function noSuchBucket(name: string): S3Error {
  return new S3Error(404, 'NoSuchBucket', {
    message: 'The specified bucket does not exist',
    details: { BucketName: name },
  });
}

export function noSuchKey(key: string): S3Error {
  return new S3Error(404, 'NoSuchKey', {
    message: 'The specified key does not exist.',
    details: { Key: key },
  });
}

export function noSuchVersion(key: string, versionId: string): S3Error {
  return new S3Error(404, 'NoSuchVersion', {
    message: 'The specified version does not exist.',
    details: { Key: key, VersionId: versionId },
  });
}

export function noSuchUpload(uploadId: string): S3Error {
  return new S3Error(404, 'NoSuchUpload', {
    message:
      'The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    details: { UploadId: uploadId },
  });
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error(412, 'PreconditionFailed', {
    message: 'At least one of the pre-conditions you specified did not hold',
    details: { Condition: condition },
  });
}

export function invalidArgument(name: string, value: string): S3Error {
  return new S3Error(400, 'InvalidArgument', {
    message: `the value of ${name} is not valid`,
    details: { ArgumentName: name, ArgumentValue: value },
  });
}

export function invalidRequest(message: string): S3Error {
  return new S3Error(400, 'InvalidRequest', { message });
}

/** What the local cloud does not emulate is refused by name, never answered with an empty success. */
export function notImplemented(what: string): S3Error {
  return new S3Error(501, 'NotImplemented', {
    message: `the local cloud does not emulate ${what} of S3`,
  });
}
