import type { EventCause } from '#embedded/s3/store/object-events.ts';
import type { S3Request } from './s3-request.ts';

const UNKNOWN = '127.0.0.1';

/** Who asked for a change of an object, as events tell it. */
export function eventCause(request: S3Request, reason: string): EventCause {
  const address = request.body.socket?.remoteAddress ?? UNKNOWN;
  return {
    requestId: request.requestId ?? '',
    sourceIp: address.replace(/^::ffff:/, ''),
    reason,
  };
}

/** A service of the local cloud itself. */
export function internalCause(requestId: string): EventCause {
  return { requestId, sourceIp: UNKNOWN, reason: 'PutObject' };
}
