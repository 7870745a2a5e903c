/** Where a command's words go. In JSON mode stdout carries one object on its last line and nothing else. */
export interface Output {
  readonly jsonMode: boolean;
  /** A line for people. */
  line(text?: string): void;
  /** A warning or failure, always on stderr. */
  problem(text: string): void;
  table(
    columns: readonly string[],
    rows: readonly (readonly string[])[],
    options?: { readonly rightAligned?: readonly number[] },
  ): void;
  /** An estimated total only moves the bar; the last line then states the count alone. */
  progress(label: string, total: number, options?: { readonly estimated: boolean }): ProgressBar;
  /** The machine-readable result; printed only in JSON mode. */
  result(value: unknown): void;
  /** Raw text on stdout, for instance CSV. */
  raw(text: string): void;
  /** The text in a style, where the reader's terminal shows colours; else as it is. */
  style(text: string, style: TextStyle): string;
  /** Characters in a line of the reader's terminal. */
  readonly columns: number;
}

export type TextStyle = keyof typeof STYLES;

/** Source: ECMA-48, Select Graphic Rendition. */
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Of a terminal that does not say. */
const DEFAULT_COLUMNS = 80;

export interface ProgressBar {
  update(done: number): void;
  /** Ends the line; safe to call twice. */
  stop(): void;
}

/** The part of a stream that output needs. */
export interface TextSink {
  write(text: string): unknown;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  /** Of a terminal; false when the user wants no colours (NO_COLOR). */
  hasColors?(): boolean;
  readonly columns?: number;
}

export interface OutputStreams {
  readonly stdout: TextSink;
  readonly stderr: TextSink & { readonly isTTY?: boolean };
  /** Milliseconds from any origin, for rates. */
  readonly now: () => number;
}

export function createOutput(streams: OutputStreams, jsonMode: boolean): Output {
  const people = jsonMode ? streams.stderr : streams.stdout;
  return {
    jsonMode,
    line: (text = '') => void people.write(`${text}\n`),
    problem: (text) => void streams.stderr.write(`${text}\n`),
    table: (columns, rows, options) =>
      void people.write(formatTable(columns, rows, options?.rightAligned ?? [])),
    progress: (label, total, options) =>
      createProgressBar(streams, { label, total, estimated: options?.estimated ?? false }),
    result: (value) => {
      if (jsonMode) streams.stdout.write(`${JSON.stringify(value)}\n`);
    },
    raw: (text) => void streams.stdout.write(text),
    style: (text, style) =>
      people.hasColors?.() === true ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text,
    columns: people.columns ?? DEFAULT_COLUMNS,
  };
}

/** Columns padded to their widest cell, two spaces apart. */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[],
): string {
  const widths = columns.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const format = (cells: readonly string[]): string =>
    widths
      .map((width, i) =>
        rightAligned.includes(i)
          ? (cells[i] ?? '').padStart(width)
          : (cells[i] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return `${[format(columns), rule, ...rows.map(format)].join('\n')}\n`;
}

const BAR_CELLS = 24;
const REDRAW_MS = 80;

interface Progress {
  readonly label: string;
  readonly total: number;
  readonly estimated: boolean;
}

/** A bar that redraws itself on a terminal; elsewhere a line per quarter, so that logs stay short. */
function createProgressBar(streams: OutputStreams, progress: Progress): ProgressBar {
  const { stderr, now } = streams;
  const { total } = progress;
  const startMs = now();
  let drawnMs = Number.NEGATIVE_INFINITY;
  let quarter = 0;
  let last = 0;
  let stopped = false;
  const text = (done: number, ended: boolean): string =>
    formatProgress(progress, { done, ended, seconds: (now() - startMs) / 1000 });
  return {
    update(done) {
      last = done;
      if (stderr.isTTY === true) {
        if (now() - drawnMs < REDRAW_MS) return;
        drawnMs = now();
        stderr.write(`\r${text(done, false)}\u001b[K`);
      } else if (total > 0 && Math.floor((done / total) * 4) > quarter) {
        quarter = Math.floor((done / total) * 4);
        // The last line comes with the end.
        if (quarter < 4) stderr.write(`${text(done, false)}\n`);
      }
    },
    stop() {
      if (stopped) return;
      stopped = true;
      stderr.write(
        stderr.isTTY === true ? `\r${text(last, true)}\u001b[K\n` : `${text(last, true)}\n`,
      );
    },
  };
}

function formatProgress(
  { label, total, estimated }: Progress,
  state: { readonly done: number; readonly ended: boolean; readonly seconds: number },
): string {
  const { done } = state;
  const count = done.toLocaleString('en-US');
  const rate = `${Math.round(done / Math.max(0.001, state.seconds)).toLocaleString('en-US')}/s`;
  // A guess that was wrong must not look like a loss.
  if (estimated && state.ended) return `${label.padEnd(22)} ${count}  ${rate}`;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * BAR_CELLS);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`;
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${label.padEnd(22)} ${bar} ${percent} %  ${count} of ${estimated ? 'about ' : ''}${total.toLocaleString('en-US')}  ${rate}`;
}
