import type { Stream } from '#core/config/project.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import type { Field, FieldType } from '#core/schema/field.ts';
import type { StreamSchemas } from '#core/schema/registry.ts';
import { tradeOf } from '#test/core/config/project-fixture.ts';

const TRADE = tradeOf();

export function field(name: string, type: FieldType, more: Partial<Field> = {}): Field {
  return { name, type, optional: false, aliases: [], examples: [], allowNan: false, ...more };
}

/** A stream with the fields of the market domain, without mapping, and further ones. */
export function streamWith(fields: readonly Field[], more: Partial<Stream> = {}): Stream {
  return { ...TRADE, mapping: [], quality: [], fields: [...TRADE.fields, ...fields], ...more };
}

/** Schemas after the streams were generated one after the other; fails when one is refused. */
export function historyOf(...streams: readonly Stream[]): StreamSchemas {
  const last = streams.reduce<StreamSchemas | null>((existing, stream) => {
    const { schemas, refused } = evolveStream(stream, existing);
    if (refused.length > 0) throw new Error(JSON.stringify(refused));
    return schemas;
  }, null);
  if (last === null) throw new Error('expected at least one stream');
  return last;
}

/** What is refused when a stream follows others: `path: change`. */
export function refusalsOf(next: Stream, ...before: readonly Stream[]): readonly string[] {
  return evolveStream(next, historyOf(...before)).refused.map(
    (refused) => `${refused.path}: ${refused.change}`,
  );
}
