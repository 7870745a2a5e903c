import { suggest } from '../expression/closest-name.ts';

/**
 * Text of the configuration that is completed at run time: `${secret:prices_api_key}` stands for the value of a
 * secret, `${cursor}` for a variable of whoever renders the text. Dollars before a brace are escaped by doubling:
 * `$${` is a literal `${`, `$$${secret:a}` a dollar and a secret. Any other dollar is text.
 */
export type SecretTemplate = readonly TemplatePart[];

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'secret'; readonly name: string; readonly column: number }
  | { readonly kind: 'variable'; readonly name: string; readonly column: number };

export type TemplateReading =
  | { readonly ok: true; readonly template: SecretTemplate }
  | {
      readonly ok: false;
      /** What is wrong and what was expected; never more of the text than a name. */
      readonly message: string;
      /** 1-based column in the text. */
      readonly column: number;
    };

/** Also the name of an environment variable in upper case, and of a file. */
const SECRET_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const VARIABLE_NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** Dollars, and a brace that they may stand before. */
const DOLLARS = /(\$+)(\{?)/g;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Takes a text apart. Never throws. */
export function readTemplate(text: string): TemplateReading {
  const parts: TemplatePart[] = [];
  let literal = '';
  let offset = 0;
  for (;;) {
    DOLLARS.lastIndex = offset;
    const found = DOLLARS.exec(text);
    if (found === null) break;
    const [whole, dollars = '', brace = ''] = found;
    literal += text.slice(offset, found.index);
    offset = found.index + whole.length;
    // Each pair of dollars before a brace is one dollar; an odd one begins an expression.
    literal += brace === '' ? dollars : '$'.repeat(Math.floor(dollars.length / 2));
    if (brace === '') continue;
    if (dollars.length % 2 === 0) {
      literal += brace;
      continue;
    }
    const end = text.indexOf('}', offset);
    const column = offset - 1;
    if (end === -1) return { ok: false, column, message: UNCLOSED };
    const part = readExpression(text.slice(offset, end), column);
    if ('message' in part) return { ok: false, column, message: part.message };
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    parts.push(part);
    literal = '';
    offset = end + 1;
  }
  literal += text.slice(offset);
  if (literal !== '') parts.push({ kind: 'text', text: literal });
  return { ok: true, template: parts };
}

const UNCLOSED = `"\${" is not closed; end it with "}", or write "$\${" for the characters themselves`;

type Expression = Exclude<TemplatePart, { kind: 'text' }> | { readonly message: string };

function readExpression(inner: string, column: number): Expression {
  const colon = inner.indexOf(':');
  if (colon === -1) {
    if (VARIABLE_NAME.test(inner)) return { kind: 'variable', name: inner, column };
    return { message: `expected \${secret:name}, got ${quoteName(inner)} in the braces` };
  }
  const [scheme, name] = [inner.slice(0, colon), inner.slice(colon + 1)];
  if (scheme !== 'secret') {
    const hint = suggest(scheme, ['secret']);
    return {
      message: `expected \${secret:name}, got ${quoteName(scheme)} before the colon${hint}`,
    };
  }
  if (isSecretName(name)) return { kind: 'secret', name, column };
  return {
    message: `expected a secret's name of lower-case letters, digits and underscores that starts with a letter (at most 64), got ${quoteName(name)}`,
  };
}

const MAX_QUOTED_LENGTH = 40;

/** Somebody may have pasted a value: of what is no name, only its length is told. */
function quoteName(name: string): string {
  const isPlain = /^[\w .:-]*$/.test(name) && name.length <= MAX_QUOTED_LENGTH;
  return isPlain ? `"${name}"` : `${name.length} other characters`;
}
