import { describe, expect, it } from 'vitest';
import { findFunctionName } from '#cli/function-name.ts';

const NAMES = [
  'sluice-local-market-lake-writer',
  'sluice-local-market-ledger',
  'sluice-local-payment-lake-writer',
];

describe('findFunctionName', () => {
  it.each([
    ['sluice-local-market-ledger', 'sluice-local-market-ledger'],
    ['ledger', 'sluice-local-market-ledger'],
    ['payment-lake-writer', 'sluice-local-payment-lake-writer'],
  ])('completes %s', (given, name) => {
    expect(findFunctionName(given, NAMES)).toBe(name);
  });

  it('takes a whole name before the end of another', () => {
    expect(findFunctionName('ledger', ['ledger', 'sluice-local-market-ledger'])).toBe('ledger');
  });

  it.each(['http-ingest', 'market-http-ingest'])(
    'takes %s for the function, not for the access log of its API',
    (given) => {
      const name = 'sluice-local-market-http-ingest';
      expect(findFunctionName(given, [`aws.vendedlogs.${name}`, name])).toBe(name);
    },
  );

  it('finds an access log by its full name only', () => {
    const name = 'aws.vendedlogs.sluice-local-market-http-ingest';
    expect(findFunctionName(name, [name, 'sluice-local-market-http-ingest'])).toBe(name);
    expect(() => findFunctionName('http-ingest', [name])).toThrow(/unknown function/);
  });

  it.each([
    [
      'lake-writer',
      /"lake-writer" may be sluice-local-market-lake-writer or sluice-local-payment-lake-writer; write more of the name/,
    ],
    ['ledgr', /unknown function "ledgr": expected one of sluice-.*; did you mean "ledger"\?/],
    ['xyz', /unknown function "xyz": expected one of [^;]*$/],
    ['writer', /may be/],
    ['riter', /unknown function "riter".*did you mean "writer"\?/],
    ['', /unknown function ""/],
  ])('refuses "%s"', (given, message) => {
    expect(() => findFunctionName(given, NAMES)).toThrow(message);
  });

  it('says when there is no function at all', () => {
    expect(() => findFunctionName('ledger', [])).toThrow(
      /unknown function "ledger": there is none/,
    );
  });
});
