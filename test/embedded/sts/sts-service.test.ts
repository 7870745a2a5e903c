import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createStsService } from '#embedded/sts/sts-service.ts';

const HEADERS = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0',
  'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
};

async function call(body: string): Promise<{ readonly status: number; readonly text: string }> {
  const gateway = await startGateway({
    port: 0,
    services: { sts: createStsService() },
    health: () => null,
  });
  onTestFinished(gateway.close);
  const response = await fetch(gateway.endpoint, { method: 'POST', headers: HEADERS, body });
  return { status: response.status, text: await response.text() };
}

describe('STS', () => {
  it('answers GetCallerIdentity with the local account', async () => {
    const { status, text } = await call('Action=GetCallerIdentity&Version=2011-06-15');
    expect(status).toBe(200);
    expect(text).toContain('<Account>000000000000</Account>');
    expect(text).toContain('<Arn>arn:aws:iam::000000000000:root</Arn>');
  });

  it('refuses every other action by name', async () => {
    const { status, text } = await call('Action=AssumeRole&Version=2011-06-15');
    expect(status).toBe(501);
    expect(text).toContain('got AssumeRole');
  });
});
