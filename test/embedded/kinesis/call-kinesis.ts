import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { KinesisService } from '#embedded/services.ts';

/** Sends one JSON request to the service without a network. */
export async function callKinesis(
  service: KinesisService,
  operation: string,
  input: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const request = new IncomingMessage(new Socket());
  request.headers['x-amz-target'] = `Kinesis_20131202.${operation}`;
  request.headers['content-type'] = 'application/x-amz-json-1.1';
  request.push(JSON.stringify(input));
  request.push(null);
  const response = new ServerResponse(request);
  const chunks: Buffer[] = [];
  response.end = (chunk?: unknown) => {
    if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    return response;
  };
  await service.handle(request, response);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) };
}
