import { formatOrigin, type ResolvedValue } from '#core/config/origin/origin.ts';
import { type ConfigPath, formatPath } from '#core/config/source/config-issue.ts';

/** Values of one part of the configuration, as the screen shows them. */
export interface ValueGroup {
  readonly title: string;
  readonly lines: readonly ValueLine[];
  /** Values that only `--all` shows. */
  readonly hidden: number;
}

export interface ValueLine {
  /** Within the group. */
  readonly path: string;
  readonly value: string;
  readonly origin: string;
}

/** Sections of a domain whose entries have a group of their own, and the word in its title. */
const NAMED_SECTIONS: Readonly<Record<string, string>> = {
  streams: 'stream',
  connectors: 'connector',
  files: 'files',
};

/** What a person rarely looks for: paths within `environment`, `domain` and the named sections. */
const DETAILS: Readonly<Record<string, readonly RegExp[]>> = {
  // Every domain shows its own stream and writer.
  environment: [/^(name|stream|writer|ledger|kafka|kafka_cluster)\b/],
  domain: [
    /^(domain|description)$/,
    /^writer\.(timeout|batch_size|retry_attempts|max_record_age)$/,
  ],
  stream: [/^(description|quality)$/, /^(fields|mapping|generate)\b/, /^watermark\.(?!delay$)/],
};

/** Sections of the buffer that a domain does not use. */
const UNUSED_SECTION: Readonly<Record<string, RegExp>> = {
  kinesis: /^kafka\b/,
  kafka: /^stream\b/,
};

/** Groups values in the order in which they come: environment, then each domain and its named parts. */
export function groupValues(
  values: readonly ResolvedValue[],
  options: { readonly environment: string; readonly all: boolean },
): readonly ValueGroup[] {
  const buffers = new Map(
    values.flatMap(({ path, value }) => (path[2] === 'buffer' ? [[path[1], String(value)]] : [])),
  );
  const placed = values.map((value) => {
    const place = placeOf(value.path, options.environment);
    const unused = UNUSED_SECTION[buffers.get(value.path[1]) ?? ''];
    const isUnused = place.kind === 'domain' && unused?.test(place.path) === true;
    return { ...place, value, isShown: options.all || !(isUnused || isDetail(place)) };
  });
  const groups = Map.groupBy(placed, ({ title }) => title);
  return [...groups].map(([title, members]) => {
    const shown = members.filter(({ isShown }) => isShown);
    return {
      title,
      hidden: members.length - shown.length,
      lines: shown.map(({ path, value }) => ({
        path,
        value: formatValue(value.value),
        origin: formatOrigin(value.origin),
      })),
    };
  });
}

interface Place {
  readonly title: string;
  readonly kind: string;
  readonly path: string;
}

function placeOf(path: ConfigPath, environment: string): Place {
  const [root, domain = '', section = '', name = ''] = path;
  if (root !== 'domains') {
    return { title: `Environment ${environment}`, kind: 'environment', path: formatPath(path) };
  }
  const word = NAMED_SECTIONS[section];
  if (word === undefined || path.length < 5) {
    return { title: `Domain ${domain}`, kind: 'domain', path: formatPath(path.slice(2)) };
  }
  return {
    title: `Domain ${domain}, ${word} ${name}`,
    kind: word,
    path: formatPath(path.slice(4)),
  };
}

function isDetail({ kind, path }: Place): boolean {
  return (DETAILS[kind] ?? []).some((pattern) => pattern.test(path));
}

/** A value in one line, as YAML would write it. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return `[${value.map(formatValue).join(', ')}]`;
  if (typeof value !== 'object') return printable(String(value));
  const entries = Object.entries(value).map(([key, entry]) => `${key}: ${formatValue(entry)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** Control and format characters escaped: a value must not move the cursor or turn the text around. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' ? '\\n' : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
