import { describe, expect, it } from 'vitest';
import { redact } from '#core/secret/redact.ts';

describe('redact', () => {
  it('puts a mask in place of every value', () => {
    expect(redact('key k3y-9, again k3y-9; user bob', ['k3y-9', 'bob'])).toBe(
      'key ***, again ***; user ***',
    );
  });

  it.each([
    ['percent-encoded', 'https://h/?key=p%40ss%2Fw%20d&x', 'https://h/?key=***&x'],
    ['in JSON', '{"key":"p@ss/w d"}', '{"key":"***"}'],
    ['base64', 'Authorization: cEBzcy93IGQ=', 'Authorization: ***'],
  ])('knows a value %s', (_form, text, redacted) => {
    expect(redact(text, ['p@ss/w d'])).toBe(redacted);
  });

  it('knows a value with quotes as JSON writes it', () => {
    expect(redact(JSON.stringify({ key: 'a"b\n' }), ['a"b\n'])).toBe('{"key":"***"}');
  });

  it('makes one mask of values that overlap', () => {
    expect(redact('abcdef', ['abcd', 'cdef'])).toBe('***');
  });

  it('hides nothing for an empty value', () => {
    expect(redact('text', ['', ''])).toBe('text');
  });
});
