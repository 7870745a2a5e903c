import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { redact } from '#core/secret/redact.ts';
import { escapeTemplate, parseTemplate, renderTemplate } from '#core/secret/render-template.ts';

/** Text in which what matters to templates is frequent. */
const hostile = fc
  .array(fc.oneof(fc.constantFrom('$', '{', '}', ':', 'secret', 'secret:key', ' '), fc.string()))
  .map((parts) => parts.join(''));
const anyText = fc.oneof(hostile, fc.string({ unit: 'binary' }));

describe('secret templates of any text', () => {
  it('are parts or CONFIG_INVALID at a column within the text, and nothing else', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          parseTemplate(text);
        } catch (error) {
          if (!hasCode(error, 'CONFIG_INVALID')) throw error;
          const column = Number(error.context['column']);
          expect(text.slice(column - 1, column + 1)).toBe(`\${`.slice(0, 2));
        }
      }),
    );
  });

  it('render to the text that was escaped', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(renderTemplate(escapeTemplate(text), { secrets: new Map() })).toBe(text);
      }),
    );
  });

  it('render to the literal parts around values that are never read again', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (before, value, after) => {
        // A dollar right before the brace would belong to it.
        fc.pre(!before.endsWith('$'));
        const text = `${escapeTemplate(before)}\${secret:key}${escapeTemplate(after)}`;
        const secrets = new Map([['key', value]]);
        expect(renderTemplate(text, { secrets })).toBe(before + value + after);
      }),
    );
  });
});

describe('redaction', () => {
  const secret = fc.oneof(
    fc.string({ minLength: 1, maxLength: 12 }),
    fc.constantFrom('*', '**', 'a*'),
  );

  it('leaves no occurrence of any value, in any form', () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), anyText, (values, noise) => {
        const [first = ''] = values;
        const text = [noise, ...values, encodeURIComponent(first), noise, first + first].join('');
        const redacted = redact(text, values);
        for (const value of values) expect(redacted).not.toContain(value);
        expect(redacted).not.toContain(encodeURIComponent(first));
      }),
    );
  });

  it('leaves a text without the values as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-m]*$/), fc.stringMatching(/^[n-z]+$/), (text, value) => {
        fc.pre(!text.includes(Buffer.from(value).toString('base64url')));
        expect(redact(text, [value])).toBe(text);
      }),
    );
  });
});
