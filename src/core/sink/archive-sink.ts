import { gzipSync } from 'node:zlib';
import type { JudgedEvent } from '../delivery/judged-event.ts';
import type { Position } from '../delivery/position.ts';
import type { SinkKind } from './sink-kind.ts';

/** Events as they came, whatever is wrong with them: to prove what was sent, and to read it again with other rules. */
export const ARCHIVE_SINK: SinkKind = {
  name: 'archive',
  description: 'every event as it came, as gzipped JSON lines in the lake bucket below archive/',
  permissions: (domain) => [
    {
      actions: ['s3:PutObject'],
      prefix: `archive/${domain}/`,
      reason: 'each batch is an object of its own, named by stream, hour, source and position',
    },
  ],
};

/** One object of the archive. */
export interface ArchiveObject {
  /** `archive/market/trade/2026/11/20/21/kinesis~local-market~shardId-000000000000/<first>-<last>.jsonl.gz` */
  readonly key: string;
  readonly body: Uint8Array;
}

/**
 * The events of one source as objects, one per stream and arrival hour, named by what they hold: a batch that
 * comes again makes the same objects. Batches that come again with other boundaries overlap; `sequence` and
 * `subSequence` tell doubles.
 */
export function archiveObjects(
  domain: string,
  source: string,
  events: readonly JudgedEvent[],
): readonly ArchiveObject[] {
  const groups = Map.groupBy(events, ({ stream, arrivalMicros }) => {
    const hour = new Date(Number(arrivalMicros / 1000n)).toISOString().slice(0, 13);
    return `${stream}/${hour.replaceAll(/[-T]/g, '/')}`;
  });
  return [...groups].map(([folder, group]) => {
    const [first, last] = [group[0]!, group.at(-1)!];
    const name = `${positionText(first.position)}-${positionText(last.position)}.jsonl.gz`;
    const lines = group.map((event) => `${JSON.stringify(archiveLine(source, event))}\n`);
    return {
      key: `archive/${domain}/${folder}/${source.replaceAll(/[:/]/g, '~')}/${name}`,
      // Level 1: the events are small and many, and every byte of them is kept.
      body: gzipSync(lines.join(''), { level: 1 }),
    };
  });
}

/** One line; `data` is the event with its schema header, base64. */
function archiveLine(source: string, event: JudgedEvent): Readonly<Record<string, unknown>> {
  const { position, arrivalMicros, partitionKey, payload } = event;
  return {
    source,
    sequence: position.sequence,
    subSequence: position.subSequence,
    arrival: new Date(Number(arrivalMicros / 1000n)).toISOString(),
    partitionKey,
    data: Buffer.from(payload).toString('base64'),
  };
}

/** Without the padding, which only makes text order numeric order. */
function positionText({ sequence, subSequence }: Position): string {
  return `${sequence.replace(/^0+(?=\d)/, '')}.${subSequence}`;
}
