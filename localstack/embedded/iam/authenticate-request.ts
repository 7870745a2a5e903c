import type { IamService, Principal } from '#embedded/services.ts';
import { LOCAL_REGION } from '#embedded/services.ts';
import type { SignedRequest } from './signature-fields.ts';
import { type SignatureFailure, verifySignature } from './verify-signature.ts';

export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | SignatureFailure;

/**
 * Who signed a request: valid signature, known key, and the session token that belongs to it.
 * `body` as in verifySignature. Never throws.
 */
export function authenticateRequest(
  request: SignedRequest,
  body: Uint8Array | null,
  options: {
    readonly iam: Pick<IamService, 'principalOf' | 'secretOf' | 'sessionTokenOf'>;
    /** Signing name that the scope must have, for example `execute-api`. @default any */
    readonly service?: string;
    /** Epoch milliseconds. @default Date.now() */
    readonly nowMs?: number;
  },
): Authentication {
  const { iam, service, nowMs } = options;
  const verified = verifySignature(request, body, {
    secretOf: iam.secretOf,
    region: LOCAL_REGION,
    ...(service === undefined ? {} : { service }),
    ...(nowMs === undefined ? {} : { nowMs }),
  });
  if (!verified.ok) return verified;
  const principal = iam.principalOf(verified.accessKeyId);
  const token = iam.sessionTokenOf(verified.accessKeyId);
  if (principal !== null && (token === null || token === verified.sessionToken)) {
    return { ok: true, principal };
  }
  return {
    ok: false,
    code: 'InvalidClientTokenId',
    message: 'The security token included in the request is invalid.',
  };
}
