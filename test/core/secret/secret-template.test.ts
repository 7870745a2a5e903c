import { describe, expect, it } from 'vitest';
import {
  escapeTemplate,
  parseTemplate,
  renderTemplate,
  secretNames,
  variableNames,
} from '#core/secret/render-template.ts';
import { readTemplate } from '#core/secret/secret-template.ts';

const VALUES = {
  secrets: new Map([
    ['key', 'k3y'],
    ['user', 'reader'],
  ]),
  variables: new Map([['cursor', '17']]),
};
const render = (text: string): string => renderTemplate(text, VALUES);

describe('secret templates', () => {
  it.each([
    [`\${secret:key}`, 'k3y'],
    [`Bearer \${secret:key}`, 'Bearer k3y'],
    [`\${secret:user}:\${secret:key}@`, 'reader:k3y@'],
    [`https://api.example.com/trades?since=\${cursor}`, 'https://api.example.com/trades?since=17'],
    ['', ''],
    ['no expression', 'no expression'],
    ['price in $', 'price in $'],
    ['$.trades[*]', '$.trades[*]'],
    ['a $ b {c}', 'a $ b {c}'],
  ])('renders %s', (text, rendered) => {
    expect(render(text)).toBe(rendered);
  });

  it.each([
    [`$\${secret:key}`, `\${secret:key}`],
    [`$$\${secret:key}`, '$k3y'],
    [`$$$\${secret:key}`, `$\${secret:key}`],
    ['$${', `\${`],
    ['$$', '$$'],
    ['$$$ {', '$$$ {'],
  ])('takes doubled dollars before a brace for one: %s', (text, rendered) => {
    expect(render(text)).toBe(rendered);
  });

  it('puts values in as they are, whatever they look like', () => {
    const secrets = new Map([['key', `\${secret:user}$$`]]);
    expect(renderTemplate(`<\${secret:key}>`, { secrets })).toBe(`<\${secret:user}$$>`);
  });

  it.each([
    [`\${secret:key`, 1, 'is not closed'],
    [`ab\${`, 3, 'is not closed'],
    [`\${}`, 1, `expected \${secret:name}, got "" in the braces`],
    [`x\${secret:}`, 2, 'got ""'],
    [`\${secret:API-Key}`, 1, 'got "API-Key"'],
    [`\${secret:1key}`, 1, 'starts with a letter'],
    [`\${secert:key}`, 1, 'did you mean "secret"?'],
    [`\${env:KEY}`, 1, 'got "env" before the colon'],
    [`\${a b}`, 1, 'got "a b" in the braces'],
    [`\${secret:${'a'.repeat(65)}}`, 1, 'got 65 other characters'],
    [`\${secret:{"password":1}}`, 1, 'got 13 other characters'],
  ])('refuses %s with the column and what was expected', (text, column, message) => {
    expect(readTemplate(text)).toEqual({
      ok: false,
      column,
      message: expect.stringContaining(message),
    });
    expect(() => parseTemplate(text)).toThrowError(message);
  });

  it('lists secrets and variables, each once', () => {
    const text = `\${secret:b}\${cursor}\${secret:a}\${secret:b}$\${secret:c}\${cursor}`;
    expect(secretNames(text)).toEqual(['b', 'a']);
    expect(variableNames(text)).toEqual(['cursor']);
  });

  it('says which name has no value', () => {
    expect(() => render(`a\${secret:other}`)).toThrowError(
      'column 2: no value for the secret "other"',
    );
    expect(() => renderTemplate(`\${cursor}`, { secrets: new Map() })).toThrowError(
      'no value for the variable "cursor"',
    );
  });

  it('escapes text so that it renders to itself', () => {
    for (const text of [`\${secret:key}`, `$\${a}`, '$', '{}', `$$$\${x`]) {
      expect(render(escapeTemplate(text))).toBe(text);
    }
  });
});
