import { describe, expect, it } from 'vitest';
import {
  currentMappingVersion,
  currentSchemaVersion,
  findSchemaVersion,
  findStream,
  schemasById,
} from '#core/schema/registry.ts';
import { field, historyOf, streamWith } from './evolution/evolution-fixture.ts';

const NOTE = field('note', { kind: 'string' }, { optional: true });

describe('registry', () => {
  const trade = historyOf(streamWith([]), streamWith([NOTE], { quality: rules() }));
  const quote = historyOf({ ...streamWith([]), name: 'quote' });
  const registry = { streams: [trade, quote] };

  it('finds a stream by domain and name', () => {
    expect(findStream(registry, 'market', 'quote')).toBe(quote);
    expect(findStream(registry, 'other', 'quote')).toBeNull();
  });

  it('finds a version by number', () => {
    const found = findSchemaVersion(registry, 'market', { stream: 'trade', version: 1 });
    expect(found).toBe(trade.schemaVersions[0]);
    expect(findSchemaVersion(registry, 'market', { stream: 'trade', version: 3 })).toBeNull();
    expect(findSchemaVersion(registry, 'market', { stream: 'nope', version: 1 })).toBeNull();
  });

  it('finds every version of every stream by the id on the wire', () => {
    const byId = schemasById(registry);
    expect(byId.size).toBe(3);
    const id = trade.schemaVersions[1]?.schemaVersionId ?? '';
    expect(byId.get(id)).toMatchObject({ domain: 'market', stream: 'trade', version: 2 });
  });

  it('knows the versions in force', () => {
    expect(currentSchemaVersion(trade).version).toBe(2);
    expect(currentMappingVersion(trade).version).toBe(2);
  });

  it('throws for a stream without versions, which no file gives', () => {
    expect(() => currentSchemaVersion({ ...trade, schemaVersions: [] })).toThrow(RangeError);
  });
});

function rules() {
  return [{ name: 'r', rule: 'price > 0', onFail: 'flag' as const }];
}
