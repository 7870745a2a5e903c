/** One limit held against the configuration. */
export interface LimitCheck {
  /** Domain it is about; null for the whole environment. */
  readonly domain: string | null;
  /** What is limited, for instance `shards of prod-market`. */
  readonly subject: string;
  /** `broken` fails the plan; `note` is legal and worth knowing. */
  readonly state: 'ok' | 'note' | 'broken';
  /** What is needed and what there is, with units. */
  readonly figures: string;
  /** What to change; null when there is nothing. */
  readonly advice: string | null;
}

const KILO = 1_000;
const MEGA = 1_000_000;

/** `850 B`, `12 kB`, `1.3 MB`: powers of 1000, two digits where they matter. */
export function formatBytes(bytes: number): string {
  if (bytes < KILO) return `${Math.round(bytes)} B`;
  if (bytes < MEGA) return `${shorten(bytes / KILO)} kB`;
  return `${shorten(bytes / MEGA)} MB`;
}

/** `0.07`, `3.6`, `12`, `1,200`. */
export function shorten(value: number): string {
  if (value === 0) return '0';
  if (value < 0.01) return '<0.01';
  if (value < 10) return String(Math.round(value * 100) / 100);
  return Math.round(value).toLocaleString('en-US');
}
