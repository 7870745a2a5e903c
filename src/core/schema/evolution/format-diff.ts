import type { ChangeKind, SchemaDifference } from './schema-diff.ts';

const SIGNS: Readonly<Record<ChangeKind, string>> = {
  added: '+',
  removed: '-',
  renamed: '>',
  widened: '~',
  narrowed: '~',
  retyped: '~',
  'made-optional': '~',
  'made-required': '~',
  default: '~',
  'symbols-added': '+',
  'symbols-removed': '-',
  aliases: '~',
  doc: ' ',
};

/** The differences as lines, columns aligned: `~ count  widened: int → long`. */
export function formatDiff(differences: readonly SchemaDifference[]): readonly string[] {
  const width = Math.max(0, ...differences.map(({ path }) => nameOf(path).length));
  return differences.map(
    (difference) =>
      `${SIGNS[difference.kind]} ${nameOf(difference.path).padEnd(width)}  ${textOf(difference)}`,
  );
}

function nameOf(path: string): string {
  return path === '' ? '(the stream)' : path;
}

function textOf({ kind, before, after }: SchemaDifference): string {
  switch (kind) {
    case 'added':
      return `added: ${after}`;
    case 'removed':
      return `removed: ${before}`;
    case 'made-optional':
      return 'made optional';
    case 'made-required':
      return 'made required';
    case 'symbols-added':
      return `symbols added: ${after}`;
    case 'symbols-removed':
      return `symbols removed: ${before}`;
    case 'doc':
      return `documentation: ${quote(before)} → ${quote(after)}`;
    default:
      return `${WORDS[kind] ?? kind}: ${before ?? 'none'} → ${after ?? 'none'}`;
  }
}

const WORDS: Partial<Readonly<Record<ChangeKind, string>>> = {
  retyped: 'another type',
};

const MAX_SHOWN_LENGTH = 60;

function quote(text: string | null): string {
  if (text === null) return 'none';
  return JSON.stringify(
    text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH - 1)}…` : text,
  );
}
