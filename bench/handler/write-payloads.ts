/** A process of its own that writes Lambda payloads to files, so that making them is no part of what is measured. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { answerParent } from '../process/answer-parent.ts';
import { tickBatch, tickDomain } from './tick-domain.ts';

export interface PayloadRequest {
  readonly folder: string;
  readonly shard: number;
  readonly batches: number;
  /** In each. @default as many as a payload holds */
  readonly events?: number;
}

export interface PayloadsWritten {
  /** In all payloads. */
  readonly events: number;
}

/** Where the payload of a batch is. */
export function payloadFile(
  folder: string,
  { shard, batch }: { readonly shard: number; readonly batch: number },
): string {
  return path.join(folder, `payload-${shard}-${batch}.json`);
}

if (import.meta.main) {
  await answerParent(async ({ folder, shard, batches, events }: PayloadRequest) => {
    const domain = tickDomain();
    let written = 0;
    for (let batch = 0; batch < batches; batch++) {
      const made = tickBatch(domain, { batch, shard, ...(events && { events }) });
      writeFileSync(payloadFile(folder, { shard, batch }), made.payload);
      written += made.events;
    }
    return { events: written } satisfies PayloadsWritten;
  });
}
