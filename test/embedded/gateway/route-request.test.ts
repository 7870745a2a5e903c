import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { routeRequest } from '#embedded/gateway/route-request.ts';

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=ab12`,
});

/** The part of a request that routing looks at. */
function route(url: string, headers: Record<string, string> = {}) {
  return routeRequest({ url, headers } as unknown as IncomingMessage);
}

describe('routeRequest', () => {
  it.each([
    ['Kinesis_20131202.PutRecords', 'kinesis'],
    ['DynamoDB_20120810.GetItem', 'dynamodb'],
    ['AWSGlue.GetTable', 'glue'],
    ['AmazonAthena.StartQueryExecution', 'athena'],
  ])('follows the target %s', (target, service) => {
    expect(route('/', { 'x-amz-target': target })).toMatchObject({ kind: 'service', service });
  });

  it.each(['s3', 'lambda', 'sts'])('follows the signing scope %s', (service) => {
    expect(route('/x/y', signedFor(service))).toMatchObject({ kind: 'service', service });
  });

  it.each<[Record<string, string>]>([
    [{}],
    [signedFor('execute-api')],
    [{ 'x-amz-target': 'AWSGlue.GetTable' }],
  ])('takes a path of an HTTP API for one, whatever its headers say', (headers) => {
    expect(route('/_aws/execute-api/a1b2/trade/events?x=1', headers)).toEqual({
      kind: 'http-api',
    });
  });

  it('lets the target win over the scope', () => {
    const headers = { ...signedFor('s3'), 'x-amz-target': 'AWSGlue.GetTable' };
    expect(route('/', headers)).toMatchObject({ service: 'glue' });
  });

  it('reads the scope of presigned URLs and of SigV4A', () => {
    const credential = encodeURIComponent('AKID/20260101/us-east-1/s3/aws4_request');
    expect(route(`/b/k?X-Amz-Credential=${credential}`)).toMatchObject({ service: 's3' });
    const authorization =
      'AWS4-ECDSA-P256-SHA256 Credential=AKID/20260101/s3/aws4_request, SignedHeaders=host, Signature=0';
    expect(route('/b/k', { authorization })).toMatchObject({ service: 's3' });
  });

  it('knows signature version 2 as S3', () => {
    expect(route('/b/k?AWSAccessKeyId=a&Signature=b&Expires=1')).toMatchObject({ service: 's3' });
    expect(route('/b/k', { authorization: 'AWS AKID:sig=' })).toMatchObject({ service: 's3' });
  });

  it('sends unsigned function paths to Lambda, but not objects with such a key', () => {
    const path = '/2015-03-31/functions/lake-writer/invocations';
    expect(route(path)).toMatchObject({ kind: 'service', service: 'lambda' });
    expect(route(path, signedFor('s3'))).toMatchObject({ service: 's3' });
  });

  it('tells unsigned, malformed and unknown apart', () => {
    expect(route('/bucket')).toMatchObject({ kind: 'unsigned' });
    expect(route('/', { authorization: 'Bearer token' })).toMatchObject({
      kind: 'malformed-signature',
    });
    expect(route('/', { authorization: 'AWS4-HMAC-SHA256 Credential=nonsense' })).toMatchObject({
      kind: 'malformed-signature',
    });
    expect(route('/', signedFor('sns'))).toMatchObject({ kind: 'unknown-service', name: 'sns' });
    expect(route('/', { 'x-amz-target': 'AmazonSNS.Publish' })).toMatchObject({
      kind: 'unknown-service',
      name: 'AmazonSNS',
      protocol: 'json',
    });
    expect(route('/', { 'x-amz-target': '__proto__.x' })).toMatchObject({
      kind: 'unknown-service',
    });
  });

  it('answers in the protocol of the client', () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    expect(route('/', { ...signedFor('sns'), ...form })).toMatchObject({ protocol: 'query-xml' });
    expect(route('/', { ...signedFor('sts'), ...form })).toMatchObject({ protocol: 'query-xml' });
    expect(route('/b/k', { ...signedFor('s3'), ...form })).toMatchObject({ protocol: 's3-xml' });
    expect(route('/f', signedFor('lambda'))).toMatchObject({ protocol: 'json' });
  });

  it('keeps the health path to itself', () => {
    expect(route('/_sluice/health', signedFor('s3'))).toEqual({ kind: 'health' });
    expect(route('/_sluice/health?x=1')).toEqual({ kind: 'health' });
  });
});
