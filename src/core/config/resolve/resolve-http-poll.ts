import { comparisonOf, isCursorValue } from '#core/poll/cursor-value.ts';
import type { HttpPollConnector, PollCursor, PollPagination, PollSelection } from '../connector.ts';
import { HTTP_POLL_DEFAULTS, type HttpPollInput } from '../model/http-poll-model.ts';
import type { Stream } from '../project.ts';
import { unknownName } from '../source/nearest-name.ts';
import { checkPollSelection } from './check-poll-selection.ts';
import type { ConnectorContext, ConnectorPlace } from './connector-context.ts';
import { resolveEnvironments } from './connector-names.ts';
import { mergeLayers } from './merge-layers.ts';
import { resolvePollRequest } from './resolve-poll-request.ts';

const MINUTE_MS = 60_000;

/** Resolves a connector that asks an HTTP API. Every problem is reported. */
export function resolveHttpPoll(
  name: string,
  input: HttpPollInput,
  context: ConnectorContext,
): HttpPollConnector {
  const { report, streams } = context;
  const place: ConnectorPlace = { path: ['connectors', name], report };
  const stream = streams.find((candidate) => candidate.name === input.stream);
  const declared = report.keysAt(['streams']);
  if (input.stream !== undefined && !declared.includes(input.stream)) {
    report.at([...place.path, 'stream'], unknownName(input.stream, declared));
  }
  const connector: HttpPollConnector = {
    name,
    kind: 'http-poll',
    environments: resolveEnvironments(name, input.environments, context),
    stream: input.stream ?? '',
    everyMinutes: resolveEvery(input.every ?? MINUTE_MS, place),
    request: resolvePollRequest(input, place),
    records: input.records ?? HTTP_POLL_DEFAULTS.records,
    select: resolveSelect(input),
    cursor: resolveCursor(input.cursor, place),
    pagination: resolvePagination(input.pagination, place),
    limits: resolveLimits(input),
    allow: input.allow ?? [],
  };
  if (stream !== undefined) {
    checkPollSelection(connector, stream, { ...place, compilePath: context.compileJsonPath });
    checkRepeats(connector, stream, place);
  }
  return connector;
}

/** Schedules count in whole minutes. Source: EventBridge Scheduler, rate-based schedules. */
function resolveEvery(everyMs: number, { path, report }: ConnectorPlace): number {
  if (everyMs % MINUTE_MS !== 0) {
    report.at([...path, 'every'], `expected whole minutes such as 1m, 15m or 6h, got ${everyMs}ms`);
  }
  return Math.max(1, Math.round(everyMs / MINUTE_MS));
}

function resolveSelect(input: HttpPollInput): readonly PollSelection[] {
  return Object.entries(input.select ?? {}).map(([field, selection]) =>
    typeof selection === 'string'
      ? { field, from: selection, epoch: null }
      : { field, from: selection.value, epoch: selection.epoch },
  );
}

function resolveCursor(
  input: HttpPollInput['cursor'],
  { path, report }: ConnectorPlace,
): PollCursor | null {
  if (input === undefined) return null;
  const initial = String(input.initial);
  const compare = input.compare ?? comparisonOf(initial);
  if (!isCursorValue(compare, initial)) {
    report.at(
      [...path, 'cursor', 'initial'],
      `expected a ${compare === 'text' ? 'text of at most 512 characters' : compare} to begin with, got another value`,
    );
  }
  if (input.overlap !== undefined && (compare !== 'time' || input.order !== 'max')) {
    report.at(
      [...path, 'cursor', 'overlap'],
      'expected an overlap only where the cursor is a time and order is max',
    );
  }
  const { from, order } = input;
  return { initial, from, order, compare, overlapMs: input.overlap ?? 0 };
}

function resolvePagination(
  input: HttpPollInput['pagination'],
  { path, report }: ConnectorPlace,
): PollPagination {
  if (input === undefined || typeof input === 'string') return { kind: input ?? 'none' };
  const given = Object.keys(input);
  if (given.length !== 1) {
    report.at(
      [...path, 'pagination'],
      `expected one of next, page and token, got ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
  }
  if (input.next !== undefined) return { kind: 'next', path: input.next };
  if (input.token !== undefined) return { kind: 'token', ...input.token };
  const { param = '', start = 1, size = null } = input.page ?? {};
  return { kind: 'page', param, start, size };
}

function resolveLimits(input: HttpPollInput): HttpPollConnector['limits'] {
  const retry = mergeLayers<{ attempts: number; base: number; max: number }>(
    HTTP_POLL_DEFAULTS.retry,
    input.retry,
  );
  return {
    maxPages: input.max_pages ?? HTTP_POLL_DEFAULTS.max_pages,
    requestsPerSecond: input.rate_limit ?? null,
    timeoutMs: input.timeout ?? HTTP_POLL_DEFAULTS.timeout,
    maxResponseBytes: input.max_response ?? HTTP_POLL_DEFAULTS.max_response,
    attempts: retry.attempts,
    retryBaseMs: retry.base,
    retryMaxMs: retry.max,
  };
}

/** A run repeats what the one before had sent when it stopped, and de-duplication leaves it out within its horizon. */
function checkRepeats(
  connector: HttpPollConnector,
  stream: Stream,
  { path, report }: ConnectorPlace,
): void {
  const neededMs = 2 * connector.everyMinutes * MINUTE_MS;
  if (stream.dedupe.horizonMs >= neededMs) return;
  report.at(
    [...path, 'every'],
    `expected a dedupe.horizon of stream ${stream.name} of at least two intervals (${neededMs / 1000}s), got ${stream.dedupe.horizonMs / 1000}s; a run that stops halfway is repeated`,
  );
}
