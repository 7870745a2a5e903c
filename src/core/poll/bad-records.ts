import { createHash } from 'node:crypto';
import { deadLetterPrefix } from '#core/delivery/dead-letter.ts';
import { type JsonDocument, jsonTextOf } from './json-document.ts';

/** A record that does not fit its stream. */
export interface BadRecord {
  readonly record: JsonDocument;
  /** Never a value. */
  readonly reason: string;
}

/**
 * The object that keeps the bad records of one page: each with its full text and the reason, next to the dead letters
 * of its stream. Named by its content, so that a page that is read again writes no second one. Null when there is none.
 */
export function encodeBadRecords(
  records: readonly BadRecord[],
  source: { readonly domain: string; readonly stream: string; readonly connector: string },
): { readonly key: string; readonly body: Uint8Array } | null {
  if (records.length === 0) return null;
  const { domain, stream, connector } = source;
  const content = {
    kind: 'connector',
    source: `http-poll:${connector}`,
    stream,
    records: records.map(({ record, reason }) => ({ reason, record: jsonTextOf(record) })),
  };
  const body = Buffer.from(`${JSON.stringify(content, null, 1)}\n`);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 24);
  return { key: `${deadLetterPrefix(domain, stream)}http-poll/${connector}/${hash}.json`, body };
}
