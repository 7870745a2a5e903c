import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalRequest, queryParameters } from './canonical-request.ts';
import {
  ALGORITHM,
  headerValues,
  readSignatureFields,
  type SignatureFields,
  type SignedRequest,
  splitTarget,
} from './signature-fields.ts';

export type SignatureFailureCode =
  | 'MissingAuthenticationToken'
  | 'IncompleteSignature'
  | 'InvalidClientTokenId'
  | 'SignatureDoesNotMatch'
  | 'RequestTimeTooSkewed'
  /** A presigned URL after its time. */
  | 'RequestExpired';

export interface SignatureFailure {
  readonly ok: false;
  readonly code: SignatureFailureCode;
  /** As AWS words it; never a secret. */
  readonly message: string;
}

export type VerifiedSignature =
  | { readonly ok: true; readonly accessKeyId: string; readonly sessionToken: string | null }
  | SignatureFailure;

export interface VerifyOptions {
  /** Secret of an access key; null when there is no such key. */
  readonly secretOf: (accessKeyId: string) => string | null;
  /** Epoch milliseconds. @default Date.now() */
  readonly nowMs?: number;
  /** What the scope must name. @default any */
  readonly region?: string;
  readonly service?: string;
}

const MS_PER_MINUTE = 60_000;
/** Source: AWS API error messages ("Signature expired … - 5 min."); Amazon S3, RequestTimeTooSkewed. */
const MAX_SKEW_MINUTES = { s3: 15, other: 5 };
/** Source: AWS Signature Version 4, query parameters: at most seven days; 15 minutes where a URL does not say. */
const MAX_EXPIRES_SECONDS = 604_800;
const DEFAULT_EXPIRES_SECONDS = 900;
const EMPTY_BODY = Buffer.alloc(0);
/**
 * What S3 accepts in place of a digest: the signature then covers everything but the body. Signatures of
 * single chunks are not checked. Source: Amazon S3 API reference, "Authenticating requests", x-amz-content-sha256.
 */
const S3_UNSIGNED_PAYLOADS = new Set([
  'UNSIGNED-PAYLOAD',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
]);

/**
 * Verifies AWS Signature Version 4 in both its forms, header and presigned URL. `body` is what was received;
 * null when it is not at hand, and then the digest that the request declares is believed (S3 checks it while
 * it reads). `host` and every `x-amz-` header have to be signed. Never throws.
 * Source: IAM user guide, "AWS Signature Version 4 for API requests".
 */
export function verifySignature(
  request: SignedRequest,
  body: Uint8Array | null,
  options: VerifyOptions,
): VerifiedSignature {
  const headers = headerValues(request);
  const parameters = queryParameters(splitTarget(request).query);
  if (parameters === null) return mismatch();
  const query = new Map(parameters);
  const fields = readSignatureFields(headers, query);
  if (fields === 'unsigned')
    return fail('MissingAuthenticationToken', 'Missing Authentication Token');
  if ('problem' in fields) return fail('IncompleteSignature', fields.problem);
  const refusal =
    checkScope(fields, options) ??
    checkTime(fields, options.nowMs ?? Date.now()) ??
    checkSignedHeaders(fields, headers);
  if (refusal !== null) return refusal;
  const secret = options.secretOf(fields.accessKeyId);
  if (secret === null) {
    return fail('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  const declared = headers.get('x-amz-content-sha256')?.[0] ?? query.get('X-Amz-Content-Sha256');
  const payloadHash = payloadHashOf(fields, declared, body);
  if (payloadHash === null) {
    return fail(
      'IncompleteSignature',
      'Missing required header for this request: x-amz-content-sha256',
    );
  }
  const canonical = canonicalRequest(request, headers, { fields, payloadHash });
  if (canonical === null) return mismatch();
  const expected = Buffer.from(sign(canonical, fields, secret));
  if (!timingSafeEqual(expected, Buffer.from(fields.signature))) return mismatch();
  return { ok: true, accessKeyId: fields.accessKeyId, sessionToken: fields.sessionToken };
}

function checkScope(fields: SignatureFields, options: VerifyOptions): SignatureFailure | null {
  const { region = fields.region, service = fields.service } = options;
  if (fields.region !== region) {
    return fail(
      'SignatureDoesNotMatch',
      `Credential should be scoped to a valid region, not '${fields.region}'.`,
    );
  }
  if (fields.service !== service) {
    return fail(
      'SignatureDoesNotMatch',
      `Credential should be scoped to correct service: '${service}'.`,
    );
  }
  return null;
}

function checkTime(fields: SignatureFields, nowMs: number): SignatureFailure | null {
  const minutes = fields.service === 's3' ? MAX_SKEW_MINUTES.s3 : MAX_SKEW_MINUTES.other;
  const skewMs = minutes * MS_PER_MINUTE;
  const now = basicTime(nowMs);
  const { timestamp, timestampMs, form } = fields;
  if (timestampMs > nowMs + skewMs) {
    const limit = basicTime(nowMs + skewMs);
    const message = `Signature not yet current: ${timestamp} is still later than ${limit} (${now} + ${minutes} min.)`;
    return fail('RequestTimeTooSkewed', message);
  }
  if (form === 'query') return checkExpiry(fields, nowMs);
  if (timestampMs >= nowMs - skewMs) return null;
  const limit = basicTime(nowMs - skewMs);
  const message = `Signature expired: ${timestamp} is now earlier than ${limit} (${now} - ${minutes} min.)`;
  return fail('RequestTimeTooSkewed', message);
}

function checkExpiry(fields: SignatureFields, nowMs: number): SignatureFailure | null {
  const seconds = fields.expiresSeconds ?? DEFAULT_EXPIRES_SECONDS;
  if (seconds > MAX_EXPIRES_SECONDS) {
    return fail('IncompleteSignature', 'X-Amz-Expires must be less than a week (in seconds)');
  }
  return nowMs <= fields.timestampMs + seconds * 1000
    ? null
    : fail('RequestExpired', 'Request has expired');
}

/** An unsigned header could be changed on the way; what decides about a request may not be. */
function checkSignedHeaders(
  fields: SignatureFields,
  headers: ReadonlyMap<string, readonly string[]>,
): SignatureFailure | null {
  // Clients of HTTP/2 sign its pseudo-header in place of the host.
  const hostName = fields.signedHeaders.includes(':authority') ? ':authority' : 'host';
  const mustBeSigned = [...headers.keys()].filter((name) => name.startsWith('x-amz-'));
  const unsigned = [hostName, ...mustBeSigned].filter(
    (name) => !fields.signedHeaders.includes(name),
  );
  const missing = fields.signedHeaders.filter((name) => !headers.has(name));
  if (unsigned.length > 0) {
    const message = `There were headers present in the request which were not signed: ${unsigned.join(', ')}`;
    return fail('SignatureDoesNotMatch', message);
  }
  if (missing.length === 0) return null;
  return fail('SignatureDoesNotMatch', `Signed headers are missing: ${missing.join(', ')}`);
}

/** The digest that the signature covers; null when S3's header is missing or means nothing. */
function payloadHashOf(
  fields: SignatureFields,
  declared: string | undefined,
  body: Uint8Array | null,
): string | null {
  if (fields.service !== 's3') {
    return body === null && declared !== undefined ? declared : sha256(body ?? EMPTY_BODY);
  }
  if (declared === undefined) return fields.form === 'query' ? 'UNSIGNED-PAYLOAD' : null;
  if (S3_UNSIGNED_PAYLOADS.has(declared)) return declared;
  if (!/^[0-9a-f]{64}$/.test(declared)) return null;
  return body === null ? declared : sha256(body);
}

/** Source: IAM user guide, "Create a string to sign", "Derive a signing key". */
function sign(canonical: string, fields: SignatureFields, secret: string): string {
  const { date, region, service, timestamp } = fields;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const stringToSign = [ALGORITHM, timestamp, scope, sha256(Buffer.from(canonical))].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(
    (parent, text) => hmac(parent, text),
    Buffer.from(`AWS4${secret}`),
  );
  return hmac(key, stringToSign).toString('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function basicTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function mismatch(): SignatureFailure {
  return fail(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

function fail(code: SignatureFailureCode, message: string): SignatureFailure {
  return { ok: false, code, message };
}
