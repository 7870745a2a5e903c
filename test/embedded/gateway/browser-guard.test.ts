import { describe, expect, it } from 'vitest';
import { browserRefusal } from '#embedded/gateway/browser-guard.ts';

const judge = (host: string | undefined, origin?: string) => browserRefusal({ host, origin });

describe('browserRefusal', () => {
  it.each([
    '127.0.0.1:4566',
    'localhost',
    'LOCALHOST:4566',
    'bucket.localhost:4566',
    '[::1]:4566',
    '172.17.0.1:4566',
    'host.docker.internal:4566',
    undefined,
  ])('accepts the host %s', (host) => {
    expect(judge(host)).toBeNull();
  });

  it.each(['evil.example:4566', 'localhost.evil.example', '127.0.0.1.evil.example', ''])(
    'refuses the host %j, which may have been rebound to this machine',
    (host) => {
      expect(judge(host)).toMatch(/Host header names another machine/);
    },
  );

  it('refuses web pages of other origins', () => {
    expect(judge('127.0.0.1:4566', 'https://evil.example')).toMatch(/another origin/);
    expect(judge('127.0.0.1:4566', 'null')).toMatch(/another origin/);
    expect(judge('127.0.0.1:4566', 'http://localhost:3000')).toBeNull();
  });
});
