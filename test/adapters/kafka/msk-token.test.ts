import { describe, expect, it } from 'vitest';
import { createMskTokenSource } from '#adapters/kafka/msk-token.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12, 0, 0);

async function decodeToken(sessionToken?: string): Promise<URL> {
  const source = createMskTokenSource({
    region: 'eu-central-1',
    credentials: async () => ({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    }),
    nowMs: () => NOW_MS,
  });
  const token = await source.token();
  expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
  return new URL(Buffer.from(token, 'base64url').toString());
}

describe('the token of MSK', () => {
  it('is a presigned call of kafka-cluster:Connect', async () => {
    const url = await decodeToken();
    expect(url.origin + url.pathname).toBe('https://kafka.eu-central-1.amazonaws.com/');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20261120/eu-central-1/kafka-cluster/aws4_request',
      'X-Amz-Date': '20261120T120000Z',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
      'User-Agent': 'sluice',
    });
    expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('carries the session token of temporary credentials, signed', async () => {
    const [long, temporary] = [await decodeToken(), await decodeToken('FwoGZXIvYXdzE+/=')];
    expect(temporary.searchParams.get('X-Amz-Security-Token')).toBe('FwoGZXIvYXdzE+/=');
    expect(temporary.searchParams.get('X-Amz-Signature')).not.toBe(
      long.searchParams.get('X-Amz-Signature'),
    );
  });

  it('is the same for the same moment, and nothing of the secret is in it', async () => {
    const [first, second] = [await decodeToken(), await decodeToken()];
    expect(first.href).toBe(second.href);
    expect(decodeURIComponent(first.href)).not.toContain('wJalr');
  });
});
