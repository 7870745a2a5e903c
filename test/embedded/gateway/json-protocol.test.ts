import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readBody, readBodyAhead } from '#embedded/gateway/json-protocol.ts';

function requestWith(...chunks: readonly string[]): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  for (const chunk of chunks) request.push(chunk);
  request.push(null);
  return request;
}

describe('readBodyAhead', () => {
  it('leaves the body to the next reader, and the next', async () => {
    const request = requestWith('one', 'two');
    expect((await readBodyAhead(request, 10)).toString()).toBe('onetwo');
    expect((await readBody(request, 10)).toString()).toBe('onetwo');
    expect((await readBody(request, 6)).toString()).toBe('onetwo');
  });

  it('does not get a body past the limit of the next reader', async () => {
    const request = requestWith('onetwo');
    await readBodyAhead(request, 10);
    await expect(readBody(request, 5)).rejects.toMatchObject({ status: 413 });
  });

  it('refuses what is larger than its own limit', async () => {
    await expect(readBodyAhead(requestWith('one', 'two'), 5)).rejects.toMatchObject({
      code: 'RequestEntityTooLargeException',
    });
  });
});
