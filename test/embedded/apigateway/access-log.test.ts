import { describe, expect, it } from 'vitest';
import {
  type AccessLogEntry,
  formatAccessLog,
  unknownVariables,
} from '#embedded/apigateway/access-log.ts';

const ENTRY: AccessLogEntry = {
  requestId: 'id=',
  requestTimeEpoch: 7,
  requestTime: '01/Jan/2026:00:00:00 +0000',
  httpMethod: 'POST',
  path: '/a"b\n',
  routeKey: null,
  stage: '$default',
  protocol: 'HTTP/1.1',
  sourceIp: '127.0.0.1',
  userAgent: 'agent',
  userArn: null,
  status: 404,
  responseLength: 23,
  responseLatency: 1,
  integrationLatency: null,
  integrationErrorMessage: null,
  errorMessage: 'Not Found',
};

describe('an access log line', () => {
  it('has the values of its variables, and a dash for what there is none of', () => {
    const format = '$context.requestId $context.status $context.routeKey $context.error.message.';
    expect(formatAccessLog(format, ENTRY)).toBe('id= 404 - Not Found.');
  });

  it('stays one line of JSON whatever a client sends', () => {
    const line = formatAccessLog('{"path":"$context.path"}', ENTRY);
    expect(JSON.parse(line)).toEqual({ path: '/a"b\n' });
    expect(line).not.toContain('\n');
  });

  it('knows which variables of a format it does not know', () => {
    expect(unknownVariables('$context.status $context.authorizer.claims.sub $context.sta')).toEqual(
      ['$context.authorizer.claims.sub', '$context.sta'],
    );
  });
});
