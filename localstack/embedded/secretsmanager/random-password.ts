import { randomInt } from 'node:crypto';

/** Source: Secrets Manager API reference, GetRandomPassword. */
export interface PasswordRules {
  readonly length: number;
  readonly excludeCharacters: string;
  readonly excludeLowercase: boolean;
  readonly excludeUppercase: boolean;
  readonly excludeNumbers: boolean;
  readonly excludePunctuation: boolean;
  readonly includeSpace: boolean;
  readonly requireEachIncludedType: boolean;
}

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** A password by the rules, or what of them cannot be met. */
export function randomPassword(
  rules: PasswordRules,
): { readonly password: string } | { readonly problem: string } {
  const included = [
    rules.excludeLowercase ? '' : LOWERCASE,
    rules.excludeUppercase ? '' : LOWERCASE.toUpperCase(),
    rules.excludeNumbers ? '' : NUMBERS,
    rules.excludePunctuation ? '' : PUNCTUATION,
    rules.includeSpace ? ' ' : '',
  ];
  const kinds = included
    .map((kind) => [...kind].filter((character) => !rules.excludeCharacters.includes(character)))
    .filter((kind) => kind.length > 0);
  const all = kinds.flat();
  if (all.length === 0) return { problem: 'the rules exclude every character' };
  const required = rules.requireEachIncludedType ? kinds : [];
  if (required.length > rules.length) {
    return {
      problem: `the password is too short for one character of each of ${required.length} types`,
    };
  }
  const characters = Array.from({ length: rules.length }, (_, index) =>
    pick(required[index] ?? all),
  );
  return { password: shuffle(characters).join('') };
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? '';
}

function shuffle(characters: readonly string[]): readonly string[] {
  const shuffled = [...characters];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] ?? '', shuffled[last] ?? ''];
  }
  return shuffled;
}
