import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_JSON_BODY_BYTES, readBody } from '#embedded/gateway/json-protocol.ts';
import { writeFailure } from '#embedded/gateway/write-failure.ts';
import { type Forwarder, passAnswer, readAnswer } from './forward-request.ts';

/** What a client asked for and was told; members as they stood in the JSON. */
export interface AnsweredCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: Readonly<Record<string, unknown>>;
}

/**
 * Sends a request of an AWS JSON protocol on and passes the answer back. `onAnswered` hears of each call that
 * succeeded before the client does.
 */
export async function forwardJsonRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: {
    readonly forwarder: Forwarder;
    readonly onAnswered?: (call: AnsweredCall) => void | Promise<void>;
  },
): Promise<void> {
  const { forwarder, onAnswered } = options;
  try {
    const body = await readBody(request, MAX_JSON_BODY_BYTES);
    const answer = await forwarder.send({
      method: request.method ?? 'POST',
      path: '/',
      query: new Map(),
      headers: { ...singleHeaders(request), 'content-length': String(body.length) },
      body,
    });
    const answered = await readAnswer(answer);
    if (onAnswered !== undefined && answer.statusCode === 200) {
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      await onAnswered({ operation, input: objectOf(body), output: objectOf(answered) });
    }
    await passAnswer(answer, response, answered);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const failure = { status: 503, code: 'ServiceUnavailableException', message };
    writeFailure(response, failure, { protocol: 'json' });
  }
}

function singleHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : value,
    ]),
  );
}

/** Nothing where the bytes are no JSON object: CBOR, or the empty answer of a call without one. */
function objectOf(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
