import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKET, parse, projectFiles } from '../project-fixture.ts';

/** Settings with a value for each layer that any other layer may be mixed with. */
const SETTINGS = {
  'writer.memory': ['1024MB', '1769MB', '3008MB', '10240MB'],
  'writer.timeout': ['30s', '60s', '900s'],
  'writer.batch_size': ['1', '500', '10000'],
  'writer.batching_window': ['0s', '10s', '300s'],
  'stream.shards': ['1', '2', '40'],
  'watermark.delay': ['0s', '15s', '1m'],
  'watermark.idle': ['5s', '2m', '7d'],
  'rate.expected': ['1/s', '20/s', '5/m'],
  'rate.bytes': ['64', '120', '1KiB'],
  'rate.peak': ['1x', '2.5x', '10x'],
  'dedupe.horizon': ['1m', '90s', '1h'],
  'partition.bronze': ['[symbol]', '["bucket(4, symbol)"]', '[day(_ingested_at)]'],
} as const;

type Setting = keyof typeof SETTINGS;
/** What one layer sets. */
type LayerText = Partial<Record<Setting, string>>;

const isDomainSetting = (setting: string) => /^(writer|stream)\./.test(setting);

const layer = (settings: readonly Setting[]): fc.Arbitrary<LayerText> =>
  fc.record(
    Object.fromEntries(settings.map((setting) => [setting, fc.constantFrom(...SETTINGS[setting])])),
    { requiredKeys: [] },
  );

const all = Object.keys(SETTINGS) as Setting[];
const layers = fc.record({
  // Tables are the same in every environment.
  environment: layer(all.filter((setting) => setting !== 'partition.bronze')),
  domain: layer(all),
  stream: layer(all.filter((setting) => !isDomainSetting(setting))),
});

/** Lines of a section: `writer: { memory: 1024MB }`, one key per line. */
function sections(text: LayerText, indent: string): string {
  const groups = Map.groupBy(Object.entries(text), ([setting]) => setting.split('.')[0] ?? '');
  return [...groups]
    .flatMap(([section, entries]) => [
      `${indent}${section}:`,
      ...entries.map(([setting, value]) => `${indent}  ${setting.split('.')[1]}: ${value}`),
    ])
    .join('\n');
}

function pick(text: LayerText, wanted: (setting: string) => boolean): LayerText {
  return Object.fromEntries(Object.entries(text).filter(([setting]) => wanted(setting)));
}

/** A layer's own sections, and its defaults for streams below `defaults:`. */
function layerFile(text: LayerText): string {
  const defaults = pick(text, (setting) => !isDomainSetting(setting));
  const own = sections(pick(text, isDomainSetting), '');
  if (Object.keys(defaults).length === 0) return own;
  return `${own}\ndefaults:\n${sections(defaults, '  ')}`;
}

function filesOf({
  environment,
  domain,
  stream,
}: Record<'environment' | 'domain' | 'stream', LayerText>) {
  return {
    'config/environments/local.yaml': `log_retention: 1d\n${layerFile(environment)}\n`,
    'domains/market.yaml': `${MARKET.replace('    key: symbol', `    key: symbol\n${sections(stream, '    ')}`)}${layerFile(domain)}\n`,
  };
}

const PLATFORM_VALUES: Partial<Record<Setting, string>> = {
  'writer.memory': '1769MB',
  'writer.timeout': '120s',
  'writer.batch_size': '10000',
  'writer.batching_window': '30s',
  'stream.shards': '1',
  'watermark.delay': '10s',
  'watermark.idle': '1m',
  'rate.expected': '10/s',
  'rate.bytes': '200',
  'partition.bronze': '[hour(_ingested_at)]',
};

describe('layers of the configuration', () => {
  it('let the strongest that says something win, value by value; lists replace', () => {
    fc.assert(
      fc.property(layers, (texts) => {
        const reading = parse(filesOf(texts));
        expect(reading).toMatchObject({ ok: true });
        if (!reading.ok) return;
        for (const setting of all) {
          const written =
            texts.stream[setting] ??
            texts.domain[setting] ??
            texts.environment[setting] ??
            PLATFORM_VALUES[setting];
          const scope = isDomainSetting(setting)
            ? 'domains.market'
            : 'domains.market.streams.trade';
          const { value } = reading.origins[`${scope}.${setting}`] ?? {};
          if (written !== undefined) expect(asText(value)).toBe(written.replaceAll('"', ''));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('resolve to what a domain gets that writes the winning values itself', () => {
    fc.assert(
      fc.property(layers, (texts) => {
        const winning = { ...texts.environment, ...texts.domain, ...texts.stream };
        const flat = filesOf({
          environment: {},
          domain: pick(winning, isDomainSetting),
          stream: pick(winning, (setting) => !isDomainSetting(setting)),
        });
        expect(domainsOf(filesOf(texts))).toEqual(domainsOf(flat));
      }),
      { numRuns: 25 },
    );
  });

  it('have origins at a line that holds the value', () => {
    fc.assert(
      fc.property(layers, (texts) => {
        const changes = filesOf(texts);
        const reading = parse(changes);
        if (!reading.ok) return;
        const files = new Map(projectFiles(changes).map(({ path, text }) => [path, text]));
        for (const { path, value, origin } of Object.values(reading.origins)) {
          if (origin.kind === 'default') continue;
          const line = files.get(origin.file)?.split('\n')[origin.line - 1] ?? '';
          const rest = line.slice(origin.column - 1);
          // A list or mapping over several lines begins where it says.
          if (typeof value === 'object') expect(rest, path.join('.')).toMatch(/^[[{-]|^\w/);
          else expect(rest.startsWith(String(value)), `${path.join('.')}: ${line}`).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });
});

function asText(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

function domainsOf(changes: Readonly<Record<string, string>>) {
  const reading = parse(changes);
  if (!reading.ok) throw new Error(reading.issues.map(({ message }) => message).join('\n'));
  return reading.project.domains;
}
