import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { WireProtocol } from './route-request.ts';
import { leaf, node, xmlDocument } from './xml.ts';

export interface GatewayFailure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Answers with an error in the protocol the client speaks; a response that has begun is cut off instead. */
export function writeFailure(
  response: ServerResponse,
  failure: GatewayFailure,
  options: { readonly protocol: WireProtocol },
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const requestId = randomUUID();
  const isJson = options.protocol === 'json';
  const body = Buffer.from(
    isJson ? jsonBody(failure) : xmlBody(failure, { ...options, requestId }),
  );
  response.writeHead(failure.status, {
    'content-type': isJson ? 'application/x-amz-json-1.1' : 'application/xml',
    'content-length': body.length,
    'x-amzn-requestid': requestId,
    // The restJson services (Lambda) name the error in a header, the others in `__type`.
    ...(isJson ? { 'x-amzn-errortype': failure.code } : {}),
  });
  response.end(body);
}

function jsonBody(failure: GatewayFailure): string {
  return JSON.stringify({ __type: failure.code, message: failure.message });
}

function xmlBody(
  failure: GatewayFailure,
  options: { readonly protocol: WireProtocol; readonly requestId: string },
): string {
  const { requestId } = options;
  const fields = [leaf('Code', failure.code), leaf('Message', failure.message)];
  if (options.protocol === 's3-xml') {
    return xmlDocument('Error', [...fields, leaf('RequestId', requestId)]);
  }
  const error = node('Error', leaf('Type', 'Sender'), ...fields);
  return xmlDocument('ErrorResponse', [error, leaf('RequestId', requestId)]);
}
