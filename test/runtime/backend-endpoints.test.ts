import { describe, expect, it } from 'vitest';
import { dockerEnvironment, readBackendEndpoints } from '#runtime/backend-endpoints.ts';

describe('endpoints named by hand', () => {
  it('are none without variables', () => {
    expect(readBackendEndpoints({ SLUICE_S3_ENDPOINT: '' })).toEqual({});
  });

  it('have a key of their own, or any', () => {
    const env = {
      SLUICE_S3_ENDPOINT: 'http://127.0.0.1:9000/',
      SLUICE_S3_ACCESS_KEY: 'minio',
      SLUICE_S3_SECRET_KEY: 'secret',
      SLUICE_KINESIS_ENDPOINT: 'http://localhost:4567',
    };
    expect(readBackendEndpoints(env)).toEqual({
      s3: { url: 'http://127.0.0.1:9000', accessKeyId: 'minio', secretAccessKey: 'secret' },
      kinesis: { url: 'http://localhost:4567', accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });

  it.each([
    'https://s3.us-east-1.amazonaws.com',
    'http://s3.amazonaws.com',
    'http://10.0.0.1:9000',
    'http://127.0.0.1.example.com',
    'http://[::2]:9000',
    'minio:9000',
    '9000',
  ])('never leave this machine: %s', (url) => {
    expect(() => readBackendEndpoints({ SLUICE_S3_ENDPOINT: url })).toThrow(
      `SLUICE_S3_ENDPOINT is "${url}", expected the address of a program on this machine`,
    );
  });

  it('may be of either loopback', () => {
    const { s3, dynamodb } = readBackendEndpoints({
      SLUICE_S3_ENDPOINT: 'http://[::1]:9000',
      SLUICE_DYNAMODB_ENDPOINT: 'http://127.1.2.3:8000',
    });
    expect([s3?.url, dynamodb?.url]).toEqual(['http://[::1]:9000', 'http://127.1.2.3:8000']);
  });
});

describe("what Docker's command line inherits", () => {
  it('is the way to its engine and nothing else', () => {
    const env = { PATH: '/bin', DOCKER_HOST: 'unix:///d.sock', AWS_SECRET_ACCESS_KEY: 'secret' };
    expect(dockerEnvironment(env)).toEqual({ PATH: '/bin', DOCKER_HOST: 'unix:///d.sock' });
  });
});
