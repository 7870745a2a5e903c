import type { SignatureFailure } from '../iam/verify-signature.ts';
import type { ServiceName, WireProtocol } from './route-request.ts';
import type { GatewayFailure } from './write-failure.ts';

interface Addressed {
  readonly service: ServiceName;
  readonly protocol: WireProtocol;
}

/** Codes of the JSON and query protocols; S3 has its own. Source: AWS API references, "Common errors". */
const CODES: Readonly<Record<SignatureFailure['code'], Readonly<Record<WireProtocol, string>>>> = {
  MissingAuthenticationToken: {
    json: 'MissingAuthenticationTokenException',
    'query-xml': 'MissingAuthenticationToken',
    's3-xml': 'AccessDenied',
  },
  IncompleteSignature: {
    json: 'IncompleteSignatureException',
    'query-xml': 'IncompleteSignature',
    's3-xml': 'AuthorizationHeaderMalformed',
  },
  InvalidClientTokenId: {
    json: 'UnrecognizedClientException',
    'query-xml': 'InvalidClientTokenId',
    's3-xml': 'InvalidAccessKeyId',
  },
  SignatureDoesNotMatch: {
    json: 'InvalidSignatureException',
    'query-xml': 'SignatureDoesNotMatch',
    's3-xml': 'SignatureDoesNotMatch',
  },
  RequestTimeTooSkewed: {
    json: 'InvalidSignatureException',
    'query-xml': 'SignatureDoesNotMatch',
    's3-xml': 'RequestTimeTooSkewed',
  },
  RequestExpired: {
    json: 'InvalidSignatureException',
    'query-xml': 'SignatureDoesNotMatch',
    's3-xml': 'AccessDenied',
  },
};

/** How the service addressed says that a signature is not good. */
export function signatureFailure(failure: SignatureFailure, addressed: Addressed): GatewayFailure {
  const code = CODES[failure.code][addressed.protocol];
  const isMalformedS3 = code === 'AuthorizationHeaderMalformed';
  const status = isMalformedS3 ? 400 : statusOf(addressed);
  return { status, code, message: failure.message };
}

/** How the service addressed says that the caller lacks a permission. */
export function accessDenied(reason: string, addressed: Addressed): GatewayFailure {
  const code = addressed.protocol === 'json' ? 'AccessDeniedException' : 'AccessDenied';
  return { status: statusOf(addressed), code, message: reason };
}

/** The JSON-RPC services answer every client error with 400; the others have the status HTTP means for it. */
function statusOf({ service, protocol }: Addressed): number {
  return protocol === 'json' && service !== 'lambda' ? 400 : 403;
}
